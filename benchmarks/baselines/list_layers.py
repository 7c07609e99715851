"""List every layer of the `docker save` archive FILE with the standard library's tarfile."""

import json
import sys
import tarfile


def main(path: str) -> int:
    """Count the members of all layers."""
    entries = 0
    with tarfile.open(path, "r:") as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        for name in json.load(manifest)[0]["Layers"]:
            with tarfile.open(fileobj=archive.extractfile(name), mode="r:") as layer:
                for _ in layer:
                    entries += 1
    return entries


if __name__ == "__main__":
    print(main(sys.argv[1]))
