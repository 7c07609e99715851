"""Laws of tables of contents: the entries are those of the header walk, and the contents those of the files."""

import gzip
import io
import tarfile

from hypothesis import given, settings
from hypothesis import strategies as st
from partially import Local, hold

from benchmarks.seekable import estargz, zstd_chunked
from layerscope.layers.partial import read_partially
from layerscope.model import Compression

NAMES = st.sampled_from(["a", "b", "größe", ".wh.a", ".wh..wh..opq", ".wh.", "x" * 90, "stargz.index.json", "etc"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join) | st.sampled_from([".", "./a", "/b", "a/../b"])
KINDS = st.sampled_from(
    [
        tarfile.REGTYPE,
        tarfile.REGTYPE,
        tarfile.REGTYPE,
        tarfile.DIRTYPE,
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.FIFOTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
    ]
)
CONTENTS = st.tuples(st.binary(max_size=30), st.integers(0, 400))
"""What is repeated, and how often."""
MEMBERS = st.tuples(
    PATHS, KINDS, CONTENTS, PATHS, st.integers(0, 0o7777), st.integers(0, 1 << 31), st.integers(0, 1 << 33)
)
TREES = st.lists(MEMBERS, max_size=12)
FORMATS = st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
Members = list[tuple[str, bytes, tuple[bytes, int], str, int, int, int]]


def tar_of(members: Members, form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for path, kind, (piece, times), target, mode, owner, time in members:
            info = tarfile.TarInfo(path)
            info.type, info.mode, info.uid, info.gid, info.mtime = kind, mode, owner, owner // 2, time
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info.linkname = target
            if kind == tarfile.REGTYPE:
                info.size = len(piece) * times
            archive.addfile(info, io.BytesIO(piece * times))
    return out.getvalue()


@settings(deadline=None)
@given(
    TREES, FORMATS, st.sampled_from([100, 512, 4096, 1 << 20]), st.sampled_from([0, 1, 3000, 1 << 20]), st.booleans()
)
def test_estargz(members: Members, form: int, chunk: int, least: int, inside: bool) -> None:
    hold(estargz(tar_of(members, form), chunk=chunk, least=least, inside=inside), tar_bytes=True)


@settings(deadline=None)
@given(TREES, FORMATS, st.sampled_from([100, 512, 4096, 1 << 20]))
def test_zstd_chunked(members: Members, form: int, chunk: int) -> None:
    hold(zstd_chunked(tar_of(members, form), chunk=chunk), tar_bytes=False)


def test_the_builder_makes_layers_that_others_read() -> None:
    """What is held against is the tar itself, with the table behind it or inside."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("a")
        info.size = 3000
        archive.addfile(info, io.BytesIO(b"x" * 3000))
    behind, inside = estargz(out.getvalue()), estargz(out.getvalue(), inside=True)
    assert gzip.decompress(behind.blob).startswith(out.getvalue())
    with tarfile.open(fileobj=io.BytesIO(inside.blob), mode="r:gz") as archive:
        assert archive.getnames() == ["a", "stargz.index.json"]
    told = read_partially(Local(inside.blob), inside.annotations, "here")
    assert [entry.path for entry in told.entries] == ["a", "stargz.index.json"]
    assert told.compression is Compression.GZIP
