"""Read the manifest and the configuration of each archive that LIST names with tarfile, and parse them with json.

Each is held against its digest, as whoever reads from an untrusted source should do (image-spec, descriptor.md).
"""

import json
import sys
import tarfile
from hashlib import sha256
from pathlib import Path


def main(listed: str) -> int:
    """Count the layers."""
    layers = 0
    for path in Path(listed).read_text().split():
        with tarfile.open(path) as archive:
            for each in json.loads(archive.extractfile("index.json").read())["manifests"]:
                manifest = _document(archive, each)
                config = _document(archive, manifest["config"])
                layers += len(config["rootfs"]["diff_ids"])
    return layers


def _document(archive: tarfile.TarFile, descriptor: dict) -> dict:
    digest = descriptor["digest"]
    document = archive.extractfile(f"blobs/{digest.replace(':', '/')}").read()
    if f"sha256:{sha256(document).hexdigest()}" != digest:
        raise SystemExit(f"{digest}: other contents")
    return json.loads(document)


if __name__ == "__main__":
    print(main(sys.argv[1]))
