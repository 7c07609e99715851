"""What an image adds up to, told in another way than layerscope's: with the standard library, and tables of paths.

It reads Docker's archives, OCI layouts and ``dir:`` images as long as nothing is wrong with them, and is slow.
"""

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Mapping
from typing import Any, NamedTuple

from images import Files, Link, digest_of, zstd

OPENERS = {b"\x1f\x8b": gzip.decompress, b"\x28\xb5": zstd.decompress, b"\xfd7": lzma.decompress, b"BZ": bz2.decompress}


class LayerTold(NamedTuple):
    content_bytes: int
    tar_bytes: int
    blob_bytes: int
    entries: int


class ImageTold(NamedTuple):
    image_id: str
    layers: list[LayerTold]
    kept_bytes: int


def layer_told(blob: bytes) -> LayerTold:
    tar = plain(blob)
    files = contents_of(tar)
    return LayerTold(sum(sizes(files).values()), len(tar), len(blob), len(members_of(tar)))


def image_told(config: bytes, blobs: list[bytes]) -> ImageTold:
    return ImageTold(digest_of(config), [layer_told(blob) for blob in blobs], kept([plain(blob) for blob in blobs]))


def plain(blob: bytes) -> bytes:
    unpack = OPENERS.get(blob[:2])
    return unpack(blob) if unpack else blob


def members_of(tar: bytes) -> list[tarfile.TarInfo]:
    if not tar:
        return []
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
        return archive.getmembers()


def contents_of(tar: bytes) -> dict[str, tarfile.TarInfo]:
    """Return what stands at each path of one layer: of several members the last."""
    found: dict[str, tarfile.TarInfo] = {}
    for member in members_of(tar):
        path = "/".join(part for part in member.name.split("/") if part not in ("", "."))
        found[path] = member
    return found


def sizes(files: Mapping[str, tarfile.TarInfo]) -> dict[str, int]:
    """Return the content bytes at each path: files and links, neither folders nor whiteouts."""
    told = {}
    for path, member in files.items():
        name = path.rpartition("/")[2]
        if name.startswith(".wh.") or member.isdir():
            told[path] = 0
        elif member.issym():
            told[path] = len(member.linkname.encode("utf-8", "surrogateescape"))
        else:
            told[path] = member.size if member.isreg() else 0
    return told


def kept(tars: list[bytes]) -> int:
    """Return the bytes that the last state shows, hard links counted once as long as any name is left."""
    inodes: dict[str, tuple[int, int]] = {}  # path → (which inode, its bytes)
    for depth, tar in enumerate(tars):
        files = contents_of(tar)
        for path in files:
            folder, _, name = path.rpartition("/")
            prefix = f"{folder}/" if folder else ""
            if name == ".wh..wh..opq":
                _remove_below(inodes, prefix)
            elif name.startswith(".wh."):
                target = prefix + name[4:]
                inodes.pop(target, None)
                _remove_below(inodes, f"{target}/")
        own = sizes(files)
        for path, member in files.items():
            if path.rpartition("/")[2].startswith(".wh."):
                continue
            if not member.isdir():
                _remove_below(inodes, f"{path}/")
            if member.islnk():
                target = "/".join(part for part in member.linkname.split("/") if part not in ("", "."))
                inodes[path] = inodes.get(target, (id(member), 0))
            else:
                inodes[path] = (hash((depth, path)), own[path])
    return sum(dict(inodes.values()).values())


def _remove_below(inodes: dict[str, Any], prefix: str) -> None:
    for path in [path for path in inodes if path.startswith(prefix)]:
        del inodes[path]


def archive_told(files: Files, number: int = 0) -> ImageTold:
    """Tell one image of an archive or folder; of several platforms the first."""

    def read(name: str) -> bytes:
        contents = files[name]
        if isinstance(contents, Link):
            return read(contents.target.removeprefix("../"))
        return contents

    def blob(descriptor: Mapping[str, Any]) -> bytes:
        algorithm, _, digits = descriptor["digest"].partition(":")
        return read(f"blobs/{algorithm}/{digits}" if "index.json" in files else digits)

    if "manifest.json" in files:
        listed = json.loads(read("manifest.json"))
        if isinstance(listed, list):
            one = {key.lower(): value for key, value in listed[number].items()}
            return image_told(read(one["config"]), [read(name) for name in one["layers"]])
        return image_told(blob(listed["config"]), [blob(layer) for layer in listed["layers"]])
    manifest = json.loads(read("index.json"))
    while "manifests" in manifest:
        manifest = json.loads(blob(manifest["manifests"][number]))
    return image_told(blob(manifest["config"]), [blob(layer) for layer in manifest["layers"]])
