"""An SMTP relay that keeps what it takes, and spoils some of its own answers (RFC 5321)."""

import socketserver
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from socket import SO_LINGER, SOL_SOCKET

from .weather import Weather

KINDS = ("drop", "reset", "cut", "hang", "late", "quit", "4xx", "5xx")
"""What becomes of the answer to the final dot. `quit` is 250, and then 421 to QUIT."""
CERTAIN = {"4xx": b"451 4.3.0 Try again later", "5xx": b"554 5.7.1 Not from you"}


class Ended(Exception):
    """The connection is over."""


class Relay(socketserver.ThreadingTCPServer):
    """`take` is called with the recipient and the mail, once for each that goes out."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, weather: Weather, name: str, take: Callable[[str, bytes], None]) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.weather = weather
        self.tally: Counter[str] = Counter()
        self.calm = True
        """Nothing goes wrong yet."""
        self._chance = Random(f"{weather.seed} faults {name}")
        self._take = take
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def serve(self) -> None:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, recipient: str, raw: bytes) -> None:
        with self._lock:
            self.tally["sent"] += 1
            self._take(recipient, raw)

    def fault(self) -> tuple[str, bool]:
        """What goes wrong with one mail, and whether it goes out nevertheless."""
        with self._lock:
            self.tally["writes"] += 1
            if self.calm or self._chance.random() >= self.weather.faults / 100:
                return "", True
            # Of those that are refused for good a person has to hear: rare, as in life.
            kind = self._chance.choices(KINDS, (3, 3, 3, 3, 3, 3, 5, 1))[0]
            self.tally["faults"] += 1
            self.tally[f"fault_{kind}"] += 1
            self.tally["answers_lost"] += kind not in (*CERTAIN, "quit")
            if kind == "5xx":
                self.tally["refusals"] += 1
            after = self._chance.random() < 0.5 or kind in ("late", "quit")
            return kind, after and kind not in CERTAIN

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients are killed, and hang up."""


class Conversation(socketserver.StreamRequestHandler):
    server: Relay
    disable_nagle_algorithm = True
    timeout = 60

    def handle(self) -> None:
        with suppress(Ended, OSError):
            self._say(b"220 relay.example")
            while line := self.rfile.readline():
                self._answer(line.decode("utf-8", "replace").strip())

    def _answer(self, command: str) -> None:
        verb = command.split(" ")[0].upper()
        if verb == "EHLO":
            self._say(b"250-relay.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN")
        elif verb == "AUTH":
            self._say(b"235 welcome")
        elif verb == "RCPT":
            self._recipient = command.partition("<")[2].partition(">")[0]
            self._say(b"250 ok")
        elif verb == "DATA":
            self._say(b"354 go on")
            self._take()
        elif verb == "QUIT":
            self._say(b"421 closing" if getattr(self, "_rude", False) else b"221 bye")
            raise Ended
        else:
            self._say(b"250 ok")

    def _take(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise Ended  # cut off before the final dot: nothing is taken
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        kind, goes = self.server.fault()
        if kind == "late":
            time.sleep(self.server.weather.late)
        if goes:
            self.server.take(self._recipient, b"".join(lines))
        self._finish(kind)

    def _finish(self, kind: str) -> None:
        if kind in ("", "quit"):
            self._rude = bool(kind)
            return self._say(b"250 2.0.0 taken")
        if kind in CERTAIN:
            return self._say(CERTAIN[kind])
        if kind == "hang":
            time.sleep(self.server.weather.hang)
        if kind == "cut":
            self.wfile.write(b"25")
        if kind == "reset":
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        raise Ended

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
