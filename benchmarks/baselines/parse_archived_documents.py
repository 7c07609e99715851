"""Read and parse the manifest and the configuration of each archive that LIST names, with tarfile and json."""

import json
import sys
import tarfile
from pathlib import Path


def main(listed: str) -> int:
    """Count the layers."""
    layers = 0
    for path in Path(listed).read_text().split():
        with tarfile.open(path) as archive:
            for each in _document(archive, "index.json")["manifests"]:
                manifest = _document(archive, _blob(each))
                config = _document(archive, _blob(manifest["config"]))
                layers += len(config["rootfs"]["diff_ids"])
    return layers


def _blob(descriptor: dict) -> str:
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def _document(archive: tarfile.TarFile, name: str) -> dict:
    return json.loads(archive.extractfile(name).read())


if __name__ == "__main__":
    print(main(sys.argv[1]))
