"""Requests over HTTP, by urllib3: TLS, proxies, further tries, and where a registry may send us."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException, IncompleteRead
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, InsecureRequestWarning, InvalidHeader, ProtocolError, ProxyError
from urllib3.response import BaseHTTPResponse

from layerscope.errors import RegistryError
from layerscope.sources.registry import connections
from layerscope.sources.registry.addresses import GLOBAL, is_loopback, network

CHUNK: Final = 1024 * 1024
"""Bytes that are asked of a connection at once; it gives what has come."""
PAUSES: Final = (0.0, 1.0, 2.0)
"""Seconds before each further try."""
LONGEST_PAUSE: Final = 20.0
"""Seconds that a server may ask us to wait before the next try; one that asks for more is not asked again."""
_TRY_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_POOLS: Final = 8
_HOST: Final = re.compile(r"([a-z0-9._-]{1,255}|\[[0-9a-f:.]{1,45}(%\w{1,20})?\])(:\d{0,5})?", re.ASCII | re.IGNORECASE)


class TooNearError(Exception):
    """A host is on this machine or on a private network, where the registry is not."""


class Transport:
    """Sends requests for one registry, from several threads at once or in a fork, which has connections of its own.

    To the registry itself it goes wherever that is; to all others only where they are no nearer to us than it is.
    """

    def __init__(self, title: str, host: str, *, verify: bool) -> None:
        self._title = title
        self._host = host
        self._verify = verify
        self._home = ""
        """The network from which the registry answered."""
        self._owner = 0
        self._managers: dict[tuple[str, bool], urllib3.PoolManager] = {}
        if not verify:
            urllib3.disable_warnings(InsecureRequestWarning)

    def close(self) -> None:
        """Hang up; whoever asks again connects anew."""
        for manager in self._managers.values():
            for key in manager.pools.keys():  # noqa: SIM118 - it is no dict
                if pool := manager.pools.get(key):
                    pool.close()
            manager.clear()

    def send(
        self, method: str, url: str, headers: Mapping[str, str], fields: Mapping[str, str] | None = None
    ) -> BaseHTTPResponse:
        """Return the answer, whatever its status, once those that pass have had time to.

        Redirects are not followed. Raises RegistryError, or TooNearError for where we do not go.
        """
        pauses = iter(PAUSES)
        while True:
            try:
                response = self._once(method, url, headers, fields)
            except (HTTPError, OSError, ValueError) as error:
                pause = next(pauses, None) if _may_pass(error) else None
                if pause is None:
                    raise self.broken(url, error) from error
            else:
                pause = next(pauses, None) if response.status in _TRY_AGAIN else None
                asked = _asked_to_wait(response) if pause is not None else None
                if pause is None or (asked or 0) > LONGEST_PAUSE:
                    return response
                response.close()
                pause = max(pause, asked or 0)
            time.sleep(pause)

    def broken(self, url: str, error: BaseException) -> RegistryError:
        """Say what went wrong on the way; of the address no more than the host, since paths may hold secrets."""
        where = host_of(url)
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            message = f"{self._title}: the certificate of {where} cannot be trusted: {_reason(error)}"
            hint = "Have its authority in SSL_CERT_FILE, or do without: --tls-verify=false."
            return RegistryError(message, hint=hint)
        message = f"{self._title}: {where} cannot be reached: {_reason(error)}"
        return RegistryError(message, hint="Check the name, the network and the proxy variables, or try again.")

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], fields: Mapping[str, str] | None
    ) -> BaseHTTPResponse:
        proxy, is_own = _proxy(url) or "", host_of(url) == self._host
        if proxy and not is_own:  # which looks names up; an address says itself where it is
            self._admit(urlsplit(url).hostname or "")
        options: dict[str, Any] = {"fields": fields, "encode_multipart": False} if fields else {}
        response = self._manager(proxy, is_own=is_own).request(
            method,
            url,
            headers={"User-Agent": "layerscope", "Accept-Encoding": "identity", **headers},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=connections.CONNECTING, read=connections.PATIENCE),
            **options,
        )
        if is_own and not self._home:  # it has proved who it is, if it has to
            where = urlsplit(url).hostname if proxy else getattr(response.connection, "peer", "")
            self._home = network(where or "") or GLOBAL
        return response

    def _admit(self, address: str) -> None:
        if (network(address) or GLOBAL) not in (GLOBAL, self._home):
            raise TooNearError

    def _manager(self, proxy: str, *, is_own: bool) -> urllib3.PoolManager:
        if self._owner != os.getpid():  # connections of a process that this one was forked from are not for us
            self._owner, self._managers = os.getpid(), {}
        key = proxy, is_own  # a connection to where the registry alone may be is for nobody else
        if key not in self._managers:
            self._managers[key] = self._made(proxy, _anywhere if proxy or is_own else self._admit)
        return self._managers[key]

    def _made(self, proxy: str, admit: connections.Admit) -> urllib3.PoolManager:
        options: dict[str, Any] = {} if self._verify else {"cert_reqs": "CERT_NONE"}
        manager: urllib3.PoolManager
        if proxy:
            login = urlsplit(proxy)
            if login.username is not None:
                pair = f"{unquote(login.username)}:{unquote(login.password or '')}"
                options["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=pair)
            manager = urllib3.ProxyManager(proxy, num_pools=_POOLS, maxsize=_POOLS, **options)
        else:
            manager = urllib3.PoolManager(num_pools=_POOLS, maxsize=_POOLS, **options)
        manager.pool_classes_by_scheme = connections.pools(admit)
        return manager


def _anywhere(_: str) -> None:
    """Admit every address."""


def host_of(url: str) -> str:
    """Return host and port of an address, and nothing else of it."""
    try:
        host = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return "an address that is none"
    return host if is_host(host) else "an address that is none" if host else "an address without a host"


def is_host(text: str) -> bool:
    """Tell whether something is a host, with or without a port, of which everybody makes the same.

    A backslash ends it for urllib3, and not for the standard library: one host was looked at, and another asked.
    """
    return _HOST.fullmatch(text) is not None


def body(response: BaseHTTPResponse) -> Iterator[bytes]:
    """Yield what comes, as it comes; the connection is of further use only after the end."""
    is_whole = False
    try:
        while piece := response.read1(CHUNK):
            yield piece
        is_whole = True
    finally:
        if is_whole:
            response.release_conn()
        else:
            response.close()


def beginning(pieces: Iterator[bytes], limit: int) -> bytes:
    """Join what comes; of what is longer than ``limit``, enough to tell that it is."""
    joined = bytearray()
    for piece in pieces:
        joined += piece
        if len(joined) > limit:
            break
    return bytes(joined)


def length_of(response: BaseHTTPResponse) -> int | None:
    """Return how many bytes a server says that will come; ``None`` where it does not."""
    said = response.headers.get("Content-Length", "")
    return int(said[:20]) if said.isascii() and said.isdigit() else None


def _may_pass(error: Exception) -> bool:
    """Tell a trouble on the way from one that will be there again, or was waited for long enough."""
    return isinstance(error, ProtocolError | ProxyError)


def _asked_to_wait(response: BaseHTTPResponse) -> float | None:
    try:
        return urllib3.Retry().get_retry_after(response)
    except (urllib3.exceptions.InvalidHeader, OverflowError, ValueError):
        return None


def _proxy(url: str) -> str | None:
    """Return the proxy that the environment has for an address; this machine is asked directly, as Go does it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _reason(error: BaseException) -> str:
    """Say what the error at the bottom means. What a server says is not repeated: it might give back what was sent."""
    last = _bottom(error)
    if isinstance(last, TimeoutError) or "timed out" in str(last):
        return "it does not answer in time"
    if isinstance(last, ConnectionError) and not last.strerror:
        return "the connection breaks off"
    if isinstance(last, OSError):
        tunnel = re.match(r"Tunnel connection failed: \d{3}", str(last))
        words = tunnel[0] if tunnel else last.strerror or "the connection fails"
        return " ".join(words.split())[:200]
    if isinstance(last, ProtocolError | IncompleteRead):
        return "the connection breaks off"
    if isinstance(last, HTTPException | InvalidHeader):
        return "it does not speak HTTP as it should"
    return "its address is none that can be asked"


def _bottom(error: BaseException) -> BaseException:
    """Return the error behind all others, which urllib3 chains in several ways."""
    seen = [error]
    while True:
        inner = getattr(seen[-1], "reason", None), seen[-1].__cause__, *seen[-1].args
        cause = next((each for each in inner if isinstance(each, BaseException) and each not in seen), None)
        if cause is None:
            return seen[-1]
        seen.append(cause)
