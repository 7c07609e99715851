"""Libraries and object files that only a linker reads: *.a, *.la, *.o.

They are parts to build programs from; a program that is built needs none of them. Most come with -dev packages, with
Python's own config folder, or with make install.

Build in an earlier stage and copy the result: COPY --from=build …. Where that is not wanted, delete them in the RUN
that writes them: RUN make install && find /usr/local -name '*.a' -delete; not where a compiler is, which needs some.

Left out are the compiler's own parts (libgcc, crt1.o, libc_nonshared.a and their like): with a compiler in the image
they are needed, and without it they go with its package. Left out too is what lies in folders that a build uses:
whoever has those in the image should remove all of them.
"""

import re
from collections.abc import Iterator
from os.path import commonpath
from typing import Final

from layerscope.model import Entry
from layerscope.rules.kit.ballast import ballast, common_folder, is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_SUFFIXES: Final = ("a", "la", "o")
_BUILD_FOLDERS: Final = frozenset({".libs", "CMakeFiles", "_build", "build", "obj", "obj.target", "target"})
_COMPILERS: Final = re.compile(
    r"(?:S|M|g|r|gr)?crt[^/]*\.o|libgcc[^/]*\.a|libc_nonshared\.a|libpthread_nonshared\.a|libclang_rt[^/]*\.a"
)


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer."""
    files = (
        number
        for suffix in _SUFFIXES
        for number in evidence.suffixed(suffix)
        if evidence.entry(number).name.endswith(f".{suffix}")  # ChangeLog.O is none
        and not _is_somebodys(evidence.entry(number))
    )
    for layer, names, claims in ballast(evidence, files):
        paths = evidence.paths(names)
        yield Finding(
            message=f"parts that only a linker reads, written by {evidence.named_layer(layer)}; no program needs them "
            "to run",
            remedy=_remedy(evidence, paths, from_copy=is_copied(evidence, layer)),
            layer=layer,
            paths=paths,
            claims=claims,
        )


def _is_somebodys(entry: Entry) -> bool:
    return bool(_COMPILERS.fullmatch(entry.name)) or not _BUILD_FOLDERS.isdisjoint(entry.parent.split("/"))


def _remedy(evidence: Evidence, paths: tuple[str, ...], *, from_copy: bool) -> str:
    """Say how; by ``find`` only where that finds nothing that is needed."""
    if from_copy:
        return "Copy only what runs: name programs and shared libraries in COPY --from=…, not the folder around them."
    stage = "Build in an earlier stage and copy the result: COPY --from=build …"
    suffixes = [each for each in _SUFFIXES if any(path.endswith(f".{each}") for path in paths)]
    folder = commonpath([path.rpartition("/")[0] for path in paths])
    below = f"{folder}/" if folder else ""
    alike = (evidence.entry(number) for each in suffixes for number in evidence.suffixed(each))
    if any(_is_somebodys(entry) and entry.path.startswith(below) for entry in alike):
        return f"{stage}. What else of their kind lies beside them is a compiler's, or a build's."
    tests = " -o ".join(f"-name '*.{each}'" for each in suffixes)
    return (
        f"{stage}; or delete them in the instruction that writes them: RUN … && find {common_folder(paths)} "
        f"\\( {tests} \\) -delete."
    )


RULES: Final = (Rule("static-libraries", Severity.LOW, Confidence.MEDIUM, __doc__, find),)
