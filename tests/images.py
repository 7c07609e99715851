"""Images in every form that they are saved in, made by code: name of a member → its bytes, or a link to another.

``as_tar`` and ``as_folder`` make an archive or a folder of them.
"""

import bz2
import gzip
import json
import lzma
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tarfile import open as open_tar
from threading import Thread
from typing import Any, NamedTuple

from builders import file, folder, hardlink, opaque, symlink, tar_of, whiteout

import layerscope
from layerscope.report import Report

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Link(NamedTuple):
    target: str


Files = dict[str, bytes | Link]
Json = dict[str, Any]
Compress = Callable[[bytes], bytes]

COMPRESSIONS: dict[str, Compress] = {
    "none": lambda data: data,
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "zstd": zstd.compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}
GZIP = COMPRESSIONS["gzip"]

LAYERS = (
    tar_of(
        [
            folder("app/"),
            file("app/größe.bin", b"x" * 3000),
            file("app/conf", b"a" * 1000),
            file(b"app/caf\xe9", b"odd"),
            hardlink("app/again", "app/größe.bin"),
            symlink("app/link", "conf"),
            file("var/cache/one", b"1" * 700),
            file("var/cache/two", b"2" * 800),
        ]
    ),
    tar_of([file("app/conf", b"b" * 500), whiteout("var/cache/one")]),
    tar_of([opaque("var/cache"), file("var/cache/three", b"3" * 900)]),
)
"""Content 5,507 + 500 + 900 bytes, of which 1,000 are overwritten and 700 + 800 removed."""
CREATED_BY = ("COPY app /app # buildkit", "RUN /bin/sh -c configure # buildkit", "RUN /bin/sh -c clean # buildkit")

OCI = "application/vnd.oci.image"
DOCKER = "application/vnd.docker"
INDEX_TYPE = f"{OCI}.index.v1+json"
MANIFEST_TYPE = f"{OCI}.manifest.v1+json"
CONFIG_TYPE = f"{OCI}.config.v1+json"
LAYER_TYPE = f"{OCI}.layer.v1.tar"
ATTESTATION = {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}


def digest_of(data: bytes) -> str:
    return "sha256:" + sha256(data).hexdigest()


def hex_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def dump(document: object) -> bytes:
    return json.dumps(document).encode()


def config_of(layers: Sequence[bytes] = LAYERS, **more: object) -> bytes:
    """Make a configuration whose history speaks of each layer."""
    commands = [*CREATED_BY, *(f"RUN /bin/sh -c step {n} # buildkit" for n in range(len(layers)))]
    return dump(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-05-06T07:08:09Z",
            "config": {"Cmd": ["/app/größe.bin"], "Env": ["PATH=/bin"], "Labels": {"b": "2", "a": "1"}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
            "history": [{"created_by": text} for text in commands[: len(layers)]],
            **more,
        }
    )


class Saved(NamedTuple):
    """One image of an archive."""

    layers: Sequence[bytes] = LAYERS
    tags: Sequence[str] | None = ("app:1",)
    config: Json = {}  # noqa: RUF012 - never changed


def docker_10(*images: Saved) -> Files:
    """Make what Docker 1.10 to 24 saved: a folder a layer; one that was written before is a symbolic link."""
    files: Files = {}
    listed, repositories = [], {}
    written: dict[bytes, str] = {}
    for number, image in enumerate(images or [Saved()]):
        config = config_of(image.layers, **image.config)
        names, parent = [], ""
        for depth, layer in enumerate(image.layers):
            v1_id = hex_of(f"{parent}{number}{depth}".encode() + layer)
            known = written.setdefault(layer, v1_id)
            files[f"{v1_id}/VERSION"] = b"1.0"
            files[f"{v1_id}/json"] = dump({"id": v1_id, **({"parent": parent} if parent else {})})
            files[f"{v1_id}/layer.tar"] = layer if known == v1_id else Link(f"../{known}/layer.tar")
            names.append(f"{v1_id}/layer.tar")
            parent = v1_id
        files[f"{hex_of(config)}.json"] = config
        listed.append({"Config": f"{hex_of(config)}.json", "RepoTags": image.tags, "Layers": names})
        for tag in image.tags or ():
            name, _, version = tag.rpartition(":")
            repositories.setdefault(name, {})[version] = parent
    files["manifest.json"] = dump(listed)
    if repositories:
        files["repositories"] = dump(repositories)
    return files


def docker_25(*images: Saved, oci_layers: bool = True, indexed: Sequence[int] | None = None) -> Files:
    """Make what Docker 25 and later save with the classic store: both layouts, and junk among the blobs.

    ``indexed`` are the images that the index lists, by default all; Docker 25.0.0 listed no layers (``oci_layers``).
    """
    blobs = Blobs()
    listed, manifests = [], []
    for number, image in enumerate(images or [Saved()]):
        config = blobs.add(config_of(image.layers, **image.config), CONFIG_TYPE)
        layers = [blobs.add(layer, LAYER_TYPE) for layer in image.layers]
        for layer in image.layers:
            blobs.add(dump({"id": hex_of(layer + b"v1"), "os": "linux"}), "")
        said = {"schemaVersion": 2, "config": config, "layers": layers if oci_layers else []}
        manifest = blobs.add(said, MANIFEST_TYPE)
        for tag in image.tags or [None]:
            note = tag and {"io.containerd.image.name": f"docker.io/library/{tag}", REF: tag.rpartition(":")[2]}
            if indexed is None or number in indexed:
                manifests.append({**manifest, **({"annotations": note} if note else {})})
        listed.append(
            {
                "Config": name_of(config),
                "RepoTags": image.tags,
                "Layers": [name_of(layer) for layer in layers],
                "LayerSources": {layer["digest"]: layer for layer in layers},
            }
        )
    return {**blobs.layout(manifests), "manifest.json": dump(listed)}


def containerd(compress: Compress = GZIP, *, absent: Sequence[str] = ("arm64",), attested: bool = True) -> Files:
    """Make what Docker saves with the containerd store: a nested index, some platforms left out."""
    blobs = Blobs()
    own = blobs.image(compress=compress)
    children = [platformed(own, "amd64")]
    if attested:
        children.append(blobs.attestation(own))
    children += [platformed({**own, "digest": digest_of(each.encode())}, each) for each in absent]
    note = {"io.containerd.image.name": "docker.io/library/app:1", REF: "1"}
    index = {**blobs.index(children), "annotations": note}
    manifest = json.loads(blobs.files[name_of(own)])
    listed = {
        "Config": name_of(manifest["config"]),
        "RepoTags": ["app:1"],
        "Layers": [name_of(layer) for layer in manifest["layers"]],
    }
    return {**blobs.layout([index]), "manifest.json": dump([listed])}


REF = "org.opencontainers.image.ref.name"


def name_of(descriptor: Json) -> str:
    return "blobs/" + descriptor["digest"].replace(":", "/")


def platformed(descriptor: Json, architecture: str, variant: str = "", os: str = "linux") -> Json:
    platform = {"os": os, "architecture": architecture, **({"variant": variant} if variant else {})}
    return {**descriptor, "platform": platform}


def named(descriptor: Json, name: str) -> Json:
    return {**descriptor, "annotations": {REF: name}}


class Blobs:
    """The blobs of an OCI layout while it is made."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def add(self, content: bytes | Json, media_type: str, **more: object) -> Json:
        data = content if isinstance(content, bytes) else dump(content)
        descriptor = {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}
        self.files[name_of(descriptor)] = data
        return descriptor

    def image(
        self,
        layers: Sequence[bytes] = LAYERS,
        *,
        compress: Compress = GZIP,
        layer_type: str = f"{LAYER_TYPE}+gzip",
        config_type: str = CONFIG_TYPE,
        config: Mapping[str, object] | None = None,
        **more: object,
    ) -> Json:
        """Add an image, and return the descriptor of its manifest."""
        manifest = {
            "schemaVersion": 2,
            "config": self.add(config_of(layers, **(config or {})), config_type),
            "layers": [self.add(compress(layer), layer_type) for layer in layers],
            **more,
        }
        return self.add(manifest, MANIFEST_TYPE)

    def attestation(self, image: Json, statement: bytes | Json | None = None) -> Json:
        """Add BuildKit's attestation of ``image``; without a ``statement`` it says nothing."""
        kind = {"annotations": {"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"}} if statement else {}
        document = statement or {"predicateType": "https://slsa.dev/provenance/v0.2"}
        layer = self.add(document, "application/vnd.in-toto+json", **kind)
        manifest = self.add(
            {"schemaVersion": 2, "config": self.add(config_of(()), CONFIG_TYPE), "layers": [layer]}, MANIFEST_TYPE
        )
        note = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": image["digest"]}
        return platformed({**manifest, "annotations": note}, "unknown", os="unknown")

    def index(self, manifests: Sequence[Json], **more: object) -> Json:
        return self.add({"schemaVersion": 2, "manifests": list(manifests), **more}, INDEX_TYPE)

    def layout(self, manifests: Sequence[Json]) -> Files:
        return {
            **self.files,
            "index.json": dump({"schemaVersion": 2, "manifests": list(manifests)}),
            "oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
        }


def oci(compress: Compress = GZIP, **more: Any) -> Files:
    """Make an OCI layout of one image."""
    blobs = Blobs()
    return blobs.layout([named(blobs.image(compress=compress, **more), "1")])


def dir_image(compress: Compress = GZIP) -> Files:
    """Make a ``dir:`` image: a manifest, and blobs named by the digits of their digests."""
    blobs = Blobs()
    manifest = blobs.files[name_of(blobs.image(compress=compress))]
    files: Files = {name.rpartition("/")[2]: data for name, data in blobs.files.items() if data != manifest}
    return {**files, "manifest.json": manifest, "version": b"Directory Transport Version: 1.1\n"}


def flat(compress: Compress = GZIP, *, ending: str = ".tar.gz", lower: bool = False) -> Files:
    """Make what kaniko, crane and (with keys in lower case) jib save."""
    config = config_of()
    layers = {f"{hex_of(compress(layer))}{ending}": compress(layer) for layer in LAYERS}
    name = "config.json" if lower else digest_of(config)
    listed: Json = {"Config": name, "RepoTags": ["app:1"], "Layers": list(layers)}
    spelt = {key.lower() if lower else key: value for key, value in listed.items()}
    return {name: config, **layers, "manifest.json": dump([spelt])}


def docker_v1(layers: Sequence[bytes] = LAYERS, *, repositories: bool = True, salt: str = "", tag: str = "1") -> Files:
    """Make what Docker saved before 1.10: each layer tells its parent, and ``repositories`` the top ones."""
    files: Files = {}
    parent = ""
    for depth, layer in enumerate(layers):
        v1_id = hex_of(f"{salt}{depth}".encode())
        own = {
            "id": v1_id,
            "os": "linux",
            "architecture": "amd64",
            "created": f"2014-01-0{depth + 1}T00:00:00Z",
            "config": {"Cmd": ["sh"]},
            "container_config": {"Cmd": ["/bin/sh", "-c", f"step {depth}"]},
        }
        files[f"{v1_id}/VERSION"] = b"1.0"
        files[f"{v1_id}/json"] = dump({**own, **({"parent": parent} if parent else {})})
        files[f"{v1_id}/layer.tar"] = layer
        parent = v1_id
    if repositories:
        files["repositories"] = dump({"app": {tag: parent}})
    return files


def as_tar(files: Mapping[str, bytes | Link], order: Iterable[str] | None = None) -> bytes:
    """Make an archive, its members in the order given."""
    members = ((name, files[name]) for name in order or files)
    return tar_of(symlink(name, each.target) if isinstance(each, Link) else file(name, each) for name, each in members)


def as_folder(files: Mapping[str, bytes | Link], root: Path) -> Path:
    for name, contents in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(contents, Link):
            path.symlink_to(contents.target)
        else:
            path.write_bytes(contents)
    return root


def files_of(archive: bytes) -> Files:
    """Read an archive's members back, with the standard library."""
    import io

    files: Files = {}
    with open_tar(fileobj=io.BytesIO(archive)) as members:
        for member in members:
            if member.issym():
                files[member.name] = Link(member.linkname)
            elif contents := members.extractfile(member):
                files[member.name] = contents.read()
    return files


@contextmanager
def piped(data: bytes) -> Any:
    """Let ``data`` pass by in a real pipe; yield a path to name it by."""
    reader, writer = os.pipe()

    def write() -> None:
        try:
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(data)
        except BrokenPipeError:  # an error ended the reading
            pass

    thread = Thread(target=write)
    thread.start()
    try:
        yield f"/dev/fd/{reader}"
    finally:
        os.close(reader)
        thread.join(10)
        assert not thread.is_alive()


def inspect_piped(data: bytes, choice: str = "", **options: Any) -> Report:
    with piped(data) as path:
        return layerscope.inspect(path + choice, **options)


def inspect_bytes(data: bytes, folder: Path, choice: str = "", **options: Any) -> Report:
    path = folder / "image"
    path.write_bytes(data)
    return layerscope.inspect(f"{path}{choice}", **options)


def told(report: Report) -> Json:
    """Return what a report tells of the image, whatever its source is called."""
    import msgspec

    everything = msgspec.to_builtins(report)
    for way in ("reference", "source", "fetched_bytes"):
        del everything["image"][way]
    return everything
