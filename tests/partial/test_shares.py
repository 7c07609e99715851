"""How little of a layer is fetched: by bytes, and by requests.

The layer is a tenth of what the targets are meant for (500 MB), with files of the same sizes; of a larger one the share
is smaller, as what is fetched whatever the size is a smaller part.
"""

import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from threading import Lock
from time import sleep

import pytest
from builders import file, folder, tar_of
from elf_files import elf
from partially import Local, layout_of, told_of, without_tar_bytes

from benchmarks.seekable import Made, estargz, zstd_chunked
from layerscope.layers.partial import Room, read_partially
from layerscope.layers.windows import Window
from layerscope.model import Entry

FILES = 5_000


@pytest.fixture(scope="module")
def tar() -> bytes:
    """An application: 51 MB that hardly compress in 5,000 files, some programs, a distribution's books."""
    random = Random(7)
    members = [folder("usr/bin"), folder("srv/app")]
    members += [file(f"usr/bin/tool{n}", elf(between=n * 100), mode=0o755) for n in range(40)]
    for number in range(FILES):
        size = min(int(random.lognormvariate(8, 1.5)), 2_000_000)
        members.append(file(f"srv/app/{number // 200}/{number}.js", random.randbytes(size)))
    members += [file(f"var/lib/dpkg/info/p{n}.list", b"/.\n/usr\n/usr/bin\n/usr/bin/tool%d\n" % n) for n in range(40)]
    stanzas = "".join(f"Package: p{n}\nStatus: install ok installed\nVersion: 1\n\n" for n in range(40))
    members.append(file("var/lib/dpkg/status", stanzas.encode()))
    return tar_of(members)


@pytest.mark.parametrize(("make", "least"), [(estargz, 0.01), (zstd_chunked, 0.01)])
def test_shares(tmp_path: Path, tar: bytes, make: Callable[[bytes], Made], least: float) -> None:
    """Under 1 % where no contents are wanted, under 5 % with all rules and packages; in few requests."""
    path = layout_of(tmp_path, [make(tar)])
    bare, [blob] = told_of(path, partially=True, rules=False)
    assert blob.share < least
    assert len(blob.asked) <= 3
    report, [blob] = told_of(path, partially=True)
    assert blob.share < 0.05
    assert len(blob.asked) < 40
    whole, _ = told_of(path, partially=False)
    assert without_tar_bytes(report) == without_tar_bytes(whole)
    assert bare.totals.content_bytes == whole.totals.content_bytes
    assert len(report.packages) == 40


class Named:
    """Takes the files of one name, some bytes at a time."""

    finds = bytes

    def __init__(self, name: str) -> None:
        self.name = name

    def wants(self, entry: Entry) -> bool:
        return entry.name == self.name

    def look(self, window: Window, size: int) -> bytes:
        return b"".join(window.take(10_000) for _ in range(0, size, 10_000))


def test_a_file_that_is_read_through() -> None:
    """Of one chunk after the other more and more is fetched at once."""
    contents = Random(3).randbytes(4_000_000) + bytes(200_000) + Random(4).randbytes(100_000)
    made = zstd_chunked(tar_of([file("large", contents), file("other", Random(5).randbytes(2_000_000))]))
    blob = Local(made.blob)
    told = read_partially(blob, made.annotations, "here")
    assert told.facts.find(Named("large"), 0, told.entries[0]) == contents
    assert len(blob.asked) < 20  # of 66 chunks
    assert sum(length for _, length in blob.asked) < 4_300_000


class Watched(Local):
    """Knows how many asked at once."""

    def __init__(self, blob: bytes) -> None:
        super().__init__(blob)
        self.lock = Lock()
        self.now = self.most = 0

    def read(self, offset: int, length: int) -> bytes:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        sleep(0.002)
        with self.lock:
            self.now -= 1
        return super().read(offset, length)


@pytest.mark.parametrize("make", [estargz, zstd_chunked])
def test_files_far_apart_come_several_at_once(make: Callable[[bytes], Made]) -> None:
    random = Random(6)
    wanted = [random.randbytes(20_000) for _ in range(60)]
    members = []
    for number, contents in enumerate(wanted):
        members += [file(f"{number}/wanted", contents), file(f"{number}/other", random.randbytes(50_000))]
    made = make(tar_of(members))
    blob, probe = Watched(made.blob), Named("wanted")
    told = read_partially(blob, made.annotations, "here")
    found = [told.facts.find(probe, index, entry) for index, entry in enumerate(told.entries)]
    assert found[::2] == wanted
    assert not any(found[1::2])
    assert 1 < blob.most <= 6
    assert sum(length for _, length in blob.asked) < 60 * 23_000 + 200_000  # the others are left where they are


def test_files_side_by_side_come_together() -> None:
    wanted = [Random(number).randbytes(20_000) for number in range(60)]
    made = estargz(tar_of([file(f"{number}/wanted", contents) for number, contents in enumerate(wanted)]))
    blob, probe = Local(made.blob), Named("wanted")
    told = read_partially(blob, made.annotations, "here")
    assert [told.facts.find(probe, index, entry) for index, entry in enumerate(told.entries)] == wanted
    assert len(blob.asked) < 10
    assert [told.facts.find(probe, index, entry) for index, entry in enumerate(told.entries)] == wanted
    assert len(blob.asked) < 10  # what was found is not looked for again


class Digest:
    """Reads all of a file, and keeps none of it."""

    name = "digest"
    finds = bytes

    def wants(self, entry: Entry) -> bool:  # noqa: ARG002 - as the interface has it
        return True

    def look(self, window: Window, size: int) -> bytes:
        return sha256(window.take(size)).digest()


@pytest.mark.parametrize("make", [estargz, zstd_chunked])
def test_layers_share_the_memory_for_what_they_keep(
    make: Callable[[bytes], Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each may keep some, all together no more than three do; what was forgotten is fetched once more."""
    monkeypatch.setattr("layerscope.layers.partial.facts._TOGETHER", 3_000_000)
    tars = [tar_of([file("a", Random(number).randbytes(1_000_000))]) for number in range(12)]
    blobs = [(Local(made.blob), made.annotations) for made in map(make, tars)]
    room = Room()
    tracemalloc.start()
    layers = [read_partially(blob, said, "here", room) for blob, said in blobs]
    for _ in range(2):
        probe = Digest()
        found = [layer.facts.find(probe, 0, layer.entries[0]) for layer in layers]
        assert found == [sha256(Random(number).randbytes(1_000_000)).digest() for number in range(12)]
    assert tracemalloc.get_traced_memory()[0] < 6_000_000
    tracemalloc.stop()
