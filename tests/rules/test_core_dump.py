import pytest
from builders import file, whiteout
from elf_files import CORE, elf
from looking import RUN, looked, reclaimable


@pytest.mark.parametrize("name", ["core", "core.1234", "python3.core", "vgcore.7"])
@pytest.mark.parametrize("bits", [32, 64])
def test_what_its_header_calls_a_core_dump_is_found(name: str, bits: int) -> None:
    dump = elf(kind=CORE, bits=bits)

    [found] = looked("core-dump", RUN("make test", file(f"app/{name}", dump, mode=0o600)))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (f"app/{name}",), len(dump))
    assert f"rm /app/{name};" in found.finding.remedy


def test_the_name_alone_proves_nothing_and_the_contents_alone_are_not_looked_for() -> None:
    members = file("a/core", b"x" * 100_000), file("b/core", elf(), mode=0o755), file("c/dump", elf(kind=CORE))

    assert looked("core-dump", RUN("make", *members)) == []


def test_a_deleted_one_is_others_matter() -> None:
    assert looked("core-dump", RUN("make", file("core", elf(kind=CORE))), RUN("rm core", whiteout("core"))) == []
