"""Read the manifest and the configuration of every image of the OCI layout FOLDER, and parse them with json.

Each is held against its digest, as whoever reads from an untrusted source should do (image-spec, descriptor.md); with
--unverified it is taken as it is.
"""

import json
import sys
from pathlib import Path


def main(folder: str, option: str = "") -> int:
    """Count the layers."""
    read = _taken if option == "--unverified" else _verified
    root = Path(folder)
    layers = 0
    for each in json.loads((root / "index.json").read_bytes())["manifests"]:
        manifest = json.loads(read(root, each["digest"]))
        config = json.loads(read(root, manifest["config"]["digest"]))
        layers += len(config["rootfs"]["diff_ids"])
    return layers


def _taken(root: Path, digest: str) -> bytes:
    return (root / "blobs" / digest.replace(":", "/")).read_bytes()


def _verified(root: Path, digest: str) -> bytes:
    from hashlib import sha256  # whose import is not to count where nothing is verified

    document = _taken(root, digest)
    if f"sha256:{sha256(document).hexdigest()}" != digest:
        raise SystemExit(f"{digest}: other contents")
    return document


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
