"""An open connection to an SMTP server: commands out, answers in, all before one deadline."""

import re
import socket
import ssl
import time
from contextlib import suppress
from typing import NamedTuple

from core.errors import OrchestreError, Refused, Unavailable

QUIT_SECONDS = 2.0
CHUNK = 16_384
"""One TLS record: each is sent within the deadline, or not at all."""
MAX_REPLY_BYTES = 65_536


class Reply(NamedTuple):
    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.lines)}"[:300]


class Session:
    """An open SMTP connection. Every wait in it ends at the deadline."""

    def __init__(self, sock: socket.socket, *, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._unread = b""
        self.offers: dict[str, str] = {}
        """The extensions that the server offers, in upper case, with their parameters."""

    def greet(self) -> None:
        expect(self.command(f"EHLO {_literal(self._sock)}"), 250)

    def command(self, line: str) -> Reply:
        self.write(line.encode() + b"\r\n")
        reply = self.read()
        if line.startswith("EHLO"):
            words = [offer.upper().partition(" ") for offer in reply.lines[1:]]
            self.offers = {name: parameters for name, _, parameters in words}
        return reply

    def write(self, data: bytes) -> None:
        for start in range(0, len(data), CHUNK):
            self._sock.settimeout(self._left())
            self._sock.sendall(data[start : start + CHUNK])

    def read(self) -> Reply:
        """The server's next answer, with all its lines."""
        lines: list[str] = []
        while True:
            line = self._line()
            if not re.match(rb"\d{3}([ -]|$)", line):
                raise ConnectionError("The mail server gave an answer that is not SMTP.")
            lines.append(line[4:].decode("utf-8", "backslashreplace"))
            if line[3:4] != b"-":
                return Reply(int(line[:3]), tuple(lines))

    def secure(self, context: ssl.SSLContext, *, host: str) -> None:
        """Go on encrypted. What came unencrypted is forgotten, so that nobody can slip it in."""
        self._sock.settimeout(self._left())
        self._sock = context.wrap_socket(self._sock, server_hostname=host)
        self._unread = b""
        self.offers = {}

    def quit(self) -> None:
        """Take leave. The answer tells nothing about what was sent, and may fail to come."""
        self._deadline = min(self._deadline, time.monotonic() + QUIT_SECONDS)
        with suppress(OSError):
            self.command("QUIT")

    def close(self) -> None:
        self._sock.close()

    def _line(self) -> bytes:
        while b"\n" not in self._unread:
            self._sock.settimeout(self._left())
            received = self._sock.recv(CHUNK)
            if not received:
                raise ConnectionError("The mail server hung up before it answered.")
            self._unread += received
            if len(self._unread) > MAX_REPLY_BYTES:
                raise ConnectionError("The mail server's answer does not end.")
        line, _, self._unread = self._unread.partition(b"\n")
        return line.rstrip(b"\r")

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The mail server took longer than the deadline.")
        return left


def expect(reply: Reply, *codes: int) -> None:
    """Raise what `reply` means when it is none of `codes`."""
    if reply.code not in codes:
        raise certain(reply)


def certain(answer: Reply) -> OrchestreError:
    """What a refusal means: nothing was taken, for good or for now."""
    if 500 <= answer.code < 600:
        return Refused(f"The mail server refused it: {answer}")
    return Unavailable(f"The mail server cannot take it now: {answer}")


def _literal(sock: socket.socket) -> str:
    """Our own address, as RFC 5321 wants it of a client that has no name."""
    address: str = sock.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
