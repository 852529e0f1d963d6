"""A server that answers each request with the next bytes of a script, whatever was asked."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

Step = bytes | float
"""Bytes to write, or seconds to wait."""


class Script(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answers: Sequence[Sequence[Step]], context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers = list(answers)
        self.context = context
        self.over = threading.Event()
        self.requests: list[bytes] = []
        self.connections = 0

    @property
    def url(self) -> str:
        scheme = "https" if self.context else "http"
        return f"{scheme}://localhost:{self.server_address[1]}"


class _Conversation(socketserver.BaseRequestHandler):
    server: Script

    def handle(self) -> None:
        self.server.connections += 1
        with suppress(OSError):
            connection: Any = self.request
            if self.server.context:
                connection = self.server.context.wrap_socket(connection, server_side=True)
            try:
                while self.server.answers and (request := _read(connection)):
                    self.server.requests.append(request)
                    for step in self.server.answers.pop(0):
                        if isinstance(step, bytes):
                            connection.sendall(step)
                        elif self.server.over.wait(step):
                            return
            finally:
                connection.close()  # without a word of TLS: that is what a cut line looks like


def _read(connection: Any) -> bytes:
    """The head of a request, and its body, however much of it is announced."""
    found = b""
    while b"\r\n\r\n" not in found:
        if not (more := connection.recv(65_536)):
            return b""
        found += more
    head, _, body = found.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while length and len(body) < int(length[1]):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def scripted_http(
    *answers: Sequence[Step], context: ssl.SSLContext | None = None
) -> Iterator[Script]:
    server = Script(answers, context)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
