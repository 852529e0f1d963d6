"""An SMTP server that follows a script: what it says, or does, at each stage."""

import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from socket import SO_LINGER, SOL_SOCKET
from struct import pack
from types import MappingProxyType

DROP = "drop"
"""Close the connection instead of answering."""
RESET = "reset"
"""Cut the connection so hard that the client sees an error."""
HANG = "hang"
"""Say nothing until the test ends."""
DRIP = "drip"
"""Answer without end, one byte at a time."""

WORDS = {
    "greeting": "220 scripted",
    "ehlo": "250-scripted\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
    "starttls": "220 go on",
    "auth": "235 welcome",
    "mail": "250 ok",
    "rcpt": "250 ok",
    "data": "354 go on",
    "dot": "250 taken as 17",
    "quit": "221 bye",
}


class Script(socketserver.ThreadingTCPServer):
    daemon_threads = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, script: Mapping[str, str], *, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.script = {**WORDS, **script}
        self.context = context
        self.over = threading.Event()
        self.commands: list[str] = []
        """Every command that came, without the lines of bodies."""
        self.bodies: list[bytes] = []
        """Every body that came whole, up to and including its final dot."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Ended(Exception):
    """The script closed the connection."""


class Conversation(socketserver.StreamRequestHandler):
    server: Script

    def handle(self) -> None:
        with suppress(Ended, OSError):
            if self.server.script.get("tls"):
                self._secure()
            self._act("greeting")
            while line := self.rfile.readline():
                self._answer(line.decode().strip())

    def _answer(self, command: str) -> None:
        self.server.commands.append(command)
        stage = command.split(" ")[0].lower()
        self._act(stage)
        if stage == "starttls" and self.server.script["starttls"].startswith("220"):
            self._secure()
        if stage == "data" and self.server.script["data"].startswith("354"):
            self._read_body()
        if stage == "quit":
            raise Ended

    def _read_body(self) -> None:
        if "body" in self.server.script:
            self.rfile.readline()
            self._act("body")
        body = b""
        while not body.endswith(b"\r\n.\r\n"):
            line = self.rfile.readline()
            if not line:
                raise Ended
            body += line
        self.server.bodies.append(body)
        self._act("dot")

    def _act(self, stage: str) -> None:
        words = self.server.script.get(stage, "502 not in the script")
        if words == DROP:
            raise Ended
        if words == RESET:
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
            self.connection.close()
            raise Ended
        if words == HANG:
            self.server.over.wait(30)
            raise Ended
        if words == DRIP:
            while not self.server.over.wait(0.05):
                self.wfile.write(b"2")
            raise Ended
        self.wfile.write(words.encode() + b"\r\n")

    def _secure(self) -> None:
        assert self.server.context
        self.request = self.server.context.wrap_socket(self.connection, server_side=True)
        self.setup()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()


@contextmanager
def scripted(
    script: Mapping[str, str] = MappingProxyType({}), *, context: ssl.SSLContext | None = None
) -> Iterator[Script]:
    """A running server; stages that the script leaves out go well."""
    server = Script(script, context=context)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
