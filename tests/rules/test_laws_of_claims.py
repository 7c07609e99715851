"""What holds of all findings together, whatever the image: no byte is claimed twice, and none that is not there."""

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
paths, bodies = st.sampled_from(PATHS), st.sampled_from(BODIES)
files = st.builds(file, paths, bodies, mode=st.sampled_from([0o644, 0o755]), uid=st.integers(0, 1))
members = files | st.builds(hardlink, paths, paths) | st.builds(whiteout, paths) | st.builds(symlink, paths, paths)
steps = st.builds(
    lambda made, parts: made(". /app", *parts), st.sampled_from([RUN, COPY]), st.lists(members, max_size=6)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, min_size=1, max_size=4))
def test_claims_are_of_bytes_that_are_there_and_the_same_however_contents_are_read(made: list[Step]) -> None:
    found = look(made)
    filesystem = settle([tuple(walk(BytesWindow(tar_of(step.members or ())))) for step in made])
    union: dict[int, int] = {}
    for each in found:
        for entry, claimed in each.finding.claims.items():
            assert 0 < claimed <= filesystem.entries[entry].size
            assert entry not in filesystem.superseded
            union[entry] = max(claimed, union.get(entry, 0))

    assert sum(union.values()) <= sum(layer.content for layer in filesystem.layers)
    assert found == look(made, compressed=True)
