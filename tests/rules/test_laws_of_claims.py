"""What holds of all findings together, whatever the image: no byte is claimed twice, and none that is not there."""

from typing import Any

from builders import file, hardlink, symlink, tar_of, whiteout
from elf_files import CORE, elf
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import COPY, RUN, Step, look

from layerscope.filesystem import settle
from layerscope.layers.tar import walk
from layerscope.layers.windows import BytesWindow

BODIES = (b"", b"a" * 150_000, b"b" * 150_000, elf(), elf(kind=CORE))
PATHS = (
    *("app/.git/x", "app/node_modules/a.js.map", "app/lib.a", "app/core", "app/a.so", "app/Dockerfile", "app/x.tar.gz"),
    *("usr/share/doc/x/y", "usr/share/man/a", "usr/lib/debug/a", "var/log/lastlog", "var/log/a", "tmp/a", "tmp/a.pyc"),
    *("var/lib/dpkg/status", "opt/a", "opt/b"),
)
MAKERS = {"hardlink": hardlink, "symlink": symlink}
paths = st.sampled_from(PATHS)
# Plans, not bytes: what fails is shown, and has to be readable.
files = st.tuples(paths, st.integers(0, len(BODIES) - 1), st.sampled_from([0o644, 0o755]), st.integers(0, 1))
others = st.tuples(st.sampled_from(["whiteout", *MAKERS]), paths, paths)
plans = st.lists(st.tuples(st.booleans(), st.lists(files | others, max_size=6)), min_size=1, max_size=4)


def step_of(plan: tuple[bool, list[tuple[Any, ...]]]) -> Step:
    is_run, members = plan
    return (RUN if is_run else COPY)(". /app", *(member_of(*member) for member in members))


def member_of(first: str, second: Any, *rest: Any) -> bytes:
    if first == "whiteout":
        return whiteout(second)
    if first in MAKERS:
        return MAKERS[first](second, rest[0])
    return file(first, BODIES[second], mode=rest[0], uid=rest[1])


@settings(max_examples=60, deadline=None)
@given(plans)
def test_claims_are_of_bytes_that_are_there_and_the_same_however_contents_are_read(planned: list[Any]) -> None:
    made = [step_of(plan) for plan in planned]
    found = look(made)
    filesystem = settle([tuple(walk(BytesWindow(tar_of(step.members or ())))) for step in made])
    union: dict[int, int] = {}
    for each in found:
        for entry, claimed in each.finding.claims.items():
            assert 0 < claimed <= filesystem.entries[entry].size
            union[entry] = max(claimed, union.get(entry, 0))

    assert sum(union.values()) <= sum(layer.content for layer in filesystem.layers)
    assert found == look(made, compressed=True)
