"""What is written of a layer, and what never is."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from builders import file, folder, pax, tar_of
from hypothesis import given
from hypothesis import strategies as st
from images import Saved, as_folder, as_tar, docker_10, oci
from keeping import entries_of, nothing_walked, settled

import layerscope
from layerscope import Choice
from layerscope.cache import Cache
from layerscope.cache.columns import columns_of
from layerscope.cache.columns import entries_of as entries_from
from layerscope.cache.packing import pack, unpack
from layerscope.layers.facts import Probe
from layerscope.model import Entry, EntryKind
from layerscope.packages import all_managers
from layerscope.packages import probes_of as probes_of_managers
from layerscope.rules import all_rules, probes_of
from layerscope.splitting.probes import ALL_PROBES

# --- Round trips -----------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.binary().map(
    lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape")
)
NUMBERS = st.integers(0, 255) | st.integers(0, 2**32) | st.integers(-(2**63), 2**63 - 1)
ENTRIES = st.builds(
    Entry,
    parent=NAMES,
    name=NAMES,
    kind=st.sampled_from(EntryKind),
    size=NUMBERS,
    target=NAMES,
    mode=NUMBERS,
    uid=NUMBERS,
    gid=NUMBERS,
    mtime=NUMBERS,
    offset=NUMBERS,
    stored=NUMBERS,
)


@given(st.lists(ENTRIES, max_size=30))
def test_entries_come_back(entries: list[Entry]) -> None:
    columns = columns_of(entries)
    assert entries_from(unpack(pack(columns), type(columns))) == tuple(entries)


@pytest.mark.parametrize("odd", [{"size": 2**63}, {"mtime": -(2**63) - 1}, {"name": "a\0b"}, {"target": "\0"}], ids=str)
def test_what_does_not_fit_is_refused(odd: dict[str, object]) -> None:
    plain = Entry("a", "b", EntryKind.FILE, 1, "", 0, 0, 0, 0, 0, 0)
    with pytest.raises(ValueError, match=r"64 bits|NUL"):
        columns_of([plain, msgspec.structs.replace(plain, **odd)])


def test_a_layer_that_does_not_fit_costs_its_entry_only(tmp_path: Path) -> None:
    odd = tar_of([file("a", b"x"), pax([(b"mtime", b"9" * 30)]), file("b", b"y")])
    path = tmp_path / "image.tar"
    path.write_bytes(as_tar(docker_10(Saved([odd]))))
    cache = Cache(tmp_path / "cache")
    without = layerscope.inspect(str(settled(path)))
    for _ in range(2):
        assert layerscope.inspect(str(path), cache=cache) == without


def every_probe() -> list[Probe]:
    probes = [*(probes_of(all_rules()) or ()), *probes_of_managers(all_managers()), *ALL_PROBES]
    return list(dict.fromkeys(probes))


def test_every_probe_has_a_name_of_its_own() -> None:
    probes = every_probe()
    assert len(probes) > 15
    assert len({probe.name for probe in probes}) == len(probes)
    assert not any("<" in probe.name for probe in probes)


@pytest.mark.parametrize("probe", every_probe(), ids=lambda probe: probe.name)
def test_what_every_probe_finds_can_be_read_again(probe: Probe) -> None:
    if probe.finds is not None:
        msgspec.msgpack.Decoder(list[probe.finds | None])
        msgspec.json.Decoder(list[probe.finds | None])


# --- Which questions are answered ------------------------------------------------------------------------------

LISTED = b"Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
DEBIAN = tar_of(
    [
        folder("var/lib/dpkg/"),
        file("var/lib/dpkg/status", LISTED),
        file("var/lib/dpkg/info/tool.list", b"/.\n/usr/bin/tool\n"),
        file("usr/bin/tool", b"\x7fELF" + bytes(5000), mode=0o755),
        file(b"usr/share/caf\xe9.tar", tar_of([file(b"caf\xe9", b"x" * 2000), file("b", b"y" * 3000)])),
        file("usr/share/same", b"s" * 5000),
        file("usr/share/same too", b"s" * 5000),
        file("etc/passwd", b"root:$6$hash:0:0::/root:/bin/sh\ncaf\xe9:x:1:1::/home/caf\xe9:/bin/sh\n"),
    ]
)
LAYERS = [DEBIAN, tar_of([file("home/caf", b"x" * 3000), file("usr/share/more", b"m" * 4000)])]
ASKED = {
    "nothing": {"rules": Choice(ignore=("*",)), "packages": False},
    "digests": {"rules": Choice(select=("duplicate-content",)), "packages": False},
    "packages": {"rules": Choice(ignore=("*",))},
    "programs": {"rules": Choice(select=("debug-symbols", "archive-left-behind")), "packages": False},
    "all": {},
}


@pytest.mark.parametrize("make", [oci, docker_10])
@pytest.mark.parametrize("second", ASKED)
@pytest.mark.parametrize("first", ASKED)
def test_whatever_was_asked_before(first: str, second: str, make: object, tmp_path: Path) -> None:
    files = oci(layers=LAYERS) if make is oci else docker_10(Saved(LAYERS))
    image, cache = settled(as_folder(files, tmp_path / "image")), Cache(tmp_path / "cache")
    for asked in (first, second, first):
        assert layerscope.inspect(str(image), cache=cache, **ASKED[asked]) == layerscope.inspect(
            str(image), **ASKED[asked]
        )
    for what in ("tool", "/usr/bin/tool"):
        assert layerscope.why(str(image), what, cache=cache) == layerscope.why(str(image), what)
    with nothing_walked():  # by now all of it was asked, and nobody's answer took another's place
        for asked in (first, second):
            layerscope.inspect(str(image), cache=cache, top=5, **ASKED[asked])
        layerscope.why(str(image), "/usr/share/same", cache=cache)


# --- Secrets ---------------------------------------------------------------------------------------------------

SECRETS = {
    "root/.netrc": b"machine example.org login me password %s\n",
    "app/.env": b"DB_PASSWORD=%s\n",
    "app/run.sh": b"#!/bin/sh\nexport TOKEN=%s\n",
    "app/key.pem": b"-----BEGIN PRIVATE KEY-----\n%s%s%s\n-----END PRIVATE KEY-----\n",
    "app/package-lock.json": b'{"packages": {"node_modules/a": {"resolved": "https://me:%s@example.org/a.tgz"}}}',
    "app/package.json": b'{"name": "a", "dependencies": {"b": "https://me:%s@example.org/b.tgz"}}',
    "etc/passwd": b"root:%s:0:0::/root:/bin/sh\n",
    "etc/group": b"root:%s:0:\n",
}


def secret(number: int) -> bytes:
    return f"q7Zk{number}xW2mT9vLr4".encode()


def unpacked(entry: bytes) -> Iterator[bytes]:
    """Yield all that is in an entry, packed things unpacked, at any depth."""
    yield entry
    at = entry.find(b"\x78")
    while at >= 0:
        try:
            inner = zlib.decompressobj().decompress(entry[at:])
        except zlib.error:
            inner = b""
        if inner and len(inner) > 8:
            yield from unpacked(inner)
        at = entry.find(b"\x78", at + 1)


@pytest.mark.parametrize("make", [oci, docker_10])
def test_no_secret_is_written(make: object, tmp_path: Path) -> None:
    texts = [file(path, text.replace(b"%s", secret(n)), mode=0o755) for n, (path, text) in enumerate(SECRETS.items())]
    told = tar_of([file("var/lib/dpkg/status", LISTED + b"Description: surely kept\n"), *texts])
    files = oci(layers=[told]) if make is oci else docker_10(Saved([told]))
    image, cache = settled(as_folder(files, tmp_path / "image")), Cache(tmp_path / "cache")
    for _ in range(2):
        report = layerscope.inspect(str(image), cache=cache)
        assert report == layerscope.inspect(str(image))
        layerscope.split(str(image), cache=cache)
        layerscope.why(str(image), "/app", cache=cache)
    assert "secret-in-image" in {each.rule for each in report.findings}
    written = [part for entry in entries_of(tmp_path / "cache").values() for part in unpacked(entry)]
    assert any(b"surely kept" in part for part in written)  # so that those below would be seen
    leaked = [path for n, path in enumerate(SECRETS) if any(secret(n) in part for part in written)]
    assert leaked == []


def test_the_rest_of_a_layer_with_secrets_is_kept(tmp_path: Path) -> None:
    layers = [tar_of([file("root/.netrc", b"machine a login b password q7Zk1xW2mT9vLr4\n"), file("a", b"a" * 9000)])]
    image, cache = settled(as_folder(oci(layers=layers), tmp_path / "image")), Cache(tmp_path / "cache")
    layerscope.inspect(str(image), cache=cache)
    with nothing_walked():
        layerscope.why(str(image), "/a", cache=cache)
        layerscope.inspect(str(image), rules=Choice(select=("duplicate-content", "debug-symbols")), cache=cache)
    assert layerscope.inspect(str(image), top=1, cache=cache) == layerscope.inspect(str(image), top=1)
