"""Reports by tables of contents: the same as of the whole layers, of images by real tools and of made ones."""

import tarfile
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from builders import file, folder, symlink, tar_of, whiteout
from elf_files import elf
from msgspec.structs import replace
from partially import Seekable, layout_of, told_of, without_tar_bytes

from benchmarks.seekable import Made, estargz, zstd_chunked
from layerscope.filesystem import settle
from layerscope.filesystem.files import Files
from layerscope.image import read_image

ARCHIVES = Path(__file__).parents[2] / "fixtures/archives"


@pytest.fixture
def buildkit(tmp_path: Path) -> Path:
    """An image by BuildKit, all layers eStargz."""
    with tarfile.open(ARCHIVES / "buildx-oci-estargz.tar") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


@pytest.mark.parametrize("rules", [True, False])
def test_of_buildkit(buildkit: Path, rules: bool) -> None:
    whole, _ = told_of(buildkit, partially=False, rules=rules)
    report, blobs = told_of(buildkit, partially=True, rules=rules)
    assert report == whole  # the tars' sizes too, which annotations tell
    assert len(blobs) == 7  # of eight layers, two are the same


@pytest.mark.parametrize("rules", [True, False])
def test_of_skopeo(rules: bool) -> None:
    whole, _ = told_of(ARCHIVES / "skopeo-oci-zstd-chunked", partially=False, rules=rules)
    report, blobs = told_of(ARCHIVES / "skopeo-oci-zstd-chunked", partially=True, rules=rules)
    assert report == without_tar_bytes(whole)
    assert [len(blob.asked) for blob in blobs if not rules] == ([1] * 4 if not rules else [])


MADE = (
    tar_of(
        [
            folder("usr/bin"),
            file("usr/bin/app", elf(), mode=0o755),
            file("usr/bin/tool", elf(between=700_000), mode=0o755),
            file("srv/data.db", b"SQLite format 3\0" + Random(1).randbytes(300_000)),
            file("srv/one.bin", Random(2).randbytes(200_000)),
            symlink("srv/link", "one.bin"),
            file("etc/secret.env", b"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"),
            file("etc/passwd", b"app:x:1000:1000::/home/app:/bin/sh\n"),
        ]
    ),
    tar_of(
        [
            file("srv/two.bin", Random(2).randbytes(200_000)),
            file("usr/bin/app", elf(), mode=0o555, uid=7),
            whiteout("srv/data.db"),
            file("opt/zeros", bytes(300_000)),
        ]
    ),
)
CREATED_BY = ("COPY app / # buildkit", "RUN /bin/sh -c more # buildkit")


@pytest.mark.parametrize("make", [estargz, zstd_chunked])
@pytest.mark.parametrize("size", [4096, 4 << 20])
def test_of_made_layers(tmp_path: Path, make: type[Made], size: int) -> None:
    """With what rules find in files: symbols, a database, copies, a file written again."""
    path = layout_of(tmp_path, [make(tar, chunk=size) for tar in MADE], CREATED_BY)
    whole, _ = told_of(path, partially=False)
    report, _ = told_of(path, partially=True)
    assert without_tar_bytes(report) == without_tar_bytes(whole)
    found = {finding.rule for finding in report.findings}
    assert found >= {"debug-symbols", "duplicate-content", "metadata-rewrite", "removed-later"}


def test_layers_of_both_kinds_are_compared(tmp_path: Path) -> None:
    """One layer has digests that were told, the other computed ones: of the first, what may be equal is read."""
    layers = [estargz(MADE[0]), Made(MADE[1], {})]
    path = layout_of(tmp_path, layers, CREATED_BY)
    whole, _ = told_of(path, partially=False)
    report, _ = told_of(path, partially=True)
    assert without_tar_bytes(report) == without_tar_bytes(whole)
    assert {"duplicate-content", "metadata-rewrite"} <= {finding.rule for finding in report.findings}


def test_a_damaged_chunk_costs_its_rules(tmp_path: Path) -> None:
    """What is not what the table says of it is believed by nobody; what needs no contents is told."""
    made = estargz(MADE[0], change=lambda lines: [{**line, **_wrong(line)} for line in lines])
    report, [blob] = told_of(layout_of(tmp_path, [made], CREATED_BY), partially=True)
    whole, _ = told_of(tmp_path, partially=False)
    assert report.totals == replace(whole.totals, reclaimable_bytes=report.totals.reclaimable_bytes)
    given_up = [note for note in report.notes if "is not what the table of contents says of it" in note]
    assert any("debug-symbols" in note for note in given_up)
    assert len(blob.asked) <= 4  # nothing more is tried after the first


def _wrong(line: dict[str, object]) -> dict[str, object]:
    return {"chunkDigest": "sha256:" + "0" * 64} if "chunkDigest" in line else {}


def test_digests_of_two_images_are_of_one_kind(tmp_path: Path) -> None:
    """A layer by its table and the same one whole: contents are the same, whatever digests were given."""
    layouts = layout_of(tmp_path / "told", [estargz(MADE[0])]), layout_of(tmp_path / "whole", [Made(MADE[1], {})])
    with closing(Seekable(layouts[0])) as told, closing(Seekable(layouts[1])) as whole:
        one, other = (
            Files(settle([layer.entries for layer in read.image.layers]), read.facts)
            for read in (read_image(medium, "", None) for medium in (told, whole))
        )
        old, new = one.kept_at("usr/bin/app"), other.kept_at("usr/bin/app")
        assert old is not None
        assert new is not None
        assert (one.is_given(old), other.is_given(new)) == (True, False)
        assert one.reads(old) == 0
        assert one.reads(old, computed=True) == one.entry(old).size
        assert one.digest(old) != other.digest(new)
        assert one.digest(old, computed=True) == other.digest(new, computed=True)
        assert one.reads(old, computed=True) == 0  # by now
