from pathlib import Path

import pytest
from builders import file, hardlink, tar_of
from elf_files import CORE, RELOCATABLE, STRIPPABLE, UNSTRIPPED, Section, compiled, elf
from hypothesis import given
from hypothesis import strategies as st
from looking import COPY, RUN, looked, reclaimable

from layerscope.filesystem.elf import LEAST, PROBE, Elf
from layerscope.layers.tar import walk
from layerscope.layers.windows import BytesWindow, StreamWindow


class CountingWindow(BytesWindow):
    def __init__(self, contents: bytes) -> None:
        super().__init__(contents)
        self.read = 0

    def take(self, count: int) -> bytes:
        piece = super().take(count)
        self.read += len(piece)
        return piece


@pytest.mark.parametrize("flags", [(), ("-shared", "-fPIC"), ("-O2",), ("-gz",), ("-static",)])
def test_the_claim_is_what_strip_takes_away(tmp_path: Path, flags: tuple[str, ...]) -> None:
    made = compiled(tmp_path, *flags)
    if made is None:
        pytest.skip("no gcc or no strip here")
    program, stripped = made

    found = PROBE.look(BytesWindow(program), len(program))

    assert found is not None
    assert found.strippable == pytest.approx(stripped, rel=0.02)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("names_behind", [False, True])
def test_either_width_and_byte_order_is_read(bits: int, order: str, names_behind: bool) -> None:
    program = elf(bits=bits, order=order, names_behind=names_behind)

    assert PROBE.look(BytesWindow(program), len(program)) == Elf(2, STRIPPABLE)


def test_names_out_of_reach_cost_a_few_bytes_of_comment() -> None:
    """Where a large file passes by; where it does not, they are within reach."""
    large = Section(".rodata", 1, 5_000_000, 2)
    program = elf((*UNSTRIPPED, large), between=10_000)

    assert PROBE.look(StreamWindow(iter([program])), len(program)) == Elf(2, STRIPPABLE + 50)
    assert PROBE.look(BytesWindow(program), len(program)) == Elf(2, STRIPPABLE)


def test_relocations_that_were_kept_go_with_the_symbols() -> None:
    program = elf((*UNSTRIPPED, Section(".rela.text", 4, 700), Section(".rela.dyn", 4, 900, 2)))

    assert PROBE.look(BytesWindow(program), len(program)) == Elf(2, STRIPPABLE + 700)


def test_a_finding_for_each_layer() -> None:
    program = elf()

    [found] = looked(
        "debug-symbols",
        RUN("make install", file("usr/bin/app", program, mode=0o755), file("usr/lib/liba.so.1", program)),
        RUN("true", file("usr/bin/script", b"#!/bin/sh\n" * 9000, mode=0o755)),
    )

    assert found.finding.layer == 0
    assert found.finding.paths == ("usr/bin/app", "usr/lib/liba.so.1")
    assert reclaimable(found) == 2 * STRIPPABLE
    assert "RUN … && strip --strip-unneeded /usr/bin/app …" in found.finding.remedy


def test_hard_links_of_a_program_count_once() -> None:
    members = file("usr/bin/app", elf(), mode=0o755), hardlink("usr/bin/link", "usr/bin/app")

    [found] = looked("debug-symbols", COPY("app /usr/bin/", *members))

    assert reclaimable(found) == STRIPPABLE
    assert "in the stage before" in found.finding.remedy


def test_separate_debugging_information_is_claimed_whole() -> None:
    [found] = looked("debug-symbols", RUN("apt-get", file("usr/lib/debug/.build-id/ab/c.debug", elf(), mode=0o755)))

    assert reclaimable(found) == len(elf())
    assert "-dbgsym" in found.finding.remedy


def test_what_is_stripped_small_or_no_program_is_not_found() -> None:
    stripped = elf(UNSTRIPPED[:4])
    others = (
        file("bin/stripped", stripped, mode=0o755),
        file("lib/modules/a.ko", elf(kind=RELOCATABLE), mode=0o755),
        file("bin/not-executable", elf()),
        file("bin/little", elf((UNSTRIPPED[0], Section(".debug_info", 1, 20_000))), mode=0o755),
    )

    assert looked("debug-symbols", RUN("make", *others)) == []


def test_only_executable_files_libraries_and_core_dumps_are_read() -> None:
    body = bytes(LEAST)
    members = {
        "bin/a": file("bin/a", body, mode=0o755),
        "liba.so.1": file("liba.so.1", body),
        "core.12": file("core.12", body),
        "data": file("data", body),
        "bin/small": file("bin/small", b"x", mode=0o755),
    }
    entries = walk(BytesWindow(tar_of(members.values())))

    assert [entry.path for entry in entries if PROBE.wants(entry)] == ["bin/a", "liba.so.1", "core.12"]


@given(st.binary(max_size=400), st.sampled_from([b"", b"\x7fELF\x01\x01", b"\x7fELF\x02\x01", b"\x7fELF\x02\x02"]))
def test_whatever_a_file_holds_the_probe_reads_little_and_never_raises(contents: bytes, start: bytes) -> None:
    _is_sound(start + contents)


@given(st.data(), st.sampled_from([32, 64]), st.sampled_from(["<", ">"]))
def test_a_program_with_bytes_changed_is_sound_too(data: st.DataObject, bits: int, order: str) -> None:
    program = bytearray(elf(bits=bits, order=order))
    headers = len(program) - 8 * 64
    at = st.integers(0, 63) | st.integers(headers, len(program) - 1)
    for position, value in data.draw(st.lists(st.tuples(at, st.integers(0, 255)), max_size=12)):
        program[position] = value

    _is_sound(bytes(program[: data.draw(st.integers(0, len(program)))]))


def _is_sound(contents: bytes) -> None:
    window = CountingWindow(contents)
    found = PROBE.look(window, len(contents))
    assert found is None or 0 <= found.strippable <= len(contents)
    assert window.read <= 2048 + 4096 * 64 + 64 * 1024


def test_a_claim_of_many_huge_sections_is_no_larger_than_the_file() -> None:
    program = elf((UNSTRIPPED[0], *(Section(".debug_a", 1, 0) for _ in range(900))))
    huge = bytearray(program)
    for index in range(901):
        at = len(program) - 902 * 64 + index * 64
        huge[at + 24 : at + 40] = (0).to_bytes(8, "little") + len(program).to_bytes(8, "little")

    assert PROBE.look(BytesWindow(bytes(huge)), len(huge)) == Elf(2, len(huge))


def test_a_core_dump_has_nothing_to_strip() -> None:
    assert PROBE.look(BytesWindow(elf(kind=CORE)), len(elf(kind=CORE))) == Elf(CORE, 0)


@pytest.mark.parametrize(
    "path",
    [
        "opt/venv/lib/python3.11/site-packages/numpy.libs/libgfortran-040039e1-0352e75f.so.5.0.0",
        "opt/venv/lib/python3.11/site-packages/torch/lib/libgomp-a34b3233.so.1",
    ],
)
def test_what_a_wheel_carries_along_would_not_load_any_more(path: str) -> None:
    assert looked("debug-symbols", RUN("pip install numpy", file(path, elf()))) == []
