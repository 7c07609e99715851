"""The walk of every tar of the corpus, against the standard library's reader and libarchive.

Where readers differ, Go's ``archive/tar`` decides, since the engines unpack with it. Each difference stands in a table
here with its reason: some of it seen by letting umoci 0.4.7 (built with Go) unpack the tar as a layer, the rest by
reading Go's source and the names of its tests.
"""

import csv
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from readers import Listed, ReaderError, by_layerscope, by_libarchive, by_tarfile, plain

from layerscope.errors import DamagedError, NotAnImageError, UnreadableImageError, UnsupportedError

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def _tars() -> list[str]:
    if not (CORPUS / "index.tsv").is_file():
        return []
    with (CORPUS / "index.tsv").open(newline="") as index:
        names = [row["file"] for row in csv.DictReader(index, delimiter="\t", quoting=csv.QUOTE_NONE)]
    return [name.removeprefix("tars/") for name in names if name.startswith("tars/")]


TARS = _tars()
every_tar = pytest.mark.parametrize(
    "name", TARS or [pytest.param("", marks=pytest.mark.skip(f"no corpus at {CORPUS}"))]
)

UNREAD = "layerscope reads gzip, zstd, xz and bzip2"
BAD_RECORD = "(a pax record that is none)"

REFUSED: dict[str, tuple[type[UnreadableImageError], str, str]] = {
    # Name → error, a part of its message, why that is right.
    "RustPython_RustPython__archivetestdata_recursion.tar": (DamagedError, BAD_RECORD, "made to recurse without end"),
    "aboutcode-org_scancode.io__scancode_corrupted.tar.gz": (DamagedError, "block found)", "corrupt deflate data"),
    "apache_commons-compress__bla.tar.Z": (UnsupportedError, "compress, which layerscope does not read", UNREAD),
    "apache_commons-compress__bla.tar.lz4": (UnsupportedError, "lz4, which layerscope does not read", UNREAD),
    "apache_commons-compress__bla.tar.sz": (UnsupportedError, "snappy, which layerscope does not read", UNREAD),
    "dotnet_runtime-assets__tar_node-tar_bad-cksum.tar": (DamagedError, "(wrong check sum)", "Go: invalid tar header"),
    "libarchive_libarchive__libarchive_test_compat_bzip2_2.tbz": (
        DamagedError, "(Invalid data stream)", "garbage after the bzip2 data; Go's bzip2 refuses it too"
    ),
    "libarchive_libarchive__libarchive_test_compat_gzip_2.tgz": (
        DamagedError, "wrapper found)", "garbage after the gzip data; Go's gzip refuses it too"
    ),
    "libarchive_libarchive__libarchive_test_compat_lz4_skippable_frames_B4.tar.lz4.uu": (
        DamagedError, "Unknown frame descriptor)", "lz4 behind a skippable frame, which looks the same in zstd"
    ),
    "libarchive_libarchive__libarchive_test_compat_plexus_archiver_tar.tar": (
        DamagedError, "(a block of zeros, and more after it)", "Go: invalid tar header; the other readers guess an end"
    ),
    "libarchive_libarchive__libarchive_test_read_pax_empty_val_no_nl.tar": (
        DamagedError, BAD_RECORD, "a record without its newline: Go refuses it"
    ),
    "moby_moby__tar_issue10968@7260adf.tar": (
        DamagedError, "(a sparse file of a dialect that no engine reads)", "Go: invalid tar header"
    ),
    "moby_moby__tar_issue11169@7260adf.tar": (DamagedError, BAD_RECORD, "Go: invalid tar header"),
    "moby_moby__tar_issue12435@7260adf.tar": (
        DamagedError, "(a number of 7118155225890936580669964288)", "Go: invalid tar header"
    ),
    "moby_moby__tar_neg-size@7260adf.tar": (
        DamagedError, "(a number of -3654355157617695270500273708)", "Go: invalid tar header"
    ),
    "moby_moby__tar_pax-bad-hdr-file@7260adf.tar": (DamagedError, BAD_RECORD, "Go: invalid tar header"),
    "moby_moby__tar_pax-nul-path@7260adf.tar": (DamagedError, BAD_RECORD, "NUL in a path: Go: invalid tar header"),
    "moby_moby__tar_pax-nul-xattrs@7260adf.tar": (DamagedError, BAD_RECORD, "NUL in a key: Go: invalid tar header"),
    "moby_moby__tar_pax-path-hdr@7260adf.tar": (
        DamagedError, "between an extension header and its entry", "Go forgives it, no other does: an entry is lost"
    ),
    "moby_moby__tar_writer-big-long@0949262.tar": (
        DamagedError, "17179865600 bytes before the contents of its entry", "16 GiB are missing"
    ),
    "moby_moby__tar_writer-big-long@7260adf.tar": (
        DamagedError, "17179869184 bytes before the contents of its entry", "16 GiB are missing"
    ),
    "moby_moby__tar_writer-big-long@7acea2a.tar": (
        DamagedError, "17179866624 bytes before the contents of its entry", "16 GiB are missing"
    ),
    "moby_moby__tar_writer-big@7260adf.tar": (
        DamagedError, "17179869184 bytes before the contents of its entry", "16 GiB are missing"
    ),
    "moby_moby__tar_writer-big@7acea2a.tar": (
        DamagedError, "17179865600 bytes before the contents of its entry", "16 GiB are missing"
    ),
    "npm_node-tar__old_test-generator@9f7bf78.tar": (DamagedError, "(wrong check sum)", "no tar reader takes it"),
    "npm_node-tar__tar_cb-never-called-1.0.1.tgz": (DamagedError, "ends too early", "the gzip data is cut off"),
    "vbatts_tar-split__tar_neg-size@576b273.tar": (
        DamagedError, "(a number of -3654355157617695270500273708)", "Go: invalid tar header"
    ),
    "vbatts_tar-split__tar_pax-bad-hdr-large.tar.bz2": (
        DamagedError, "(an extension of 1048577 bytes)", "Go takes 1 MiB and no more"
    ),
    **{
        f"libarchive_libarchive__{name}": (UnsupportedError, f"{kind}, which layerscope does not read", UNREAD)
        for name, kind in {
            "libarchive_test_compat_lz4_B4.tar.lz4": "lz4",
            "libarchive_test_compat_lz4_B4BDBX.tar.lz4": "lz4",
            "libarchive_test_compat_lz4_B5.tar.lz4": "lz4",
            "libarchive_test_compat_lz4_B6.tar.lz4": "lz4",
            "libarchive_test_compat_lz4_B7.tar.lz4": "lz4",
            "libarchive_test_compat_lzop_1.tar.lzo": "lzop",
            "libarchive_test_compat_lzop_2.tar.lzo": "lzop",
            "libarchive_test_compat_lzop_3.tar.lzo": "lzop",
            "libarchive_test_compat_uudecode_large.tar.Z": "compress",
            "libarchive_test_read_filter_lzop_multiple_parts.tar.lzo": "lzop",
            "libarchive_test_read_format_gtar_sparse_skip_entry.tar.Z": "compress",
            "libarchive_test_read_format_tar_pax_large_attr.tar.Z": "compress",
            "tar_test_option_s.tar.Z": "compress",
            "tar_test_print_longpath.tar.Z": "compress",
        }.items()
    },
}  # fmt: skip


class Difference(NamedTuple):
    """How another reader differs: in these fields, or by refusing."""

    what: str
    why: str


REFUSES = "refuses"
UNFILLED = "the last contents lack their filling, which Go forgives"
LEADING_NUL = "NULs before the digits, which Go takes off, end the number for the others"
NO_TIME = "no number; Go refuses the tar, layerscope can do without the time"
NO_MAGIC = "a magic that is neither ustar's nor GNU's: Go reads a v7 header, which has no prefix"
GLOBAL = "tarfile applies global pax headers; Docker and containerd ignore them, and so does libarchive"
ORDER = "tarfile lets the record `size` win over `GNU.sparse.realsize` where it stands later"
GNU_TIMES = "tarfile takes GNU's access time for ustar's prefix"
FIRST_WINS = "of several extension headers tarfile heeds the first; Go the last"

TARFILE: dict[str, Difference] = {
    "apache_commons-compress__simple-aix-native-tar.tar": Difference("mtime", LEADING_NUL),
    "aquasecurity_fanal__docker_testdir@542f630.tar.zstd": Difference(REFUSES, UNFILLED),
    "aquasecurity_fanal__docker_testdir@8f5c9ef.tar.zstd": Difference(REFUSES, UNFILLED),
    "docker_cli__context_test-dockerconfig-tls.tar": Difference(REFUSES, UNFILLED),
    "dotnet_runtime-assets__tar_node-tar_global-header.tar": Difference("path", GLOBAL),
    "libarchive_libarchive__libarchive_test_read_format_tar_pax_timestamps.tar": Difference("mtime", NO_TIME),
    "libarchive_libarchive__libarchive_test_read_format_tar_timestamp_overflow.tar": Difference("size", LEADING_NUL),
    "mafintosh_tar-stream__gnu-incremental.tar": Difference("path", GNU_TIMES),
    "mafintosh_tar-stream__gnu-long-path@e8c8872.tar": Difference(REFUSES, UNFILLED),
    "mafintosh_tar-stream__long-name@52100cd.tar": Difference("path", NO_MAGIC),
    "mafintosh_tar-stream__long-name@c12a491.tar": Difference("path", NO_MAGIC),
    "moby_moby__tar_gnu-incremental@7260adf.tar": Difference("path", GNU_TIMES),
    "moby_moby__tar_gnu-multi-hdrs@7260adf.tar": Difference("path target", FIRST_WINS),
    "moby_moby__tar_pax-bad-mtime-file@7260adf.tar": Difference("mtime", NO_TIME),
    "moby_moby__tar_pax-global-records@7260adf.tar": Difference("path mtime", GLOBAL),
    "moby_moby__tar_pax-multi-hdrs@7260adf.tar": Difference("path target", FIRST_WINS),
    "moby_moby__tar_pax-nil-sparse-data@7260adf.tar": Difference("size", ORDER),
    "moby_moby__tar_pax-nil-sparse-hole@7260adf.tar": Difference("size", ORDER),
    "moby_moby__tar_pax-sparse-big@7260adf.tar": Difference("size", ORDER),
}
LIBARCHIVE: dict[str, Difference] = {
    "apache_commons-compress__simple-aix-native-tar.tar": Difference("mtime", LEADING_NUL),
    "aquasecurity_fanal__docker_testdir@542f630.tar.zstd": Difference(REFUSES, UNFILLED),
    "aquasecurity_fanal__docker_testdir@8f5c9ef.tar.zstd": Difference(REFUSES, UNFILLED),
    "docker_cli__context_test-dockerconfig-tls.tar": Difference(REFUSES, UNFILLED),
    "libarchive_libarchive__libarchive_test_compat_star_acl_posix1e.tar": Difference(
        "mode", "libarchive takes the mode from the access control list"
    ),
    "libarchive_libarchive__libarchive_test_read_format_tar_pax_sun_holesdata.tar": Difference(
        REFUSES, "the map of holes is made to be wrong; Go does not look at it"
    ),
    "libarchive_libarchive__libarchive_test_read_format_tar_timestamp_overflow.tar": Difference("size", LEADING_NUL),
    "mafintosh_tar-stream__gnu-long-path@e8c8872.tar": Difference(REFUSES, UNFILLED),
    "mafintosh_tar-stream__long-name@52100cd.tar": Difference("path", NO_MAGIC),
    "mafintosh_tar-stream__long-name@c12a491.tar": Difference("path", NO_MAGIC),
    "mholt_archiver__testarchives_evilarchives_double-evil@7d5af0e.tar": Difference(
        REFUSES, "a type of \\x02, which libarchive does not count as a tar's"
    ),
    "moby_moby__tar_invalid-go17@7260adf.tar": Difference(
        "path", "a mistake of Go's own writer before 1.8, which Go knows"
    ),
    "moby_moby__tar_pax-bad-mtime-file@7260adf.tar": Difference("mtime", NO_TIME),
    "moby_moby__tar_nil-uid@7260adf.tar": Difference(
        "size", "libarchive heeds GNU's real size in a file that is not sparse"
    ),
}

READ_BY_OTHERS = {
    # Refused by layerscope, and listed by another reader: why, is in REFUSED.
    "tarfile": {
        "dotnet_runtime-assets__tar_node-tar_bad-cksum.tar",
        "libarchive_libarchive__libarchive_test_compat_plexus_archiver_tar.tar",
        "libarchive_libarchive__libarchive_test_read_pax_empty_val_no_nl.tar",
        "moby_moby__tar_pax-bad-hdr-file@7260adf.tar",
        "moby_moby__tar_pax-nul-path@7260adf.tar",
        "moby_moby__tar_pax-nul-xattrs@7260adf.tar",
        "vbatts_tar-split__tar_pax-bad-hdr-large.tar.bz2",
    },
    "libarchive": {
        "libarchive_libarchive__libarchive_test_compat_plexus_archiver_tar.tar",
        "libarchive_libarchive__libarchive_test_read_pax_empty_val_no_nl.tar",
        "moby_moby__tar_pax-bad-hdr-file@7260adf.tar",
        "moby_moby__tar_pax-nul-path@7260adf.tar",
        "moby_moby__tar_pax-nul-xattrs@7260adf.tar",
        "moby_moby__tar_writer-big-long@0949262.tar",
    },
}
READ_BY_SOME = {
    # Of these, those that tarfile lists in some versions of Python: since CVE-2024-6232 it is strict with pax records.
    "libarchive_libarchive__libarchive_test_read_pax_empty_val_no_nl.tar",
    "moby_moby__tar_pax-bad-hdr-file@7260adf.tar",
}
READERS = {"tarfile": (by_tarfile, TARFILE), "libarchive": (by_libarchive, LIBARCHIVE)}


def differing_fields(ours: list[Listed], theirs: list[Listed]) -> set[str]:
    return {
        field
        for mine, other in zip(ours, theirs, strict=True)
        for field in Listed._fields
        if getattr(mine, field) != getattr(other, field)
    }


@every_tar
def test_is_read_or_refused_for_a_reason(name: str) -> None:
    blob = (CORPUS / "tars" / name).read_bytes()

    if name not in REFUSED:
        assert by_layerscope(blob) is not None
        return

    error, part, why = REFUSED[name]
    with pytest.raises(UnreadableImageError) as caught:
        by_layerscope(blob)
    assert type(caught.value) is error
    assert part in str(caught.value)
    assert why


@pytest.mark.parametrize("reader", READERS)
@every_tar
def test_agrees_with_the_other_readers(name: str, reader: str) -> None:
    blob = (CORPUS / "tars" / name).read_bytes()
    read, differences = READERS[reader]
    if name in REFUSED:
        if name in READ_BY_OTHERS[reader]:
            with suppress(*[tarfile.ReadError] if reader == "tarfile" and name in READ_BY_SOME else []):
                assert read(plain(blob))
            return
        with pytest.raises((*ReaderError, UnreadableImageError)):
            read(plain(blob))
        return

    ours = by_layerscope(blob)
    difference = differences.get(name, Difference("", ""))

    if difference.what == REFUSES:
        with pytest.raises(ReaderError):
            read(plain(blob))
        return
    theirs = read(plain(blob))
    assert len(ours) == len(theirs)
    assert differing_fields(ours, theirs) == set(difference.what.split())
    if not difference.what:
        assert ours == theirs


def test_tables_speak_of_tars_that_are_there() -> None:
    if not TARS:
        pytest.skip(f"no corpus at {CORPUS}")
    assert {*REFUSED, *TARFILE, *LIBARCHIVE} <= set(TARS)


def test_nothing_is_taken_for_a_tar_that_is_none() -> None:
    with pytest.raises(NotAnImageError):
        by_layerscope(b"#!/bin/sh\n" * 100)
