"""Read and parse the manifest and the configuration of every image of the OCI layout FOLDER, with json."""

import json
import sys
from pathlib import Path


def main(folder: str) -> int:
    """Count the layers."""
    layers = 0
    root = Path(folder)
    for each in json.loads((root / "index.json").read_bytes())["manifests"]:
        manifest = _blob(root, each["digest"])
        config = _blob(root, manifest["config"]["digest"])
        layers += len(config["rootfs"]["diff_ids"])
    return layers


def _blob(root: Path, digest: str) -> dict:
    return json.loads((root / "blobs" / digest.replace(":", "/")).read_bytes())


if __name__ == "__main__":
    print(main(sys.argv[1]))
