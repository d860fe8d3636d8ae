"""The only place that opens a connection by HTTP: time-outs, repeats, size limits and certificates are decided here, once.

A credential goes to the host it is for, and into no text: messages name a scheme, a host and a path, never a query (signed
addresses carry rights there) nor a header.
"""

import ipaddress
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from io import FileIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from gitops.models.errors import UserError
from gitops.models.secret import SecretValue

MEBIBYTE = 1024 * 1024
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
_AGAIN = frozenset({429, 500, 502, 503, 504})  # what another try can mend: too many requests, a server that is not well
# urllib3's lines for finding faults show whole addresses, and a query may be as good as a password.
logging.getLogger("urllib3").setLevel(logging.ERROR)
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


class HttpFault(Enum):
    """Why there is no answer."""

    UNREACHABLE = "unreachable"
    UNTRUSTED = "its certificate is not trusted"
    STALLED = "stalled"
    CUT = "cut off"
    TOO_LARGE = "too large"
    ASTRAY = "leads elsewhere"

    @property
    def transient(self) -> bool:
        return self in (HttpFault.UNREACHABLE, HttpFault.STALLED, HttpFault.CUT)


class HttpFailed(Exception):
    """No answer, or half of one, after all tries; the message names host and path and nothing that is secret."""

    def __init__(self, fault: HttpFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: to connect, for the next bytes, for a whole answer, and, where a server asks to come back
    later, until then. ``tries`` is how often something is asked that failed in a way which may pass."""

    connect: float = 10
    read: float = 30
    whole: float = 300
    longest_pause: float = 60
    tries: int = 4
    back_off: float = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. Header names match in any case. ``place`` is where it was said, without a query."""

    status: int
    headers: Mapping[str, str]
    data: bytes = field(repr=False)
    place: str

    def header(self, name: str) -> str:
        """A header, or nothing."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. ``authorization`` is the value of the header of that name; ``limit`` counts the answer's bytes.

    ``repeat`` says whether it may be asked twice; where it is None, what HTTP says of the method. ``into`` is a file that takes
    the body of a 200, however large; ``whole`` then tells how many seconds it may take.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = field(default=None, repr=False)  # may be a form with a token
    authorization: SecretValue | None = None
    limit: int = MEBIBYTE
    repeat: bool | None = None
    into: Path | None = None
    whole: float | None = None


class Http:
    """One session for all requests of a run; several threads may use it. Cookies are not kept, ``~/.netrc`` is not read.

    ``pause`` waits; it is given where a test does not want to.
    """

    def __init__(self, patience: Patience | None = None, *, pause: Callable[[float], object] | None = None) -> None:
        self._patience = patience or Patience()
        self._stopped = threading.Event()
        self._pause = pause or self._stopped.wait
        self._session = requests.Session()
        self._session.trust_env = False  # it would let ~/.netrc replace the credential that we chose
        self._session.cookies = _NoCookies()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=32, pool_maxsize=32, max_retries=0))

    def stop(self) -> None:
        """Ends all waiting, for a run that was interrupted; nothing is tried again after it."""
        self._stopped.set()

    def send(self, request: Request) -> Answer:
        """Asks until there is an answer, and follows where a reader is sent elsewhere; raises ``HttpFailed``.

        Any status is an answer, 429 and 5xx after several tries.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._repeated(request)
            if answer.status not in _REDIRECTS or request.method not in ("GET", "HEAD"):
                return answer
            request = _followed(request, answer)
        raise HttpFailed(
            HttpFault.ASTRAY, f"{place(request.url)} was reached by {_MOST_REDIRECTS} redirections and asks for more"
        )

    def _repeated(self, request: Request) -> Answer:
        """One address, as often as it makes sense. Tries are counted here and not in urllib3, which has handed over when a
        connection breaks inside a body."""
        may = request.method in Retry.DEFAULT_ALLOWED_METHODS if request.repeat is None else request.repeat
        for later in range(self._patience.tries if may else 1):
            left = may and later + 1 < self._patience.tries
            wait = self._patience.back_off * (2**later + random.random())
            try:
                answer = self._once(request)
                asked = _asked_wait(answer.header("Retry-After"))
                if answer.status not in _AGAIN or not left or (asked or 0) > self._patience.longest_pause:
                    return answer
                wait = wait if asked is None else asked
            except HttpFailed as failure:
                if not failure.fault.transient or not left:
                    raise
            self._pause(wait)
            if self._stopped.is_set():
                break
        raise HttpFailed(HttpFault.STALLED, f"{place(request.url)} was not asked again: the run was ended")

    def _once(self, request: Request) -> Answer:
        where = place(request.url)
        until = time.monotonic() + (request.whole or self._patience.whole)
        try:
            with self._session.request(
                request.method,
                request.url,
                data=request.data,
                # As it is stored: a digest is of the bytes that were pushed, not of how they travel.
                headers={"Accept-Encoding": "identity", "User-Agent": "dare-gitops", **request.headers},
                auth=_Authorization(request.authorization),
                timeout=(self._patience.connect, self._patience.read),
                allow_redirects=False,
                stream=True,
                verify=_certificates(),
                proxies={} if loopback(urlsplit(request.url).netloc) else get_environ_proxies(request.url),
            ) as response:
                data = _body(response, where, request, until)
                return Answer(response.status_code, CaseInsensitiveDict(response.headers), data, where)
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = _failure(error, where)
        raise failure  # outside the handler: what requests says may show a query, and must not hang on to the traceback


def loopback(host: str) -> bool:
    """Whether a host, with or without a port, is this machine under a name or number of loopback."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def base_url(host: str) -> str:
    """``https://host``; loopback, where nobody listens in and nobody has a certificate, is spoken to by http."""
    return f"{'http' if loopback(host) else 'https'}://{host}"


def place(url: str) -> str:
    """An address without what may be secret in it: user, password, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _NoCookies(RequestsCookieJar):
    """Keeps none: to a request with a cookie, Harbor wants a token against forged requests."""

    def extract_cookies(self, response: object, request: object) -> None: ...

    def set_cookie(self, cookie: object, *arguments: object, **options: object) -> None: ...


class _Authorization(AuthBase):
    """Writes the header where the request is sent, so that no object that shows itself holds it before."""

    def __init__(self, value: SecretValue | None) -> None:
        self._value = value

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._value is not None:
            prepared.headers["Authorization"] = self._value.reveal().decode("latin-1")
        return prepared


def _certificates() -> str | bool:
    """Those that the user names, else the ones that come with requests."""
    for name in _CERTIFICATES:
        if path := os.environ.get(name):
            if not Path(path).exists():
                raise HttpFailed(HttpFault.UNTRUSTED, f"{name} names {path}, which is not there")
            return path
    return True


def _asked_wait(value: str) -> float | None:
    """The seconds that ``Retry-After`` asks for: a number, or a date; None where it says nothing that can be read."""
    try:
        return Retry().parse_retry_after(value) if value else None
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _followed(request: Request, answer: Answer) -> Request:
    """The request at the place that an answer points to; the credential stays where it belongs."""
    url = urljoin(request.url, answer.header("Location"))
    old, new = urlsplit(request.url), urlsplit(url)
    if not answer.header("Location") or new.scheme not in ("http", "https"):
        raise HttpFailed(HttpFault.ASTRAY, f"{answer.place} answered {answer.status} and names no place to go to")
    if (old.scheme, new.scheme) == ("https", "http"):
        raise HttpFailed(HttpFault.ASTRAY, f"{answer.place} leads to {place(url)}, which is not encrypted")
    same = (old.scheme, old.netloc) == (new.scheme, new.netloc)
    return replace(request, url=url, authorization=request.authorization if same else None)


def _body(response: requests.Response, where: str, request: Request, until: float) -> bytes:
    """All bytes of the answer, no more than the limit, and in time even where they come one by one; none if a file takes them.
    That none is missing of what was announced, urllib3 sees to."""
    if request.method == "HEAD":
        return b""
    announced = response.headers.get("Content-Length", "")
    length = int(announced) if announced.isascii() and announced.isdigit() else None
    if length is not None and length > request.limit:
        raise HttpFailed(HttpFault.TOO_LARGE, f"{where} has {length} bytes; more than {request.limit} are not read")
    parts = _parts(response, where, request.limit, until)
    if request.into is None or response.status_code != 200:
        return b"".join(parts)
    with _open(request.into) as file:
        for part in parts:
            _write(file, part, request.into)
    return b""


def _parts(response: requests.Response, where: str, limit: int, until: float) -> Iterator[bytes]:
    size = 0
    while part := response.raw.read1(_CHUNK):
        size += len(part)
        if size > limit:
            raise HttpFailed(HttpFault.TOO_LARGE, f"{where} has more than {limit} bytes, which are not read")
        if time.monotonic() > until:
            raise HttpFailed(HttpFault.STALLED, f"{where} sent {size} bytes and did not come to an end in time")
        yield part


def _open(path: Path) -> FileIO:
    """From its beginning, also when it is tried again. A disk that fails is not the network's fault, and is told as such."""
    try:
        return path.open("wb", buffering=0)
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror or error}") from error


def _write(file: FileIO, part: bytes, path: Path) -> None:
    try:
        while part:
            part = part[file.write(part) :]
    except OSError as error:
        raise UserError(f"{path} can't be written: {error.strerror or error}") from error


def _failure(error: Exception, where: str) -> HttpFailed:
    """Our words for what requests and urllib3 raise: theirs show the whole address."""
    chain = _chain(error)
    if any(isinstance(one, requests.exceptions.SSLError | urllib3.exceptions.SSLError) for one in chain):
        return HttpFailed(
            HttpFault.UNTRUSTED,
            f"{where}: no trusted TLS connection; a site's own certificates are named by {' or '.join(_CERTIFICATES)}",
        )
    if any(isinstance(one, urllib3.exceptions.NewConnectionError | requests.exceptions.ProxyError) for one in chain):
        told = next((one.strerror for one in chain if isinstance(one, OSError) and one.errno and one.strerror), "no connection")
        return HttpFailed(HttpFault.UNREACHABLE, f"{where} can't be reached: {told}")
    if any(isinstance(one, requests.exceptions.ConnectTimeout) for one in chain):
        return HttpFailed(HttpFault.UNREACHABLE, f"{where} can't be reached: no connection in time")
    if any(isinstance(one, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError | TimeoutError) for one in chain):
        return HttpFailed(HttpFault.STALLED, f"{where} did not answer in time")
    if any(isinstance(one, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema) for one in chain):
        return HttpFailed(HttpFault.ASTRAY, f"{where} is no address")
    return HttpFailed(HttpFault.CUT, f"{where}: the connection broke off before the answer was complete")


def _chain(error: BaseException) -> list[BaseException]:
    """An exception and all that it wraps: as a cause, as a context, as an argument or as urllib3's ``reason``."""
    found: list[BaseException] = []
    left: list[object] = [error]
    while left:
        one = left.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            left += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found
