"""Passwords, tokens and private keys that whoever has the image can read.

Looked for are private keys, the files in which tools keep what they log in with (.npmrc, .netrc, .pypirc,
.git-credentials, .docker/config.json, .aws/credentials, kubeconfig and their like), .env files with secrets, variables
that ENV sets, build arguments, and tokens in the text of an instruction. A file counts by what is in it, and counts
although a later layer deletes it: the layer below still carries it. What was found is never printed.

Rotate it: whoever pulled the image has it, and deleting it changes no layer that was pushed. Where the build needs a
secret, mount it, which leaves it in no layer and no history: RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm
ci. Where the program does, give it when it runs: a Kubernetes Secret, as a file or a variable.

Less than sure are variables, which are judged by name and value, keys behind a passphrase, and keys that the
installation of a package made (host keys of SSH, ssl-cert-snakeoil): no secret of yours, but every container has the
same. Least sure are keys among tests or in packages. Left out are public keys, certificates, placeholders, keys in the
tests and documents of packages, files of more than 64 kB, and keystores (.p12, .jks), which cannot be looked into.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from layerscope.build.attribution import Instruction
from layerscope.model import Entry
from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.credentials import PROBE, Held, candidates, held
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity
from layerscope.secrets import assigned, is_secret, is_shown, is_token

_PACKAGES: Final = frozenset({"bower_components", "dist-packages", "gems", "node_modules", "site-packages", "vendor"})
_SYSTEM: Final = ("go/pkg/mod/", "lib/", "usr/lib/", "usr/local/go/", "usr/local/lib/", "usr/share/")
_TESTS: Final = frozenset(
    {
        *("__tests__", "test", "test-data", "test_data", "testdata", "testing", "tests", "spec", "specs"),
        *("demo", "demos", "doc", "docs", "example", "examples", "fixture", "fixtures", "mock", "mocks", "sample"),
        "samples",
    }
)
"""Folders that hold keys for everybody to see."""
_BUILD_TIME: Final = frozenset({"ADD", "ARG", "COPY", "RUN"})
_INSTALLED: Final = frozenset({"localhost.key", "ssl-cert-snakeoil.key"})
_NAMED: Final = 6
_ROTATE: Final = "and rotate it: whoever pulled the image has it."


class _Group(NamedTuple):
    """What is said in one sentence."""

    layer: int
    what: str
    by: int | None
    """The layer that hides it."""
    confidence: Confidence


def find(evidence: Evidence) -> Iterator[Finding]:
    """Of files one finding for each layer and kind; of variables and texts one for each instruction."""
    yield from _in_files(evidence)
    yield from _in_history(evidence)


def _in_files(evidence: Evidence) -> Iterator[Finding]:
    groups: dict[_Group, list[int]] = {}
    for number in candidates(evidence):
        entry = evidence.entry(number)
        found = held(evidence, number)
        layer = evidence.layer_of(number)
        confidence = _confidence(entry, found, from_copy=is_copied(evidence, layer)) if found else None
        if found and confidence:
            hidden = evidence.hidden_by_number.get(number)
            group = _Group(layer, _what(entry, found), hidden.by if hidden else None, confidence)
            groups.setdefault(group, []).append(number)
    for group, numbers in sorted(groups.items(), key=lambda each: each[1]):
        hidden_by = "" if group.by is None else f"; {_author(evidence, group.by)} hides it, and it is still there"
        yield Finding(
            message=f"{group.what}, brought by {_author(evidence, group.layer)}, for everybody who has the "
            f"image{hidden_by}",
            remedy=_remedy(group.what, from_copy=is_copied(evidence, group.layer)),
            layer=group.layer,
            paths=evidence.paths(numbers),
            confidence=group.confidence,
        )


def _confidence(entry: Entry, found: Held, *, from_copy: bool) -> Confidence | None:
    """Tell how sure it is that this is a secret; packages ship what looks like one, and everybody knows that."""
    parts = entry.parent.split("/")
    is_test = not _TESTS.isdisjoint(parts)
    if not _PACKAGES.isdisjoint(parts) or (entry.path.startswith(_SYSTEM) and not from_copy):
        return Confidence.LOW if found.is_key and not is_test else None
    if is_test:
        return Confidence.LOW
    return Confidence.MEDIUM if found.is_locked or _is_installed(entry) or found.variables else Confidence.HIGH


def _is_installed(entry: Entry) -> bool:
    return entry.name in _INSTALLED or (entry.parent == "etc/ssh" and entry.name.startswith("ssh_host_"))


def _what(entry: Entry, found: Held) -> str:
    if _is_installed(entry):
        return "a private key made when a package was installed, the same in all containers"
    if found.is_locked:
        return f"{found.what} behind a passphrase"
    return f"{found.what} ({_listed(found.variables)})" if found.variables else found.what


def _author(evidence: Evidence, layer: int) -> str:
    """Name a layer without the text of its instruction: the secret may stand in there."""
    made_by = evidence.instruction_of.get(layer)
    return f"layer {layer}" if made_by is None else f"the {made_by.kind} of layer {layer}"


def _remedy(what: str, *, from_copy: bool) -> str:
    if "installed" in what:
        return (
            "Delete it in the instruction that installs the package: RUN … && rm …; and make one when the container "
            "starts, or mount a Kubernetes Secret."
        )
    first = "List it in .dockerignore. Where a RUN" if from_copy else "Write it to no layer. Where a RUN"
    return f"{first} needs it: RUN --mount=type=secret,id=…; where the program does: a Kubernetes Secret; {_ROTATE}"


def _in_history(evidence: Evidence) -> Iterator[Finding]:
    """Judge each instruction; a build argument stands in all that follow, and is told once."""
    seen: set[tuple[str, str, str]] = set()
    for instruction in evidence.instructions:
        yield from _told(instruction, "build arguments", _secrets("ARG", instruction.arguments, seen))
        if instruction.kind in ("ENV", "ARG"):
            what = "variables" if instruction.kind == "ENV" else "build arguments"
            yield from _told(instruction, what, _secrets(instruction.kind, instruction.text, seen))
        elif is_shown(instruction.text):
            yield _finding(instruction, f"a token or a password in the text of {_place(instruction)}", Confidence.HIGH)
        elif instruction.kind == "RUN":
            yield from _told(instruction, "variables of a command", _secrets("RUN", instruction.text, seen))
    told = {name for kind, name, _ in seen if kind == "ENV"}
    others = ((name, value) for name, value in evidence.environment.items() if name not in told)
    yield from _told(None, "variables", [each for each in others if is_secret(*each)])


def _secrets(kind: str, text: str, seen: set[tuple[str, str, str]]) -> list[tuple[str, str]]:
    """List the variables with secrets that a text sets, those that were told before left out."""
    found = [(name, value) for name, value in assigned(text) if is_secret(name, value)]
    new = [(name, value) for name, value in found if (kind, name, value) not in seen]
    seen.update((kind, name, value) for name, value in new)
    return new


def _told(instruction: Instruction | None, what: str, secrets: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    if secrets:
        names = _listed(list(dict.fromkeys(name for name, _ in secrets)))
        is_sure = any(is_token(value) for _, value in secrets)
        where = _place(instruction) if instruction else "the image's configuration"
        yield _finding(
            instruction, f"secrets in {what} of {where}: {names}", Confidence.HIGH if is_sure else Confidence.MEDIUM
        )


def _finding(instruction: Instruction | None, what: str, confidence: Confidence) -> Finding:
    in_build = instruction is not None and instruction.kind in _BUILD_TIME
    first = (
        "Mount it for the one RUN that needs it: RUN --mount=type=secret,id=…,env=… …;"
        if in_build
        else "Set it when the container runs, from a Kubernetes Secret;"
    )
    return Finding(
        message=f"{what}, which stays in the image's history and configuration",
        remedy=f"{first} {_ROTATE}",
        layer=instruction.layer if instruction else None,
        instruction=instruction.index if instruction else None,
        confidence=confidence,
    )


def _place(instruction: Instruction) -> str:
    return f"{instruction.kind} (instruction {instruction.index})"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


RULES: Final = (Rule("secret-in-image", Severity.HIGH, Confidence.HIGH, __doc__, find, (PROBE,)),)
