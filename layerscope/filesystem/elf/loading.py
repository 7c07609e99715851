"""What a file says to the loader: which program starts it, which libraries it needs and where to look for them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from layerscope.filesystem.elf.contents import Contents
from layerscope.filesystem.elf.form import Form, Header, Segment

LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
DATA: Final = 0x2
"""The flag of segments that may be written to."""

_SEGMENTS_LIMIT: Final = 256
_DYNAMIC_LIMIT: Final = 64 * 1024
_NAMES_LIMIT: Final = 512
"""Libraries that are told; programs need up to some two hundred."""
_NAME, _LONGEST_NAME = 256, 4096
_STRINGS_LIMIT: Final = 4 * 1024 * 1024
_END, _NEEDED, _STRINGS, _STRINGS_SIZE, _SONAME, _RPATH, _RUNPATH = 0, 1, 5, 10, 14, 15, 29


class Needs(NamedTuple):
    """What the loader has to find."""

    libraries: tuple[str, ...] | None = ()
    soname: str = ""
    search: tuple[str, ...] = ()


UNKNOWN: Final = Needs(None)


def segments(contents: Contents, form: Form, header: Header) -> list[Segment] | None:
    """List the segments; ``None`` where they are out of reach: linkers put them right behind the header."""
    if not header.segment_count:
        return []
    end = header.segments_at + header.segment_count * form.segment.size
    if header.segment_size != form.segment.size or header.segment_count > _SEGMENTS_LIMIT:
        return None
    if not form.header.size <= header.segments_at < end <= contents.reach:
        return None
    block = contents.at(header.segments_at, end - header.segments_at)
    if len(block) < end - header.segments_at:
        return None
    return [form.segment_of(fields) for fields in form.segment.iter_unpack(block)]


def interpreter(contents: Contents, loaded: Sequence[Segment]) -> str:
    """Return the path of the program that loads this one; empty where none does."""
    at = next((each for each in loaded if each.kind == _INTERPRETER), None)
    return "" if at is None else _text(contents.at(at.offset, min(at.size, _LONGEST_NAME)))


def needs(contents: Contents, form: Form, loaded: Sequence[Segment]) -> Needs:
    """Return what the dynamic section says. Its strings stand before it mostly, near the beginning."""
    values = _dynamic(contents, form, loaded)
    if values is None:
        return UNKNOWN
    wanted = [value for tag in (_NEEDED, _SONAME, _RUNPATH, _RPATH) for value in values.get(tag, ())]
    if not wanted:
        return Needs()
    strings = _place(loaded, values[_STRINGS][0]) if _STRINGS in values else None
    if strings is None or len(wanted) > _NAMES_LIMIT:
        return UNKNOWN
    text = {value: _string(contents, strings + value) for value in sorted(set(wanted))}
    found = {tag: [text[value] for value in values.get(tag, ())] for tag in (_NEEDED, _SONAME, _RUNPATH, _RPATH)}
    if None in found[_NEEDED]:
        return UNKNOWN
    paths = (found[_RUNPATH] or found[_RPATH] or [""])[0] or ""
    return Needs(
        libraries=tuple(name for name in found[_NEEDED] if name),
        soname=(found[_SONAME] or [""])[0] or "",
        search=tuple(path for path in paths.split(":") if path),
    )


def strings(contents: Contents, form: Form, loaded: Sequence[Segment]) -> bytes | None:
    """Return the names of all that the loader binds, each with a zero behind it; ``None`` where out of reach."""
    values = _dynamic(contents, form, loaded)
    if values is None or not values:
        return b"" if values is not None else None
    place = _place(loaded, values.get(_STRINGS, [-1])[0])
    size = values.get(_STRINGS_SIZE, [-1])[0]
    if place is None or not 0 <= size <= _STRINGS_LIMIT:
        return None
    found = contents.at(place, size)
    return found if len(found) == size else None


def _dynamic(contents: Contents, form: Form, loaded: Sequence[Segment]) -> dict[int, list[int]] | None:
    """Return tag → values of the dynamic section, nothing where there is none; ``None`` where it is out of reach."""
    dynamic = next((each for each in loaded if each.kind == _DYNAMIC), None)
    if dynamic is None:
        return {}
    block = contents.at(dynamic.offset, min(dynamic.size, _DYNAMIC_LIMIT))
    if not block:
        return None
    values: dict[int, list[int]] = {}
    whole = block[: len(block) - len(block) % form.dynamic.size]
    for tag, value in form.dynamic.iter_unpack(whole):
        if tag == _END:
            break
        values.setdefault(tag, []).append(value)
    return values


def _place(loaded: Sequence[Segment], address: int) -> int | None:
    """Return where in the file stands what is loaded at an address."""
    for each in loaded:
        if each.kind == LOAD and each.address <= address < each.address + each.size:
            return each.offset + address - each.address
    return None


def _string(contents: Contents, position: int) -> str | None:
    """Return the string that begins at a place; ``None`` where it is out of reach."""
    text = contents.at(position, _NAME)
    if b"\0" not in text:
        text = contents.at(position, _LONGEST_NAME)
    return _text(text) if b"\0" in text else None


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")
