"""What waits for somebody else keeps nobody else waiting."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from math import inf

import httpx2
import pytest
import uvicorn

from apis.app import ELSEWHERE, create_app
from core.bots import Mode
from core.connections import Connection
from core.messages import Address
from db.sql import SqlDatabase
from providers.plugins.dummy import MAILBOXES
from services.bootstrap import Orchestre
from services.llm import Completion, Prompt
from services.messages import Messages, Read
from tests.apis.conftest import Headers
from tests.conftest import FrozenClock, World
from tests.journeys.deployment import wait_for
from workers.runner import Runner

BOTS = 20
THINKING_SECONDS = 3.0
LIMIT_SECONDS = 0.1
THREADS = 40
"""That a server has for all routes together (AnyIO's default limiter)."""


class SlowModel:
    """Takes its time, and counts who waits for it."""

    def __init__(self) -> None:
        self.waiting = 0
        self._lock = threading.Lock()

    def complete(self, prompt: Prompt, *, deadline: float) -> Completion:
        with self._lock:
            self.waiting += 1
        time.sleep(THINKING_SECONDS)
        with self._lock:
            self.waiting -= 1
        return Completion(text="It costs 199.00 EUR.", model="slow")


@contextmanager
def served(app: Orchestre) -> Iterator[str]:
    """The real server, at this address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(create_app(app), log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def p99(url: str, *, during: Callable[[], object], most: int = 200) -> float:
    """Seconds within which 99 of 100 calls are answered, `inf` when there was time for none."""
    taken: list[float] = [inf]
    with httpx2.Client(timeout=30) as client:
        client.get(url)
        while during() and len(taken) <= most:
            begun = time.perf_counter()
            assert client.get(url).status_code == 200
            taken.append(time.perf_counter() - begun)
    return sorted(taken)[(len(taken) - 1) * 99 // 100]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_health_is_told_at_once_while_bots_wait_for_a_slow_model(
    database: SqlDatabase, clock: FrozenClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    MAILBOXES.clear()
    model = SlowModel()
    world = World(database, clock, tmp_path_factory.mktemp("home"), llm=model)
    for number in range(BOTS):
        account = world.link(Address(handle=f"shop{number}@shop.example"))
        world.app.bots.start(account.id, by=world.by, mode=Mode.AUTO)
        MAILBOXES[account.account.handle].receive(
            "How much is the Alpine Tent 2?",
            sender=f"Bob <bob{number}@customer.example>",
            received_at=clock.now,
        )
    stopped = threading.Event()
    runner = threading.Thread(target=Runner(world.app, threads=BOTS + 1).run, args=(stopped,))
    with served(world.app) as url:
        quiet = p99(f"{url}/health", during=lambda: True)
        runner.start()
        wait_for("all bots", lambda: model.waiting == BOTS, seconds=20, every=0.01)

        # Other tests share this machine: what it can do counts, and not what it was kept from.
        busy = min(p99(f"{url}/health", during=lambda: model.waiting, most=60) for _ in range(3))

        assert busy < max(LIMIT_SECONDS, 5 * quiet)
        stopped.set()
        runner.join()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_requests_that_wait_for_a_mail_server_leave_threads_to_the_others(
    world: World, alice: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting, answered = threading.Semaphore(0), threading.Event()

    def newest(self: Messages, connection: Connection) -> Read:
        waiting.release()
        answered.wait(60)
        return Read(messages=())

    monkeypatch.setattr(Messages, "newest", newest)
    account = {"provider_name": "dummy", "identifier_name": "alice@shop.example"}
    with served(world.app) as url, ThreadPoolExecutor(2 * THREADS) as callers:

        def ask() -> int:
            last = f"{url}/messages/get_last_message"
            return httpx2.get(last, params=account, headers=alice, timeout=60).status_code

        asked = [callers.submit(ask) for _ in range(THREADS + 10)]
        for _ in range(ELSEWHERE):
            assert waiting.acquire(timeout=20)

        for path in ("/healthz", "/health", "/users/me"):
            assert httpx2.get(f"{url}{path}", headers=alice, timeout=5).status_code == 200

        answered.set()
        assert {one.result() for one in asked} == {404}
