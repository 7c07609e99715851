"""Tars and images made by hand, byte by byte: what the standard library's ``tarfile`` would refuse to write, too.

A tar is a sequence of members, and a member is bytes: ``tar_of([folder("bin"), file("bin/sh", b"...")])``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
USTAR: Final = b"ustar\x0000"
GNU: Final = b"ustar  \0"
V7: Final = bytes(8)


def tar_of(members: Iterable[bytes], *, end: bytes = END) -> bytes:
    """Join members to a tar."""
    return b"".join(members) + end


def file(
    path: str | bytes,
    contents: bytes = b"",
    *,
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    mtime: int = 0,
) -> bytes:
    return header(path, size=len(contents), mode=mode, uid=uid, gid=gid, mtime=mtime) + padded(contents)


def folder(path: str | bytes, *, mode: int = 0o755, uid: int = 0, gid: int = 0, mtime: int = 0) -> bytes:
    return header(path, flag=b"5", mode=mode, uid=uid, gid=gid, mtime=mtime)


def symlink(path: str | bytes, target: str | bytes) -> bytes:
    return header(path, flag=b"2", link=target, mode=0o777)


def hardlink(path: str | bytes, target: str | bytes) -> bytes:
    return header(path, flag=b"1", link=target)


def whiteout(path: str) -> bytes:
    parent, slash, name = path.rpartition("/")
    return file(f"{parent}{slash}.wh.{name}")


def opaque(path: str) -> bytes:
    return file(f"{path}/.wh..wh..opq" if path else ".wh..wh..opq")


def padded(contents: bytes) -> bytes:
    return contents + bytes(-len(contents) % BLOCK)


def header(
    name: str | bytes,
    *,
    flag: bytes = b"0",
    size: int = 0,
    link: str | bytes = b"",
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    mtime: int = 0,
    magic: bytes = USTAR,
    raw: Mapping[int, bytes] | None = None,
) -> bytes:
    """Make one header block, with a check sum that holds; ``raw`` puts bytes at offsets, after everything else."""
    block = bytearray(BLOCK)
    parts = {
        0: _raw(name),
        100: b"%07o" % mode,
        108: octal(uid, 8),
        116: octal(gid, 8),
        124: octal(size, 12),
        136: octal(mtime, 12),
        156: flag,
        157: _raw(link),
        257: magic,
        **(raw or {}),
    }
    for offset, part in parts.items():
        block[offset : offset + len(part)] = part
    assert len(block) == BLOCK
    return signed(bytes(block))


def signed(block: bytes) -> bytes:
    """Put the right check sum into a header block."""
    total = sum(block[:148]) + sum(block[156:]) + 8 * ord(" ")
    return block[:148] + b"%06o\0 " % total + block[156:]


def octal(value: int, width: int) -> bytes:
    """Write a number as octal digits and a NUL, or in base 256 where those cannot hold it."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    return base_256(value, width)


def base_256(value: int, width: int) -> bytes:
    marked = value + (1 << 8 * width) if value < 0 else value | (1 << (8 * width - 1))
    return marked.to_bytes(width, "big")


def pax(records: Iterable[tuple[bytes, bytes]], *, flag: bytes = b"x") -> bytes:
    """Make a pax extended header (``flag=b"g"``: a global one)."""
    payload = b"".join(pax_record(key, value) for key, value in records)
    return header("PaxHeaders/x", flag=flag, size=len(payload)) + padded(payload)


def pax_record(key: bytes, value: bytes) -> bytes:
    rest = b" %s=%s\n" % (key, value)
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return b"%d%s" % (length, rest)


def long_name(name: str | bytes, *, flag: bytes = b"L") -> bytes:
    """Make GNU's header for a long name (``flag=b"K"``: for a long link)."""
    payload = _raw(name) + b"\0"
    return header("././@LongLink", flag=flag, size=len(payload), magic=GNU) + padded(payload)


def _raw(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text


def docker_archive(layers: Sequence[bytes], *, tag: str = "made:latest", created_by: Sequence[str] = ()) -> bytes:
    """Make what ``docker save`` wrote up to Docker 24, of layers that are plain tars, the bottom one first."""
    config = json.dumps(image_config(layers, created_by=created_by)).encode()
    config_name = f"{sha256(config).hexdigest()}.json"
    names = [f"{sha256(layer).hexdigest()}/layer.tar" for layer in layers]
    manifest = json.dumps([{"Config": config_name, "RepoTags": [tag], "Layers": names}]).encode()
    return tar_of(
        [
            file(config_name, config),
            *(file(name, layer) for name, layer in dict(zip(names, layers, strict=True)).items()),
            file("manifest.json", manifest),
        ]
    )


def oci_layout(layers: Sequence[bytes], *, created_by: Sequence[str] = ()) -> dict[str, bytes]:
    """Make an OCI image layout, path → contents, of layers that are plain tars, the bottom one first."""
    files: dict[str, bytes] = {}

    def blob(data: bytes, media_type: str) -> dict[str, object]:
        digest = sha256(data).hexdigest()
        files[f"blobs/sha256/{digest}"] = data
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}", "size": len(data)}

    config = json.dumps(image_config(layers, created_by=created_by)).encode()
    manifest = {
        "schemaVersion": 2,
        "config": blob(config, "config.v1+json"),
        "layers": [blob(layer, "layer.v1.tar") for layer in layers],
    }
    index = {"schemaVersion": 2, "manifests": [blob(json.dumps(manifest).encode(), "manifest.v1+json")]}
    files["index.json"] = json.dumps(index).encode()
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    return files


def image_config(layers: Sequence[bytes], *, created_by: Sequence[str] = ()) -> dict[str, object]:
    """Make an image's configuration; without ``created_by`` it has no history."""
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{sha256(layer).hexdigest()}" for layer in layers]},
        "history": [{"created_by": text} for text in created_by],
    }
