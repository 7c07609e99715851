"""Libraries and object files that only a linker reads: *.a, *.la, *.o.

They are parts to build programs from; a program that is built needs none of them. Most come with -dev packages, with
Python's own config folder, or with make install.

Build in an earlier stage and copy the result: COPY --from=build …. Where that is not wanted, delete them in the RUN
that writes them: RUN make install && find /usr/local -name '*.a' -delete.

Left out are the compiler's own parts (libgcc, crt1.o, libc_nonshared.a and their like): with a compiler in the image
they are needed, and without it they go with its package. Left out too is what lies in folders that a build uses:
whoever has those in the image should remove all of them.
"""

import re
from collections.abc import Iterator
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
            remedy=_remedy(paths, from_copy=is_copied(evidence, layer)),
            layer=layer,
            paths=paths,
            claims=claims,
        )


def _is_somebodys(entry: Entry) -> bool:
    return bool(_COMPILERS.fullmatch(entry.name)) or not _BUILD_FOLDERS.isdisjoint(entry.parent.split("/"))


def _remedy(paths: tuple[str, ...], *, from_copy: bool) -> str:
    if from_copy:
        return "Copy only what runs: name programs and shared libraries in COPY --from=…, not the folder around them."
    tests = " -o ".join(f"-name '*.{each}'" for each in _SUFFIXES if any(path.endswith(f".{each}") for path in paths))
    return (
        "Build in an earlier stage and copy the result: COPY --from=build …; or delete them in the instruction that "
        f"writes them: RUN … && find {common_folder(paths)} \\( {tests} \\) -delete."
    )


RULES: Final = (Rule("static-libraries", Severity.LOW, Confidence.MEDIUM, __doc__, find),)
