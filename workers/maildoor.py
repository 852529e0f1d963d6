"""The local mail door: takes mail over SMTP from this machine, and delivers it on this machine.

It answers 250 only when the mail is safe in the spool. It listens on the loopback address and
nowhere else, and never sends anything outwards.
"""

import argparse
import asyncio
import fcntl
import logging
import queue
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO
from weakref import WeakSet

from core import local_mail, logs
from core.clock import system_clock
from core.errors import Conflict, OrchestreError, Unavailable
from core.local_mail import Accepted

from .postman import Postman, record
from .signals import heed
from .smtp_session import Conversation, Counter

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
BACKLOG = 256
MAX_HINTS = 10_000
TAKING_THREADS = 12
CARRYING_THREADS = 4
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 60.0
LAST_WORDS_SECONDS = 5.0


class MailDoor:
    """One home's mail door. Once stopped, it stays closed: make another.

    `on_delivery` is told the address after each delivery, in a thread of its own. It is a hint:
    when it is slow some are dropped, and when it raises, that is logged.
    """

    def __init__(self, home: Path, *, port: int, on_delivery: Callable[[str], None]) -> None:
        self.port = port
        """Where it listens; once started, the port that was really taken."""
        self._home = home
        self._hints = Hints(on_delivery)
        self._lock: BinaryIO | None = None
        self._round: _Round | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen, and take up what an earlier door has left in the spool."""
        local_mail.spool(self._home).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _lock(self._home)
        postman = Postman(self._home, on_delivery=self._hints.give)
        try:
            name = local_mail.name_door(self._home)
            left = postman.resume()
            listener = _listen(self.port)
        except BaseException:
            self._lock.close()
            raise
        self.port = listener.getsockname()[1]
        self._round = _Round(postman, door=name)
        self._hints.start()
        self._thread = threading.Thread(
            target=self._round.run, args=(listener, left), name="maildoor", daemon=True
        )
        self._thread.start()
        log.info("maildoor_started", extra={"port": self.port, "left": len(left)})

    def stop(self) -> None:
        """Stop listening. What is not delivered yet stays in the spool for the next door."""
        if self._lock is None or self._round is None or self._thread is None:
            return
        self._round.stop()
        self._thread.join()
        self._hints.stop()
        self._lock.close()
        self._lock = None


class _Round:
    """The work of one open door, in an event loop of its own."""

    def __init__(self, postman: Postman, *, door: str) -> None:
        self._postman = postman
        self._counter = Counter(self._take, door=door)
        self._taking = ThreadPoolExecutor(TAKING_THREADS, "maildoor-taking")
        self._carrying = ThreadPoolExecutor(CARRYING_THREADS, "maildoor-carrying")
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._delivered: asyncio.Queue[Accepted] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: WeakSet[Conversation] = WeakSet()
        self._in_hand = 0
        """How many deliveries and records are being made at this moment."""

    def run(self, listener: socket.socket, left: Sequence[str]) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(listener, left))
        finally:
            self._taking.shutdown()
            self._carrying.shutdown(cancel_futures=True)
            self._loop.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)

    async def _serve(self, listener: socket.socket, left: Sequence[str]) -> None:
        self._begin(self._record_what_is_delivered())
        for id in left:
            self._begin(self._carry(id))
        server = await self._loop.create_server(self._welcome, sock=listener, backlog=BACKLOG)
        await self._over.wait()
        server.close()
        await self._see_off()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _welcome(self) -> Conversation:
        client = Conversation(self._counter, loop=self._loop)
        self._clients.add(client)
        return client

    async def _see_off(self) -> None:
        """Let those who have handed over a mail hear that it was taken; end what was begun."""
        until = time.monotonic() + LAST_WORDS_SECONDS
        await asyncio.sleep(0.01)
        while self._is_busy() and time.monotonic() < until:
            await asyncio.sleep(0.01)
        for client in list(self._clients):
            client.hang_up()
        await asyncio.sleep(0.01)

    def _is_busy(self) -> bool:
        return bool(self._counter.taking or self._in_hand or not self._delivered.empty())

    async def _take(self, sender: str, to: list[str], raw: bytes) -> str:
        return await self._loop.run_in_executor(self._taking, self._keep, sender, to, raw)

    def _keep(self, sender: str, to: list[str], raw: bytes) -> str:
        """Runs to its end even if the client is gone by then: what is kept is also carried."""
        id = f"{time.time_ns()}-{secrets.token_hex(6)}"
        self._postman.accept(record(raw, id=id, sender=sender, to=to, now=system_clock()), raw)
        with suppress(RuntimeError):  # the door closes; the next one takes it up
            self._loop.call_soon_threadsafe(lambda: self._begin(self._carry(id)))
        return id

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, id: str) -> None:
        """Try until everybody has it, ever more rarely."""
        pause = FIRST_PAUSE
        while not await self._try_to_deliver(id):
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _try_to_deliver(self, id: str) -> bool:
        self._in_hand += 1
        try:
            accepted = await self._loop.run_in_executor(self._carrying, self._postman.deliver, id)
            if accepted:
                self._delivered.put_nowait(accepted)
            return accepted is not None
        except FileNotFoundError:
            log.error("spool_file_gone", extra={"mail_id": id})
            return True
        except Exception:  # one mail that cannot be carried must not be forgotten, nor stop others
            log.exception("mail_stuck", extra={"mail_id": id})
            return False
        finally:
            self._in_hand -= 1

    async def _record_what_is_delivered(self) -> None:
        """As many at a time as there are: the disk is asked once for all of them."""
        while True:
            delivered = [await self._delivered.get()]
            while not self._delivered.empty():
                delivered.append(self._delivered.get_nowait())
            while not await self._try_to_record(delivered):
                await asyncio.sleep(FIRST_PAUSE)

    async def _try_to_record(self, delivered: list[Accepted]) -> bool:
        self._in_hand += 1
        try:
            await self._loop.run_in_executor(self._taking, self._postman.finish, delivered)
        except OSError as error:
            log.warning("journal_failed", extra={"errno": error.errno})
            return False
        finally:
            self._in_hand -= 1
        return True


class Hints:
    """Tells somebody of deliveries without ever waiting for them."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._addresses: queue.Queue[str | None] = queue.Queue(MAX_HINTS)
        self._thread = threading.Thread(target=self._run, name="maildoor-hints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def give(self, address: str) -> None:
        with suppress(queue.Full):  # a poll finds the mail all the same, a little later
            self._addresses.put_nowait(address)

    def stop(self) -> None:
        """Forget what is left to tell."""
        with suppress(queue.Empty):
            while True:
                self._addresses.get_nowait()
        self._addresses.put(None)
        self._thread.join(timeout=1)

    def _run(self) -> None:
        for address in iter(self._addresses.get, None):
            try:
                self._tell(address)
            except Exception:  # a stranger's function may raise anything at all
                log.exception("delivery_hint_failed")


def run(home: Path, port: int, on_delivery: Callable[[str], None], port_file: Path | None) -> None:
    """Keep a door open until SIGTERM or SIGINT. `port_file` tells where, once it is open."""
    over = threading.Event()
    heed((signal.SIGTERM, signal.SIGINT), lambda number: over.set())
    if port_file:
        port_file.unlink(missing_ok=True)
    door = MailDoor(home, port=port, on_delivery=on_delivery)
    door.start()
    if port_file:
        local_mail.write_synced(port_file, str(door.port).encode())
    over.wait()
    door.stop()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m workers.maildoor", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder that the mail is kept in")
    parser.add_argument("--port", type=int, default=2525, help="0 takes any free one")
    parser.add_argument("--port-file", type=Path, help="written with the port when it is open")
    options = parser.parse_args(arguments)
    logs.configure()
    try:
        run(options.home, options.port, lambda address: None, options.port_file)
    except OrchestreError as error:
        raise SystemExit(str(error)) from error


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=BACKLOG)
    except OSError as error:
        raise Unavailable(
            f"Port {port} of {HOST} cannot be used: {error.strerror}. "
            "Stop what listens there, or choose another with ORCHESTRE_SMTP_PORT."
        ) from error


def _lock(home: Path) -> BinaryIO:
    """Make this the only door of its home, for as long as the file stays open."""
    file = (local_mail.spool(home) / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Conflict(
            f"Another mail door serves {str(home)!r} already. Stop it, or choose another home."
        ) from error
    return file


if __name__ == "__main__":
    main()
