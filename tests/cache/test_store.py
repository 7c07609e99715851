"""The folder of entries: bounded, shared by processes, and never believed where it is damaged."""

import errno
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from images import as_folder, as_tar, docker_10, oci
from keeping import Telling, entries_of, restore, settled

import layerscope
from layerscope.cache import Cache
from layerscope.cache.store import Holding, Kind

SOME = b"some bytes, " * 50


def test_what_was_put_is_got(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "new" / "folder")
    assert cache.get("layers", b"key") is None
    for body in (SOME, b"", os.urandom(3000)):
        cache.put("layers", b"key", body)
        assert cache.get("layers", b"key") == body
    assert cache.get("reports", b"key") is None
    assert cache.get("layers", b"another") is None
    cache.drop("layers", b"key")
    assert cache.get("layers", b"key") is None


def test_only_its_user_may_look(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Cache(tmp_path / "cache").put("layers", b"key", SOME)
    finally:
        os.umask(before)
    paths = [tmp_path / "cache", *(tmp_path / "cache").rglob("*")]
    assert len(paths) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}


def test_a_folder_that_others_may_write_to_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    Cache(tmp_path).put("layers", b"key", SOME)
    assert not list(tmp_path.iterdir())
    tmp_path.chmod(0o755)
    Cache(tmp_path).put("layers", b"key", SOME)
    assert Cache(tmp_path).get("layers", b"key") == SOME
    tmp_path.chmod(0o775)
    assert Cache(tmp_path).get("layers", b"key") is None


def test_a_folder_for_reading_alone_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache(tmp_path).put("layers", b"key", SOME)

    def utime(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", utime)
    assert Cache(tmp_path).get("layers", b"key") == SOME


def test_the_least_used_goes_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    kinds: list[Kind] = ["layers", "documents", "reports"]
    for number in range(6):
        cache.put(kinds[number % 3], bytes([number]), os.urandom(1000))
    for path in tmp_path.rglob("*/*/*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    kept = [4, 1, 3]
    for number in kept:
        assert cache.get(kinds[number % 3], bytes([number]))
    size = sum(each.stored_bytes for each in cache.holdings().values()) // 6
    gone = Cache(tmp_path, max_bytes=int(size * 3.5)).prune()
    assert size * 3 - 20 <= gone <= size * 3 + 20
    assert [number for number in range(6) if cache.get(kinds[number % 3], bytes([number]))] == sorted(kept)
    assert cache.prune() == 0


def test_it_stays_within_bounds(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    for number in range(12):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(as_tar(docker_10()))
        layerscope.inspect(str(settled(path)), cache=Cache(folder, max_bytes=9000))
        assert sum(map(len, entries_of(folder).values())) <= 9000
    assert entries_of(folder)
    none = Cache(tmp_path / "none", max_bytes=0)
    assert layerscope.inspect(str(path), cache=none) == layerscope.inspect(str(path))
    assert not entries_of(tmp_path / "none")


def test_what_is_not_its_own_stays(tmp_path: Path) -> None:
    """Somebody names their home as the cache."""
    own = [tmp_path / "documents" / "ab" / "letter", tmp_path / "reports" / "2024" / "a.txt", tmp_path / "new" / "x"]
    for path in own:
        path.parent.mkdir(parents=True)
        path.write_bytes(SOME)
    cache = Cache(tmp_path, max_bytes=100_000)
    cache.put("documents", b"key", SOME)
    assert cache.holdings()["documents"].entries == 1
    assert cache.clear() > 0
    assert cache.holdings() == {kind: Holding(0, 0) for kind in ("layers", "documents", "reports")}
    Cache(tmp_path, max_bytes=0).prune()
    assert all(path.read_bytes() == SOME for path in own)


def test_what_was_never_finished_goes_in_time(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("layers", b"key", SOME)
    old, young = tmp_path / "new" / f"1-{'a' * 16}", tmp_path / "new" / f"2-{'b' * 16}"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1_000_000_000, 1_000_000_000))
    cache.prune()
    assert (old.exists(), young.exists()) == (False, True)
    assert cache.get("layers", b"key") == SOME


# --- Nothing costs the report ----------------------------------------------------------------------------------


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "image.tar"
    path.write_bytes(as_tar(docker_10()))
    return settled(path)


@pytest.mark.parametrize("place", ["file/below", "file", "/proc/nothing", "/dev/null/cache"])
def test_no_place_to_write(place: str, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = Cache(tmp_path / place)
    assert layerscope.inspect(str(archive), cache=cache) == layerscope.inspect(str(archive))
    assert (cache.prune(), cache.clear()) == (0, 0)


def _command(archive: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "layerscope", "inspect", str(archive), "--format=json", *options]


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "LAYERSCOPE_NO_CACHE": "", "LAYERSCOPE_CACHE_DIR": str(folder)}


def test_a_full_disk(archive: Path, tmp_path: Path) -> None:
    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))

    folder = tmp_path / "cache"
    command, environment = _command(archive), _environment(folder)
    bare = {name: value for name, value in environment.items() if not name.startswith("COV")}  # it writes files too
    full = subprocess.run(command, env=bare, capture_output=True, preexec_fn=no_room, check=False)
    fine = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (full.returncode, full.stderr, full.stdout) == (0, b"", fine.stdout)
    assert all(entry.startswith(b"lscope") for entry in entries_of(folder).values())
    assert not list((folder / "new").iterdir())


def test_many_processes_at_once(tmp_path: Path) -> None:
    folder, images = tmp_path / "cache", []
    for number, files in enumerate((docker_10(), oci(), docker_10())):
        images.append(tmp_path / f"{number}.tar")
        images[-1].write_bytes(as_tar(files))
    settled(images[-1])
    without = [subprocess.run(_command(i, "--no-cache"), capture_output=True, check=True).stdout for i in images]
    assert not folder.exists()
    for _ in range(2):
        started = [
            subprocess.Popen(_command(image), env=_environment(folder), stdout=subprocess.PIPE) for image in images * 3
        ]
        assert [each.communicate()[0] for each in started] == without * 3
    assert len([name for name in entries_of(folder) if name.startswith("reports")]) == 3
    assert not list((folder / "new").iterdir())


# --- Damage ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[docker_10, oci], ids=["plain", "gzip"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An image, and a cache that knows it."""
    folder = tmp_path_factory.mktemp("filled")
    image = settled(as_folder(request.param(), folder / "image"))
    layerscope.inspect(str(image), cache=Cache(folder / "cache"))
    return image, folder / "cache"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_entry_is_read_anew(filled: tuple[Path, Path], data: st.DataObject) -> None:
    image, folder = filled
    whole = entries_of(folder)
    damaged = dict(whole)
    for name in data.draw(st.lists(st.sampled_from(sorted(whole)), min_size=1, unique=True)):
        contents = bytearray(whole[name])
        if data.draw(st.booleans()):
            contents[data.draw(st.integers(0, len(contents) - 1))] ^= data.draw(st.integers(1, 255))
        else:
            contents = contents[: data.draw(st.integers(0, len(contents) - 1))]
        damaged[name] = bytes(contents)
    restore(folder, damaged)
    reports = {name for name in damaged if name.startswith("reports") and damaged[name] != whole[name]}
    try:
        assert layerscope.inspect(str(image), cache=Cache(folder)) == layerscope.inspect(str(image))
        assert all((folder / name).read_bytes() != damaged[name] for name in reports)
    finally:
        restore(folder, whole)


def test_an_entry_in_the_place_of_another(filled: tuple[Path, Path]) -> None:
    image, folder = filled
    whole = entries_of(folder)
    names = sorted(whole)
    restore(folder, dict(zip(names, (whole[name] for name in [*names[1:], names[0]]), strict=True)))
    assert layerscope.inspect(str(image), cache=Cache(folder)) == layerscope.inspect(str(image))
    restore(folder, whole)


NONSENSE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no record": lambda _: b"m\x93\x01\x02\x03",
    "another record": lambda _: b"m\x80",
    "JSON": lambda _: b"j{}",
    "JSON that is none": lambda _: b"j{",
    "nested without end": lambda _: b"m" + b"\x91" * 100_000,
    "JSON without end": lambda _: b"j" + b"[" * 100_000,
    "half": lambda body: body[: len(body) // 2],
    "a zero here and there": lambda body: body[:40] + bytes(8) + body[48:],
}


@pytest.mark.parametrize("make", NONSENSE)
def test_an_entry_that_is_whole_and_nonsense(filled: tuple[Path, Path], make: str, tmp_path: Path) -> None:
    image, _ = filled
    cache = Telling(tmp_path / "cache")
    layerscope.inspect(str(image), cache=cache)
    for kind, key in list(cache.put_there):
        body = cache.get(kind, key)
        assert body is not None
        cache.put(kind, key, NONSENSE[make](body))
    assert layerscope.inspect(str(image), cache=cache) == layerscope.inspect(str(image))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    from layerscope.cache import store

    cache = Cache(tmp_path)
    cache.put("layers", b"key", bytes(5_000_000))
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    entry = path.read_bytes()
    packed = entry[store._HEADER.size :]
    for length in (10, 4_999_999, 5_000_001, 1 << 62):
        path.write_bytes(store._HEADER.pack(store._MAGIC, length, store._check_sum(b"key", length, packed)) + packed)
        assert cache.get("layers", b"key") is None
        assert not path.exists()
