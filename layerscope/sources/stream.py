"""An archive that passes by once: standard input, a compressed archive, what the engine saves.

Nothing is written to disk, and the members come in any order: a layer may pass long before the manifest that names
it. So whatever can be a layer is walked as it passes, whatever can be a document is kept, and all else is forgotten.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from layerscope.errors import LayerscopeError, NotAnImageError
from layerscope.layers import read_layer
from layerscope.layers.compression import PREFIX
from layerscope.layers.tar import walk
from layerscope.layers.windows import PartWindow, Window, drain
from layerscope.model import Compression, Contents, Entry, EntryKind
from layerscope.sources.medium import DOCUMENT_LIMIT, Members, at_place, missing, too_large

_DOCUMENTS_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of all documents together. What is over it is not kept, and missed only if the image needs it."""


class Stream:
    """The members of a tar that was read once, from ``window``; read while it is made."""

    def __init__(self, window: Window, title: str, transport: str = "stream") -> None:
        self.title = title
        self.transport = transport
        self._members = Members(())
        self._documents: dict[str, bytes] = {}
        self._layers: dict[str, Contents | LayerscopeError] = {}
        self._room = _DOCUMENTS_LIMIT
        entries = []
        try:
            for entry in walk(window):
                entries.append(entry)
                self._members.add(entry)
                if entry.kind is EntryKind.FILE:
                    self._look_into(entry, window)
        except LayerscopeError as error:
            raise at_place(error, title) from error
        drain(window)
        self._contents = Contents(tuple(entries), window.position, window.position, Compression.NONE, None)

    def _look_into(self, entry: Entry, window: Window) -> None:
        """Keep a document, walk a layer. What is wrong with one matters only if the image turns out to need it."""
        part = PartWindow(window, entry.size)
        start = part.peek(PREFIX)
        if start.lstrip()[:1] in (b"{", b"[") or entry.path in ("manifest.json", "index.json", "repositories"):
            if entry.size <= min(DOCUMENT_LIMIT, self._room):
                self._room -= entry.size
                self._documents[entry.path] = part.take(entry.size)
            return
        try:
            self._layers[entry.path] = read_layer(part)
        except NotAnImageError as error:
            self._layers[entry.path] = error
        except LayerscopeError as error:
            self._layers[entry.path] = at_place(error, self.title, entry.path)

    def names(self) -> Iterable[str]:
        return self._members.names()

    def has(self, name: str) -> bool:
        return self._members.find(name) is not None

    def size(self, name: str) -> int:
        return self._members.get(name, self.title).size

    def document(self, name: str) -> bytes:
        entry = self._members.get(name, self.title)
        if entry.path not in self._documents:
            raise too_large(name, self.title, entry.size)
        return self._documents[entry.path]

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        found = {}
        for name in names:
            contents = self._layers.get(self._members.get(name, self.title).path)
            if contents is None:
                raise missing(name, self.title)
            if isinstance(contents, LayerscopeError):
                raise contents
            found[name] = contents
        return found

    def filesystem(self) -> Contents | None:
        return self._contents
