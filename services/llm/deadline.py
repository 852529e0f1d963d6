"""HTTP with one deadline for the whole of an exchange, whatever the other side does.

An HTTP client's time-out begins anew with every byte, so a server that trickles holds it for
ever. Here each wait, from the connection to the last byte, gets only what is left.
"""

import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore2
import httpx2

MAX_BYTES = 4 * 1024 * 1024
"""No answer is longer than this."""

_ends_at: ContextVar[float] = ContextVar("ends_at")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything that this thread sends through a `client` has to be over by then."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def client() -> httpx2.Client:
    """A pooling client, by way of the environment's proxies. It follows no redirection."""
    return httpx2.Client(transport=_Transport(), timeout=None)


def _left(timeout: float | None) -> float | None:
    ends_at = _ends_at.get(None)
    if ends_at is None:
        return timeout
    left = ends_at - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("The deadline has passed.")
    return left if timeout is None else min(timeout, left)


class _Transport(httpx2.BaseTransport):
    def __init__(self) -> None:
        self._ssl_context = httpx2.create_ssl_context()
        self._pools: dict[str, httpcore2.ConnectionPool] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.SyncByteStream)
        with _translated():
            timeouts = dict.fromkeys(("connect", "read", "write", "pool"), _left(None))
            response = self._pool(_proxy(request.url)).handle_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={**request.extensions, "timeout": timeouts},
                )
            )
        assert isinstance(response.stream, Iterable)
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response.stream),
            extensions=response.extensions,
        )

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()

    def _pool(self, proxy: str) -> httpcore2.ConnectionPool:
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = httpcore2.ConnectionPool(
                    ssl_context=self._ssl_context,
                    proxy=_with_auth(proxy) if proxy else None,
                    max_connections=64,
                    keepalive_expiry=5.0,
                    network_backend=_Backend(),
                )
            return self._pools[proxy]


def _proxy(url: httpx2.URL) -> str:
    """The proxy that the environment names for an address; empty for none."""
    if urllib.request.proxy_bypass(url.host):
        return ""
    proxies = urllib.request.getproxies()
    return proxies.get(url.scheme) or proxies.get("all") or ""


def _with_auth(proxy: str) -> httpcore2.Proxy:
    url = httpx2.URL(proxy)
    auth = (url.username, url.password) if url.username or url.password else None
    return httpcore2.Proxy(str(url.copy_with(username=None, password=None)), auth=auth)


class _Body(httpx2.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        with _translated():
            for part in self._stream:
                size += len(part)
                if size > MAX_BYTES:
                    raise httpx2.ReadError(f"The answer is longer than {MAX_BYTES} bytes.")
                yield part

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


@contextmanager
def _translated() -> Iterator[None]:
    """The pool's exceptions as the client's, which is what the SDKs catch."""
    try:
        yield
    except httpcore2.TimeoutException as error:
        raise httpx2.ReadTimeout(str(error)) from error
    except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
        raise httpx2.ReadError(str(error)) from error


class _Backend(httpcore2.NetworkBackend):
    def __init__(self) -> None:
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        return _Stream(
            self._plain.connect_tcp(host, port, _left(timeout), local_address, socket_options)
        )


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._plain = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._plain.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._plain.write(buffer, _left(timeout))

    def close(self) -> None:
        self._plain.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._plain.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._plain.get_extra_info(info)
