"""Inflate every gzip layer of the OCI archive FILE with zlib, one after another, 1 MiB of input at a time."""

import json
import sys
import tarfile
import zlib
from typing import IO

_CHUNK = 1 << 20


def _blob(archive: tarfile.TarFile, digest: str) -> IO[bytes]:
    """Open a blob."""
    file = archive.extractfile("blobs/" + digest.replace(":", "/"))
    assert file is not None
    return file


def main(path: str) -> int:
    """Count the bytes of all layers."""
    size = 0
    with tarfile.open(path, "r:") as archive:
        index = archive.extractfile("index.json")
        assert index is not None
        manifest = json.load(_blob(archive, json.load(index)["manifests"][0]["digest"]))
        for layer in manifest["layers"]:
            inflate, file = zlib.decompressobj(31), _blob(archive, layer["digest"])
            while chunk := file.read(_CHUNK):
                size += len(inflate.decompress(chunk))
    return size


if __name__ == "__main__":
    print(main(sys.argv[1]))
