"""Services that answer as fast as Python can, each in a process of its own: what is measured is
the caller, and nothing of theirs counts as its work."""

import asyncio
import multiprocessing
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import ClassVar, NamedTuple

from tests.simulators.service import Authority

PATIENCE = 30.0
COUNTS = "counts"


class Seen(NamedTuple):
    """What a stub has seen since it was started."""

    handshakes: int
    requests: Counter[str]
    """By what was asked."""


class Talk(asyncio.Protocol):
    """One connection. A subclass finds the requests in what has come, and their answers."""

    latency: ClassVar[float] = 0.0
    handshakes: ClassVar[int] = 0
    requests: ClassVar[Counter[str]] = Counter()
    greeting: ClassVar[bytes] = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._unread = b""
        Talk.handshakes += 1
        transport.write(self.greeting)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while found := self.take(self._unread):
            name, answer, self._unread = found
            Talk.requests[name] += 1
            if self.latency:
                asyncio.get_running_loop().call_later(self.latency, self._write, answer)
            else:
                self._write(answer)

    def take(self, unread: bytes) -> tuple[str, bytes, bytes] | None:
        """What is asked first, the answer, and what comes behind; `None` while it is not whole."""
        raise NotImplementedError

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


class Stub:
    """A running service, as those see it who ask it nothing."""

    def __init__(self, pipe: Connection, port: int) -> None:
        self.port = port
        self._pipe = pipe

    def seen(self) -> Seen:
        return Seen(*self._ask(COUNTS))

    def wait(self, seconds: float) -> None:
        """Let every answer take so long from now on."""
        self._ask(seconds)

    def _ask(self, question: object) -> tuple[int, Counter[str]]:
        self._pipe.send(question)
        assert self._pipe.poll(PATIENCE), "the stub does not answer"
        handshakes, requests = self._pipe.recv()
        return handshakes, requests


@contextmanager
def running(talk: type[Talk], authority: Authority) -> Iterator[Stub]:
    apart = multiprocessing.get_context("fork")
    here, there = apart.Pipe()
    process = apart.Process(
        target=_serve, args=(talk, authority.server_context(), there), daemon=True
    )
    process.start()
    there.close()
    try:
        assert here.poll(PATIENCE), "the stub does not start"
        yield Stub(here, here.recv())
    finally:
        process.kill()
        process.join()
        here.close()


def _serve(talk: type[Talk], context: ssl.SSLContext, pipe: Connection) -> None:
    asyncio.run(_listen(talk, context, pipe))


async def _listen(talk: type[Talk], context: ssl.SSLContext, pipe: Connection) -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(talk, "127.0.0.1", ssl=context, backlog=4096)
    pipe.send(server.sockets[0].getsockname()[1])

    def tell() -> None:
        try:
            question = pipe.recv()
        except EOFError:
            return over.set()
        if question != COUNTS:
            Talk.latency = question
        return pipe.send((Talk.handshakes, Talk.requests))

    loop.add_reader(pipe.fileno(), tell)
    await over.wait()


def cpu(work: Callable[[], int]) -> float:
    """CPU seconds of this process for one of what `work` says to have done."""
    started = time.process_time()
    done = work()
    return (time.process_time() - started) / done
