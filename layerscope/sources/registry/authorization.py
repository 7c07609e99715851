"""What a registry wants before it answers: a password with each request, or a token from another server."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit
from urllib.request import parse_http_list

import msgspec
from msgspec import Struct
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from layerscope.errors import RegistryError
from layerscope.sources.registry.addresses import is_loopback
from layerscope.sources.registry.credentials import Login
from layerscope.sources.registry.transport import TooNearError, Transport, beginning, body, host_of, is_host

_TOKEN_LIMIT: Final = 1024 * 1024
_CLIENT: Final = "layerscope"
_READING: Final = re.compile(r"repository:\S{1,300}:pull")
"""What a registry may ask a token for: it knows what it calls a repository, but nobody has to let it write."""
_LOG_IN: Final = "Log in first, as by docker login or podman login; docs/registry.md tells where logins are looked for."


class Challenge(Struct, frozen=True):
    """One way to prove who asks (RFC 9110, 11.3)."""

    scheme: str
    parameters: Mapping[str, str]


class _Token(Struct):
    """What a token server answers; both names are in use."""

    token: str | None = None
    access_token: str | None = None


def challenges(headers: list[str]) -> Iterator[Challenge]:
    """Read WWW-Authenticate, several headers or several challenges in one."""
    for header in headers:
        scheme, parameters = "", dict[str, str]()
        for item in parse_http_list(header):
            name, _, value = item.partition("=")
            first, blank, second = name.strip().partition(" ")
            if blank or "=" not in item:  # another challenge begins
                if scheme:
                    yield Challenge(scheme, parameters)
                scheme, parameters, name = first.lower(), {}, second
            parameters[name.strip().lower()] = value.strip().strip('"')
        if scheme:
            yield Challenge(scheme, parameters)


class Authority:
    """Answers the challenges of one registry about one repository. It says nothing of what it knows."""

    def __init__(self, title: str, origin: str, repository: str, find: Callable[[], Login | None]) -> None:
        self._title = title
        self._origin = origin
        self._scope = f"repository:{repository}:pull"
        self._find = find
        self._failure: RegistryError | None = None
        """Why there is no login, if that is not how it should be."""

    def answer(self, asked: list[Challenge], transport: Transport) -> str:
        """Return the value of the Authorization header; raises RegistryError where there is none to be had."""
        ways = {each.scheme: each for each in reversed(asked)}
        login = self._login()
        if login and login.bearer and "bearer" in ways:
            return f"Bearer {_sendable(login.bearer, self._title)}"
        if "bearer" in ways:
            return f"Bearer {self._token(ways['bearer'].parameters, login, transport)}"
        if "basic" in ways and login and login.user:
            return login.basic()
        if "basic" in ways:
            message = f"{self._title}: {host_of(self._origin)} asks for a login"
            raise self.refusal(message if self._failure else f"{message}, and none is kept", _LOG_IN)
        names = ", ".join(sorted(ways)) or "none that is named"
        message = f"{self._title}: {host_of(self._origin)} asks for a login in a way that is not known"
        raise RegistryError(message, hint=f"Known are Basic and Bearer; it offers {names[:80]!a}.")

    def refusal(self, message: str, hint: str) -> RegistryError:
        """Make the error of a refusal, which might have been none if the login could have been had."""
        if self._failure is None:
            return RegistryError(message, hint=hint)
        return RegistryError(f"{message}, and {self._failure}", hint=self._failure.hint)

    def _login(self) -> Login | None:
        """Return the login that is kept. What is open to everybody needs none: why there is none can wait."""
        self._failure = None
        try:
            return self._find()
        except RegistryError as error:
            self._failure = error
            return None

    def _token(self, parameters: Mapping[str, str], login: Login | None, transport: Transport) -> str:
        """Have a token made (distribution, docs/spec/auth/token.md and oauth.md)."""
        realm = parameters.get("realm", "")
        self._check(realm, transport)
        said = parameters.get("scope", "")
        wanted = {"scope": said if _READING.fullmatch(said) else self._scope}
        if service := parameters.get("service"):
            wanted["service"] = service
        try:
            if login and login.identity:
                wanted |= {"grant_type": "refresh_token", "refresh_token": login.identity, "client_id": _CLIENT}
                response = transport.send("POST", realm, {}, wanted)
            else:
                headers = {"Authorization": login.basic()} if login else {}
                response = transport.send("GET", f"{realm}{'&' if '?' in realm else '?'}{urlencode(wanted)}", headers)
        except TooNearError as error:
            raise self._astray(realm, "on a private network") from error
        with response:
            if response.status != 200:
                raise self._refused(realm, response.status, login)
            return self._read(realm, response, transport)

    def _check(self, realm: str, transport: Transport) -> None:
        """Refuse to send a password to a place that nobody would expect it at."""
        try:
            parts = urlsplit(realm)
            name, scheme, own = parts.hostname or "", parts.scheme, urlsplit(self._origin)
            is_safe = scheme == "https" or (
                scheme == own.scheme == "http" and is_loopback(name) and is_loopback(own.hostname or "")
            )
        except ValueError as error:
            raise transport.broken(realm, error) from error
        if not is_host(parts.netloc) or not is_safe:
            raise self._astray(realm, "without TLS")

    def _astray(self, realm: str, why: str) -> RegistryError:
        message = f"{self._title}: {host_of(self._origin)} sends us to {host_of(realm)} for a token, {why}"
        return RegistryError(message, hint="No login is sent there. Is this the registry that you meant?")

    def _read(self, realm: str, response: BaseHTTPResponse, transport: Transport) -> str:
        try:
            text = beginning(body(response), _TOKEN_LIMIT)
        except HTTPError as error:
            raise transport.broken(realm, error) from error
        try:
            answer = msgspec.json.decode(text, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            answer = _Token()
        token = answer.token or answer.access_token
        if not token:
            message = f"{self._title}: {host_of(realm)} answers without a token"
            raise RegistryError(message, hint="Is this the registry that you meant?")
        return _sendable(token, self._title)

    def _refused(self, realm: str, status: int, login: Login | None) -> RegistryError:
        where = host_of(realm)
        if status in (400, 401, 403):
            if login:
                return RegistryError(f"{self._title}: {where} refuses the login that is kept", hint="Log in again.")
            return self.refusal(f"{self._title}: {where} gives no token without a login", _LOG_IN)
        message = f"{self._title}: {where} gives no token: it answers {status}"
        return RegistryError(message, hint="Try again later.")


def _sendable(token: str, title: str) -> str:
    """Refuse what would be more than one header."""
    if not re.fullmatch(r"[!-~]+", token):
        raise RegistryError(f"{title}: the token is none that can be sent", hint="Log in again.")
    return token
