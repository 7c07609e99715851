"""The walk of tars that are made here: each dialect by example, then everything at once by Hypothesis."""

import io
import tarfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from builders import (
    BLOCK,
    END,
    GNU,
    V7,
    base_256,
    file,
    folder,
    hardlink,
    header,
    long_name,
    opaque,
    padded,
    pax,
    signed,
    symlink,
    tar_of,
    whiteout,
)
from hypothesis import given
from hypothesis import strategies as st
from readers import by_layerscope, by_libarchive, by_tarfile, clean

from layerscope.errors import DamagedError, UnreadableImageError
from layerscope.layers import read_layer
from layerscope.layers.tar import is_tar
from layerscope.layers.windows import StreamWindow
from layerscope.model import Entry, EntryKind

LONG = "a/" * 80 + "name"


def entries_of(tar: bytes) -> tuple[Entry, ...]:
    return read_layer(StreamWindow(iter([tar]))).entries


def only(*members: bytes) -> Entry:
    (entry,) = entries_of(tar_of(members))
    return entry


def paths_of(tar: bytes) -> list[str]:
    return [entry.path for entry in entries_of(tar)]


# --- kinds and sizes


def test_each_kind_has_its_content_bytes() -> None:
    tar = tar_of(
        [
            folder("d"),
            file("d/f", b"four"),
            symlink("l", "a/target"),
            hardlink("h", "./d//f"),
            header("c", flag=b"3"),
            header("b", flag=b"4"),
            header("p", flag=b"6"),
        ]
    )

    assert [(e.path, e.kind, e.size, e.target) for e in entries_of(tar)] == [
        ("d", EntryKind.DIRECTORY, 0, ""),
        ("d/f", EntryKind.FILE, 4, ""),
        ("l", EntryKind.SYMLINK, 8, "a/target"),
        ("h", EntryKind.HARDLINK, 0, "d/f"),
        ("c", EntryKind.CHARACTER_DEVICE, 0, ""),
        ("b", EntryKind.BLOCK_DEVICE, 0, ""),
        ("p", EntryKind.FIFO, 0, ""),
    ]


@pytest.mark.parametrize("flag", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_a_size_means_nothing_where_there_are_no_contents(flag: bytes) -> None:
    tar = tar_of([header("x", flag=flag, size=700, link="y"), file("z", b"1")])

    assert paths_of(tar) == ["x", "z"]


def test_an_unknown_type_is_a_file() -> None:
    assert only(header("x", flag=b"Z", size=3) + padded(b"abc")).kind is EntryKind.FILE


def test_v7_folders_end_in_a_slash_and_have_no_contents_whatever_their_size() -> None:
    tar = tar_of([header("d/", flag=b"\0", magic=V7, size=1), header("e/", flag=b"\0", magic=V7)])

    assert [(e.path, e.kind) for e in entries_of(tar)] == [
        ("d", EntryKind.DIRECTORY),
        ("e", EntryKind.DIRECTORY),
    ]


def test_a_slash_makes_no_folder_of_a_file_with_a_type() -> None:
    entry = only(file("d/", b"abc"))

    assert (entry.path, entry.kind, entry.size) == ("d", EntryKind.FILE, 3)


def test_a_volume_label_is_no_entry() -> None:
    assert paths_of(tar_of([header("label", flag=b"V"), file("f")])) == ["f"]


# --- numbers


def test_a_size_in_base_256() -> None:
    assert only(header("f", raw={124: base_256(3, 12)}) + padded(b"abc")).size == 3


@pytest.mark.parametrize(
    "field", [b"        003 ", b"000000000003", b"3\0\0\0\0\0\0\0\0\0\0\0", b"\0\0\0\0003\0\0\0\0\0\0\0"]
)
def test_octal_sizes_however_they_are_padded(field: bytes) -> None:
    assert only(header("f", raw={124: field}) + padded(b"abc")).size == 3


@pytest.mark.parametrize("field", [base_256(-1, 12), base_256(1 << 63, 12), b"00000000-01\0", b"0000000008 \0"])
def test_a_size_that_is_none_is_refused(field: bytes) -> None:
    with pytest.raises(DamagedError, match="header at offset 512 is damaged"):
        entries_of(tar_of([folder("d"), header("f", raw={124: field})]))


def test_times_before_the_epoch_and_large_owners() -> None:
    entry = only(header("f", mtime=-5, uid=5_000_000, gid=6_000_000))

    assert (entry.mtime, entry.uid, entry.gid) == (-5, 5_000_000, 6_000_000)


def test_an_owner_that_cannot_be_read_is_root() -> None:
    assert only(header("f", raw={108: b"nobody!!"})).uid == 0


# --- names


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("./a/b", "a/b"),
        ("/a/b", "a/b"),
        ("a//b/", "a/b"),
        ("a/./b", "a/b"),
        ("a/../b", "b"),
        ("../../a", "a"),
        ("a/..", ""),
        ("./", ""),
        ("/", ""),
    ],
)
def test_paths_are_cleaned(written: str, path: str) -> None:
    assert only(folder(written)).path == path


def test_a_name_that_is_not_utf8_survives_as_surrogates() -> None:
    assert only(file(b"caf\xe9")).path == "caf\udce9"


def test_ustar_prefix() -> None:
    assert only(header("b/c", raw={345: b"a"})).path == "a/b/c"


def test_star_ends_the_prefix_before_its_times() -> None:
    member = header("n", raw={345: b"p" * 131, 476: b"12345678901 ", 508: b"tar\0"})

    assert only(member).path == "p" * 131 + "/n"


def test_gnu_has_times_where_ustar_has_a_prefix() -> None:
    assert only(header("n", magic=GNU, raw={345: b"12345670123\0"})).path == "n"


def test_go_before_1_8_wrote_a_prefix_into_gnu_headers() -> None:
    assert only(header("n", magic=GNU, raw={345: b"prefix"})).path == "prefix/n"


def test_long_names_and_links() -> None:
    entry = only(long_name(LONG), long_name(LONG + "2", flag=b"K"), symlink("short", "short"))

    assert (entry.path, entry.target) == (LONG, LONG + "2")


def test_of_two_long_names_the_last_counts() -> None:
    assert only(long_name("first"), long_name("second"), file("short")).path == "second"


# --- pax


def test_pax_records_stand_before_the_header() -> None:
    entry = only(
        pax([(b"path", LONG.encode()), (b"size", b"3"), (b"uid", b"7"), (b"gid", b"8"), (b"mtime", b"9.5")]),
        header("short") + padded(b"abc"),
    )

    assert (entry.path, entry.size, entry.uid, entry.gid, entry.mtime) == (LONG, 3, 7, 8, 9)


def test_pax_attributes_are_passed_over() -> None:
    assert only(pax([(b"SCHILY.xattr.user.x", b"\0=\n"), (b"comment", b"")]), file("f")).path == "f"


def test_an_empty_record_gives_the_header_its_meaning_back() -> None:
    assert only(pax([(b"path", b"p"), (b"path", b"")]), file("f")).path == "f"


def test_of_two_pax_headers_the_last_counts_alone() -> None:
    assert only(pax([(b"path", b"p")]), pax([(b"uid", b"1")]), file("f")).path == "f"


def test_a_long_name_wins_over_pax() -> None:
    assert only(long_name("long"), pax([(b"path", b"p")]), file("f")).path == "long"


def test_global_headers_are_ignored_as_by_the_engines() -> None:
    assert only(pax([(b"path", b"p"), (b"size", b"9")], flag=b"g"), file("f", b"1")).path == "f"


@pytest.mark.parametrize(
    "payload",
    [
        b"9 path=abc",
        b"8 path=abc\n",
        b"12 path=abcd",
        b"12 path\0abc\n",
        b"12 path=a\0c\n",
        b"6 =ab\n",
        b"x path=abc\n",
        b"-1 path=abc\n",
        b"99999999999999999999999 path=abc\n",
    ],
)
def test_a_pax_record_that_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(DamagedError, match="a pax record that is none"):
        entries_of(tar_of([header("x", flag=b"x", size=len(payload)) + padded(payload), file("f")]))


# --- sparse files


def sparse_old(extra_blocks: int = 0, magic: bytes = GNU) -> bytes:
    """GNU's old format: 1000 bytes of which 3 are stored, the map going on for some blocks."""
    extended = [bytes(504) + bytes([number + 1 < extra_blocks]) + bytes(7) for number in range(extra_blocks)]
    raw = {386: b"%011o\0%011o\0" % (997, 3), 482: bytes([extra_blocks > 0]), 483: b"%011o\0" % 1000}
    return header("sparse", flag=b"S", size=3, magic=magic, raw=raw) + b"".join(extended) + padded(b"abc")


SPARSE = {
    "old": sparse_old(),
    "old with more map": sparse_old(extra_blocks=3),
    "0.0": pax(
        [
            (b"GNU.sparse.size", b"1000"),
            (b"GNU.sparse.numblocks", b"1"),
            (b"GNU.sparse.offset", b"997"),
            (b"GNU.sparse.numbytes", b"3"),
        ]
    )
    + file("sparse", b"abc"),
    "0.1": pax(
        [
            (b"GNU.sparse.size", b"1000"),
            (b"GNU.sparse.numblocks", b"1"),
            (b"GNU.sparse.map", b"997,3"),
            (b"GNU.sparse.name", b"sparse"),
        ]
    )
    + file("GNUSparseFile.0/sparse", b"abc"),
    "1.0": pax(
        [
            (b"GNU.sparse.major", b"1"),
            (b"GNU.sparse.minor", b"0"),
            (b"GNU.sparse.name", b"sparse"),
            (b"GNU.sparse.realsize", b"1000"),
        ]
    )
    + file("GNUSparseFile.0/sparse", padded(b"1\n997\n3\n") + b"abc"),
}


@pytest.mark.parametrize("made", SPARSE.values(), ids=SPARSE)
def test_a_sparse_file_counts_its_logical_size(made: bytes) -> None:
    tar = tar_of([made, file("after", b"1")])

    assert [(e.path, e.size) for e in entries_of(tar)] == [("sparse", 1000), ("after", 1)]
    assert by_layerscope(tar) == by_tarfile(tar) == by_libarchive(tar)


def test_a_sparse_name_without_a_version_and_a_map_means_nothing() -> None:
    entry = only(pax([(b"GNU.sparse.name", b"s"), (b"GNU.sparse.realsize", b"9")]), file("f", b"1"))

    assert (entry.path, entry.size) == ("f", 1)


def test_a_sparse_format_of_the_future_is_a_plain_file() -> None:
    records = [(b"GNU.sparse.major", b"2"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.realsize", b"9")]

    assert only(pax(records), file("f", b"1")).size == 1


def test_a_sparse_file_of_star_is_refused_as_by_the_engines() -> None:
    with pytest.raises(DamagedError, match="no engine reads"):
        entries_of(tar_of([sparse_old(magic=b"ustar\x0000")]))


# --- whiteouts


def test_whiteouts_and_opaque_whiteouts() -> None:
    tar = tar_of([whiteout("a/b"), whiteout("c"), opaque("d"), opaque("")])

    assert [(e.kind, e.parent, e.name, e.size) for e in entries_of(tar)] == [
        (EntryKind.WHITEOUT, "a", "b", 0),
        (EntryKind.WHITEOUT, "", "c", 0),
        (EntryKind.OPAQUE, "d", "", 0),
        (EntryKind.OPAQUE, "", "", 0),
    ]


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", ".wh..wh.plnk", ".wh", "a.wh.b"])
def test_names_that_look_like_whiteouts_and_are_files(name: str) -> None:
    entry = only(file(name, b"1"))

    assert (entry.kind, entry.path, entry.size) == (EntryKind.FILE, name, 1)


# --- where a tar ends


ENDS = {
    "two blocks of zeros": END,
    "one block of zeros": bytes(BLOCK),
    "a part of a block of zeros": bytes(10),
    "nothing": b"",
    "zeros up to a record": bytes(20 * BLOCK),
    "garbage after the marker": END + b"garbage" * 100,
    "another tar after the marker": END + tar_of([file("hidden")]),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_end(end: bytes) -> None:
    assert paths_of(tar_of([file("f", b"1")], end=end)) == ["f"]


def test_a_single_block_of_zeros_ends_no_tar_that_goes_on() -> None:
    with pytest.raises(DamagedError, match="a block of zeros, and more after it"):
        entries_of(tar_of([file("f"), bytes(BLOCK), file("g")]))


def test_the_last_contents_may_lack_their_filling() -> None:
    assert paths_of(header("f", size=3) + b"abc") == ["f"]


@pytest.mark.parametrize("extension", [long_name("l"), long_name("l", flag=b"K"), pax([(b"path", b"p")])])
@pytest.mark.parametrize("end", [b"", END])
def test_an_extension_header_needs_its_entry(extension: bytes, end: bytes) -> None:
    with pytest.raises(DamagedError, match="between an extension header and its entry"):
        entries_of(tar_of([file("f"), extension], end=end))


def test_an_empty_tar() -> None:
    assert entries_of(b"") == entries_of(END) == entries_of(bytes(10)) == ()


# --- check sums


@pytest.mark.parametrize("form", ["%06o\0 ", "%07o\0", "%07o ", "%6o\0 ", "%6o  ", "%o\0"])
def test_check_sums_in_every_spelling(form: str) -> None:
    block = file("name")
    total = sum(block[:148]) + sum(block[156:]) + 8 * 32

    assert paths_of(tar_of([block[:148] + (form % total).encode().ljust(8, b"\0") + block[156:]])) == ["name"]


def test_signed_check_sums_of_old_tars() -> None:
    block = file(b"caf\xe9")
    total = sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:]) + 8 * 32

    assert paths_of(tar_of([block[:148] + b"%06o\0 " % total + block[156:]])) == ["caf\udce9"]


def test_a_wrong_check_sum_names_its_place() -> None:
    tar = bytearray(tar_of([file("f", b"1"), file("g")]))
    tar[1024] ^= 1

    with pytest.raises(DamagedError, match="header at offset 1024 is damaged"):
        entries_of(bytes(tar))


def test_a_number_that_no_header_sums_up_to_is_no_check_sum() -> None:
    block = file("f")
    total = sum(block[:148]) + sum(block[156:]) + 8 * 32
    right = block[:148] + base_256(total, 8) + block[156:]
    alike = block[:148] + base_256(total + 65521 * 1000, 8) + block[156:]

    assert is_tar(right)
    assert not is_tar(alike)  # as a compressed layer may begin


@pytest.mark.parametrize("sums_to_nothing", [b"\x80\x80", b"\xff" * 255 + b"\xf0"], ids=["signed", "modulo"])
def test_what_has_no_number_for_a_check_sum_is_no_tar_whatever_it_sums_to(sums_to_nothing: bytes) -> None:
    """Of compressed layers, one in some thousands sums to nothing."""
    block = (sums_to_nothing[:148].ljust(148, b"\0") + b"no \x1fsum!" + sums_to_nothing[148:]).ljust(512, b"\0")

    assert not is_tar(block)


# --- tars made by Hypothesis

NAME = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12)
PATH = st.builds(
    lambda start, parts, end: start + "/".join(parts) + end,
    st.sampled_from(["", "./", "/", "../"]),
    st.lists(st.one_of(NAME, st.sampled_from(["..", ".", "d", "e", "x" * 90])), min_size=1, max_size=5),
    st.sampled_from(["", "", "/"]),
)
NUMBER = st.one_of(st.integers(0, 8**7 - 1), st.integers(0, 2**40))
FORMATS = {"GNU": tarfile.GNU_FORMAT, "PAX": tarfile.PAX_FORMAT, "USTAR": tarfile.USTAR_FORMAT}


@st.composite
def infos(draw: st.DrawFn) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(draw(PATH))
    info.type = draw(st.sampled_from([tarfile.REGTYPE] * 3 + [bytes([flag]) for flag in b"123456"]))
    contents = draw(st.binary(max_size=1200)) if info.isreg() else b""
    info.size = len(contents)
    if info.isreg():
        info.name = info.name.rstrip("/")  # what libarchive calls a folder, and a damaged one if it has contents
    info.linkname = draw(PATH) if info.islnk() or info.issym() else ""
    info.mode = draw(st.integers(0, 0o7777))
    info.uid, info.gid, info.mtime = draw(NUMBER), draw(NUMBER), draw(NUMBER)
    return info, contents


def written(members: list[tuple[tarfile.TarInfo, bytes]], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:", format=form, encoding="utf-8") as archive:
        for info, contents in members:
            try:
                archive.addfile(info, io.BytesIO(contents))
            except ValueError:  # ustar's fields are too short for it: leave it out
                continue
    return buffer.getvalue()


@given(members=st.lists(infos(), max_size=6), form=st.sampled_from(sorted(FORMATS)))
def test_what_tarfile_writes_all_readers_read_alike(members: list[tuple[tarfile.TarInfo, bytes]], form: str) -> None:
    tar = written(members, FORMATS[form])

    ours = by_layerscope(tar)

    assert ours == by_tarfile(tar)
    assert ours == by_libarchive(tar)


RAW_NAME = st.one_of(
    st.sampled_from([b"d", b"e", b"./d", b"/d", b"..", b"caf\xe9", b"x" * 100]),
    st.lists(st.sampled_from([b"d", b"e", b"..", b".", b"", b"\xff", b"n" * 40]), max_size=6).map(b"/".join),
).filter(lambda name: not name.endswith(b"/") and 0 < len(name) <= 100)
LONG_NAME = st.lists(RAW_NAME, min_size=1, max_size=5).map(b"/".join)


@st.composite
def raw_members(draw: st.DrawFn) -> bytes:
    """One entry in any dialect, its extension headers before it."""
    kind = draw(st.sampled_from([b"0", b"0", b"\0", b"7", *[bytes([flag]) for flag in b"123456"]]))
    # What has no contents claims none: libarchive believes a hard link that says it has some, and skips them.
    contents = draw(st.binary(max_size=600)) if kind in {b"0", b"\0", b"7"} else b""
    size = len(contents)
    extension = draw(
        st.one_of(
            st.just(b""),
            LONG_NAME.map(long_name),
            LONG_NAME.map(lambda name: long_name(name, flag=b"K")),
            LONG_NAME.map(lambda name: pax([(b"path", name.replace(b"\xff", b"y").replace(b"\xe9", b"e"))])),
            st.just(pax([(b"size", b"%d" % size), (b"SCHILY.xattr.user.k", b"v\0w")])),
            st.just(pax([(b"comment", b"c")], flag=b"g")),
        )
    )
    raw = {124: base_256(size, 12)} if draw(st.booleans()) else {}
    link = draw(RAW_NAME) if kind in {b"1", b"2"} else b""
    magic = draw(st.sampled_from([GNU, b"ustar\x0000"]))
    block = header(draw(RAW_NAME), flag=kind, size=size, link=link, magic=magic, raw=raw)
    return extension + block + padded(contents)


@given(
    members=st.lists(raw_members(), max_size=6),
    end=st.sampled_from([END, b"", bytes(BLOCK), bytes(9 * BLOCK), END + b"garbage" * 200]),
)
def test_raw_dialects_all_readers_read_alike(members: list[bytes], end: bytes) -> None:
    tar = tar_of(members, end=end)

    ours = by_layerscope(tar)

    # tarfile and libarchive see no tar in no bytes at all; layerscope and Go see one without entries.
    assert ours == (by_tarfile(tar) if tar else [])
    assert ours == (by_libarchive(tar) if tar.strip(b"\0") and members else [])


@given(st.lists(RAW_NAME, min_size=1, max_size=8))
def test_cleaning_agrees_with_a_simpler_one_and_stands_still(names: list[bytes]) -> None:
    tar = tar_of([file(name) for name in names])

    paths = [listed.path for listed in by_layerscope(tar)]

    assert paths == [clean(name.decode("utf-8", "surrogateescape")) for name in names]
    assert [clean(path) for path in paths] == paths


# --- damage

SMALL = tar_of([folder("d"), pax([(b"path", b"d/long")]), file("x", b"contents" * 100), symlink("l", "t"), file("e")])
SMALL_PATHS = ["d", "d/long", "l", "e"]
BORDERS = {0: 0, 512: 1, 2048 + 1024: 2, 2048 + 1024 + 512: 3, 4096: 4}
"""Offset → entries before it: where one entry ends and the next begins."""


def test_borders_are_where_the_next_tests_believe() -> None:
    assert len(SMALL) == 4096 + len(END)
    assert paths_of(SMALL) == SMALL_PATHS


@pytest.mark.parametrize("chunk", range(8))
def test_cut_off_anywhere_it_is_refused_or_nothing_is_lost(chunk: int) -> None:
    """At an entry's border there is nothing to see: a tar without its end marker is forgiven, as by every reader."""
    for length in range(chunk, len(SMALL), 8):
        cut = SMALL[:length]
        if length in BORDERS:
            assert paths_of(cut) == SMALL_PATHS[: BORDERS[length]]
        elif length > 4096:
            assert paths_of(cut) == SMALL_PATHS
        elif 2048 + 800 <= length < 3072:  # contents are whole, their filling is not, and the rest is missing
            assert paths_of(cut) == SMALL_PATHS[:2]
        else:
            with pytest.raises(UnreadableImageError):
                entries_of(cut)


def damaged_reads(reader: Callable[[bytes], object], blob: bytes) -> None:
    """Read what may be damaged: any error but layerscope's own gets through and fails the test."""
    with suppress(UnreadableImageError):
        reader(blob)


@given(st.data())
def test_flipped_bits_never_break_more_than_the_tar(data: st.DataObject) -> None:
    tar = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 4))):
        tar[data.draw(st.integers(0, len(tar) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    damaged_reads(entries_of, bytes(tar))


@given(st.data())
def test_flipped_bits_with_a_check_sum_that_holds(data: st.DataObject) -> None:
    members = [*SPARSE.values(), long_name(LONG), pax([(b"path", b"p"), (b"size", b"3")]), file("f", b"abc")]
    tar = bytearray(tar_of(members))
    starts = [at for at in range(0, len(tar), BLOCK) if tar[at + 257 : at + 262] == b"ustar"]
    start = data.draw(st.sampled_from(starts))
    field = data.draw(st.sampled_from([(0, 100), (100, 48), (124, 12), (156, 1), (257, 8), (345, 167)]))
    at = start + field[0] + data.draw(st.integers(0, field[1] - 1))
    tar[at] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(b"0179 xgLKSV\x80\xff\0")))
    tar[start : start + BLOCK] = signed(bytes(tar[start : start + BLOCK]))

    damaged_reads(entries_of, bytes(tar))


@given(st.binary(max_size=3000))
def test_noise(noise: bytes) -> None:
    damaged_reads(entries_of, noise)
    damaged_reads(entries_of, file("f") + noise)
    damaged_reads(entries_of, header("x", flag=b"x", size=len(noise)) + padded(noise) + file("f"))
