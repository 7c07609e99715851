"""ELF files made byte by byte, in either width and byte order, and by the compiler where there is one."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from struct import pack
from typing import NamedTuple

EXECUTABLE, CORE, RELOCATABLE = 2, 4, 1
SYMBOLS, STRINGS, PROGRAM, NOTHING = 2, 3, 1, 8
ALLOCATED = 2


class Section(NamedTuple):
    name: str
    kind: int
    size: int
    flags: int = 0
    link: int = 0


UNSTRIPPED = (
    Section("", 0, 0),
    Section(".text", PROGRAM, 20_000, ALLOCATED),
    Section(".bss", NOTHING, 1 << 40, ALLOCATED),
    Section(".comment", PROGRAM, 50),
    Section(".debug_info", PROGRAM, 110_000),
    Section(".symtab", SYMBOLS, 3_000, link=6),
    Section(".strtab", STRINGS, 2_000),
)
STRIPPABLE = 115_000


def elf(
    sections: Sequence[Section] = UNSTRIPPED,
    *,
    kind: int = EXECUTABLE,
    bits: int = 64,
    order: str = "<",
    names_behind: bool = False,
    between: int = 0,
) -> bytes:
    """Lay a file out as linkers do: header, contents, names, section headers; or the names behind those, as Go does."""
    named = (*sections, Section(".shstrtab", STRINGS, 0))
    table, starts = b"", []
    for section in named:
        starts.append(len(table))
        table += section.name.encode() + b"\0"
    named = (*sections, Section(".shstrtab", STRINGS, len(table)))
    at = 64 if bits == 64 else 52
    entry_size = 64 if bits == 64 else 40
    offsets, contents = [], b""
    for section in sections:
        offsets.append(at + len(contents))
        if section.kind not in (0, NOTHING):
            contents += b"\x5a" * section.size
    before = contents + (b"" if names_behind else table) + bytes(between)
    headers_at = at + len(before)
    offsets.append(headers_at + len(named) * entry_size if names_behind else at + len(contents))
    form = "2I4Q2I2Q" if bits == 64 else "10I"
    limit = (1 << bits) - 1
    headers = b"".join(
        pack(order + form, start, each.kind, each.flags, 0, offset, each.size & limit, each.link, 0, 1, 0)
        for start, each, offset in zip(starts, named, offsets, strict=True)
    )
    word = "Q" if bits == 64 else "I"
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]).ljust(12, b"\0")
    fields = kind, 62, 1, 0, 0, headers_at, 0, at, 0, 0, entry_size, len(named), len(named) - 1
    return ident + pack(f"{order}2HI3{word}I6H", *fields) + before + headers + (table if names_behind else b"")


def compiled(folder: Path, *flags: str) -> tuple[bytes, int] | None:
    """Return a program and the bytes that ``strip`` takes from it; ``None`` without the tools."""
    if not all(map(shutil.which, ("gcc", "strip"))):
        return None
    source, program, stripped = folder / "a.c", folder / "a.out", folder / "stripped"
    functions = "".join(f"int a_function_of_number_{n}(int x) {{ return x * {n} + 1; }}\n" for n in range(1500))
    source.write_text(functions + "int main(void) { return a_function_of_number_3(4); }\n")
    subprocess.run(["gcc", "-g", *flags, "-o", program, source], check=True)
    subprocess.run(["strip", "-o", stripped, program], check=True)
    return program.read_bytes(), program.stat().st_size - stripped.stat().st_size


def linked(
    needed: Sequence[str] = (),
    *,
    imports: Sequence[str] = (),
    soname: str = "",
    search: str = "",
    search_tag: int = 29,
    interpreter: str = "",
    notes: bytes = b"",
    padding: int = 0,
    before: int = 0,
    strings_behind: bool = False,
    bits: int = 64,
    order: str = "<",
) -> bytes:
    """Lay a file out as linkers do for the loader: header, segments, interpreter, strings, code, dynamic section, data.

    ``strings_behind`` puts the strings behind all else, as patchelf does. ``padding`` bytes stand for the code,
    ``before`` for what comes before the strings, such as symbols.
    """
    strings, offsets = b"\0", {}
    for text in (*needed, *imports, soname, search):
        offsets[text] = len(strings)
        strings += text.encode() + b"\0"
    word, header_size = ("Q", 64) if bits == 64 else ("I", 52)
    segment_size, pair = (56, "qQ") if bits == 64 else (32, "iI")
    base = 0x400000
    at = header_size + 5 * segment_size
    interp = interpreter.encode() + b"\0" if interpreter else b""
    strings_at = at + len(interp) + before
    code = bytes(before) + (b"" if strings_behind else strings) + b"\xc3" * padding
    code += bytes(-(at + len(interp) + len(code)) % 16)
    data_at = at + len(interp) + len(code)
    count = len(needed) + bool(soname) + bool(search) + 3
    dynamic_size = count * (16 if bits == 64 else 8)
    data = bytes(dynamic_size)
    data += bytes(-len(data) % 16) + notes
    end = data_at + len(data)
    tags = [*((1, offsets[each]) for each in needed), *([(14, offsets[soname])] if soname else [])]
    tags += [(search_tag, offsets[search])] if search else []
    tags += [(5, base + (end if strings_behind else strings_at)), (10, len(strings)), (0, 0)]
    data = b"".join(pack(order + pair, *tag) for tag in tags) + data[dynamic_size:]
    segments = [
        (3 if interp else 0, 4, at, len(interp)),
        (1, 5, 0, data_at),
        (1, 6, data_at, len(data)),
        (2, 6, data_at, dynamic_size),
        (1, 4, end, len(strings) if strings_behind else 0),
    ]
    table = b"".join(
        pack(order + "2I6Q", kind, flags, offset, base + offset, 0, size, size, 8)
        if bits == 64
        else pack(order + "8I", kind, offset, base + offset, 0, size, size, flags, 8)
        for kind, flags, offset, size in segments
    )
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]).ljust(12, b"\0")
    fields = 3, 62, 1, 0, header_size, 0, 0, header_size, segment_size, len(segments), 0, 0, 0
    start = ident + pack(f"{order}2HI3{word}I6H", *fields)
    return start + table + interp + code + data + (strings if strings_behind else b"")


def go_notes(version: str, *lines: str, flags: int = 2) -> bytes:
    """Write what Go's linker notes in a program (debug/buildinfo)."""
    text = b"\x77" * 16 + "".join(f"{line}\n" for line in lines).encode() + b"\x77" * 16
    header = b"\xff Go buildinf:" + bytes([8, flags])
    return header.ljust(32, b"\0") + _counted(version.encode()) + _counted(text if lines else b"")


def _counted(text: bytes) -> bytes:
    length, prefix = len(text), b""
    while length >= 0x80:
        prefix += bytes([length & 0x7F | 0x80])
        length >>= 7
    return prefix + bytes([length]) + text
