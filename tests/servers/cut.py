"""A line to a server that breaks after so many bytes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Line:
    """Passes everything on until `left` bytes have come back from the server, then breaks."""

    def __init__(self, port: int, *, left: int) -> None:
        self.left = left
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._start(self._pass, near, far)
                self._start(self._give_back, far, near)

    def _pass(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while received := near.recv(65536):
                far.sendall(received)
        _hang_up(far)

    def _give_back(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError), far, near:
            while self.left > 0 and (received := far.recv(min(65536, self.left))):
                self.left -= len(received)
                near.sendall(received)
            _hang_up(near)
            _hang_up(far)

    def _start(self, target: object, *arguments: socket.socket) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_that_breaks(port: int, *, after: int) -> Iterator[Line]:
    """A loopback port that leads to `port`, for the first `after` bytes of its answers."""
    line = Line(port, left=after)
    try:
        yield line
    finally:
        line.close()
