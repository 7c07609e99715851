"""Engines that are not there, refuse, break off or talk nonsense. None of them has to be real."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import docker_archive, file, tar_of
from engines import layerscope_command
from fake_engine import Talk, fake_engine, whole

import layerscope
from layerscope.errors import DamagedError, EngineError, NotFoundError
from layerscope.sources import daemon

ARCHIVE = docker_archive([tar_of([file("a", b"a" * 300_000)]), tar_of([file("b", b"b" * 1000)])])


def failed(done, *, what: str, hint: str) -> None:
    """See to it that a command failed as it must: two lines, exit code 3, nothing on standard output."""
    assert done.stderr == f"layerscope: {what}\n  {hint}\n"
    assert (done.stdout, done.returncode) == ("", 3)


ITS_LEAK = "error,ignore:unclosed <socket:ResourceWarning"
"""The docker package forgets a socket to which it could not connect."""
NO_ENGINE = "Start the engine, set DOCKER_HOST (podman: unix:///run/podman/podman.sock), or name a saved archive."


def test_there_is_no_socket(tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/absent.sock"
    done = layerscope_command("inspect", "docker-daemon:app:1", DOCKER_HOST=host, PYTHONWARNINGS=ITS_LEAK)
    failed(done, what=f"no engine answers at {host}", hint=NO_ENGINE)


def test_nobody_listens_at_the_socket(tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/left.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(f"{tmp_path}/left.sock")
    done = layerscope_command("inspect", "docker-daemon:app:1", DOCKER_HOST=host, PYTHONWARNINGS=ITS_LEAK)
    failed(done, what=f"no engine answers at {host}", hint=NO_ENGINE)


def test_nobody_listens_at_the_port() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        done = layerscope_command("inspect", "docker-daemon:app:1", DOCKER_HOST=host)
    failed(done, what=f"no engine answers at {host}", hint=NO_ENGINE)


def test_the_socket_is_not_for_us(tmp_path: Path, unprivileged: tuple[str, ...]) -> None:
    with fake_engine(tmp_path, {}) as host:
        (tmp_path / "fake.sock").chmod(0)
        done = layerscope_command("inspect", "app:1", before=unprivileged, DOCKER_HOST=host, PYTHONWARNINGS=ITS_LEAK)
    hint = "Join the group that owns the socket (often docker), use sudo, or name a saved archive."
    failed(done, what=f"no permission to use the engine at {host}", hint=hint)


@pytest.mark.parametrize("host", ["nonsense://there", "unix://", "tcp://127.0.0.1:notaport", "tcp://"])
def test_a_host_that_is_none(host: str) -> None:
    done = layerscope_command("inspect", "app:1", DOCKER_HOST=host, PYTHONWARNINGS=ITS_LEAK)
    what, _ = done.stderr.splitlines()
    assert host in what
    assert (done.stdout, done.returncode) == ("", 3)


def _dies_within_a_piece(talk: Talk) -> None:
    talk.begin()
    talk.piece(ARCHIVE[:100_000])
    talk.wfile.write(b"8000\r\nonly some of it")
    talk.hang_up()


def _dies_between_pieces(talk: Talk) -> None:
    talk.begin()
    talk.piece(ARCHIVE[:100_000])
    talk.hang_up()


def _dies_at_once(talk: Talk) -> None:
    talk.hang_up()


def _dies_before_anything(talk: Talk) -> None:
    talk.begin()
    talk.hang_up()


@pytest.mark.parametrize("death", [_dies_within_a_piece, _dies_between_pieces, _dies_at_once, _dies_before_anything])
def test_the_engine_dies_while_it_saves(death: Callable[[Talk], None], tmp_path: Path) -> None:
    with fake_engine(tmp_path, {"/get": death}) as host:
        done = layerscope_command("inspect", "app:1", DOCKER_HOST=host)
    first, second = done.stderr.splitlines()
    assert first.startswith(f"layerscope: app:1: the engine at {host} failed: ")
    assert second == "  Look at the engine's log, or save the image to a file and name that."
    assert (done.stdout, done.returncode) == ("", 3)


def _ends_early(talk: Talk) -> None:
    whole(ARCHIVE[:100_000])(talk)


def _ends_empty(talk: Talk) -> None:
    whole(b"")(talk)


def test_the_engine_ends_its_archive_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_engine(tmp_path, {"/get": _ends_early}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(DamagedError, match=r"^app:1"):
            layerscope.inspect("app:1")


def test_the_engine_saves_nothing(tmp_path: Path) -> None:
    with fake_engine(tmp_path, {"/get": _ends_empty}) as host:
        done = layerscope_command("inspect", "app:1", DOCKER_HOST=host)
    assert len(done.stderr.splitlines()) == 2
    assert (done.stdout, done.returncode) == ("", 3)


def _refuses(talk: Talk) -> None:
    talk.say({"message": "empty export -\n not implemented"}, status=500)


@pytest.mark.parametrize("route", ["/get", "/json"])
def test_the_engine_refuses(route: str, tmp_path: Path) -> None:
    with fake_engine(tmp_path, {route: _refuses}) as host:
        done = layerscope_command("inspect", "app:1", DOCKER_HOST=host)
    failed(
        done,
        what=f"app:1: the engine at {host} failed: empty export - not implemented",
        hint="Look at the engine's log, or save the image to a file and name that.",
    )


def _garbage(talk: Talk) -> None:
    talk.wfile.write(b"220 mail.example.org ready\r\n")
    talk.hang_up()


def _no_json(talk: Talk) -> None:
    talk.send_response(200)
    talk.send_header("Content-Length", "4")
    talk.end_headers()
    talk.wfile.write(b"page")


@pytest.mark.parametrize(
    "answer", [_garbage, _no_json, lambda talk: talk.say({}), lambda talk: talk.say({"ApiVersion": "1.1"}), _refuses]
)
def test_what_answers_is_no_engine(answer: Callable[[Talk], None], tmp_path: Path) -> None:
    with fake_engine(tmp_path, {"/version": answer}) as host:
        done = layerscope_command("inspect", "app:1", DOCKER_HOST=host)
    first, second = done.stderr.splitlines()
    assert first.startswith(f"layerscope: the engine at {host} cannot be reached: ")
    assert second == "  Check DOCKER_HOST, DOCKER_CONTEXT and the TLS variables, or name a saved archive."
    assert (done.stdout, done.returncode) == ("", 3)


def test_the_engine_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "_PATIENCE", 0.2)
    with fake_engine(tmp_path, {"/version": lambda _: time.sleep(0.6)}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(EngineError, match=r"cannot be reached: .*timed out"):
            layerscope.inspect("app:1")


def test_a_save_may_take_as_long_as_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines write an image out before they send its first byte."""
    monkeypatch.setattr(daemon, "_PATIENCE", 0.2)

    def slow(talk: Talk) -> None:
        time.sleep(0.6)
        talk.begin()
        talk.piece(ARCHIVE[:1000])
        time.sleep(0.6)
        talk.piece(ARCHIVE[1000:])
        talk.piece(b"")

    with fake_engine(tmp_path, {"/get": slow}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        assert layerscope.inspect("app:1").totals.content_bytes == 301_000


def test_a_name_that_no_image_can_have(tmp_path: Path) -> None:
    def bad(talk: Talk) -> None:
        talk.say({"message": "invalid reference format: repository name must be lowercase"}, status=400)

    with fake_engine(tmp_path, {"/json": bad}) as host:
        done = layerscope_command("inspect", "No/Such", DOCKER_HOST=host)
    reason = "invalid reference format: repository name must be lowercase"
    failed(
        done,
        what=f"No/Such: no such file, and no image can be named so: {reason}",
        hint="Check the path or the name.",
    )


def _absent(talk: Talk) -> None:
    talk.say({"message": "No such image: app:1"}, status=404)


def test_a_missing_image_that_shall_not_be_pulled(tmp_path: Path) -> None:
    with fake_engine(tmp_path, {"/json": _absent}) as host:
        done = layerscope_command("inspect", "app:1", "--pull", "never", DOCKER_HOST=host)
    failed(
        done,
        what=f"app:1: no such file, and no such image in the engine at {host}",
        hint="Name a saved archive, or pull the image: --pull missing.",
    )


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["app:2"], "The engine has app:2. "),
        (["app:3", "app:2", "app:6", "app:5", "app:4"], "The engine has app:2, app:3, app:4, app:5 and 1 more. "),
        (None, ""),
        ("nonsense", ""),
    ],
)
def test_other_tags_of_a_missing_image_are_named(tags: object, told: str, tmp_path: Path) -> None:
    routes = {"/json": _absent, "/images/json": lambda talk: talk.say([{"RepoTags": tags}]), "/create": _absent}
    with fake_engine(tmp_path, routes) as host:
        never = layerscope_command("inspect", "app:1", "--pull", "never", DOCKER_HOST=host)
        failed_to_pull = layerscope_command("inspect", "app:1", DOCKER_HOST=host)
    assert never.stderr.splitlines()[1] == f"  {told}Name a saved archive, or pull the image: --pull missing."
    hint = "Check the name, log in if the repository is private, or name a saved archive."
    assert failed_to_pull.stderr.splitlines()[1:] == [f"  {told}{hint}"]


@pytest.mark.parametrize(
    "answer",
    [
        whole(b'{"status": "Trying"}\n{"error": "manifest unknown", "errorDetail": {}}\n'),
        lambda talk: talk.say({"message": "manifest unknown"}, status=404),
        lambda talk: talk.say({"message": "manifest unknown"}, status=500),
    ],
)
def test_an_image_that_cannot_be_pulled(answer: Callable[[Talk], None], tmp_path: Path) -> None:
    with fake_engine(tmp_path, {"/json": _absent, "/create": answer}) as host:
        done = layerscope_command("inspect", "app:1", DOCKER_HOST=host)
    failed(
        done,
        what=f"app:1: no such file or image, and the engine at {host} could not pull it: manifest unknown",
        hint="Check the name, log in if the repository is private, or name a saved archive.",
    )


def test_a_pull_that_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks_off(talk: Talk) -> None:
        talk.begin()
        talk.piece(b'{"status": "Downloading", "id": "a", "progressDetail": {"current": 1}}\n')
        talk.hang_up()

    with fake_engine(tmp_path, {"/json": _absent, "/create": breaks_off}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises((EngineError, NotFoundError), match=r"^app:1: "):
            layerscope.inspect("app:1")


@pytest.mark.parametrize(
    "said",
    [
        b"{]\n",
        b"7\n",
        b'{"status": 7}\n',
        b'{"status": "Downloading", "progressDetail": 7}\n',
        b'{"status": "Downloading", "progressDetail": {"total": "many"}}\n',
        b'{"status": "Downloading", "progressDetail": {"total": 1e999}}\n',
    ],
)
def test_a_pull_that_talks_nonsense(said: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_engine(tmp_path, {"/json": _absent, "/create": whole(said)}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises((EngineError, NotFoundError), match=r"^app:1: "):
            layerscope.inspect("app:1")


@pytest.mark.parametrize("said", [{}, [], 7, {"Id": 7}])
def test_an_image_without_an_id(said: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_engine(tmp_path, {"/json": lambda talk: talk.say(said)}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(EngineError, match=r"^app:1: the engine at .* failed: "):
            layerscope.inspect("docker-daemon:app:1")
        with pytest.raises(EngineError, match=r"^app:1: the engine at .* talks nonsense: "):
            layerscope.compare(["docker-daemon:app:1"])


@pytest.mark.parametrize(
    ("route", "said"),
    [("/version", {"ApiVersion": "1.41", "Components": ["x"]}), ("/info", [7]), ("/info", {"DriverStatus": 7})],
)
def test_an_engine_that_says_nonsense_of_itself(
    route: str, said: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_engine(tmp_path, {"/info": lambda talk: talk.say({}), route: lambda talk: talk.say(said)}) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(EngineError, match=r"^app:1: the engine at .* talks nonsense: "):
            layerscope.compare(["docker-daemon:app:1"])


def test_an_engine_that_has_no_history_says_null(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = {"Id": f"sha256:{'1' * 64}", "RootFS": {"Layers": [f"sha256:{'a' * 64}"]}}
    answers: dict[str, Callable[[Talk], None]] = {
        "/json": lambda talk: talk.say(image),
        "/history": lambda talk: talk.say(None),
        "/info": lambda talk: talk.say({}),
    }
    with fake_engine(tmp_path, answers) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        report = layerscope.compare(["app:1"]).compare
    assert [(each.layers, each.content_bytes) for each in report.images] == [(1, None)]
