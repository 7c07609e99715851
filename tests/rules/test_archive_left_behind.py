import bz2
import gzip
import io
import lzma
import random
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import file, folder, pax, tar_of
from hypothesis import given
from hypothesis import strategies as st
from looking import COPY, RUN, archive_of, looked, reclaimable

from layerscope import inspect
from layerscope.layers.windows import BytesWindow
from layerscope.rules.archive_left_behind import PROBE
from layerscope.rules.kit.rule import Confidence

FILES = {
    f"tool-1.2/{name}": random.Random(name).randbytes(size) for name, size in (("README", 300), ("bin/tool", 20_000))
}


def packed(files: dict[str, bytes] = FILES) -> bytes:
    global_header = pax([(b"comment", b"a commit")], flag=b"g")
    return tar_of([global_header, folder("tool-1.2"), *(file(path, contents) for path, contents in files.items())])


def zipped(files: dict[str, bytes] = FILES) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, contents in files.items():
            archive.writestr(zipfile.ZipInfo(path), contents, zipfile.ZIP_DEFLATED)  # of no time: always the same
    return stream.getvalue()


def unpacked(where: str, strip: str = "") -> list[bytes]:
    return [file(where + path.removeprefix(strip), contents) for path, contents in FILES.items()]


@pytest.mark.parametrize(
    ("name", "archive"),
    [
        ("tool.tar", packed()),
        ("tool.tar.gz", gzip.compress(packed(), mtime=0)),
        ("tool.tgz", gzip.compress(packed(), mtime=0)),
        ("tool.tar.bz2", bz2.compress(packed())),
        ("tool.tar.xz", lzma.compress(packed())),
        ("tool.zip", zipped()),
        ("tool-1.2-py3-none-any.whl", zipped()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize(("where", "strip"), [("opt/", ""), ("opt/elsewhere/", "tool-1.2/"), ("", "")])
def test_an_archive_whose_members_stand_somewhere_is_found(name: str, archive: bytes, where: str, strip: str) -> None:
    [found] = looked("archive-left-behind", RUN("tar -x", file(f"opt/{name}", archive), *unpacked(where, strip)))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (f"opt/{name}",), len(archive))
    assert f"rm /opt/{name}." in found.finding.remedy
    assert (f", in /{where.rstrip('/')}" in found.finding.message) == bool(where)


def test_unpacked_in_a_later_layer_it_is_as_useless_but_not_in_an_earlier_one() -> None:
    archive = COPY("tool.tar.gz /opt/", file("opt/tool.tar.gz", gzip.compress(packed(), mtime=0)))
    files = RUN("tar", *unpacked("opt/"))

    [found] = looked("archive-left-behind", archive, files)
    assert "ADD tool.tar.gz …" in found.finding.remedy
    assert looked("archive-left-behind", files, archive) == []


def test_a_single_program_in_an_archive_is_enough() -> None:
    program = random.Random(1).randbytes(20_000)
    archive = gzip.compress(packed({"tool": program}))

    assert (
        len(looked("archive-left-behind", RUN("tar", file("tmp/t.tgz", archive), file("usr/bin/tool", program)))) == 1
    )
    assert looked("archive-left-behind", RUN("tar", file("tmp/t.tgz", archive), file("usr/bin/tool", b"other"))) == []


def test_what_is_nowhere_unpacked_may_be_wanted() -> None:
    archive = file("opt/tool.tar.gz", gzip.compress(packed(), mtime=0))

    assert looked("archive-left-behind", RUN("curl", archive)) == []
    assert (
        looked("archive-left-behind", RUN("curl", archive, file("opt/tool/README", b"x"), file("README", b"y"))) == []
    )


@pytest.mark.parametrize("path", ["opt/tool.jar", "opt/tool.war", "opt/tool.gz", "root/.cache/pip/tool.zip"])
def test_what_runs_as_it_is_and_caches_are_left_out(path: str) -> None:
    assert looked("archive-left-behind", RUN("curl", file(path, zipped()), *unpacked("opt/"))) == []


@pytest.mark.parametrize("database", ["var/lib/dpkg/info/tool.list", "var/lib/dpkg/info/tool:amd64.list"])
def test_a_package_that_is_installed_is_found(database: str) -> None:
    package = file("tmp/tool_1.2_amd64.deb", b"!<arch>\n" * 2000)

    [found] = looked("archive-left-behind", RUN("dpkg -i", package, file(database, b"/.\n")))
    assert "in the instruction that installs it" in found.finding.remedy
    assert looked("archive-left-behind", RUN("curl", package)) == []


def test_what_cannot_be_listed_is_found_by_name_with_low_confidence() -> None:
    archive = file("opt/tool.7z", b"7z\xbc\xaf\x27\x1c" * 2000)

    [found] = looked("archive-left-behind", RUN("7z x", archive, file("opt/tool/README", b"x")))
    assert found.finding.confidence is Confidence.LOW
    assert looked("archive-left-behind", RUN("7z x", archive, file("opt/other/README", b"x"))) == []


PACKERS: tuple[Callable[[bytes], bytes], ...] = (bytes, gzip.compress, bz2.compress, lzma.compress)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"]),
)
def test_whatever_a_file_holds_the_probe_never_raises(contents: bytes, start: bytes) -> None:
    PROBE.look(BytesWindow(start + contents), len(start + contents))


@given(st.data(), st.sampled_from([*(pack(packed()) for pack in PACKERS), zipped()]))
def test_an_archive_with_bytes_changed_is_sound_too(data: st.DataObject, archive: bytes) -> None:
    broken = bytearray(archive)
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(broken) - 1), st.integers(0, 255)), max_size=9)
    ):
        broken[position] = value

    found = PROBE.look(BytesWindow(bytes(broken)), len(broken))
    assert found is None or len(found) <= 64


def test_an_archive_that_claims_to_hold_very_much_is_given_up() -> None:
    bomb = gzip.compress(tar_of([file("a", bytes(200_000_000)), file("b", b"x")]), 9)

    assert PROBE.look(BytesWindow(bomb), len(bomb)) == (("a", 200_000_000),)


def test_archives_whose_members_are_all_of_one_name_keep_nobody_waiting() -> None:
    """Each member was held against each file of its name: minutes for this image."""
    members = {f"{number}/__init__.py": bytes(8_000 + number) for number in range(16)}
    archives = [file(f"opt/{number}.tar", packed(members)) for number in range(200)]
    namesakes = [file(f"lib/{number}/__init__.py", b"x" * (1 + number % 7)) for number in range(20_000)]

    begun = time.monotonic()
    assert looked("archive-left-behind", RUN("make", *archives, *namesakes)) == []
    assert time.monotonic() - begun < 10


def test_what_lies_together_is_one_finding() -> None:
    names = ("curl", "wget", "git")
    packages = [file(f"opt/{name}_1_amd64.deb", b"!<arch>\n" * 2000) for name in names]
    lists = [file(f"var/lib/dpkg/info/{name}.list", b"/.\n") for name in names]

    [found] = looked("archive-left-behind", RUN("dpkg -i", *packages, *lists))
    assert found.finding.message == "archives (3) written by RUN dpkg -i beside what was unpacked from them"
    assert "rm /opt/curl_1_amd64.deb …." in found.finding.remedy
    assert reclaimable(found) == 3 * 16_000


@pytest.mark.parametrize("folder", ["usr/share/python-wheels", "usr/local/lib/python3.13/ensurepip/_bundled"])
def test_wheels_that_environments_are_made_of_are_wanted(folder: str) -> None:
    wheel = file(f"{folder}/pip-25.0-py3-none-any.whl", zipped())

    assert looked("archive-left-behind", RUN("apt-get", wheel, *unpacked("opt/venv/"))) == []


def test_what_belongs_to_a_package_is_wanted(tmp_path: Path) -> None:
    status = b"Package: tool\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"
    archive = file("usr/share/tool/tool.zip", zipped())
    dpkg = file("var/lib/dpkg/status", status)
    (tmp_path / "image.tar").write_bytes(
        archive_of(
            [
                RUN("apt-get", archive, dpkg, file("var/lib/dpkg/info/tool.list", b"/usr/share/tool/tool.zip\n")),
                RUN("unzip", *unpacked("opt/"), file("srv/own.zip", zipped())),
            ]
        )
    )

    found = [each for each in inspect(str(tmp_path / "image.tar")).findings if each.rule == "archive-left-behind"]
    assert [each.paths for each in found] == [("srv/own.zip",)]
