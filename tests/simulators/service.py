"""The ground that simulated services stand on: HTTPS on loopback, a memory, and faults.

A simulator must never be kinder than the service. It speaks TLS with a test authority, so the
code under test needs no switch that would make it insecure. What it remembers is the record that
a test reads: never what the code under test says of itself.
"""

import json
import random
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import trustme

from tests.leaks import watch

HANG_SECONDS = 5.0


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    """Without the query, percent-encoded as it came."""
    query: dict[str, list[str]]
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body or b"{}")

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    def first(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]

    @property
    def bearer(self) -> str:
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, *, status: int = 200, **headers: str) -> "Response":
        named = {"Content-Type": "application/json; charset=utf-8"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        return cls(status, json.dumps(value).encode(), named)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    `kind` is one of: `answer` (say `response` instead), `close` (hang up without a word), `reset`
    (the same, rudely), `hang` (say nothing for `seconds`, then hang up), `cut` (send half of the
    body), `late` (let the caller wait `seconds`, and take effect only then).
    """

    kind: str
    after: bool = False
    """Whether the request takes effect first."""
    response: Response = Response(503)
    seconds: float = HANG_SECONDS
    method: str = ""
    """Only for this method; any when empty."""
    path: str = ""
    """Only for paths that hold this."""

    def fits(self, request: Request) -> bool:
        return self.method in ("", request.method) and self.path in request.path


class Authority:
    """A certificate authority for tests, and the file that names it."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.bundle = folder / "test-authority.pem"
        self._ca.cert_pem.write_to_path(str(self.bundle))

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        return context


class Simulator:
    """One service. A subclass answers requests out of its memory, under `self.lock`."""

    name: ClassVar[str] = "service"

    def __init__(self, authority: Authority, *, port: int = 0, seed: int = 0) -> None:
        self.lock = threading.RLock()
        self.random = random.Random(seed)
        self.faults: deque[Fault] = deque()
        """The next requests that fit go wrong, in this order."""
        self.fault_rate = 0.0
        """Of the writes, at random: half of these faults come after the effect."""
        self.requests: list[Request] = []
        self.slow = 0.0
        """Seconds by which its clock is behind ours."""
        self.handshakes = 0
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.context = authority.server_context()
        self._server.simulator = self
        self.port: int = self._server.server_address[1]
        self.url = f"https://localhost:{self.port}"

    def answer(self, request: Request) -> Response:
        """What the service says, and does. Called under the lock."""
        raise NotImplementedError

    def is_write(self, request: Request) -> bool:
        """Whether a request does something that must not be done twice."""
        return request.method != "GET"

    @contextmanager
    def running(self) -> Iterator["Simulator"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def next_fault(self, request: Request) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.fits(request):
                    self.faults.remove(fault)
                    return fault
            if self.is_write(request) and self.random.random() < self.fault_rate:
                return self.random_fault()
        return None

    def random_fault(self) -> Fault:
        """Half of them with the effect done. A subclass adds what only this service does."""
        kinds = ("close", "reset", "cut", "answer")
        return Fault(self.random.choice(kinds), after=self.random.random() < 0.5)

    def effect(self, request: Request) -> Response:
        with self.lock:
            return self.answer(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    context: ssl.SSLContext
    simulator: Simulator

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake belongs to the connection's own thread: a slow one must not stop others."""
        request.settimeout(30)
        with suppress(OSError):
            secured = self.context.wrap_socket(request, server_side=True)
            self.simulator.handshakes += 1
            with secured:
                _Handler(secured, client_address, self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers hang up; that is theirs to do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def handle_one_request(self) -> None:
        with suppress(OSError):
            super().handle_one_request()
            return
        self.close_connection = True

    def _serve(self) -> None:
        simulator, request = self.server.simulator, self._read()
        simulator.requests.append(request)
        watch.text(self.path, sink="URL", where=f"{simulator.name} {self.command}")
        fault = simulator.next_fault(request)
        if fault is None:
            return self._say(simulator.effect(request))
        if fault.kind == "late":
            time.sleep(fault.seconds)
        done = simulator.effect(request) if fault.after or fault.kind == "late" else Response()
        endings: dict[str, Callable[[], None]] = {
            "answer": lambda: self._say(fault.response),
            "close": self._hang_up,
            "late": self._hang_up,
            "reset": self._reset,
            "hang": lambda: self._hang(fault.seconds),
            "cut": lambda: self._say(done, cut=True),
        }
        return endings[fault.kind]()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=parts.path,
            query=parse_qs(parts.query, keep_blank_values=True),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )

    def _say(self, response: Response, *, cut: bool = False) -> None:
        body = response.body or b" "
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.wfile.flush()
        if cut:
            self._hang_up()

    def _hang(self, seconds: float) -> None:
        time.sleep(seconds)
        self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            # An RST instead of a FIN: what was on its way is thrown away.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Of the `Date` that every answer carries."""
        now = time.time() - self.server.simulator.slow
        return super().date_time_string(now if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:
        """What matters is in `requests`."""
