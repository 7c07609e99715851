"""All images as one forest: a node is a layer on its parent, and images with a common parent meet in it.

A node is what a chain ID names. So memory grows with the distinct layers, and with the images by one record each.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from layerscope.build.comments import layers_below
from layerscope.image.stacks import DeclaredBase, Stack
from layerscope.model import ChainID, DiffID, Digest, HistoryEntry, Platform, chain_id

if TYPE_CHECKING:
    from layerscope.image.candidate import LayerRef

GROUND: Final = -1
"""Where the bottom layers stand."""
_EMPTY_TARS: Final = (
    DiffID("sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"),  # 1,024 zeros
    DiffID("sha256:84ff92691f909a05b224e1c56abb4864f01b4f8e3c854e4bb4c7baf1d3f6d652"),  # 10,240 zeros
)


class Node(Struct, gc=False):
    """One layer on its parent, in one image or in many."""

    parent: int
    depth: int
    """Layers of the stack, this one included."""
    diff_id: DiffID
    chain_id: ChainID
    claim: HistoryEntry | None = None
    """What is said to have made it, by the first image that tells."""
    heard: "LayerRef | None" = None
    """What was said of its blob last: images of one medium say the same."""
    images: int = 0
    """How many images have it; 0 where only what was there already does."""
    is_had: bool = False
    """Whether a machine has it before anything is pulled."""


class Blob(Struct, frozen=True, gc=False):
    """A layer as it is stored or pulled."""

    name: Digest | DiffID
    """Its digest, or where none is known the name of its contents."""
    digest: Digest | None
    size: int | None


class Planted(Struct):
    """One image: the node of its top layer, and what it is called."""

    reference: str
    names: dict[str, None]
    """Each once, in their order: there may be as many as an archive has entries."""
    source: str
    image_id: str | None
    digests: dict[Digest, None]
    """Of its manifest: registries may have it under several."""
    digest: Digest | None
    """The first that was told alone."""
    platform: Platform
    top: int
    base: DeclaredBase | None
    base_layers: int | None
    """How many of the bottom layers are that base's, where its builder noted that."""
    pods: int | None


class Forest:
    """The layers of all images that were added, each once."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        """Parents before their children."""
        self.images: list[Planted] = []
        """In the order in which they were added, each image ID once."""
        self.had: list[str] = []
        """Names of what a machine has already."""
        self.content: dict[DiffID, int] = dict.fromkeys(_EMPTY_TARS, 0)
        """Content bytes of the layers of which they are known."""
        self._blobs: dict[DiffID, Blob] = {}
        self._children: dict[tuple[int, DiffID], int] = {}
        self._by_id: dict[str, Planted] = {}

    def add(self, stack: Stack, pods: int | None = None) -> None:
        """Add an image; one that is there already only gets another name."""
        if stack.image_id and (known := self._by_id.get(stack.image_id)):
            known.names.update(dict.fromkeys(stack.names))
            if pods is not None:
                known.pods = (known.pods or 0) + pods
            known.digests.update(dict.fromkeys(stack.digests))
            known.digest = known.digest or _only(stack.digests)
            if known.base is None:
                known.base, known.base_layers = stack.base, _base_layers(stack)
            self._plant(stack)  # which may be told more of here
            return
        planted = Planted(
            reference=stack.names[0],
            names=dict.fromkeys(stack.names),
            source=stack.source,
            image_id=stack.image_id,
            digests=dict.fromkeys(stack.digests),
            digest=_only(stack.digests),
            platform=stack.platform,
            top=self._plant(stack),
            base=stack.base,
            base_layers=_base_layers(stack),
            pods=pods,
        )
        self.images.append(planted)
        if stack.image_id:
            self._by_id[stack.image_id] = planted

    def add_had(self, stack: Stack) -> None:
        """Add an image that a machine has already: nothing of it need be pulled."""
        self.had.append(stack.names[0])
        for number in self.path(self._plant(stack)):
            self.nodes[number].is_had = True

    def path(self, top: int) -> Iterator[int]:
        """Yield the nodes of a stack from the top down."""
        while top != GROUND:
            yield top
            top = self.nodes[top].parent

    def blobs(self) -> list[Blob]:
        """Return for each node how it is stored: of several ways the one that takes least."""
        return [self._blobs[node.diff_id] for node in self.nodes]

    def count(self) -> None:
        """Count the images that have each node."""
        for node in self.nodes:
            node.images = 0
        for image in self.images:
            if image.top != GROUND:
                self.nodes[image.top].images += 1
        for node in reversed(self.nodes):
            if node.parent != GROUND:
                self.nodes[node.parent].images += node.images

    def _plant(self, stack: Stack) -> int:
        at = GROUND
        nodes, children, refs = self.nodes, self._children, stack.refs
        for index, diff_id in enumerate(stack.diff_ids):
            number = children.get((at, diff_id))
            if number is None:
                number = children[at, diff_id] = self._grow(at, diff_id)
            node = nodes[number]
            if node.claim is None:
                node.claim = stack.claim(index)
            if not refs or node.heard is not refs[index]:
                self._learn(node, stack, index)
            at = number
        return at

    def _grow(self, parent: int, diff_id: DiffID) -> int:
        nodes = self.nodes
        if parent == GROUND:
            nodes.append(Node(parent, 1, diff_id, chain_id(None, diff_id)))
        else:
            below = nodes[parent]
            nodes.append(Node(parent, below.depth + 1, diff_id, chain_id(below.chain_id, diff_id)))
        return len(nodes) - 1

    def _learn(self, node: Node, stack: Stack, index: int) -> None:
        """Keep what is said of a layer's blob: by manifests before archives, of several the smallest; in any order."""
        diff_id, size = node.diff_id, stack.blob_bytes[index]
        digest = None
        if stack.refs:
            node.heard = stack.refs[index]
            digest = node.heard.digest
        known, blob = self._blobs.get(diff_id), Blob(digest or diff_id, digest, size)
        if known is None or _rank(blob) < _rank(known):
            self._blobs[diff_id] = blob


def meeting(nodes: Sequence[Node], one: int, other: int) -> int:
    """Return the highest node that two stacks have in common, GROUND if there is none."""
    while one != other:
        if GROUND in (one, other):
            return GROUND
        if nodes[one].depth >= nodes[other].depth:
            one = nodes[one].parent
        else:
            other = nodes[other].parent
    return one


def _base_layers(stack: Stack) -> int | None:
    """Count the layers of the base that an image declares, where its builder noted where that ends."""
    return layers_below(stack.base.name, stack.history(), len(stack.diff_ids)) if stack.base else None


def _only(digests: Sequence[Digest]) -> Digest | None:
    return digests[0] if len(digests) == 1 else None


def _rank(blob: Blob) -> tuple[bool, bool, int, str]:
    """Put what is to be counted first: what a manifest tells of, of known size, the smallest."""
    return not blob.digest, blob.size is None, blob.size or 0, blob.name


def preorder(nodes: Sequence[Node]) -> list[int]:
    """Put the nodes that images have parents first; of siblings, the one that most images have, then by name."""
    children: dict[int, list[int]] = {}
    for number, node in enumerate(nodes):
        if not node.images:
            continue
        if node.parent in children:
            children[node.parent].append(number)
        else:
            children[node.parent] = [number]
    order: list[int] = []
    waiting = [GROUND]
    while waiting:
        number = waiting.pop()
        if number != GROUND:
            order.append(number)
        below = children.get(number, ())
        if len(below) > 1:
            below = sorted(below, key=lambda each: (-nodes[each].images, nodes[each].chain_id), reverse=True)
        waiting += below
    return order
