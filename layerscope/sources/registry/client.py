"""One repository of one registry, by the distribution specification: its manifests and its blobs."""

import re
import time
from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec import Struct
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, SSLError
from urllib3.response import BaseHTTPResponse

from layerscope.errors import LayerscopeError, NotFoundError, RegistryError
from layerscope.reference import DEFAULT_REGISTRY, DEFAULT_REGISTRY_HOST, ImageName
from layerscope.sources.medium import DOCUMENT_LIMIT, too_large
from layerscope.sources.registry.addresses import is_loopback
from layerscope.sources.registry.authorization import Authority, challenges
from layerscope.sources.registry.credentials import find_login
from layerscope.sources.registry.transport import (
    LONGEST_PAUSE,
    PAUSES,
    TooNearError,
    Transport,
    beginning,
    body,
    host_of,
    is_host,
    length_of,
)

_MANIFESTS: Final = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json"
)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_ERROR_LIMIT: Final = 64 * 1024
_PATIENCE: Final = 300.0
"""Seconds for one document: at the pace that a layer may have, the largest would take hours."""


class Answer(NamedTuple):
    """What was answered, and by which address in the end."""

    response: BaseHTTPResponse
    url: str


class _Error(Struct):
    code: str = ""


class _Errors(Struct):
    errors: list[_Error] | None = None


class Client:
    """Asks for one image's parts; ``host`` is the registry's, or a mirror's."""

    def __init__(self, title: str, name: ImageName, host: str, *, verify: bool) -> None:
        self.title = title
        self.fetched = 0
        """Bytes of documents."""
        self._host = DEFAULT_REGISTRY_HOST if host == DEFAULT_REGISTRY else host
        self._name = name
        self._may_be_plain = not verify or is_loopback(self._hostname())
        self._transport = Transport(title, self._host, verify=verify)
        self._scheme = "https"
        self._is_known = False
        self._authority: Authority | None = None
        self._authorization = ""
        self._find = lambda: find_login(host, name.repository)

    def close(self) -> None:
        """Hang up; whoever asks again connects anew."""
        self._transport.close()

    def top(self) -> tuple[bytes, str]:
        """Return the document that the name leads to, and the digest that the registry gives for it, if it does."""
        reference = self._name.digest or self._name.tag
        document, answer = self._whole("manifests", reference, {"Accept": _MANIFESTS})
        return document, answer.response.headers.get("Docker-Content-Digest", "")

    def manifest(self, digest: str) -> bytes:
        """Return a manifest by its digest."""
        return self._whole("manifests", digest, {"Accept": _MANIFESTS})[0]

    def document(self, digest: str) -> bytes:
        """Return a blob that is small."""
        return self._whole("blobs", digest, {})[0]

    def has(self, digest: str) -> bool:
        """Tell whether there is such a blob."""
        try:
            self._ask("HEAD", f"blobs/{digest}", {}).response.close()
        except NotFoundError:
            return False
        return True

    def size(self, digest: str) -> int:
        """Return how many bytes a blob has of which no manifest says it."""
        response = self._ask("HEAD", f"blobs/{digest}", {}).response
        response.close()
        length = length_of(response)
        if length is None:
            message = f"{self.title}: {self._host} does not say how long {digest} is"
            raise RegistryError(message, hint="Push the image again.")
        return length

    def blob(self, digest: str, headers: Mapping[str, str]) -> Answer:
        """Begin to read a blob."""
        return self._ask("GET", f"blobs/{digest}", headers)

    def again(self, url: str, headers: Mapping[str, str]) -> Answer | None:
        """Ask once more by the address that answered before; ``None`` where it does so no longer."""
        response = self._send("GET", url, headers)
        if response.status in (200, 206):
            return Answer(response, url)
        response.close()
        return None

    # --- Asking ---------------------------------------------------------------------------------------------

    def _ask(self, method: str, what: str, headers: Mapping[str, str]) -> Answer:
        """Return an answer that is one; raises NotFoundError or RegistryError for any other."""
        answer = self._first(method, what, headers) if not self._is_known else self._follow(method, what, headers)
        if answer.response.status == 401 and self._is_own(answer.url):
            asked = list(challenges(answer.response.headers.getlist("WWW-Authenticate")))
            answer.response.close()
            if self._authority is None:
                self._authority = Authority(self.title, self._origin(), self._name.repository, self._find)
            self._authorization = self._authority.answer(asked, self._transport)
            answer = self._follow(method, what, headers)
        if answer.response.status not in (200, 206):
            raise self._refused(answer, what)
        return answer

    def _first(self, method: str, what: str, headers: Mapping[str, str]) -> Answer:
        """Find out whether the registry speaks TLS, where it need not."""
        answer = None
        try:
            answer = self._follow(method, what, headers)
        except RegistryError as error:
            if not self._may_be_plain or not _speaks_no_tls(error.__cause__):
                raise
            self._scheme = "http"
        self._is_known = True
        return answer or self._follow(method, what, headers)

    def _follow(self, method: str, what: str, headers: Mapping[str, str]) -> Answer:
        """Ask, and go where the registry sends us; what proves who we are goes to the registry alone."""
        url = f"{self._origin()}/v2/{self._name.repository}/{what}"
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._send(method, url, headers)
            place = response.headers.get("Location")
            if response.status not in _REDIRECTS or not place:
                return Answer(response, url)
            response.close()
            url = self._next(url, place)
        message = f"{self.title}: {self._host} sends us around without end"
        raise RegistryError(message, hint="Is this the registry that you meant?")

    def _send(self, method: str, url: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        try:
            return self._transport.send(method, url, {**headers, **self._credentials(url)})
        except TooNearError as error:
            raise self._astray(url, "on a private network") from error

    def _next(self, url: str, place: str) -> str:
        """Return where a redirect leads; raises RegistryError for where we do not go."""
        try:
            following = urljoin(url, place)
            parts = urlsplit(following)
            if self._is_own(following):
                return following
            if parts.scheme != "https" and not (self._scheme == parts.scheme == "http"):
                raise self._astray(following, "without TLS")
            if not is_host(parts.netloc):
                raise self._astray(following, "which is no place for blobs")
        except ValueError as error:
            raise self._transport.broken(place, error) from error
        return following

    def _astray(self, url: str, why: str) -> RegistryError:
        message = f"{self.title}: {self._host} sends us to {host_of(url)}, {why}"
        return RegistryError(message, hint="We do not go there. Is this the registry that you meant?")

    def _credentials(self, url: str) -> dict[str, str]:
        return {"Authorization": self._authorization} if self._authorization and self._is_own(url) else {}

    def _origin(self) -> str:
        return f"{self._scheme}://{self._host}"

    def _is_own(self, url: str) -> bool:
        return url.startswith(f"{self._origin()}/")

    def _hostname(self) -> str:
        return urlsplit(f"//{self._host}").hostname or ""

    # --- Answers --------------------------------------------------------------------------------------------

    def _whole(self, kind: str, what: str, headers: Mapping[str, str]) -> tuple[bytes, Answer]:
        """Ask for a document until it comes to its end, also where the connection breaks."""
        pauses, end = iter(PAUSES), time.monotonic() + _PATIENCE
        while True:
            answer = self._ask("GET", f"{kind}/{what}", headers)
            try:
                return self._read(answer, what, end), answer
            except HTTPError as error:
                pause = next(pauses, None) if isinstance(error, ProtocolError) else None
                if pause is None:
                    raise self._transport.broken(answer.url, error) from error
                time.sleep(pause)

    def _read(self, answer: Answer, what: str, end: float) -> bytes:
        whole = bytearray()
        promised = length_of(answer.response)
        if promised is not None and promised > DOCUMENT_LIMIT:
            answer.response.close()
            raise too_large(what, self.title, promised)
        for piece in body(answer.response):
            whole += piece
            self.fetched += len(piece)
            if len(whole) > DOCUMENT_LIMIT:
                answer.response.close()
                raise too_large(what, self.title, len(whole))
            if time.monotonic() > end:
                answer.response.close()
                raise self._transport.broken(answer.url, TimeoutError("timed out"))
        return bytes(whole)

    def _refused(self, answer: Answer, what: str) -> LayerscopeError:
        """Say why there is no answer. Of what the server says only its code: it might repeat what was sent."""
        status, where = answer.response.status, host_of(answer.url)
        codes = _codes(answer.response)
        said = f"{status} {', '.join(codes)}".strip()
        if status == 404 and what.startswith("manifests/") and self._is_own(answer.url):
            if "NAME_UNKNOWN" in codes:
                message = f"{self.title}: {where} has no repository {self._name.repository}"
            else:
                message = (
                    f"{self.title}: {where} has no {self._name.digest or self._name.tag} of {self._name.repository}"
                )
            return NotFoundError(message, hint="Check the name and the tag.")
        if status == 404:
            return NotFoundError(f"{self.title}: {where} does not have {what}", hint="Push the image again, whole.")
        if status in (401, 403):
            message = f"{self.title}: {where} does not let us read {self._name.repository}: it answers {said}"
            return self._denied(message, "Check the name; log in with an account that may read it.")
        if status == 429:
            message = f"{self.title}: {where} has had too many requests: it answers {said}"
            return self._denied(message, f"Wait for longer than {LONGEST_PAUSE:.0f} seconds, or log in.")
        return RegistryError(f"{self.title}: {where} answers {said}", hint="Try again later.")

    def _denied(self, message: str, hint: str) -> RegistryError:
        return self._authority.refusal(message, hint) if self._authority else RegistryError(message, hint=hint)


def _codes(response: BaseHTTPResponse) -> list[str]:
    """Read the codes of a refusal (distribution specification, "Error Codes"), which are names and nothing else."""
    try:
        errors = msgspec.json.decode(beginning(body(response), _ERROR_LIMIT), type=_Errors).errors or []
    except (HTTPError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    finally:
        response.close()
    return [each.code for each in errors[:3] if re.fullmatch("[A-Z_]{1,40}", each.code)]


def _speaks_no_tls(error: BaseException | None) -> bool:
    """Tell a server without TLS, or none at that port, from one whose certificate is not trusted."""
    return isinstance(error, SSLError | ProtocolError | NewConnectionError) and "CERTIFICATE_VERIFY" not in str(error)
