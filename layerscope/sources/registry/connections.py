"""urllib3's connections, with an end to whatever a server may do to keep us, and to where a name may lead us."""

import socket
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPException, HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

PATIENCE: Final = 30.0
"""Seconds to wait for the next byte, and seconds of waiting in which at least LEAST bytes have to come."""
LEAST: Final = 64 * 1024
CONNECTING: Final = 10.0
"""Seconds to wait for an address to answer; a name may have several."""
_AROUND: Final = 4 * 1024 * 1024
"""Bytes of heads, tails and chunk sizes that an answer may have around what is in it, and read ahead."""
_INTERIM: Final = range(102, 200)
"""Statuses of what is no answer yet; 101 is one."""
_MOST_INTERIM: Final = 100
Admit = Callable[[str], None]
"""Raises for an address that we do not go to."""


# --- Answers that come too slowly ---------------------------------------------------------------------------


class _Paced(RawIOBase):
    """What a server sends. It may be slow, within limits: time counts while we wait, not while we work."""

    def __init__(self, raw: RawIOBase) -> None:
        self._raw = raw
        self._waited = 0.0
        self.allowed = _AROUND
        """Bytes that may come until somebody gets something of it: heads and tails of answers can be endless."""
        self.gotten = 0
        """Bytes that somebody got, which those are not."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        begun = time.monotonic()
        count = self._raw.readinto(buffer)
        self._waited += time.monotonic() - begun
        self.allowed -= count or 0
        if self.allowed < 0:
            raise HTTPException("more around an answer than in it")
        if self._waited > PATIENCE:
            if self.gotten + (count or 0) < LEAST:
                raise TimeoutError("timed out")
            self._waited, self.gotten = 0.0, 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._paced = _Paced(self.fp.detach())
        self.fp: BufferedReader = BufferedReader(self._paced)

    def begin(self) -> None:
        """Pass over what comes before the answer (RFC 9110, 15.2), of which the library knows but one kind."""
        super().begin()
        for _ in range(_MOST_INTERIM):
            if self.status not in _INTERIM:
                return
            self.headers = None  # type: ignore[assignment]
            super().begin()
        raise HTTPException("more before an answer than there is to say")

    def read1(self, n: int = -1) -> bytes:
        self._paced.allowed = _AROUND
        piece = super().read1(n)
        self._paced.gotten += len(piece)
        return piece


# --- Where a name leads -------------------------------------------------------------------------------------


class _Connection(HTTPConnection):
    """Looks a name up once, and goes to no other address than those that were admitted.

    Whoever looked it up again to connect might be told another one by then.
    """

    response_class = _Answer
    peer = ""
    """The address that answered."""

    def __init__(self, admit: Admit, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._admit = admit

    def _new_conn(self) -> socket.socket:
        name, end = self._dns_host, time.monotonic() + PATIENCE
        failure: HTTPError = NewConnectionError(self, "no address")
        try:
            for address in self._addresses(name):
                self.host = self.peer = address
                try:
                    return super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failure = error
                if time.monotonic() > end:
                    break
        finally:
            self.host = name
        raise failure

    def _addresses(self, name: str) -> list[str]:
        try:
            found = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(name, self, error) from error
        addresses = [str(place[0]) for *_, place in found]
        for address in addresses:
            self._admit(address)
        return addresses


class _SecureConnection(_Connection, HTTPSConnection):
    pass


def pools(admit: Admit) -> dict[str, Any]:
    """Return what makes pools of connections, by scheme; all of their connections ask ``admit``."""

    def made(pool: type[HTTPConnectionPool], connection: type[_Connection]) -> Callable[..., HTTPConnectionPool]:
        def make(*arguments: Any, **options: Any) -> HTTPConnectionPool:
            new = pool(*arguments, **options)
            new.ConnectionCls = partial(connection, admit)  # type: ignore[assignment]
            return new

        return make

    return {"http": made(HTTPConnectionPool, _Connection), "https": made(HTTPSConnectionPool, _SecureConnection)}
