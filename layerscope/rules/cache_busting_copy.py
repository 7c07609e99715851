"""The whole build context copied before dependencies are installed: COPY . . above RUN npm ci.

A builder takes a layer from its cache only while all before it is unchanged. The context changes with every commit, so
that every build installs all dependencies anew; and their layers, though they hold the same, are pushed, pulled and
stored anew as well. The image does not get smaller by the remedy: each new version of it does.

Copy what names the dependencies, install them, and copy the rest after that:

COPY package.json package-lock.json ./
RUN npm ci
COPY . .

Packages of the system need nothing of the context: install them before anything is copied. A .dockerignore that leaves
out .git, documentation and tests also lets fewer changes through.

The bytes told are the content bytes of the COPY and of all layers above it. The classic builder records COPY dir:…
for any folder; that counts where the layer holds a project: files that name dependencies, and others. Left out is what
installs the project itself, such as pip install ., tools that need the sources (go build, cargo build, mvn, gradle)
where the same tool ran before the COPY, and RUN that brought no bytes.

A RUN may install to a cache mount, which saves it the work, not the layer: history records no mounts. Nor does it tell
of a COPY whether it is from another stage, but COPY . from there is rare. Of a build of several stages only the last
one is seen.
"""

from collections.abc import Iterator
from itertools import accumulate
from os.path import commonpath
from typing import Final, NamedTuple

from layerscope.build.attribution import Instruction
from layerscope.build.shell import Command, commands, operands, subcommand
from layerscope.model import EntryKind
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity


class _Installer(NamedTuple):
    programs: tuple[str, ...]
    verbs: tuple[str, ...] = ()
    """What it is told to do; the empty one for a program that installs when told nothing, none for anything at all."""
    files: str = ""
    """What names the dependencies; nothing of the context for packages of the system."""
    installs: str = ""
    """The command of the remedy."""
    names_packages: bool = False
    """Whether what follows is packages, so that a project's own dependencies are installed where nothing does."""


_INSTALLERS: Final = (
    _Installer(("apt", "apt-get", "aptitude"), ("install", "build-dep"), names_packages=True),
    _Installer(("apk",), ("add",), names_packages=True),
    _Installer(("dnf", "microdnf", "tdnf", "yum"), ("groupinstall", "install"), names_packages=True),
    _Installer(("zypper",), ("in", "install"), names_packages=True),
    _Installer(("pip",), ("install",), "requirements.txt", "pip install --no-cache-dir -r requirements.txt", True),
    _Installer(("uv",), ("sync",), "pyproject.toml uv.lock", "uv sync --locked --no-install-project"),
    _Installer(("poetry",), ("install",), "pyproject.toml poetry.lock", "poetry install --no-root"),
    _Installer(("pdm",), ("install", "sync"), "pyproject.toml pdm.lock", "pdm sync --no-self"),
    _Installer(("pipenv",), ("install", "sync"), "Pipfile Pipfile.lock", "pipenv sync"),
    _Installer(
        ("conda", "mamba", "micromamba"),
        ("create", "env", "install", "update"),
        "environment.yml",
        "conda env update -n base -f environment.yml",
    ),
    _Installer(("npm",), ("ci", "clean-install", "i", "install"), "package.json package-lock.json", "npm ci", True),
    _Installer(("yarn",), ("", "add", "install"), "package.json yarn.lock", "yarn install --frozen-lockfile", True),
    _Installer(("pnpm",), ("add", "fetch", "i", "install"), "package.json pnpm-lock.yaml", "pnpm install", True),
    _Installer(("bun",), ("add", "i", "install"), "package.json bun.lock", "bun install --frozen-lockfile", True),
    _Installer(("bundle",), ("", "install"), "Gemfile Gemfile.lock", "bundle install"),
    _Installer(("composer",), ("install",), "composer.json composer.lock", "composer install --no-autoloader"),
    _Installer(("go",), ("build", "get", "install", "mod"), "go.mod go.sum", "go mod download"),
    _Installer(
        ("cargo",),
        ("build", "chef", "fetch", "install"),
        "Cargo.toml Cargo.lock",
        "mkdir src && touch src/lib.rs && cargo fetch",
    ),
    _Installer(("mvn", "mvnw"), (), "pom.xml", "mvn dependency:go-offline"),
    _Installer(("gradle", "gradlew"), (), "build.gradle settings.gradle", "gradle dependencies"),
    _Installer(("dotnet",), ("build", "publish", "restore"), "*.csproj", "dotnet restore"),
    _Installer(("mix",), ("deps.compile", "deps.get"), "mix.exs mix.lock", "mix deps.get"),
)
_WHOLE: Final = frozenset({".", "./", "*", "./*"})
_MANIFESTS: Final = frozenset(name for each in _INSTALLERS for name in each.files.split()) | frozenset(
    {"build.gradle.kts", "bun.lockb", "npm-shrinkwrap.json", "settings.gradle.kts", "setup.cfg", "setup.py"}
)
_LOCAL: Final = (".", "/", "~")
_LOCAL_ENDS: Final = (".apk", ".deb", ".rpm", ".tar.gz", ".whl")


class _Install(NamedTuple):
    """A RUN that installs anew with every change."""

    layer: int
    installer: _Installer


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each COPY of the context, of what is installed until the next one."""
    contents = [layer.content for layer in evidence.filesystem.layers]
    from_here_up = list(accumulate(reversed(contents)))[::-1]
    for copied, installs in _copies(evidence).items():
        with_bytes = [each for each in installs if contents[each.layer]]
        if not with_bytes:
            continue
        largest = max(with_bytes, key=lambda each: contents[each.layer])
        yield Finding(
            message=f"the whole context is copied before {evidence.named_layer(largest.layer)}: a change of any file "
            f"makes this layer and all above it anew, {from_here_up[copied]:,} bytes to push and to pull again",
            remedy=_remedy(largest.installer),
            layer=copied,
        )


def _copies(evidence: Evidence) -> dict[int, list[_Install]]:
    """Return the layer of each COPY of the context, with what is installed after it and before the next one."""
    copies: dict[int, list[_Install]] = {}
    installs: list[_Install] = []  # before the first one, nobody's
    seen: set[_Installer] = set()
    ready: frozenset[_Installer] = frozenset()
    for each in evidence.instructions:
        if each.layer is not None and _is_whole_context(evidence, each, each.layer):
            installs = copies[each.layer] = []
            ready = frozenset(seen)
        elif each.kind == "RUN":
            for command in map(_plain, commands(each.text)):
                installer = _installer(command)
                if installer is None:
                    continue
                is_project = _installs_project(installer, command)
                if each.layer is not None and not (is_project and installer in ready):
                    installs.append(_Install(each.layer, installer))
                if is_project:
                    seen.add(installer)
    return copies


def _remedy(installer: _Installer) -> str:
    if not installer.files:
        return "Packages of the system need nothing of the context: install them above the COPY."
    return (
        f"Copy first what names the dependencies: COPY {installer.files} ./, then RUN {installer.installs}, and the "
        "rest after that: COPY . ."
    )


def _is_whole_context(evidence: Evidence, instruction: Instruction, layer: int) -> bool:
    if instruction.kind not in ("COPY", "ADD"):
        return False
    words = instruction.text.split()
    if words[:1] and words[0].startswith("dir:"):
        return _is_project(evidence, layer)
    *sources, _ = [word for word in words if not word.startswith("--")] or [""]
    return not _WHOLE.isdisjoint(sources) and not any(word.startswith("--from") for word in words)


def _is_project(evidence: Evidence, layer: int) -> bool:
    """Tell whether a layer's topmost folder holds what names dependencies, and the layer something else too."""
    files = [each for each in evidence.image.layers[layer].entries if each.kind is EntryKind.FILE]
    top = commonpath({each.parent for each in files} or {""})
    return any(each.parent == top and each.name in _MANIFESTS for each in files) and any(
        each.name not in _MANIFESTS for each in files
    )


def _plain(command: Command) -> Command:
    """Name a program as the table does: ``python3 -m pip`` and ``uv pip`` → ``pip``, ``pip3.12`` → ``pip``."""
    words = command.words
    name = command.program.rstrip("0123456789.")
    if (name == "python" and words[1:2] == ("-m",) and len(words) > 2) or (name == "uv" and words[1:2] == ("pip",)):
        words = words[2 if name == "python" else 1 :]
        name = words[0]
    return Command((name, *words[1:]), command.after)


def _installer(command: Command) -> _Installer | None:
    """Return who installs from elsewhere; what a file or a folder of the context is installed from is none."""
    for each in _INSTALLERS:
        if command.words[0] in each.programs:
            return each if _is_told(each, command) and not _is_local(each, command) else None
    return None


def _is_told(installer: _Installer, command: Command) -> bool:
    given = operands(command)
    if not installer.verbs:
        return bool(given)  # mvn --version
    return subcommand(command, installer.verbs) if given else "" in installer.verbs


def _is_local(installer: _Installer, command: Command) -> bool:
    packages = operands(command)[1:]
    if not installer.names_packages or not packages or _reads_list(command):
        return False
    return all(each.startswith(_LOCAL) or each.endswith(_LOCAL_ENDS) for each in packages)


def _installs_project(installer: _Installer, command: Command) -> bool:
    """Tell whether it is what files of the project name that is installed, and not packages by their names."""
    return bool(installer.files) and (
        not installer.names_packages or _reads_list(command) or len(operands(command)) < 2
    )


def _reads_list(command: Command) -> bool:
    return any(word.startswith(("-r", "--requirement")) for word in command.words)


RULES: Final = (Rule("cache-busting-copy", Severity.MEDIUM, Confidence.MEDIUM, __doc__, find),)
