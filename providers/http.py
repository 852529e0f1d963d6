"""One HTTP client for a process, which keeps its connections. It never sends anything twice.

Libraries resend a request when its answer was lost, and then something was sent twice. Here a
request is written once; what became of it is told apart by the exception.
"""

import re
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from core.clock import system_clock
from core.errors import Invalid, Refused, Unavailable
from core.records import Value

from .http_socket import HttpSocket, Malformed, Origin
from .tls import trusting

CONNECTIONS = 256
"""Kept to one server: more than a worker asks at a time, or else every poll beyond them would
begin with a handshake."""
IDLE_SECONDS = 120.0
"""Kept this long beyond what is needed at a time. Google hangs up after about four minutes."""
USUAL = {"accept-encoding": "gzip", "user-agent": "orchestre (gzip)"}
"""Google packs its answers only for who says so twice:
developers.google.com/workspace/gmail/api/guides/performance"""
PORTS = {"http": 80, "https": 443}
MOST_REST = 3600.0

_ADDRESS = re.compile(r"(https?)://([^/?#\s]+)(/[^?#]*)?(\?[^#]*)?(?:#.*)?", re.DOTALL)
_PLAIN = re.compile(r"[!-~]*")
_ONE_LINE = re.compile(r"[\t -~\x80-\xff]*")


class Answered(Value):
    """What a server said."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


class NoAnswer(Exception):
    """It was written, or may have been, and no whole answer came: nobody knows what it did."""


class Http:
    """Safe to share between threads. Connections and the TLS context are kept."""

    def __init__(self, *, ca_bundle: Path | None = None) -> None:
        self._idle: defaultdict[Origin, deque[tuple[float, HttpSocket]]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._context = _tls_context(ca_bundle)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        seconds: float = 60.0,
    ) -> Answered:
        """Write one request, and read its whole answer within `seconds`. Follows no redirect.

        `Unavailable` when it is certain that no server has seen it; `NoAnswer` when nobody
        knows. Whatever the server says, an error status too, is an answer.
        """
        ends = time.monotonic() + seconds
        origin, netloc, target = _parts(url)
        request = _written(method, netloc, target, headers or {}, body)
        socket = self._take(origin) or self._open(origin, ends=ends)
        try:
            status, found, content = socket.exchange(request, ends=ends)
        except (OSError, Malformed) as error:
            socket.close()
            raise NoAnswer(f"{origin.host} did not answer: {error!r}") from error
        except BaseException:
            socket.close()
            raise
        self._keep(origin, socket)
        return Answered(status=status, headers=found, body=content)

    def close(self) -> None:
        """Let go of the connections that are not in use."""
        with self._lock:
            kept = [socket for idle in self._idle.values() for _, socket in idle]
            self._idle.clear()
        for socket in kept:
            socket.close()

    def __del__(self) -> None:
        self.close()

    def _take(self, origin: Origin) -> HttpSocket | None:
        """The connection that was used last, if it still stands."""
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                if not idle:
                    return None
                _, socket = idle.pop()
            if socket.is_fresh():
                return socket
            socket.close()

    def _open(self, origin: Origin, *, ends: float) -> HttpSocket:
        try:
            return HttpSocket(origin, self._context, ends=ends)
        except ssl.SSLCertVerificationError as error:
            raise Unavailable(f"{origin.host} cannot be trusted: {error}") from error
        except (OSError, UnicodeError) as error:
            raise Unavailable(f"{origin.host} cannot be reached: {error}") from error

    def _keep(self, origin: Origin, socket: HttpSocket) -> None:
        now, old = time.monotonic(), []
        with self._lock:
            idle = self._idle[origin]
            if socket.reusable and len(idle) < CONNECTIONS:
                idle.append((now, socket))
            else:
                old.append(socket)
            while idle and idle[0][0] < now - IDLE_SECONDS:
                old.append(idle.popleft()[1])
        for one in old:
            one.close()


@lru_cache(maxsize=8)
def shared(ca_bundle: Path | None = None) -> Http:
    """The client of this process."""
    return Http(ca_bundle=ca_bundle)


def retry_after(answered: Answered) -> float | None:
    """Seconds for which the server asks to be left alone, an hour at most (RFC 9110 10.2.3).

    A date is counted from what the server's own clock says, where it says that.
    """
    value = answered.headers.get("retry-after", "").strip()
    if value.isdecimal():
        return min(float(value), MOST_REST)
    until = _date(value)
    if until is None:
        return None
    now = told_at(answered) or system_clock()
    return max(0.0, min((until - now).total_seconds(), MOST_REST))


def told_at(answered: Answered) -> datetime | None:
    """What the server's clock said, in whole seconds (RFC 9110 6.6.1); `None` where it does not."""
    return _date(answered.headers.get("date", ""))


def _date(value: str) -> datetime | None:
    """One of the three forms of RFC 9110 5.6.7; all are in UTC, and one does not say so."""
    try:
        return parsedate_to_datetime(value).replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _parts(url: str) -> tuple[Origin, str, str]:
    """Where it leads, the host and port as written there, and what is asked for.

    Nothing of an address but its host may be told: paths may hold secrets.
    """
    found = _ADDRESS.fullmatch(url)
    if not found:
        raise Unavailable("That is not the address of a server.")
    scheme, netloc, path, query = found.groups(default="")
    target = (path or "/") + query
    if not _PLAIN.fullmatch(target):
        target = quote(target, safe="!#$%&'()*+,/:;=?@[]~")
    return _origin(scheme, netloc), netloc.rpartition("@")[2], target


@lru_cache(maxsize=64)
def _origin(scheme: str, netloc: str) -> Origin:
    try:
        parts = urlsplit(f"{scheme}://{netloc}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise Unavailable("That is not the address of a server.")
    return Origin(scheme == "https", host, port or PORTS[scheme])


def _written(
    method: str, netloc: str, target: str, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """The whole request, as it goes over the wire."""
    fields = {"host": netloc, **USUAL}
    fields |= {name.lower(): value for name, value in headers.items()}
    if body is not None or method != "GET":
        fields["content-length"] = str(len(body or b""))
    lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {fields[name]}" for name in fields]]
    if not _ONE_LINE.fullmatch("".join(lines)):
        raise Refused("A request cannot be written: one of its fields is not one line.")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


def _tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    try:
        return trusting(str(ca_bundle) if ca_bundle else "")
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"ORCHESTRE_CA_BUNDLE cannot be read: {error}") from error
