"""One connection to an HTTP/1.1 server: a request is written once, and its answer read (RFC 9112).

One deadline holds for the whole exchange, for a line that comes byte by byte as well. Nothing is
repeated, followed or guessed: an answer that is not whole is none.
"""

import re
import select
import socket
import ssl
import time
import zlib
from contextlib import suppress
from typing import NamedTuple

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
"""The longest silence."""
MAX_BYTES = 64_000_000
"""Of a body, packed and unpacked."""
MAX_HEAD = 131_072
AT_ONCE = 16_384
"""TLS brings no more at a time (RFC 8446 5.1)."""

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?")
_FIELD = re.compile(r"(?m)^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)\r\n")
_GOES_ON = re.compile(r"[ \t]*\r\n[ \t]+")
_NUMBER = re.compile(r"[0-9]{1,15}")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?")


class Malformed(Exception):
    """What came is no answer, or is not whole."""


class Ended(Malformed):
    """The connection came to its end."""


class Origin(NamedTuple):
    """A server, as connections are kept to it."""

    secure: bool
    host: str
    port: int


class HttpSocket:
    """Opened at once: `OSError` or `UnicodeError` when that fails, and nothing was written then."""

    def __init__(self, origin: Origin, context: ssl.SSLContext, *, ends: float) -> None:
        """`ends` is by the monotonic clock."""
        self.reusable = True
        self._ends = ends
        self._unread = bytearray()
        where = (origin.host, origin.port)
        self._socket = socket.create_connection(where, min(CONNECT_SECONDS, self._left()))
        try:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if origin.secure:
                self._socket.settimeout(self._left())
                # A body that goes on to the end has been cut if nobody says that this is the end.
                self._socket = context.wrap_socket(
                    self._socket, server_hostname=origin.host, suppress_ragged_eofs=False
                )
            self._silence = select.poll()
            self._silence.register(self._socket, select.POLLIN)
        except BaseException:
            self._socket.close()
            raise

    def is_fresh(self) -> bool:
        """Whether nothing has come since the last answer: neither its end nor what nobody asked."""
        decrypted = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        return not self._unread and not decrypted and not self._silence.poll(0)

    def exchange(self, request: bytes, *, ends: float) -> tuple[int, dict[str, str], bytes]:
        """Status, headers by their names in lower case, and body, of any request but HEAD.

        `OSError` or `Malformed` when no whole answer came. The socket cannot be used again then.
        """
        self._ends, self.reusable = ends, False
        # A server may refuse a long body and hang up before it has all come: it has answered.
        with suppress(ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            self._write(request)
        status, headers, lasts = self._head()
        while status < 200:
            if status == 101:
                raise Malformed("It wants to speak another protocol.")
            status, headers, lasts = self._head()
        body = b"" if status in (204, 304) else self._body(headers)
        sized = "content-length" in headers or "transfer-encoding" in headers
        self.reusable = lasts and (sized or status in (204, 304))
        return status, headers, _unpacked(body, headers.get("content-encoding", ""))

    def close(self) -> None:
        self._socket.close()

    def _write(self, request: bytes) -> None:
        rest = memoryview(request)
        while rest:
            self._socket.settimeout(self._left())
            rest = rest[self._socket.send(rest[:AT_ONCE]) :]

    def _head(self) -> tuple[int, dict[str, str], bool]:
        """Status, headers, and whether the connection lasts."""
        while (end := self._unread.find(b"\r\n\r\n")) < 0:
            if len(self._unread) > MAX_HEAD:
                raise Malformed("Its headers have no end.")
            self._receive()
        first, _, rest = bytes(self._unread[: end + 2]).partition(b"\r\n")
        del self._unread[: end + 4]
        found = _STATUS.fullmatch(first)
        if not found:
            raise Malformed("It does not speak HTTP/1.1.")
        headers = _headers(rest.decode("latin-1"))
        tokens = headers.get("connection", "").lower()
        lasts = "close" not in tokens and (found[1] == b"1" or "keep-alive" in tokens)
        return int(found[2]), headers, lasts

    def _body(self, headers: dict[str, str]) -> bytes:
        coding = headers.get("transfer-encoding")
        if coding is not None:
            if coding.strip().lower() != "chunked":
                raise Malformed("Its body comes in a form that nobody asked for.")
            return self._chunks()
        length = headers.get("content-length")
        if length is None:
            return self._rest()
        lengths = {part.strip() for part in length.split(",")}
        if len(lengths) > 1 or not _NUMBER.fullmatch(length := lengths.pop()):
            raise Malformed("It does not say how long its body is.")
        return self._take(int(length))

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            found = _SIZE.fullmatch(self._line())
            if not found:
                raise Malformed("A part of its body has no length.")
            size = int(found[1], 16)
            if not size:
                break
            _check_size(len(body) + size)
            body += self._take(size)
            if self._take(2) != b"\r\n":
                raise Malformed("A part of its body is longer than it said.")
        while self._line():
            pass  # headers that come after the body; nobody has announced any
        return bytes(body)

    def _line(self) -> bytes:
        while (end := self._unread.find(b"\r\n")) < 0:
            if len(self._unread) > MAX_HEAD:
                raise Malformed("A line has no end.")
            self._receive()
        line = bytes(self._unread[:end])
        del self._unread[: end + 2]
        return line

    def _take(self, size: int) -> bytes:
        _check_size(size)
        while len(self._unread) < size:
            self._receive()
        if len(self._unread) == size:  # a long body is not copied once more
            taken, self._unread = bytes(self._unread), bytearray()
            return taken
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    def _rest(self) -> bytes:
        """Everything up to the orderly end of the connection."""
        with suppress(Ended):
            while True:
                _check_size(len(self._unread))
                self._receive()
        return self._take(len(self._unread))

    def _receive(self) -> None:
        """Take in what comes next; `Ended` when nothing will."""
        self._socket.settimeout(min(READ_SECONDS, self._left()))
        received = self._socket.recv(AT_ONCE)
        if not received:
            raise Ended("It hung up before its answer was whole.")
        self._unread += received

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took longer than the deadline")
        return left


def _headers(block: str) -> dict[str, str]:
    """Every line ends with CRLF."""
    if "\n " in block or "\n\t" in block:  # lines that go on, as was once allowed
        block = _GOES_ON.sub(" ", block)
    fields = _FIELD.findall(block)
    if len(fields) != block.count("\n"):
        raise Malformed("One of its headers cannot be read.")
    headers: dict[str, str] = {}
    for written, value in fields:
        name, text = written.lower(), value.rstrip(" \t")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _unpacked(body: bytes, coding: str) -> bytes:
    coding = coding.strip().lower()
    if not body or coding in ("", "identity"):
        return body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise Malformed("Its body is packed in a way that nobody asked for.")
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, as it says itself
    try:
        plain = unpacking.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        raise Malformed("Its body cannot be unpacked.") from error
    _check_size(len(plain))
    if not unpacking.eof:
        raise Malformed("Its packed body is not whole.")
    return plain


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise Malformed(f"Its body has more than {MAX_BYTES} bytes.")
