"""HTTP/1.1 over TLS, by hand: so that every way of answering badly is at hand.

Answers are chunked or counted, zipped where the client takes that (RFC 9112, RFC 9110 8.4), and a
connection that has been idle for a while is closed without a word.
"""

import gzip
import random
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from .faults import Fault
from .google_errors import Answer
from .requests import Request

MOST_HANG_SECONDS = 150.0
GONE = (OSError, ssl.SSLError, ValueError)


@dataclass(frozen=True)
class Verdict:
    """What is to become of a request: `effect` does it, and says what there is to say."""

    effect: Callable[[], Answer]
    fault: Fault | None
    dice: random.Random
    instead: Answer | None = None
    """What is said in place of the truth."""
    has_effect: bool = True


class Wire:
    """A port. `judge` is asked what to do with each request."""

    def __init__(self, context: ssl.SSLContext, judge: Callable[[Request], Verdict]) -> None:
        self._context = context
        self._judge = judge
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: set[socket.socket] = set()
        self._stopped = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self.trouble: list[str] = []
        """What went wrong in the double itself."""
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(MOST_HANG_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            line = self._context.wrap_socket(plain, server_side=True)
        except GONE:
            plain.close()
            return
        self._open.add(line)
        try:
            while not self._stopped.is_set() and self._turn(line):
                pass
        except GONE:
            pass
        except Exception as error:  # the double is wrong: whoever judges must hear of it
            self.trouble.append(repr(error))
        finally:
            self._open.discard(line)
            line.close()

    def _turn(self, line: ssl.SSLSocket) -> bool:
        """One request; whether the connection stays open."""
        idle = random.Random().choice((0.4, 1.5, 5.0, 30.0))
        if not line.pending() and not select.select([line], [], [], idle)[0]:
            return False
        request = read(line)
        if request is None:
            return False
        verdict = self._judge(request)
        return self._deliver(line, request, verdict)

    def _deliver(self, line: ssl.SSLSocket, request: Request, verdict: Verdict) -> bool:
        fault = verdict.fault
        if fault in (Fault.HANG, Fault.HANG_LATE):
            wait_until_gone(line, self._stopped)
            if fault is Fault.HANG_LATE:
                time.sleep(verdict.dice.uniform(0.1, 1.5))
                verdict.effect()
            return False
        if fault is Fault.CLOSED_BEFORE:
            return self._close(line)
        answer = verdict.effect() if verdict.has_effect else Answer(500)
        if verdict.instead:
            answer = verdict.instead
        if fault is Fault.CLOSED_AFTER:
            return self._close(line)
        if fault is Fault.RESET_AFTER:
            reset(line)
            return False
        return write(line, request, answer, verdict)

    def _close(self, line: ssl.SSLSocket) -> bool:
        """With a goodbye: TLS says that nothing was cut off."""
        line.settimeout(1)
        with suppress(*GONE):
            line.unwrap()
        return False


def read(line: ssl.SSLSocket) -> Request | None:
    got = b""
    while b"\r\n\r\n" not in got:
        more = line.recv(65536)
        if not more:
            return None
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {k.strip().lower(): v.strip() for k, _, v in (one.partition(":") for one in rest)}
    if "chunked" in headers.get("transfer-encoding", ""):
        raise ValueError("the double takes counted bodies only")
    while len(body) < int(headers.get("content-length", "0")):
        more = line.recv(65536)
        if not more:
            return None
        body += more
    return Request(method, target, headers, body)


def write(line: ssl.SSLSocket, request: Request, answer: Answer, verdict: Verdict) -> bool:
    dice, fault, body = verdict.dice, verdict.fault, answer.body
    headers = {"Vary": "Origin, X-Origin, Referer", "Server": "ESF", **answer.headers}
    if body and "gzip" in request.headers.get("accept-encoding", "") and dice.random() < 0.5:
        body = gzip.compress(body)
        headers["Content-Encoding"] = "gzip"
    whole = body
    if fault in (Fault.CUT_CLEAN, Fault.CUT_SHORT, Fault.CUT_CHUNKED):
        body = body[: len(body) // 2]
    chunked = fault is Fault.CUT_CHUNKED or (fault is not Fault.CUT_SHORT and dice.random() < 0.4)
    chunked = chunked and answer.status != 204
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif answer.status != 204:
        headers["Content-Length"] = str(len(whole if fault is Fault.CUT_SHORT else body))
    if dice.random() < 0.3:
        headers = {name.lower(): value for name, value in headers.items()}
    stays = fault not in (Fault.CUT_SHORT, Fault.CUT_CHUNKED) and dice.random() < 0.9
    if not stays and dice.random() < 0.5:
        headers["Connection"] = "close"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    phrase = HTTPStatus(answer.status).phrase
    head = f"HTTP/1.1 {answer.status} {phrase}\r\n{lines}\r\n".encode("latin-1")
    payload = chunks(body, dice, ends=fault is not Fault.CUT_CHUNKED) if chunked else body
    if fault is Fault.DRIP:
        drip(line, head + payload, seconds=dice.uniform(1, 5))
    else:
        line.sendall(head + payload)
    return stays


def chunks(body: bytes, dice: random.Random, *, ends: bool) -> bytes:
    made, at = b"", 0
    while at < len(body):
        size = dice.randint(1, max(1, len(body)))
        piece = body[at : at + size]
        made += f"{len(piece):X}\r\n".encode() + piece + b"\r\n"
        at += size
    return made + (b"0\r\n\r\n" if ends else b"")


def drip(line: ssl.SSLSocket, data: bytes, *, seconds: float) -> None:
    step = max(1, len(data) // 40)
    for at in range(0, len(data), step):
        line.sendall(data[at : at + step])
        time.sleep(seconds * step / max(1, len(data)))


def reset(line: ssl.SSLSocket) -> None:
    """RST instead of FIN: what was on the way is thrown away."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def wait_until_gone(line: ssl.SSLSocket, stopped: threading.Event) -> None:
    until = time.monotonic() + MOST_HANG_SECONDS
    while time.monotonic() < until and not stopped.is_set():
        if select.select([line], [], [], 0.2)[0]:
            with suppress(*GONE):
                line.recv(1)
            return
