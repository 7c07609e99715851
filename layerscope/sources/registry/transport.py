"""Requests over HTTP: urllib3's connections, TLS and proxies, with an end to whatever a server may do to keep us."""

import os
import re
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse, IncompleteRead
from io import BufferedReader, RawIOBase
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, InsecureRequestWarning, InvalidHeader, ProtocolError, ProxyError
from urllib3.response import BaseHTTPResponse

from layerscope.errors import RegistryError
from layerscope.sources.registry.addresses import is_loopback

CHUNK: Final = 1024 * 1024
"""Bytes that are asked of a connection at once; it gives what has come."""
PATIENCE: Final = 30.0
"""Seconds to wait for the next byte, and seconds of waiting in which at least LEAST bytes have to come."""
LEAST: Final = 64 * 1024
PAUSES: Final = (0.0, 1.0, 2.0)
"""Seconds before each further try."""
LONGEST_PAUSE: Final = 20.0
"""Seconds that a server may ask us to wait before the next try; one that asks for more is not asked again."""
_CONNECTING: Final = 10.0
_AROUND: Final = 4 * 1024 * 1024
"""Bytes of heads, tails and chunk sizes that an answer may have around what is in it, and read ahead."""
_TRY_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_POOLS: Final = 8


class Transport:
    """Sends requests, from several threads at once or in a fork, which has connections of its own."""

    def __init__(self, title: str, *, verify: bool) -> None:
        self._title = title
        self._verify = verify
        self._owner = 0
        self._managers: dict[str, urllib3.PoolManager] = {}
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
        """Return the answer, whatever its status, once those that pass have had time to; raises RegistryError.

        Redirects are not followed.
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

    def is_proxied(self, url: str) -> bool:
        """Tell whether a proxy connects for us."""
        return _proxy(url) is not None

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
        options: dict[str, Any] = {"fields": fields, "encode_multipart": False} if fields else {}
        return self._manager(url).request(
            method,
            url,
            headers={"User-Agent": "layerscope", "Accept-Encoding": "identity", **headers},
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=_CONNECTING, read=PATIENCE),
            **options,
        )

    def _manager(self, url: str) -> urllib3.PoolManager:
        if self._owner != os.getpid():  # connections of a process that this one was forked from are not for us
            self._owner, self._managers = os.getpid(), {}
        proxy = _proxy(url) or ""
        if proxy not in self._managers:
            self._managers[proxy] = self._made(proxy)
        return self._managers[proxy]

    def _made(self, proxy: str) -> urllib3.PoolManager:
        options: dict[str, Any] = {} if self._verify else {"cert_reqs": "CERT_NONE", "assert_hostname": False}
        manager: urllib3.PoolManager
        if proxy:
            login = urlsplit(proxy)
            if login.username is not None:
                pair = f"{unquote(login.username)}:{unquote(login.password or '')}"
                options["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=pair)
            manager = urllib3.ProxyManager(proxy, num_pools=_POOLS, maxsize=_POOLS, **options)
        else:
            manager = urllib3.PoolManager(num_pools=_POOLS, maxsize=_POOLS, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager


def host_of(url: str) -> str:
    """Return host and port of an address, and nothing else of it."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "an address without a host"
    except ValueError:
        return "an address that is none"


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


# --- Answers that come too slowly ---------------------------------------------------------------------------


class _Paced(RawIOBase):
    """What a server sends. It may be slow, within limits: time counts while we wait, not while we work."""

    def __init__(self, raw: RawIOBase) -> None:
        self._raw = raw
        self._waited = 0.0
        self._came = 0
        self.allowed = _AROUND
        """Bytes that may come until somebody gets something of it: heads and tails of answers can be endless."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        begun = time.monotonic()
        count = self._raw.readinto(buffer)
        self._waited += time.monotonic() - begun
        self._came += count or 0
        self.allowed -= count or 0
        if self.allowed < 0:
            raise HTTPException("more around an answer than in it")
        if self._waited > PATIENCE:
            if self._came < LEAST:
                raise TimeoutError("timed out")
            self._waited, self._came = 0.0, 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._paced = _Paced(self.fp.detach())
        self.fp: BufferedReader = BufferedReader(self._paced)

    def read1(self, n: int = -1) -> bytes:
        self._paced.allowed = _AROUND
        return super().read1(n)


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
