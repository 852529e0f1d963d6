"""The standard library's IMAP client, with an end to every wait.

Its own time-out starts again with every byte that comes in, so that a slow server could hold a
thread for ever.
"""

import imaplib
import select
import socket
import ssl
import time

from providers.dial import Dial, anywhere

CHUNK = 16_384
"""TLS brings no more at a time (RFC 8446 5.1)."""
MAX_LITERAL = 64_000_000
"""A server that announces more than was asked for is not believed."""


class Client(imaplib.IMAP4):
    def __init__(
        self,
        host: str,
        port: int,
        *,
        seconds: float,
        context: ssl.SSLContext | None,
        dial: Dial = anywhere,
    ) -> None:
        self._context = context
        self._dial = dial
        self._unread = b""
        self._read_from: socket.socket | None = None
        self.allow(seconds)
        super().__init__(host, port, seconds)

    def allow(self, seconds: float) -> None:
        """Whatever is asked from now on must be answered within so many seconds altogether."""
        self._deadline = time.monotonic() + seconds

    def send(self, data: bytes) -> None:  # type: ignore[override]  # any buffer, in typeshed
        sent = 0
        while sent < len(data):
            self.sock.settimeout(self._left())
            sent += self.sock.send(data[sent : sent + CHUNK])

    def readline(self) -> bytes:
        self._forget_what_came_in_the_clear()
        while (end := self._unread.find(b"\n") + 1) == 0:
            if len(self._unread) > imaplib._MAXLINE:  # type: ignore[attr-defined]
                raise self.abort("a line without end")
            if not self._receive():
                break
        line, self._unread = self._unread[:end], self._unread[end:]
        return line

    def read(self, size: int) -> bytes:
        if size > MAX_LITERAL:
            raise self.abort(f"a literal of {size} bytes")
        self._forget_what_came_in_the_clear()
        chunks, missing = [], size
        while missing and (self._unread or self._receive()):
            chunk, self._unread = self._unread[:missing], self._unread[missing:]
            chunks.append(chunk)
            missing -= len(chunk)
        return b"".join(chunks)

    def wait(self, seconds: float) -> bool:
        """Whether something has come in, or comes in within so many seconds."""
        pending = getattr(self.sock, "pending", None)
        if self._unread or (pending and pending()):
            return True
        poll = select.poll()  # select() itself knows the first 1,024 files only
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def _receive(self) -> bool:
        """Take in what has come; false at the end of the connection."""
        self.sock.settimeout(self._left())
        received = self.sock.recv(CHUNK)
        self._unread += received
        return bool(received)

    def _forget_what_came_in_the_clear(self) -> None:
        if self._read_from is not self.sock:
            self._read_from, self._unread = self.sock, b""

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took longer than the deadline")
        return left

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock = self._dial(self.host, self.port, self._left())
        # imaplib writes a password and its line's end apart: the second would wait for the server
        # to confirm the first, which takes 40 ms.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            return sock
        sock.settimeout(self._left())
        return self._context.wrap_socket(sock, server_hostname=self.host)
