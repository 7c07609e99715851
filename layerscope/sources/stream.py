"""An archive that passes by once: standard input, a compressed archive, what the engine saves.

Nothing is written to disk, and the members come in any order: a layer may pass long before the manifest that names
it. So whatever can be a layer is walked as it passes, whatever can be a document is kept, and all else is forgotten.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from layerscope.errors import DamagedError, LayerscopeError, UnsupportedError
from layerscope.layers import ENTRIES_LIMIT, read_layer
from layerscope.layers.compression import PREFIX
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, Probes, SeenFacts
from layerscope.layers.tar import walk
from layerscope.layers.windows import BytesWindow, PartWindow, StreamWindow, Window, drain
from layerscope.model import Compression, Entry, EntryKind
from layerscope.sources.medium import DOCUMENT_LIMIT, Members, at_place, too_large

_DOCUMENTS: Final = frozenset({"manifest.json", "index.json", "repositories"})
"""Kept whatever they look like."""
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_DOCUMENTS_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of all documents together. What is over it is not kept, and missed only if the image needs it."""


class Stream:
    """The members of a tar that was read once, from ``window``; read while it is made."""

    fetched_bytes = None

    def __init__(
        self, window: Window, title: str, probes: Probes, transport: str = "stream", *, layers: bool = True
    ) -> None:
        self.title = title
        self.transport = transport
        self.vouched_by = ""
        self._members = Members(())
        self._probes = probes
        self._walks_layers = layers
        self._documents: dict[str, bytes] = {}
        self._layers: dict[str, Contents | LayerscopeError] = {}
        self._room = _DOCUMENTS_LIMIT
        facts = SeenFacts(probes or ())
        entries = []
        try:
            for entry in walk(window):
                entries.append(entry)
                if len(entries) > ENTRIES_LIMIT:
                    message = f"an archive of more than {ENTRIES_LIMIT:,} entries"
                    raise UnsupportedError(message)
                self._members.add(entry)
                if entry.kind is EntryKind.FILE:
                    contents = self._look_into(entry, PartWindow(window, entry.stored))
                    if probes is not None and contents is not None:
                        facts.note(len(entries) - 1, entry, contents)  # it may be a plain root filesystem
            drain(window)
        except LayerscopeError as error:
            raise at_place(error, title) from error
        self._contents = Contents(tuple(entries), window.position, window.position, Compression.NONE, None, facts)

    def _look_into(self, entry: Entry, part: PartWindow) -> Window | None:
        """Keep a document, walk a layer. What is wrong with one matters only if the image turns out to need it.

        Returns the contents, unless they are a layer and gone with the walk.
        """
        start = part.peek(PREFIX)
        is_json = start.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] in (b"{", b"[")
        if (is_json or entry.path in _DOCUMENTS) and entry.size <= min(DOCUMENT_LIMIT, self._room):
            self._room -= entry.size
            document = self._documents[entry.path] = part.take(entry.stored)
            return BytesWindow(document)
        self._documents.pop(entry.path, None)  # of several with one name the last counts
        if not self._walks_layers:
            return None
        try:
            self._layers[entry.path] = read_layer(part, self._probes)
        except LayerscopeError as error:
            self._layers[entry.path] = error
        return None if part.position else part

    @property
    def entries(self) -> Sequence[Entry]:
        """The members, as they came."""
        return self._contents.entries

    @property
    def documents(self) -> Mapping[str, bytes]:
        """What was kept of them whole, by path."""
        return self._documents

    def names(self) -> Iterable[str]:
        return self._members.names()

    def has(self, name: str) -> bool:
        return self._members.find(name) is not None

    def document(self, name: str) -> bytes:
        entry = self._members.get(name, self.title)
        if entry.path in self._documents:
            return self._documents[entry.path]
        if not entry.size:
            return b""
        if entry.size > min(DOCUMENT_LIMIT, self._room):
            raise too_large(name, self.title, entry.size)
        raise DamagedError(f"{self.title}: {name}: JSON is malformed", hint="Save or download the image again.")

    def size(self, name: str) -> int | None:
        entry = self._members.find(name)
        return entry.size if entry else None

    def is_walked_by_headers(self, name: str) -> bool:  # noqa: ARG002 - as the interface has it
        return True  # what could be a layer was walked as it passed

    def identity(self, name: str) -> tuple[int, ...] | None:  # noqa: ARG002 - as the interface has it
        return None

    def facts(self, name: str) -> Facts | None:  # noqa: ARG002 - as the interface has it
        return None

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        return {name: self._layer(name) for name in names}

    def _layer(self, name: str) -> Contents:
        path = self._members.get(name, self.title).path
        try:
            if path in self._documents:  # a tar may begin like one: with a file named [x]
                return read_layer(StreamWindow(iter([self._documents[path]])))
            contents = self._layers[path]
            if isinstance(contents, LayerscopeError):
                raise contents
        except LayerscopeError as error:
            raise at_place(error, self.title, name) from error
        return contents

    def filesystem(self) -> Contents | None:
        return self._contents
