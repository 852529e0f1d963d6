"""A line on which an IMAP server says at once that mail has come (RFC 2177, IDLE).

A server that hangs up says so, or TCP does. One that has merely forgotten us says nothing for
ever, so the line is renewed from time to time: a server that does not answer that is deaf.
"""

import imaplib
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from core.errors import NotSupported

from .client import Client
from .session import Session

RENEW_SECONDS = 29 * 60.0
"""RFC 2177: a server may take us for dead after 30 minutes."""
ANSWER_SECONDS = 30.0
TICK_SECONDS = 2.0
"""How soon it notices that it should end."""
KEEP_ALIVE = {"TCP_KEEPIDLE": 120, "TCP_KEEPINTVL": 30, "TCP_KEEPCNT": 4}
"""Middle boxes forget a silent connection after some minutes; so TCP asks every two whether the
other end is there, and gives up after four."""
ARRIVAL = re.compile(rb"\* \d+ (EXISTS|RECENT)\r?\n", re.IGNORECASE)


def wait_for_mail(
    session: Session,
    folder: str,
    told: Callable[[], None],
    stopped: threading.Event,
    *,
    renew_seconds: float = RENEW_SECONDS,
    answer_seconds: float = ANSWER_SECONDS,
) -> None:
    """Say whenever something has come into `folder`, until `stopped`. A dead line raises.

    The first time as soon as the server listens: whatever came before that, a poll finds.
    """
    if "IDLE" not in session.capabilities():
        raise NotSupported("The mail server does not offer IDLE: it is asked by the clock only.")
    session.examine(folder)
    line = _Line(session.client, answer_seconds)
    line.begin()
    told()
    while not stopped.is_set():
        renew_at = time.monotonic() + renew_seconds
        while not stopped.is_set() and time.monotonic() < renew_at:
            if line.has_news(min(TICK_SECONDS, renew_seconds)):
                told()
        news = line.end()
        if not stopped.is_set():
            news |= line.begin()
        if news:
            told()


class _Line:
    """A connection on which the server speaks whenever it likes."""

    def __init__(self, client: Client, answer_seconds: float) -> None:
        self._client = client
        self._answer_seconds = answer_seconds
        self._tag = b""
        _keep_alive(client.sock)

    def begin(self) -> bool:
        """Whether the server had news before it began to wait."""
        self._client.allow(self._answer_seconds)
        self._tag = b"I%d" % time.monotonic_ns()
        self._client.send(self._tag + b" IDLE\r\n")
        news = False
        while not (line := self._read()).startswith(b"+"):
            if line.startswith(self._tag):
                raise NotSupported("The mail server does not let us wait for mail (IDLE).")
            news |= bool(ARRIVAL.match(line))
        return news

    def end(self) -> bool:
        """Whether mail came just then. The server has to answer, or it is deaf."""
        self._client.allow(self._answer_seconds)
        self._client.send(b"DONE\r\n")
        news = False
        while not (line := self._read()).startswith(self._tag):
            news |= bool(ARRIVAL.match(line))
        return news

    def has_news(self, seconds: float) -> bool:
        """Whether mail comes within so many seconds. Marks and deletions are none."""
        news = False
        while self._client.wait(seconds):
            self._client.allow(self._answer_seconds)
            with suppress(TimeoutError):  # TLS talks to itself at times, and that is no line
                news |= bool(ARRIVAL.match(self._read()))
            seconds = 0
        return news

    def _read(self) -> bytes:
        line = self._client.readline()
        if not line or line.upper().startswith(b"* BYE"):
            raise imaplib.IMAP4.abort("the server hung up")
        return line


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEP_ALIVE.items():
        if hasattr(socket, name):  # macOS names them otherwise, and its own settings will do
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
