"""An image in a registry, without an engine: what its documents name, fetched when it is asked for.

To the formats it looks like an OCI layout whose index names the one image. Of an image for many platforms only the
manifests of those that are meant are there; the others are not fetched, and look as if they had been left out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from hashlib import new as new_hash
from hashlib import sha256
from mmap import mmap
from threading import Lock
from typing import Final

from msgspec.structs import replace

from layerscope.errors import (
    AmbiguousImageError,
    DamagedError,
    DigestError,
    LayerscopeError,
    NotFoundError,
    RegistryError,
    UnreadableImageError,
    UsageError,
)
from layerscope.layers import is_plain, read_layer
from layerscope.layers.contents import Contents
from layerscope.layers.facts import Facts, Probes
from layerscope.layers.windows import StreamWindow, pieces
from layerscope.model import Digest, Platform
from layerscope.progress import Progress
from layerscope.reference import DEFAULT_REGISTRY, ImageName, Reach, is_registry, parse_image_name
from layerscope.sources.medium import at_place, blob_name, missing
from layerscope.sources.parallel import share
from layerscope.sources.processes import Advance
from layerscope.sources.registry.blob import Blob
from layerscope.sources.registry.client import Client
from layerscope.sources.registry.documents import Document, Part, choose, decoded
from layerscope.sources.registry.tables import read_tables

_MOST_DOCUMENTS: Final = 200
"""Manifests that are fetched for one image: of an index whose entries do not say what they are for, all are."""
_MOST_OF_DOCUMENTS: Final = 64 * 1024 * 1024
"""Bytes of all documents of one image, which are held until the end."""
_AT_ONCE: Final = 2
"""Layers that are fetched at once at least, however few the cores, since each also waits for the network. More than
there are cores would hold up the longest layer, by which all is done."""
_INDEX: Final = "index.json"


class Registry:
    """One image of a registry; its layers are read as they arrive."""

    transport = "registry"
    vouched_by = ""

    def __init__(
        self, client: Client, title: str, platform: Platform | None, progress: Progress, probes: Probes
    ) -> None:
        self.title = title
        self._client = client
        self._asked = platform
        self._progress = progress
        self._probes = probes
        self._manifests: dict[str, str] = {}
        """Names of manifests that are meant, and their digests."""
        self._parts: dict[str, Part] = {}
        """Names of configurations and layers."""
        self._documents: dict[str, bytes] = {}
        self._there: dict[str, bool] = {}
        """Whether a layer that may be left out is."""
        self._counts: list[memoryview] = []
        """Bytes that were fetched of blobs, a number each, also by processes that are forked later."""

    @property
    def fetched_bytes(self) -> int:
        """How many bytes of documents and blobs have come."""
        return self._client.fetched + sum(map(sum, self._counts))

    def begin(self, top: bytes, digest: str) -> None:
        """Take in the document that the name leads to."""
        shape = decoded(top)
        descriptor = {"mediaType": "", "digest": digest, "size": len(top)}
        self._documents[_INDEX] = json.dumps({"schemaVersion": 2, "manifests": [descriptor]}).encode()
        self._documents[blob_name(digest)] = top
        self._manifests[blob_name(digest)] = digest
        self._enter(shape, NotFoundError if self._asked else AmbiguousImageError)

    def identity(self, name: str) -> tuple[int, ...] | None:  # noqa: ARG002 - as the interface has it
        return None  # blobs are known by their digests

    def facts(self, name: str) -> Facts | None:  # noqa: ARG002 - as the interface has it
        return None

    def names(self) -> Iterable[str]:
        return [_INDEX, *self._manifests, *self._parts]

    def has(self, name: str) -> bool:
        if name in self._documents or name in self._manifests:
            return True
        part = self._parts.get(name)
        if part is None or not part.may_be_elsewhere:
            return part is not None
        if name not in self._there:
            self._there[name] = self._client.has(part.digest)
        return self._there[name]

    def document(self, name: str) -> bytes:
        if name not in self._documents:
            if len(self._documents) > _MOST_DOCUMENTS or self._client.fetched > _MOST_OF_DOCUMENTS:
                raise DamagedError(f"{self.title}: documents without end", hint="Push the image again.")
            if name in self._manifests:
                document = self._documents[name] = self._client.manifest(self._manifests[name])
                # What is not what it should be is told by its reader; nothing that it says of layers is believed.
                if _is(self._manifests[name], document):
                    self._enter(decoded(document), NotFoundError)  # there may be others
            elif name in self._parts:
                self._documents[name] = self._client.document(self._parts[name].digest)
            else:
                raise missing(name, self.title)
        return self._documents[name]

    def size(self, name: str) -> int | None:
        part = self._parts.get(name)
        return part.size if part and part.size >= 0 else None

    def is_walked_by_headers(self, name: str) -> bool:  # noqa: ARG002 - as the interface has it
        return False  # all of it would have to come

    def layers(self, names: Sequence[str]) -> Mapping[str, Contents]:
        blobs = self.blobs(names)
        annotations = {name: self._parts[name].annotations or {} for name in names}
        told = read_tables(blobs, annotations, self.title)

        def read(name: str, advance: Advance) -> Contents:
            try:
                with closing(blobs[name].pieces()) as arriving:
                    return _walk(blobs[name].digest, arriving, self._probes, advance)
            except LayerscopeError as error:
                if str(error).startswith(f"{self.title}: "):  # it says where it happened
                    raise
                raise at_place(error, self.title, blobs[name].digest) from error

        self._client.close()  # a fork must not speak where this process does
        sizes = {name: blob.size for name, blob in blobs.items() if name not in told}
        labels = {name: f"layer {blob.digest.partition(':')[2][:12]}" for name, blob in blobs.items()}
        if not sizes:
            return told
        return {**told, **share(sizes, read, f"reading {self.title}", self._progress, labels=labels, least=_AT_ONCE)}

    def blobs(self, names: Sequence[str]) -> dict[str, Blob]:
        """Return layers as something to read, from end to end or in ranges."""
        counts = memoryview(mmap(-1, 8 * max(1, len(names)))).cast("Q")
        self._counts.append(counts)

        counting = Lock()

        def add(number: int, amount: int) -> None:
            with counting:  # ranges of one blob come several at once
                counts[number] += amount

        made = {}
        for number, name in enumerate(names):
            part = self._parts[name]
            size = part.size if part.size >= 0 else self._client.size(part.digest)
            made[name] = Blob(self._client, part.digest, size, partial(add, number))
        return made

    def filesystem(self) -> Contents | None:
        return None

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    # --- What is meant --------------------------------------------------------------------------------------

    def _enter(self, document: Document, absent: type[LayerscopeError]) -> None:
        """Note the parts of a manifest, or those manifests of an index that are meant; raises ``absent`` for none."""
        for part in filter(None, (document.config, *(document.layers or ()))):
            if part.can_be_asked_for:
                self._parts.setdefault(blob_name(part.digest), part)
        if not document.manifests:
            return
        meant = choose(document.manifests, self._asked)
        if isinstance(meant, str):
            raise absent(f"{self.title} {meant}", hint="Choose one with --platform.")
        about = {part.digest for part in meant}
        for part in (*meant, *(each for each in document.manifests if each.attested in about)):
            if part.can_be_asked_for:
                self._manifests.setdefault(blob_name(part.digest), part.digest)


def open_registry(
    reference: str, platform: Platform | None, reach: Reach, progress: Progress, probes: Probes
) -> Registry:
    """Ask for an image by its name; raises NotFoundError or RegistryError."""
    name = parse_image_name(reference)
    for mirror in reach.mirrors:
        if not is_registry(mirror):
            shown = f"***@{mirror.rpartition('@')[2]}" if "@" in mirror else mirror  # it may be a login
            raise UsageError(f"{shown!r} is no host of a mirror", hint="For example mirror.example:5000")
    hosts = [*(reach.mirrors if name.registry == DEFAULT_REGISTRY else ()), name.registry]
    for host in hosts:
        client = Client(reference, name, host, verify=reach.tls_verify)
        try:
            return _opened(client, name, Registry(client, reference, platform, progress, probes))
        except LayerscopeError as error:
            client.close()
            if host == hosts[-1] or not isinstance(error, UnreadableImageError):
                raise
    raise AssertionError  # there is a last host


def _opened(client: Client, name: ImageName, registry: Registry) -> Registry:
    top, promised = client.top()
    digest = f"sha256:{sha256(top).hexdigest()}"
    for said in filter(None, (name.digest, promised)):
        algorithm = said.partition(":")[0]
        if algorithm in ("sha256", "sha512") and (found := _digest(algorithm, top)) != said:
            message = f"{registry.title}: the manifest's digest is {found}, where {said[:140]!a} was promised"
            raise DigestError(message, hint="Is this the registry that you meant?")
    registry.begin(top, name.digest or digest)
    return registry


def _walk(digest: str, arriving: Iterator[bytes], probes: Probes, advance: Advance) -> Contents:
    """Walk a layer as it comes, and hold it against its digest; read_layer hashes what is compressed itself."""
    algorithm, _, _ = digest.partition(":")
    window = StreamWindow(arriving)
    if algorithm == "sha256" and not is_plain(window):
        contents = read_layer(window, probes, advance)
        _check(contents.digest, digest)
        return contents
    if algorithm not in ("sha256", "sha512"):
        raise RegistryError(f"{digest[:100]!a} is no digest that can be verified", hint="Push the image again.")
    state = new_hash(algorithm)

    def hashed() -> Iterator[bytes]:
        for piece in pieces(window):
            state.update(piece)
            yield piece

    contents = read_layer(StreamWindow(hashed()), probes, advance)
    found = Digest(f"{algorithm}:{state.hexdigest()}")
    _check(found, digest)
    return replace(contents, digest=found)


def _check(found: str | None, promised: str) -> None:
    if found != promised:
        raise DigestError(f"its digest is {found}", hint="Is this the registry that you meant?")


def _digest(algorithm: str, document: bytes) -> str:
    return f"{algorithm}:{new_hash(algorithm, document).hexdigest()}"


def _is(digest: str, document: bytes) -> bool:
    algorithm = digest.partition(":")[0]
    return algorithm not in ("sha256", "sha512") or _digest(algorithm, document) == digest
