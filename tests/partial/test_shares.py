"""How little of a layer is fetched: by bytes, and by requests.

The layer is a tenth of what the targets are meant for (500 MB), with files of the same sizes; of a larger one the share
is smaller, as what is fetched whatever the size is a smaller part.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from builders import file, folder, tar_of
from elf_files import elf
from partially import layout_of, told_of, without_tar_bytes

from benchmarks.seekable import Made, estargz, zstd_chunked

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
