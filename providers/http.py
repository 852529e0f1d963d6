"""One pooled HTTP client for a process. It never sends anything twice by itself.

Libraries resend a request when its answer was lost, and then something was sent twice. Here a
request is written once; what became of it is told apart by the exception.
"""

import ssl
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
)

from core.errors import Invalid, Unavailable
from core.records import Value

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
MAX_BYTES = 64_000_000
POOLS = 32
CONNECTIONS = 32
"""Kept to one host; more are opened when they are needed, and closed afterwards."""


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
        self._pool = urllib3.PoolManager(
            num_pools=POOLS, maxsize=CONNECTIONS, ssl_context=_tls_context(ca_bundle)
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        seconds: float = 60.0,
    ) -> Answered:
        """Write one request, and read its whole answer within `seconds`. Follows no redirect.

        `Unavailable` when it is certain that no server has seen it; `NoAnswer` when nobody
        knows. Whatever the server says, an error status too, is an answer.
        """
        deadline = time.monotonic() + seconds
        try:
            response = self._pool.request(
                method,
                url,
                headers=headers,
                body=body,
                timeout=urllib3.Timeout(
                    total=seconds,
                    connect=min(CONNECT_SECONDS, seconds),
                    read=min(READ_SECONDS, seconds),
                ),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except (NewConnectionError, ConnectTimeoutError, LocationParseError) as error:
            raise Unavailable(f"{_host(url)} cannot be reached: {error}") from error
        except HTTPError as error:
            if _is_untrusted(error):
                raise Unavailable(f"{_host(url)} cannot be trusted: {error}") from error
            raise NoAnswer(f"{_host(url)} did not answer: {error!r}") from error
        return Answered(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=_read(response, deadline, url),
        )

    def close(self) -> None:
        self._pool.clear()


@lru_cache(maxsize=8)
def shared(ca_bundle: Path | None = None) -> Http:
    """The client of this process."""
    return Http(ca_bundle=ca_bundle)


def retry_after(answered: Answered) -> float | None:
    """Seconds for which the server asks to be left alone (RFC 9110 10.2.3); no dates."""
    value = answered.headers.get("retry-after", "").strip()
    return min(float(value), 3600.0) if value.isdecimal() else None


def _read(response: Any, deadline: float, url: str) -> bytes:
    chunks: list[bytes] = []
    size = 0
    try:
        for chunk in response.stream(65_536, decode_content=True):
            size += len(chunk)
            if size > MAX_BYTES or time.monotonic() > deadline:
                response.close()
                raise NoAnswer(f"{_host(url)} sends too much, or too slowly.")
            chunks.append(chunk)
    except HTTPError as error:
        response.close()
        raise NoAnswer(f"The answer of {_host(url)} broke off: {error!r}") from error
    response.release_conn()
    return b"".join(chunks)


def _tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_bundle) if ca_bundle else None)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"ORCHESTRE_CA_BUNDLE cannot be read: {error}") from error


def _is_untrusted(error: BaseException) -> bool:
    """Whether TLS failed before anything was written: the server showed no good certificate."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        cause = seen.args[0] if seen.args and isinstance(seen.args[0], BaseException) else None
        seen = cause or seen.__cause__
    return False


def _host(url: str) -> str:
    """Never more of an address than its host: paths may hold secrets."""
    return urllib3.util.parse_url(url).host or "the server"
