"""What images cost a machine that pulls them one after another.

A layer is new where its stack is not there yet, whoever brought it; its blob is fetched unless one with that digest
came along before. So engines do it that keep blobs by digest, as containerd does.
"""

from collections.abc import Sequence

from msgspec import Struct

from layerscope.report import total
from layerscope.sharing.forest import Blob, Forest
from layerscope.sharing.measures import Measure


class Pulled(Struct, frozen=True):
    """What one image adds."""

    layers: int
    content_bytes: int | None
    blob_bytes: int | None


def pull_all(forest: Forest, blobs: Sequence[Blob], content: Measure) -> list[Pulled]:
    """Pull the images in the order in which they were added, on top of what the machine had; a blob for each node."""
    has = [node.is_had for node in forest.nodes]
    fetched = {blob.name for blob, node in zip(blobs, forest.nodes, strict=True) if node.is_had}
    pulls = []
    for image in forest.images:
        new, missing = [], []
        for number in forest.path(image.top):
            if has[number]:
                break
            has[number] = True
            new.append(content.values[number])
            blob = blobs[number]
            if blob.name not in fetched:
                fetched.add(blob.name)
                missing.append(blob.size)
        pulls.append(Pulled(len(new), total(new), total(missing)))
    return pulls
