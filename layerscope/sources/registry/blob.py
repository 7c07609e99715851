"""One blob: read as it comes, taken up again where a connection broke, or in ranges."""

import re
import time
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from typing import Final

from urllib3.exceptions import HTTPError, ProtocolError

from layerscope.errors import DigestError, RegistryError
from layerscope.sources.registry.client import Answer, Client
from layerscope.sources.registry.transport import PAUSES, body, length_of

_WORTH_ANOTHER_TRY: Final = 1024 * 1024
"""Bytes that have to come before a connection may break as often again."""


class Blob:
    """``size`` bytes behind a digest. They are not verified here: whoever reads them all can."""

    def __init__(self, client: Client, digest: str, size: int, count: Callable[[int], None]) -> None:
        self.size = size
        self.digest = digest
        self._client = client
        self._count = count
        self._url = ""
        """What the registry sent us to, which is asked directly as long as it answers."""

    def pieces(self) -> Generator[bytes, None, None]:
        """Yield all bytes, as they come; raises RegistryError, or DigestError for more than there should be."""
        return self._between(0, self.size)

    def read(self, offset: int, length: int) -> bytes:
        """Return the bytes of a range, and ask for no others; raises RegistryError where that cannot be done."""
        return b"".join(self._between(offset, min(offset + length, self.size)))

    def _between(self, start: int, stop: int) -> Generator[bytes, None, None]:
        at = mark = start
        pauses = iter(PAUSES)
        while at < stop:
            try:
                with closing(self._checked(self._ask(at, stop), at, stop, is_first=at == start)) as pieces:
                    for piece in pieces:
                        at += len(piece)
                        yield piece
                if at < stop:
                    raise ProtocolError("it ends too early")  # as if the connection had broken
            except HTTPError as error:
                if at - mark >= _WORTH_ANOTHER_TRY:
                    mark, pauses = at, iter(PAUSES)
                pause = next(pauses, None)
                if pause is None:
                    raise self._broken_off(at) from error
                time.sleep(pause)

    def _ask(self, at: int, stop: int) -> Answer:
        headers = {} if (at, stop) == (0, self.size) else {"Range": f"bytes={at}-{stop - 1}"}
        answer = None
        if self._url:
            with suppress(RegistryError):
                answer = self._client.again(self._url, headers)
        if answer is None:
            answer = self._client.blob(self.digest, headers)
        self._url = answer.url
        return answer

    def _checked(self, answer: Answer, at: int, stop: int, *, is_first: bool) -> Generator[bytes, None, None]:
        """Yield what was asked for, whatever the server makes of it."""
        response = answer.response
        skipped = 0
        if response.status == 206:
            said = re.match(r"bytes (\d{1,20})-(\d{1,20})/", response.headers.get("Content-Range", ""), re.ASCII)
            if not said or (int(said[1]), int(said[2])) != (at, stop - 1):
                response.close()
                raise RegistryError(f"{self._place()}: another range was sent than asked for", hint="Try again later.")
        else:
            self._check_length(answer)
            if is_first and (at, stop) != (0, self.size):
                response.close()
                message = f"{self._place()}: the registry sends no ranges of it"
                raise RegistryError(message, hint="Save the image to a file and name that.")
            skipped = at
        left = stop - at
        for piece in body(response):
            self._count(len(piece))
            fresh = piece[skipped:] if skipped else piece
            skipped = max(0, skipped - len(piece))
            left -= len(fresh)
            if left < 0:
                response.close()
                raise DigestError(
                    f"{self._place()}: more bytes than the {self.size:,} that were promised",
                    hint="Push the image again.",
                )
            if fresh:
                yield fresh

    def _check_length(self, answer: Answer) -> None:
        length = length_of(answer.response)
        if length is not None and length != self.size:
            answer.response.close()
            message = f"{self._place()}: {length:,} bytes long, where {self.size:,} were promised"
            raise DigestError(message, hint="Push the image again.")

    def _broken_off(self, at: int) -> RegistryError:
        message = f"{self._place()}: it breaks off after {at:,} of {self.size:,} bytes, each time"
        return RegistryError(message, hint="Try again later; if it stays so, push the image again.")

    def _place(self) -> str:
        return f"{self._client.title}: {self.digest}"
