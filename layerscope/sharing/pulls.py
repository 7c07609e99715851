"""What images cost a machine that pulls them one after another.

A layer is new where its stack is not there yet, whoever brought it; its blob is fetched unless one with that digest
came along before. So engines do it that keep blobs by digest, as containerd does.
"""

from msgspec import Struct

from layerscope.model import DiffID, Digest
from layerscope.sharing.forest import Blob, Forest, Node
from layerscope.sharing.measures import Measure, total


class Pulled(Struct, frozen=True):
    """What one image adds."""

    layers: int
    content_bytes: int | None
    blob_bytes: int | None


def pull_all(forest: Forest, content: Measure) -> list[Pulled]:
    """Pull the images in the order in which they were added, on top of what the machine had."""
    has = [node.is_had for node in forest.nodes]
    blobs = {blob_name(forest, node) for node in forest.nodes if node.is_had}
    pulls = []
    for image in forest.images:
        new = []
        for number in forest.path(image.top):
            if has[number]:
                break
            has[number] = True
            new.append(number)
        fetched: dict[Digest | DiffID, Blob] = {}
        for node in map(forest.nodes.__getitem__, new):
            if (name := blob_name(forest, node)) not in blobs:
                fetched[name] = forest.blob(node)
        blobs |= fetched.keys()
        added = total(content.values[number] for number in new)
        pulls.append(Pulled(len(new), added, total(blob.size for blob in fetched.values())))
    return pulls


def blob_name(forest: Forest, node: Node) -> Digest | DiffID:
    """Name a layer's blob, by its contents where no digest is known."""
    return forest.blob(node).digest or node.diff_id
