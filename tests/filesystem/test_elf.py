"""What programs and libraries need to run, and what Go notes in them: the same however their contents come."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from elf_files import go_notes, linked
from hypothesis import given
from hypothesis import strategies as st

from layerscope.filesystem.elf import PROBE, Elf, GoBuild
from layerscope.layers.facts import DigestWindow
from layerscope.layers.windows import BytesWindow, FileWindow, PartWindow, StreamWindow

LARGE = 5_000_000
"""Bytes of a file that, passing by, is not held as a whole."""
GO = GoBuild("go1.22.3", "example.com/tool/cmd/run", "example.com/tool", "v1.4.0")
NOTES = go_notes(
    "go1.22.3",
    "path\texample.com/tool/cmd/run",
    "mod\texample.com/tool\tv1.4.0\th1:x=",
    "dep\texample.com/dep\tv0.1.0\th1:y=",
    "build\tGOOS=linux",
)


def look(contents: bytes) -> Elf | None:
    """Look into a file at hand, one on a disk and one that passes by; they are to tell the same."""
    found = PROBE.look(BytesWindow(contents), len(contents))
    assert on_disk(contents) == found
    assert passing(contents) == found
    return found


def on_disk(contents: bytes) -> Elf | None:
    with TemporaryFile() as file:
        file.write(b"before" + contents + b"after")
        file.flush()
        return PROBE.look(FileWindow(file.fileno(), len(b"before"), len(contents)), len(contents))


def passing(contents: bytes) -> Elf | None:
    window = DigestWindow(PartWindow(StreamWindow(in_pieces(contents + b"after")), len(contents)))
    return PROBE.look(window, len(contents))


def in_pieces(contents: bytes) -> Iterator[bytes]:
    return (contents[at : at + 65536] for at in range(0, len(contents), 65536))


@pytest.mark.parametrize("padding", [0, 70_000, LARGE])
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_a_program_needs(bits: int, order: str, padding: int) -> None:
    program = linked(
        ["libssl.so.3", "libc.so.6"],
        search="$ORIGIN/../lib:/opt/lib:",
        interpreter="/lib64/ld-linux-x86-64.so.2",
        bits=bits,
        order=order,
        padding=padding,
    )

    assert look(program) == Elf(
        kind=3,
        interpreter="/lib64/ld-linux-x86-64.so.2",
        needed=("libssl.so.3", "libc.so.6"),
        search=("$ORIGIN/../lib", "/opt/lib"),
    )


def test_what_a_library_is_called_and_the_older_way_to_say_where_to_look() -> None:
    library = linked(["libc.so.6"], soname="libz.so.1", search="/opt/lib", search_tag=15)

    assert look(library) == Elf(kind=3, needed=("libc.so.6",), soname="libz.so.1", search=("/opt/lib",))


def test_a_long_name() -> None:
    found = look(linked(["l" * 3000 + ".so"]))

    assert found is not None
    assert found.needed == ("l" * 3000 + ".so",)


def test_strings_behind_all_else() -> None:
    assert look(linked(["libc.so.6"], strings_behind=True, padding=LARGE)) == Elf(kind=3, needed=("libc.so.6",))


def test_a_name_out_of_reach_is_not_guessed() -> None:
    """Of strings that stand far from the beginning nothing is left once they have passed by."""
    program = linked(["libc.so.6"], before=17 * 1024 * 1024)

    assert on_disk(program) == Elf(kind=3, needed=("libc.so.6",))
    assert passing(program) == Elf(kind=3, needed=None)


def test_segments_behind_all_else_are_out_of_reach_where_they_pass_by() -> None:
    program = bytearray(linked(["libc.so.6"], padding=LARGE))
    table = program[64 : 64 + 5 * 56]
    program[32:40] = len(program).to_bytes(8, "little")
    moved = bytes(program + table)

    assert on_disk(moved) == Elf(kind=3, needed=("libc.so.6",))
    assert passing(moved) == Elf(kind=3, needed=None)


@pytest.mark.parametrize("padding", [0, LARGE])
@pytest.mark.parametrize("needed", [(), ("libc.so.6",)])
def test_what_go_notes(padding: int, needed: tuple[str, ...]) -> None:
    assert look(linked(needed, notes=NOTES, padding=padding)) == Elf(kind=3, needed=needed, go=GO)


def test_what_go_notes_outside_of_modules_before_there_were_texts_and_in_words_only() -> None:
    bare = look(linked(notes=go_notes("go1.19.8", "path\tgithub.com/a/b")))
    old = look(linked(notes=go_notes("go1.16", flags=0)))
    mentioned = look(linked(notes=b"x" + NOTES))

    assert (bare and bare.go, old and old.go) == (GoBuild("go1.19.8", "github.com/a/b"), GoBuild(""))
    assert mentioned == Elf(kind=3)


def test_programs_of_this_machine_need_what_binutils_say() -> None:
    if not shutil.which("readelf"):
        pytest.skip("no readelf here")
    programs = [Path(sys.executable).resolve(), *sorted(Path(sys.executable).resolve().parent.glob("*"))[:40]]
    programs += [Path(each) for name in ("sh", "podman", "dockerd", "git", "perl") if (each := shutil.which(name))]
    seen = 0
    for program in programs:
        contents = program.resolve().read_bytes() if program.is_file() else b""
        if not contents.startswith(b"\x7fELF"):
            continue
        out = subprocess.run(["readelf", "-dlW", program], capture_output=True, text=True, check=True).stdout
        [start] = re.findall(r"interpreter: (.*)\]", out) or [""]
        [path] = re.findall(r"\((?:RUNPATH|RPATH)\).*\[(.*)\]", out) or [""]
        found = on_disk(contents)
        assert found is not None
        assert found.needed == tuple(re.findall(r"\(NEEDED\).*\[(.*)\]", out)) == (passing(contents) or found).needed
        assert (found.interpreter, found.search) == (start, tuple(path.split(":")) if path else ())
        seen += 1
    assert seen


@pytest.mark.parametrize("program", ["podman", "docker-registry", "runc", "dockerd"])
def test_real_go_programs(program: str) -> None:
    """Debian builds the engines with its own Go, and outside of modules."""
    place = shutil.which(program)
    contents = Path(place).resolve().read_bytes() if place else b""
    if not contents.startswith(b"\x7fELF"):
        pytest.skip(f"no program {program} here")

    found = look(contents)

    assert found is not None
    assert found.go is not None
    assert re.fullmatch(r"go1\.\d+(\.\d+)?.*", found.go.toolchain)
    assert found.go.path.startswith("github.com/")


mutations = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=12)


@given(mutations, st.integers(0, 1200), st.sampled_from([32, 64]), st.sampled_from(["<", ">"]), st.booleans())
def test_a_damaged_program_is_read_without_harm(
    changes: list[tuple[int, int]], length: int, bits: int, order: str, behind: bool
) -> None:
    whole = bytearray(
        linked(
            ["a.so", "b.so"], search="/x", notes=NOTES, interpreter="/ld", strings_behind=behind, bits=bits, order=order
        )
    )
    for at, value in changes:
        whole[at % len(whole)] = value

    look(bytes(whole[:length]))


@given(st.binary(max_size=400), st.sampled_from([b"\x01\x01", b"\x02\x01", b"\x02\x02"]))
def test_whatever_stands_behind_the_magic_is_read_without_harm(rest: bytes, form: bytes) -> None:
    look(b"\x7fELF" + form + rest)


@given(st.binary(max_size=200))
def test_whatever_stands_behind_the_magic_of_go_is_read_without_harm(rest: bytes) -> None:
    found = look(linked(notes=b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + rest))

    assert found is not None
    assert found.go is not None
