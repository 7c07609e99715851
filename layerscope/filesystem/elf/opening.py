"""A probe that tells whether a program may open libraries by their names, or start a shell: no list tells of that."""

from typing import Final

from layerscope.filesystem.elf import PROBE, read_segments
from layerscope.filesystem.elf.contents import Contents
from layerscope.filesystem.elf.form import form_of
from layerscope.filesystem.elf.loading import strings
from layerscope.layers.windows import Window
from layerscope.model import Entry

_FUNCTIONS: Final = (b"dlopen\0", b"dlmopen\0", b"iconv_open\0", b"system\0", b"popen\0")
"""What does it; ``iconv_open`` opens what converts between encodings, and the last two start a shell."""


class OpeningProbe:
    """Looks into programs and libraries."""

    name: Final = "opening"
    finds: Final = bool

    def wants(self, entry: Entry) -> bool:
        """Want what the other probe does."""
        return PROBE.wants(entry)

    def look(self, window: Window, size: int) -> bool | None:
        """Look for the functions among the names that the loader binds; true also where those are out of reach.

        A name may be the end of a longer one (linkers put them together), so that a few are taken for what they are
        not. ``None`` is what is no program.
        """
        contents = Contents(window, size)
        form = form_of(contents.start)
        if form is None:
            return None
        loaded = read_segments(contents, form, form.header_of(contents.start))
        names = None if loaded is None else strings(contents, form, loaded)
        return names is None or any(each in names for each in _FUNCTIONS)


OPENING: Final = OpeningProbe()
"""The one that everybody shares."""
