"""Logins to registries, where docker and podman keep them; nothing is ever written there."""

import os
import subprocess
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, field

from layerscope.errors import RegistryError
from layerscope.reference import DEFAULT_REGISTRY, DEFAULT_REGISTRY_HOST

_FILE_LIMIT: Final = 4 * 1024 * 1024
_ANSWER_LIMIT: Final = 1024 * 1024
_PATIENCE: Final = 30
"""Seconds for a helper, which may have to ask its user for a password of its own."""
_TOKEN_USER: Final = "<token>"  # noqa: S105 - as helpers have it
"""Stands for the user where a helper keeps an identity token instead of a password."""
_NONE_THERE: Final = b"credentials not found in native keychain"
"""What a helper says, and fails, where it has no login; docker knows it by these words as well."""


class Login(Struct, frozen=True, repr_omit_defaults=True):
    """What proves to a registry who we are: a user and a password, or a token."""

    user: str = ""
    password: str = ""
    identity: str = ""
    """To be exchanged for a token."""
    bearer: str = ""
    """A token for the registry itself."""

    def __repr__(self) -> str:
        """Tell nothing."""
        return "Login(…)"

    def basic(self) -> str:
        """Return the value of the header that sends user and password."""
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()


class _Entry(Struct):
    auth: str = ""
    username: str = ""
    password: str = ""
    identity: str = field(default="", name="identitytoken")
    bearer: str = field(default="", name="registrytoken")


class _File(Struct):
    """What is read of ``config.json`` and ``auth.json``."""

    auths: dict[str, _Entry | None] | None = None
    store: str = field(default="", name="credsStore")
    helpers: dict[str, str] | None = field(default=None, name="credHelpers")


class _Kept(Struct):
    """What a helper answers."""

    user: str = field(default="", name="Username")
    secret: str = field(default="", name="Secret")


def find_login(registry: str, repository: str) -> Login | None:
    """Return what is kept for a repository: the first file that knows one, and its most exact entry.

    Raises RegistryError where none knows one, and one could not tell.
    """
    failure = None
    for path in _files():
        file = _read(path)
        try:
            if file and (login := _find(file, registry, repository, path)):
                return login
        except RegistryError as error:
            failure = failure or error
    if failure:
        raise failure
    return None


def _files() -> Iterator[Path]:
    """Yield where logins may be, those that are named first; a user need not have a home."""
    named = os.environ.get("REGISTRY_AUTH_FILE")
    if named:
        yield Path(named)
    yield Path(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")) / "config.json"  # noqa: PTH111
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    yield Path(f"{runtime}/containers" if runtime else f"/run/containers/{os.getuid()}") / "auth.json"
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111
    yield Path(config) / "containers" / "auth.json"


def _read(path: Path) -> _File | None:
    """Read a file of logins; raises RegistryError for one that is there and cannot be used."""
    try:
        with path.open("rb") as file:
            text = file.read(_FILE_LIMIT)
        return msgspec.json.decode(text, type=_File) if text.strip() else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        why = error.strerror or "it cannot be read"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = str(error)  # which names a place, and never a value
    raise RegistryError(f"the logins in {path} cannot be read: {why}", hint="Log in again, or mend the file.")


def _find(file: _File, registry: str, repository: str, path: Path) -> Login | None:
    keys = list(_keys(registry, repository))
    helpers, entries = file.helpers or {}, _by_key(file.auths or {})
    for key in keys:
        if helper := helpers.get(key):  # an empty one stands for the file itself, as docker has it
            return _ask(helper, key)
        entry = entries.get(key)
        if entry and (login := _login(entry, path)):
            return login
    if file.store:
        return next(filter(None, (_ask(file.store, key) for key in _stored_under(registry))), None)
    return None


def _keys(registry: str, repository: str) -> Iterator[str]:
    """Yield what an entry may be called, the most exact first: host and namespaces, then the host."""
    hosts = [registry, *([DEFAULT_REGISTRY_HOST] if registry == DEFAULT_REGISTRY else [])]
    path = repository
    while path:
        for host in hosts:
            yield f"{host}/{path}"
        path = path.rpartition("/")[0]
    yield from hosts


def _by_key(entries: Mapping[str, _Entry | None]) -> dict[str, _Entry]:
    """Take the scheme and the version off the keys, which old clients wrote: ``https://HOST/v1/``."""
    plain = {}
    for key, entry in entries.items():
        name = key.removeprefix("https://").removeprefix("http://").rstrip("/")
        name = name.removesuffix("/v1").removesuffix("/v2")
        if entry is not None and (name == key or name not in plain):
            plain[name] = entry
    return plain


def _login(entry: _Entry, path: Path) -> Login | None:
    if entry.identity or entry.bearer:
        return Login(identity=entry.identity, bearer=entry.bearer)
    if entry.auth:
        try:
            user, colon, password = b64decode(entry.auth, validate=True).decode().rstrip("\0").partition(":")
        except ValueError:
            colon = ""
        if not colon:
            message = f"a login in {path} cannot be read: its auth is no user and password"
            raise RegistryError(message, hint="Log in again.")
        return Login(user, password)
    return Login(entry.username, entry.password) if entry.username else None


def _stored_under(registry: str) -> tuple[str, ...]:
    return (f"https://{DEFAULT_REGISTRY_HOST}/v1/",) if registry == DEFAULT_REGISTRY else (registry,)


def _ask(helper: str, key: str) -> Login | None:
    """Ask a credential helper."""
    program = f"docker-credential-{helper}"
    if "/" in helper or not helper.isprintable():
        raise RegistryError(f"{program!r} is no name of a credential helper", hint="Mend credsStore or credHelpers.")
    try:
        answer = _answer_of(program, key)
    except subprocess.TimeoutExpired as error:
        raise RegistryError(f"{program} does not answer", hint="Does it wait for a password?") from error
    except subprocess.CalledProcessError as error:
        code = error.returncode
        how = f"exit code {code}" if code > 0 else f"signal {-code}"
        hint = f"It says why: echo {key} | {program} get. Or log in again without it."
        raise RegistryError(f"{program} fails with {how}", hint=hint) from error
    except OSError as error:
        message = f"{program} cannot be run: {error.strerror}"
        raise RegistryError(message, hint="Install it, or log in again without it.") from error
    if answer is None:
        return None
    try:
        kept = msgspec.json.decode(answer, type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RegistryError(f"{program} answers nonsense", hint="Log in again.") from None
    if kept.user == _TOKEN_USER:
        return Login(identity=kept.secret)
    return Login(kept.user, kept.secret) if kept.user else None


def _answer_of(program: str, key: str) -> bytes | None:
    """Return what a helper says, or enough of it to tell that it is nonsense; ``None`` where it has no login.

    Raises OSError; CalledProcessError, without what it says, which may hold a secret; or TimeoutExpired, also where it
    left its end of the pipe to another program, that lives on.
    """
    from selectors import EVENT_READ, DefaultSelector

    end = time.monotonic() + _PATIENCE
    with (
        subprocess.Popen(  # noqa: S603 - the user's own choice, found on the user's own path
            [program, "get"], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process,
        DefaultSelector() as arriving,
    ):
        assert process.stdin is not None  # noqa: S101 - as it was asked for
        assert process.stdout is not None  # noqa: S101
        try:
            with suppress(BrokenPipeError), process.stdin as asking:
                asking.write(key.encode())
            arriving.register(process.stdout, EVENT_READ)
            answer = bytearray()
            while len(answer) <= _ANSWER_LIMIT:
                if not arriving.select(max(0, end - time.monotonic())):
                    raise subprocess.TimeoutExpired(program, _PATIENCE)
                piece = os.read(process.stdout.fileno(), 65536)
                if not piece:
                    break
                answer += piece
            else:
                return bytes(answer)
            code = process.wait(max(0, end - time.monotonic()))
            if code and answer.strip() == _NONE_THERE:
                return None
            if code:
                raise subprocess.CalledProcessError(code, program)
            return bytes(answer)
        finally:
            process.kill()
