"""The cases, as values: what is run against what, and the targets.

A new case is one more value in what `cases` returns.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import images, registry
from benchmarks.fleets import Fleet
from benchmarks.measure import Command, command

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.images import Image

_NO_RULES = ("--ignore", "*", "--no-packages")
"""What reading and attributing cost alone: rules and packages ask for contents."""
_AGAIN = 'LAYERSCOPE_NO_CACHE= LAYERSCOPE_CACHE_DIR="$0" exec "$@"'
_FIRST = f'rm -rf "$0" && {_AGAIN}'
"""Scripts for `sh`: a folder, then a command that has its cache there."""
_BASELINES = Path(__file__).with_name("baselines")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the images are kept, how layerscope is started, and whether the images are the small ones."""

    directory: Path
    layerscope: tuple[str, ...]
    small: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A comparison within one run.

    The target is that `subject` takes at most `ratio` times the wall time of `baseline`, with a peak of under
    `peak_mb` (10**6 bytes; None: no target).  `beside` are run in turn with them and shown, without a target.
    `skip` gives the reason not to run the case here, or None.  `before` and `after` are run unmeasured.
    """

    name: str
    about: str
    subject: Command
    baseline: Command
    ratio: float
    peak_mb: float | None = None
    rounds: int = 5
    images: tuple[Image, ...] = ()
    fleets: tuple[Fleet, ...] = ()
    beside: tuple[Command, ...] = ()
    before: Command | None = None
    after: Command | None = None
    skip: Callable[[], str | None] = lambda: None


def cases(setting: Setting) -> tuple[Case, ...]:  # noqa: C901 - a helper for each kind of case
    """Every case."""

    def sized(image: Image) -> Image:
        return images.small(image) if setting.small else image

    def path(image: Image) -> str:
        return str(sized(image).path(setting.directory))

    def first(*words: str) -> tuple[str, ...]:
        """Start layerscope as for the first time: its cache is empty, and it keeps there what it reads."""
        return ("sh", "-c", _FIRST, str(setting.directory / "cache" / "first"), *setting.layerscope, *words)

    def inspect(label: str, source: str, *options: str) -> Command:
        return Command(label, (first("inspect", source, "--format", "json", *options),), b"{")

    def piped(label: str, reader: tuple[str, ...], output_starts: bytes = b"") -> Command:
        return Command(label, (("cat", path(images.APP)), reader), output_starts)

    def dive(image: Image) -> tuple[Command, ...]:
        found = shutil.which("dive")
        if not found:
            return ()
        return (command("dive", found, f"docker-archive://{path(image)}", "--json", os.devnull),)

    def baseline(program: str, *arguments: str) -> tuple[str, ...]:
        return (sys.executable, str(_BASELINES / f"{program}.py"), *arguments)

    def compared(number: int, ratio: float) -> Case:
        fleet = Fleet(number // 20 if setting.small else number)
        folder = str(fleet.path(setting.directory))
        return Case(
            f"compare-{number}",
            f"`compare` of {number} images of 30 layers / reading, verifying and parsing their documents with "
            "`hashlib` and `json`",
            command("layerscope", *setting.layerscope, "compare", f"oci:{folder}", "--format", "json"),
            command("hashlib, json", *baseline("parse_documents", folder)),
            beside=(command("json, unverified", *baseline("parse_documents", folder, "--unverified")),),
            ratio=ratio,
            peak_mb=100,
            rounds=9,
            fleets=(fleet,),
        )

    def compared_archives(number: int) -> Case:
        fleet = Fleet(number // 20 if setting.small else number, archives=True)
        listed = str(fleet.path(setting.directory) / "list")
        return Case(
            f"compare-archives-{number}",
            f"`compare` of {number} archives of an image of 30 layers, which are walked / reading, verifying and "
            "parsing their documents with `tarfile`, `hashlib` and `json`",
            command("layerscope", *setting.layerscope, "compare", "--from", listed, "--format", "json"),
            command("tarfile, hashlib, json", *baseline("parse_archived_documents", listed)),
            ratio=3,
            peak_mb=100,
            fleets=(fleet,),
        )

    def serving(verb: str, *more: str) -> Command:
        program = (sys.executable, "-m", "benchmarks.registry", verb, str(setting.directory), *more)
        return command(f"registry {verb}", *program)

    def cached(name: str, about: str, source: str, **more: Any) -> Case:
        """Compare a second `inspect` with a first, which finds nothing and keeps what it reads."""
        words = (*setting.layerscope, "inspect", source, "--format", "json")
        again = ("sh", "-c", _AGAIN, str(setting.directory / "cache" / name), *words)
        return Case(
            name,
            f"{about}, with all rules: a second `inspect` / the first",
            Command("second", (again,), b"{"),
            inspect("first", source),
            ratio=0.25,
            beside=(Command("without a cache", ((*words, "--no-cache"),), b"{"),),
            **more,
        )

    app, app_oci = sized(images.APP), sized(images.APP_OCI)
    port = registry.free_port()
    in_registry = f"docker://{registry.reference(port, app_oci.path(setting.directory))}"
    return (
        Case(
            "archive",
            "`docker save` archive, 1.95 GB, 51,000 entries / listing its layers with `tarfile`",
            inspect("layerscope", path(images.APP), *_NO_RULES),
            command("tarfile", *baseline("list_layers", path(images.APP))),
            ratio=0.35,
            peak_mb=120,
            images=(app,),
            beside=dive(images.APP),
        ),
        Case(
            "archive-packages",
            "the same, with packages and no rules",
            inspect("layerscope", path(images.APP), "--ignore", "*"),
            command("tarfile", *baseline("list_layers", path(images.APP))),
            ratio=0.75,
            images=(app,),
        ),
        Case(
            "archive-findings",
            "the same, with all rules",
            inspect("layerscope", path(images.APP)),
            command("tarfile", *baseline("list_layers", path(images.APP))),
            ratio=0.6,
            images=(app,),
        ),
        Case(
            "gzip",
            "the same image, OCI archive with gzip layers / inflating them with `zlib`",
            inspect("layerscope", path(images.APP_OCI), *_NO_RULES),
            command("zlib", *baseline("inflate_layers", path(images.APP_OCI))),
            ratio=0.3,
            peak_mb=250,
            images=(app_oci,),
            beside=dive(images.APP_OCI),
        ),
        Case(
            "gzip-findings",
            "the same, with all rules",
            inspect("layerscope", path(images.APP_OCI)),
            command("zlib", *baseline("inflate_layers", path(images.APP_OCI))),
            ratio=0.35,
            images=(app_oci,),
        ),
        Case(
            "entries",
            "300,000 small files / 150,000 small files",
            inspect("300,000", path(images.ENTRIES_300K)),
            inspect("150,000", path(images.ENTRIES_150K)),
            ratio=2.2,
            peak_mb=400,
            images=(sized(images.ENTRIES_150K), sized(images.ENTRIES_300K)),
        ),
        Case(
            "stdin",
            "the 1.95 GB archive on standard input, headers only / reading the same stream to nothing",
            piped("layerscope", first("inspect", "-", "--format", "json", *_NO_RULES), b"{"),
            piped("cat > /dev/null", ("cat",)),
            ratio=1.15,
            rounds=15,
            images=(app,),
            beside=(
                piped("python reader", baseline("drain")),
                piped("with all rules", first("inspect", "-", "--format", "json"), b"{"),
            ),
        ),
        Case(
            "engine",
            "the same image from the engine / `docker save` to nothing",
            inspect("layerscope", app.reference),
            command("docker save", "docker", "save", app.reference),
            ratio=1.15,
            images=(app,),
            before=command("docker load", "docker", "load", "--quiet", "--input", path(images.APP)),
            after=command("docker rmi", "docker", "rmi", app.reference),
            skip=_no_engine,
        ),
        cached("cached-archive", "the 1.95 GB archive", path(images.APP), images=(app,)),
        cached("cached-gzip", "the same image with gzip layers", path(images.APP_OCI), images=(app_oci,)),
        cached(
            "cached-engine",
            "the same image from the engine",
            app.reference,
            images=(app,),
            before=command("docker load", "docker", "load", "--quiet", "--input", path(images.APP)),
            after=command("docker rmi", "docker", "rmi", app.reference),
            skip=_no_engine,
        ),
        cached(
            "cached-registry",
            "the image of `gzip` from a registry on the loopback",
            in_registry,
            images=(app_oci,),
            before=serving("start", str(port), path(images.APP_OCI)),
            after=serving("stop"),
            skip=_no_registry,
        ),
        Case(
            "registry",
            "the image of `gzip` from a registry on the loopback, all rules / as an OCI archive in a file",
            inspect("registry", in_registry),
            inspect("archive", path(images.APP_OCI)),
            ratio=1.2,
            peak_mb=250,
            images=(app_oci,),
            before=serving("start", str(port), path(images.APP_OCI)),
            after=serving("stop"),
            skip=_no_registry,
        ),
        Case(
            "whiteouts",
            "100,000 entries and a layer of 10,000 whiteouts / without that layer",
            inspect("with", path(images.WHITEOUTS_10K)),
            inspect("without", path(images.WHITEOUTS_NONE)),
            ratio=1.3,
            images=(sized(images.WHITEOUTS_NONE), sized(images.WHITEOUTS_10K)),
        ),
        *(compared(number, ratio=3) for number in (100, 200, 500)),
        compared_archives(500),
        Case(
            "help",
            "`layerscope --help` / `python -c pass`",
            command("layerscope --help", *setting.layerscope, "--help"),
            command("python -c pass", sys.executable, "-c", "pass"),
            ratio=2.5,
            rounds=20,
        ),
    )


def _no_registry() -> str | None:
    """Why the registry case cannot run, if it cannot."""
    return None if shutil.which("docker-registry") else "no docker-registry command"


def _no_engine() -> str | None:
    """Why the engine case cannot run, if it cannot."""
    if os.environ.get("LAYERSCOPE_BENCH_ENGINE") != "1":
        return "LAYERSCOPE_BENCH_ENGINE is not 1"
    if not shutil.which("docker"):
        return "no docker command"
    try:
        answer = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            timeout=20,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "the engine does not answer"
    return None if answer.returncode == 0 else "no engine answers at DOCKER_HOST"
