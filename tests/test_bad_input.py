"""Bad input: what cannot be read ends in one error, of the right class, in one line; never in anything else."""

import io
import json
import os
import pty
import random
import shutil
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from builders import END, file, folder, symlink, tar_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from images import (
    CONFIG_TYPE,
    GZIP,
    LAYERS,
    MANIFEST_TYPE,
    Blobs,
    Files,
    Saved,
    as_folder,
    as_tar,
    config_of,
    digest_of,
    dir_image,
    docker_10,
    docker_25,
    dump,
    flat,
    hex_of,
    inspect_bytes,
    inspect_piped,
    name_of,
    named,
    oci,
    piped,
    told,
)

import layerscope
from layerscope.errors import (
    DamagedError,
    DigestError,
    LayerscopeError,
    MissingBlobError,
    NotAnImageError,
    NotFoundError,
    UnreadableImageError,
    UnsupportedError,
    UsageError,
)
from layerscope.layers.windows import FileWindow
from layerscope.sources.parallel import read_layers

FIXTURES = Path(__file__).parents[1] / "fixtures" / "archives"
Outcome = object


def outcome(read: Callable[[], Any]) -> Outcome:
    """Return what a report tells, or the class of the error, which is one line."""
    try:
        return told(read())
    except LayerscopeError as error:
        return type(error) if is_one_line(str(error)) and "\n" not in error.hint else f"{error!r}"


def is_one_line(text: str) -> bool:
    return bool(text) and "\n" not in text


def is_refused(read: Outcome) -> bool:
    return isinstance(read, type)


# Bytes that went astray


@pytest.mark.parametrize(
    "name",
    ["docker-20.10-classic.tar", "docker-20.10-commit.tar", "docker-26-classic-store.tar", "skopeo-docker-archive.tar"],
)
def test_cut_off_anywhere(name: str, tmp_path: Path) -> None:
    data = (FIXTURES / name).read_bytes()
    whole = told(inspect_bytes(data, tmp_path))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = archive.getmembers()
    end = members[-1].offset_data + members[-1].size
    borders = {member.offset for member in members[2:]} | {member.offset_data for member in members[2:]}
    cuts = borders | {border + 7 for border in borders} | set(random.Random(1).sample(range(1, end), 60)) | {end - 1}
    for cut in sorted(cuts):
        from_file = outcome(lambda cut=cut: inspect_bytes(data[:cut], tmp_path))
        assert outcome(lambda cut=cut: inspect_piped(data[:cut])) == from_file
        assert is_refused(from_file) or from_file == whole, cut
    assert told(inspect_bytes(data[:end], tmp_path)) == whole  # nothing but the end marker is missing


@pytest.mark.parametrize("suffix", ["gz", "xz", "zst", "bz2"])
def test_compressed_archive_cut_off_anywhere(suffix: str, tmp_path: Path) -> None:
    import bz2
    import lzma

    from images import zstd

    pack = {"gz": GZIP, "xz": lzma.compress, "zst": zstd.compress, "bz2": bz2.compress}[suffix]
    packed = pack(as_tar(docker_10()))
    for cut in {*range(1, len(packed), 37), len(packed) - 1}:
        for read in (inspect_piped, lambda data: inspect_bytes(data, tmp_path)):
            with pytest.raises((DamagedError, NotAnImageError)) as caught:
                read(packed[:cut])
            assert str(caught.value).startswith((str(tmp_path), "/dev/fd/"))


FORMS = {"legacy": docker_10(), "hybrid": docker_25(), "oci": oci(), "dir": dir_image(), "flat": flat()}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("form", FORMS)
def test_flipped_bits(form: str, tmp_path: Path, data: st.DataObject) -> None:
    archive = bytearray(as_tar(FORMS[form]))
    count = data.draw(st.integers(1, 3))
    for _ in range(count):
        archive[data.draw(st.integers(0, len(archive) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    from_file = outcome(lambda: inspect_bytes(bytes(archive), tmp_path))
    from_pipe = outcome(lambda: inspect_piped(bytes(archive)))
    if count > 1 and is_refused(from_file):  # which of two damages is met first, is the source's own business
        assert is_refused(from_pipe)
        return
    # What is no longer JSON is not kept while it passes by: then nobody can tell that its digest is wrong, too.
    assert from_pipe == from_file or (from_pipe is DamagedError and from_file is DigestError)


KEYS = [
    *("Config", "Layers", "RepoTags", "LayerSources", "manifests", "config", "layers", "digest", "size", "mediaType"),
    *("platform", "os", "rootfs", "diff_ids", "history", "annotations", "schemaVersion", "fsLayers", "id", "parent"),
]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(KEYS),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    name=st.sampled_from(["manifest.json", "index.json", "repositories", "config", "manifest"]),
)
def test_documents_of_any_shape(tmp_path: Path, document: object, name: str) -> None:
    files = docker_25()
    listed = json.loads(files["manifest.json"])  # type: ignore[arg-type]
    index = json.loads(files["index.json"])  # type: ignore[arg-type]
    data = dump(document)
    if name == "config":
        files["x.json"] = data
        listed[0]["Config"] = "x.json"
        files["manifest.json"] = dump(listed)
    elif name == "manifest":
        files = {**files, f"blobs/sha256/{hex_of(data)}": data}
        del files["manifest.json"]
        files["index.json"] = dump({**index, "manifests": [{"digest": digest_of(data), "size": len(data)}]})
    else:
        files[name] = data
    from_file = outcome(lambda: inspect_bytes(as_tar(files), tmp_path))
    assert outcome(lambda: inspect_piped(as_tar(files))) == from_file


# Parts that are not what is said of them


def changed(files: Files, name: str, data: bytes | None) -> Files:
    assert name in files
    if data is None:
        return {key: contents for key, contents in files.items() if key != name}
    return {**files, name: data}


def manifest_of(files: Files) -> dict[str, Any]:
    index = json.loads(files["index.json"])  # type: ignore[arg-type]
    return json.loads(files[name_of(index["manifests"][0])])  # type: ignore[arg-type, no-any-return]


OCI = oci()
LEGACY = FORMS["legacy"]
CONFIG = name_of(manifest_of(OCI)["config"])
MANIFEST = name_of(json.loads(OCI["index.json"])["manifests"][0])  # type: ignore[arg-type]
LAYER = name_of(manifest_of(OCI)["layers"][1])
OTHER_LAYER = GZIP(LAYERS[1].replace(b"b", b"c"))


def same_size(data: object) -> bytes:
    assert isinstance(data, bytes)
    return data[:-1] + b" " if data.endswith(b"}") else data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        (changed(OCI, MANIFEST, None), NotFoundError, "the manifest is missing"),
        (changed(OCI, CONFIG, None), MissingBlobError, f"{CONFIG} is missing"),
        (changed(OCI, LAYER, None), MissingBlobError, f"{LAYER} is missing"),
        (changed(OCI, MANIFEST, same_size(OCI[MANIFEST])), DigestError, "its digest is sha256:"),
        (changed(OCI, CONFIG, same_size(OCI[CONFIG])), DigestError, "its digest is sha256:"),
        (changed(OCI, LAYER, OTHER_LAYER), DigestError, "its digest is sha256:|bytes long, where"),
        (changed(OCI, LAYER, b""), DigestError, "0 bytes long, where"),
        (changed(OCI, MANIFEST, b""), DigestError, "0 bytes long, where"),
        (changed(OCI, CONFIG, b"{}"), DigestError, "2 bytes long, where"),
        (changed(OCI, LAYER, same_size(OCI[LAYER])), DamagedError, f"{LAYER}: the gzip data is damaged"),
        (changed(OCI, "index.json", b""), DamagedError, r"index\.json: "),
        (changed(OCI, "index.json", b"{"), DamagedError, r"index\.json: "),
        (changed(OCI, "index.json", b'{"manifests": 3}'), DamagedError, r"index\.json: Expected `array"),
        (changed(OCI, "index.json", b'{"manifests": [{"digest": "../../etc/passwd"}]}'), DamagedError, "is no digest"),
        (
            changed(OCI, "index.json", b'{"manifests": [{"digest": "sha256:../etc/passwd"}]}'),
            DamagedError,
            "is no digest",
        ),
        (changed(LEGACY, "manifest.json", b"\xff"), DamagedError, r"manifest\.json: "),
        (changed(LEGACY, "manifest.json", b"[]"), NotAnImageError, "lists no image"),
        (changed(LEGACY, "manifest.json", b'[{"Config": 3}]'), DamagedError, r"manifest\.json: Expected `str`"),
        (changed(LEGACY, "manifest.json", b'[{"Config": "gone.json"}]'), MissingBlobError, r"gone\.json is missing"),
        (changed(LEGACY, f"{hex_of(config_of())}.json", b"not json"), DamagedError, "malformed|truncated"),
        (changed(LEGACY, f"{hex_of(config_of())}.json", b""), DamagedError, "malformed|truncated"),
        (
            changed(LEGACY, f"{hex_of(config_of())}.json", config_of(LAYERS[:2])),
            DamagedError,
            "the configuration has 2 diff IDs, the manifest 3 layers",
        ),
    ],
)
def test_part_that_is_wrong(files: Files, error: type[LayerscopeError], words: str, tmp_path: Path) -> None:
    for read in (
        lambda: inspect_bytes(as_tar(files), tmp_path),
        lambda: inspect_piped(as_tar(files)),
        lambda: layerscope.inspect(str(as_folder(files, tmp_path / "folder"))),
    ):
        with pytest.raises(error, match=words) as caught:
            read()
        assert type(caught.value) is error


def test_digest_of_a_compressed_layer_is_checked(tmp_path: Path) -> None:
    blobs = Blobs()
    layer = blobs.add(GZIP(LAYERS[0]), "")
    blobs.files[name_of(layer)] = GZIP(LAYERS[0])[:4] + b"\1\1\1\1" + GZIP(LAYERS[0])[8:]  # another time stamp
    config = blobs.add(config_of(LAYERS[:1]), CONFIG_TYPE)
    files = blobs.layout([blobs.add({"config": config, "layers": [layer]}, MANIFEST_TYPE)])
    for read in (lambda: inspect_bytes(as_tar(files), tmp_path), lambda: inspect_piped(as_tar(files))):
        with pytest.raises(DigestError, match="its digest is sha256:"):
            read()


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "a/../../x", "", ".", "\0", "x" * 5000])
def test_names_that_lead_outside(name: str, tmp_path: Path) -> None:
    config = config_of(LAYERS[:1])
    as_config: Files = {"manifest.json": dump([{"Config": name, "Layers": []}])}
    as_layer: Files = {"manifest.json": dump([{"Config": "c.json", "Layers": [name]}]), "c.json": config}
    for files in (as_config, as_layer):
        folder_ = as_folder(files, tmp_path / f"folder{len(files)}")
        with pytest.raises(MissingBlobError, match="is missing"):
            inspect_bytes(as_tar(files), tmp_path)
        with pytest.raises(MissingBlobError, match="is missing"):
            layerscope.inspect(str(folder_))


@pytest.mark.parametrize("part", [CONFIG, LAYER, MANIFEST])
def test_link_that_leads_out_of_a_folder(part: str, tmp_path: Path) -> None:
    root = as_folder(OCI, tmp_path / "layout")
    secret = tmp_path / "secret"
    (root / part).rename(secret)
    (root / part).symlink_to(secret)
    with pytest.raises((MissingBlobError, NotFoundError), match="missing"):
        layerscope.inspect(str(root))
    inside = root / "elsewhere"
    secret.rename(inside)
    (root / part).unlink()
    (root / part).symlink_to(inside)
    assert layerscope.inspect(str(root)).totals.layers == 3


def test_links_without_end(tmp_path: Path) -> None:
    links = [symlink("manifest.json", "b"), symlink("b", "manifest.json"), symlink("index.json", "index.json")]
    loop = tar_of([*links, file("f")])
    for read in (inspect_piped, lambda data: inspect_bytes(data, tmp_path)):
        assert read(loop).image.source == "rootfs"
    root = as_folder(OCI, tmp_path / "layout")
    (root / LAYER).unlink()
    (root / LAYER).symlink_to(Path(LAYER).name)
    with pytest.raises(MissingBlobError):
        layerscope.inspect(str(root))


def test_place_of_a_layer_is_named(tmp_path: Path) -> None:
    files = docker_10(Saved(layers=[LAYERS[0], GZIP(LAYERS[1])[:-8]], config={"rootfs": {}}))
    for read in (lambda: inspect_bytes(as_tar(files), tmp_path), lambda: inspect_piped(as_tar(files))):
        with pytest.raises(DamagedError, match=r"^/[^:]+: [0-9a-f]{64}/layer\.tar: the gzip data ends too early$"):
            read()
    plain = docker_10(Saved(layers=[LAYERS[0], dump({"a": "document"})], config={"rootfs": {}}))
    for read in (lambda: inspect_bytes(as_tar(plain), tmp_path), lambda: inspect_piped(as_tar(plain))):
        with pytest.raises(NotAnImageError, match=r"^/[^:]+: [0-9a-f]{64}/layer\.tar: not a tar, compressed or plain$"):
            read()


def test_damaged_layer_matters_where_it_is_needed(tmp_path: Path) -> None:
    damaged = GZIP(LAYERS[1])[:-8]
    archive = as_tar(docker_10(Saved(config={"rootfs": {}}), Saved([LAYERS[0], damaged], ["web:1"], {"rootfs": {}})))
    for read in (inspect_piped, lambda data, choice: inspect_bytes(data, tmp_path, choice)):
        assert read(archive, ":app:1").totals.layers == 3
        with pytest.raises(DamagedError, match="the gzip data ends too early"):
            read(archive, ":web:1")


# Bombs


def test_documents_that_are_too_large(tmp_path: Path) -> None:
    size = 17 * 1024 * 1024
    large = b'{"x": "' + b" " * size + b'"}'
    config = changed(OCI, "index.json", dump({"manifests": [{"digest": digest_of(large)}]}))
    config[f"blobs/sha256/{hex_of(large)}"] = large
    root = as_folder(config, tmp_path / "layout")
    for read in (
        lambda: inspect_bytes(as_tar(config), tmp_path),
        lambda: inspect_piped(as_tar(config)),
        lambda: layerscope.inspect(str(root)),
    ):
        with pytest.raises(DamagedError, match=r"is 17,825,\d+ bytes long, more than any manifest"):
            read()


def test_many_documents_are_not_kept_in_memory() -> None:
    """Five of 15 MiB: the last do not fit, and are missed only if they are needed."""
    junk = {f"junk{number}": b'{"x": "' + b" " * (15 << 20) + b'"}' for number in range(5)}
    listed = {"junk": [{"Config": "junk4", "Layers": []}], "app": docker_10()}
    assert inspect_piped(as_tar({**junk, **docker_10()})).totals.layers == 3
    with pytest.raises(DamagedError, match="more than any manifest"):
        inspect_piped(as_tar({**junk, "manifest.json": dump(listed["junk"])}))


@pytest.mark.parametrize("bomb", [b"[" * 100_000, b'{"manifests":' * 100_000, b"[" * 9_000_000, b"1" * 1_000_000])
def test_documents_that_are_too_deep(bomb: bytes, tmp_path: Path) -> None:
    for name in ("manifest.json", "index.json"):
        files = changed(docker_25(), name, bomb)
        with pytest.raises(DamagedError, match=name):
            inspect_bytes(as_tar(files), tmp_path)


def test_index_that_lists_itself(tmp_path: Path) -> None:
    """Of SHA-256 nobody can make one; digests that layerscope does not compute are taken as they are."""
    own = {"digest": "sha512:abc"}
    index = dump({"manifests": [own, own, own]})
    files: Files = {"oci-layout": b"{}", "index.json": index, name_of(own): index}
    with pytest.raises(DamagedError, match="an index without end"):
        inspect_bytes(as_tar(files), tmp_path)


def test_index_of_indexes_that_multiplies(tmp_path: Path) -> None:
    blobs = Blobs()
    descriptor = blobs.image()
    for level in range(7):
        descriptor = blobs.index([descriptor] * 20, annotations={"level": str(level)})
    start = time.monotonic()
    with pytest.raises(DamagedError, match="an index without end"):
        inspect_bytes(as_tar(blobs.layout([descriptor])), tmp_path)
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("large", ["manifest", "configuration"])
def test_large_document_that_many_refer_to_is_read_once(large: str, tmp_path: Path) -> None:
    blobs = Blobs()
    blank = b" " * (8 << 20)
    if large == "manifest":
        manifest = blobs.files[name_of(blobs.image())]
        listed = [blobs.add(manifest + blank, MANIFEST_TYPE)] * 2000
    else:
        config = blobs.add(config_of(()) + blank, CONFIG_TYPE)
        listed = [blobs.add({"config": config, "annotations": {"n": str(n)}}, MANIFEST_TYPE) for n in range(2000)]
    start = time.monotonic()
    outcome(lambda: inspect_bytes(as_tar(blobs.layout([blobs.index(listed)])), tmp_path))
    saved = dump([{"Config": "c.json"}] * 2000)
    outcome(lambda: inspect_bytes(as_tar({"manifest.json": saved, "c.json": config_of(()) + blank}), tmp_path))
    assert time.monotonic() - start < 10


def test_archive_of_more_entries_than_memory_should_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    archive = tar_of([folder(f"f{number}") for number in range(12)])
    assert inspect_piped(archive).totals.entries == 12
    monkeypatch.setattr("layerscope.layers.ENTRIES_LIMIT", 11)
    monkeypatch.setattr("layerscope.sources.stream.ENTRIES_LIMIT", 11)
    for read in (inspect_piped, lambda data: inspect_bytes(data, tmp_path)):
        with pytest.raises(UnsupportedError, match="of more than 11 entries"):
            read(archive)


def test_root_filesystem_that_never_ends_is_no_memory_bomb(tmp_path: Path) -> None:
    archive = GZIP(tar_of([file("zeros", bytes(50 << 20))]))
    assert inspect_bytes(archive, tmp_path).totals.content_bytes == 50 << 20


# Errors from layers that are read side by side


class SlowProgress:
    """Hears of bytes so slowly that whoever waits for all of them is found out."""

    heard = 0

    def start(self, what: str, total: int | None, *_: object) -> None:
        pass

    def advance(self, amount: int, *_: object) -> None:
        self.heard += amount
        if amount < 60_000:
            return
        time.sleep(0.02)


def test_error_does_not_wait_for_the_other_layers(tmp_path: Path) -> None:
    noise = random.Random(2).randbytes(6 << 20)
    good = GZIP(tar_of([file("noise", noise)]))
    bad = b"\x1f\x8b\x08\x00" + noise + noise  # longer, so that it comes first
    path = tmp_path / "layers"
    path.write_bytes(bad + good)
    progress = SlowProgress()
    with path.open("rb") as layers, pytest.raises(DamagedError, match="title: bad: the gzip data is damaged"):
        read_layers(
            {"good": FileWindow(layers.fileno(), len(bad), len(good)), "bad": FileWindow(layers.fileno(), 0, len(bad))},
            "title",
            progress,
            None,
        )
    assert progress.heard < len(good)


# As a process


Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Ask the command, and see that it refuses in the way that was promised; return what it says."""

    def ask(*arguments: object, code: int = 3, prefix: tuple[str, ...] = (), **options: Any) -> str:
        command = [*prefix, sys.executable, "-m", "layerscope", "inspect", *map(str, arguments)]
        options = {"stdin": subprocess.DEVNULL, **options}
        done = subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=60, check=False, **options)
        said = done.stderr.decode()
        assert done.returncode == code, said
        assert done.stdout == b""
        assert len(said.splitlines()) == 2, "what and where; what to do"
        assert said.startswith("layerscope: ")
        assert "Traceback" not in said
        assert all(character.isprintable() or character == "\n" for character in said)
        return said

    return ask


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "app.tar"
    path.write_bytes(as_tar(docker_10()))
    return path


def test_truncated_archive(image: Path, refused: Refused) -> None:
    data = image.read_bytes()
    cut = image.with_name("cut.tar")
    cut.write_bytes(data[:9000])
    assert "cut.tar: the tar ends" in refused(cut)
    with cut.open("rb") as stdin:
        assert "standard input: the tar ends" in refused("-", stdin=stdin)
    with subprocess.Popen(["cat", str(cut)], stdout=subprocess.PIPE) as cat:
        assert "standard input: the tar ends" in refused("-", stdin=cat.stdout)


def test_no_image(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("#!/bin/sh\n" * 100)
    (tmp_path / "short").write_text("x")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    (tmp_path / "old.tar.lz4").write_bytes(b"\x04\x22\x4d\x18" + bytes(2000))
    (tmp_path / "text.gz").write_bytes(GZIP(b"#!/bin/sh\n" * 100))
    (tmp_path / "folder").mkdir()
    assert "empty is empty" in refused("empty")
    assert refused("-") == ("layerscope: standard input is empty\n  Did the command that writes to it fail?\n")
    assert "/dev/null is empty" in refused("/dev/null")
    for name in ("text", "short", "picture.png"):
        assert f"{name} is no archive, compressed or plain" in refused(name)
    assert "old.tar.lz4: compressed with lz4, which layerscope does not read" in refused("old.tar.lz4")
    assert "text.gz: " in refused("text.gz")
    assert "folder holds no image" in refused("folder")


def test_usage(image: Path, tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "folder").mkdir()
    assert "no image was named" in refused("", code=2)
    assert "nothing follows the transport" in refused("docker-archive:", code=2)
    assert "docker://: nothing follows the transport" in refused("docker://", code=2)
    assert "'App' is no image's name" in refused("docker://App", code=2)
    assert "is a folder" in refused("docker-archive:folder", code=2)
    assert "is no folder" in refused(f"oci:{image}", code=2)
    assert "'a/b/c/d' is no platform" in refused(image, "--platform", "a/b/c/d", code=2)
    assert "no such file or folder" in refused("oci:nowhere")
    assert "no such file, and no image can be named so" in refused("./nowhere.tar")
    assert "holds no image nope, but @0 app:1" in refused(f"{image}:nope")
    assert "holds no image for linux/s390x, but linux/amd64" in refused(image, "--platform", "s390x")


def test_terminal_is_no_archive(refused: Refused) -> None:
    keyboard, terminal = pty.openpty()
    try:
        assert "standard input is a terminal" in refused("-", stdin=terminal, code=2)
    finally:
        os.close(keyboard)
        os.close(terminal)


def test_closed_standard_input(refused: Refused) -> None:
    assert "standard input: it is closed" in refused("-", prefix=("sh", "-c", 'exec "$0" "$@" <&-'))


def test_standard_input_that_cannot_be_read(refused: Refused, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "file", os.O_CREAT | os.O_WRONLY)
    os.write(descriptor, b"x")
    try:
        assert "standard input: Bad file descriptor" in refused("-", stdin=descriptor)
    finally:
        os.close(descriptor)


def test_control_characters_of_names(tmp_path: Path, refused: Refused) -> None:
    evil = "\x1b[31mred\x1b[0m\n\u202e\x07"
    path = tmp_path / f"{evil}.tar"
    path.write_bytes(as_tar({"manifest.json": dump([{"Config": f"{evil}.json", "Layers": []}])}))
    assert "is missing" in refused(path)
    path.write_bytes(as_tar(docker_10(Saved(tags=[evil]), Saved(LAYERS[:1], [f"{evil}2"]))))
    assert "holds 2 images" in refused(path, code=2)
    assert "no such file" in refused(f"/nowhere/{evil}")


def test_what_cannot_be_opened(tmp_path: Path, refused: Refused) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert "socket: No such device or address" in refused("socket")
    (tmp_path / "dangling").symlink_to("nowhere")
    assert "dangling: No such file or directory" in refused("dangling")
    (tmp_path / "loop").symlink_to("loop")
    assert "loop: Too many levels of symbolic links" in refused("loop")


def test_no_permission(image: Path, tmp_path: Path, refused: Refused) -> None:
    prefix: tuple[str, ...] = ()
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("root may read everything, and there is no setpriv to take that away")
        prefix = (setpriv, "--bounding-set", "-dac_override,-dac_read_search")
    image.chmod(0)
    assert "app.tar: Permission denied" in refused(image, prefix=prefix)
    root = as_folder(OCI, tmp_path / "layout")
    (root / LAYER).chmod(0)
    assert f"{LAYER}: Permission denied" in refused(root, prefix=prefix)
    tmp_path.chmod(0)
    try:
        assert "app.tar: Permission denied" in refused(image, prefix=prefix)
    finally:
        tmp_path.chmod(0o700)


def test_fifo(tmp_path: Path, refused: Refused) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for data, words in ((b"junk", "fifo is no archive"), (b"", "fifo is empty")):
        writer = Thread(target=fifo.write_bytes, args=(data,))
        writer.start()
        assert words in refused(fifo)
        writer.join(10)
    writer = Thread(target=fifo.write_bytes, args=(as_tar(docker_10()),))
    writer.start()
    assert layerscope.inspect(str(fifo)).totals.layers == 3
    writer.join(10)


def test_bombs_as_a_process(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "deep.tar").write_bytes(as_tar({"manifest.json": b"[" * 5_000_000}))
    assert "manifest.json: " in refused("deep.tar")
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "index.json").write_bytes(b'{"manifests": [' + b'{"digest": "x:y"},' * 100_000 + b"]}")
    refused("index")


# As a library


def test_every_error_has_a_class_and_a_place(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError):
        layerscope.inspect(str(as_folder({"x": b""}, tmp_path / "x")))
    with pytest.raises(UsageError):
        layerscope.inspect("")
    with pytest.raises(NotFoundError):
        layerscope.inspect("docker-archive:/nowhere")


def test_descriptors_are_given_back(image: Path, tmp_path: Path) -> None:
    data = image.read_bytes()
    root = as_folder(OCI, tmp_path / "layout")
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        layerscope.inspect(str(image))
        layerscope.inspect(str(root))
        inspect_piped(data)
        with pytest.raises(DamagedError):
            inspect_piped(data[:5000])
        with piped(b"junk") as path, pytest.raises(NotAnImageError):
            layerscope.inspect(path)
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_marker_alone_is_an_empty_archive(tmp_path: Path) -> None:
    for data in (END, tar_of([folder("x")])[:-1024]):
        read = outcome(lambda data=data: inspect_bytes(data, tmp_path))
        assert outcome(lambda data=data: inspect_piped(data)) == read
    with pytest.raises(NotAnImageError, match="holds no image"):
        inspect_bytes(END, tmp_path)
    assert inspect_bytes(tar_of([folder("x")]), tmp_path).totals.entries == 1
    assert named({}, "x")
