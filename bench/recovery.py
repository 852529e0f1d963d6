"""How long it takes until work goes on after something has died: `python -m bench.recovery`.

`--what worker` kills the worker of an installation again and again, and measures for every message
that it was at work on when its history goes on. `broker` takes the broker away, lets a thousand
mails come in, brings it back, and waits for their answers. `postgres` kills PostgreSQL and waits
for the next answer. `cursor` makes a mailbox forget its history at random moments. Each prints one
JSON object with its limits; exits 1 when one is broken, or anything was lost or answered twice.
"""

import argparse
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.forgetting import forget_cursors
from bench.slow_writer import slow_writer
from core.events import Event
from core.replies import Reply, Status
from db.base import Store
from db.sql import SqlDatabase
from tests.journeys.deployment import CATALOGUE, Embedded, nothing_left_behind, question
from tests.limits import NO_LIMITS, in_environment
from tests.servers.postgres import running_postgres
from tests.servers.redis import running_broker, valkey_binary

LIMITS = {"worker": 30.0, "broker": 300.0, "postgres": 15.0}
"""Seconds: of the 99th percentile, of the last of a thousand answers, of the next answer."""
ENVIRONMENT = {"ORCHESTRE_SETTLE_SECONDS": "2"} | in_environment(NO_LIMITS)
PATIENCE = 120.0
WRITING_SECONDS = 3.0
"""So long the model takes, so that many messages are being worked on at any moment."""

Figures = dict[str, Any]


class Installation:
    """`orchestre up`, its customers, and its database for looking into."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.deployment = Embedded(home, environment=ENVIRONMENT | environment, options=[])
        self.deployment.start()
        (home / "catalogue.csv").write_text(CATALOGUE)
        self.deployment.run("products", "import", "--replace", str(home / "catalogue.csv"))
        url = environment.get("DATABASE_URL") or f"sqlite:///{home}/orchestre.db"
        self._database = SqlDatabase(url, run=home / "onlooker")
        self.store: Store = self._database.for_workers()
        self.asked: list[str] = []

    def ask(self, count: int) -> None:
        first = len(self.asked)
        numbers = range(first, first + count)
        self.asked += [f"customer{number}@customer.example" for number in numbers]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: self.deployment.send(question(n, self.asked[n])), numbers))

    def answers(self) -> Counter[str]:
        return self.deployment.answered(self.asked)

    def wait(self, ready: Callable[[], bool], *, seconds: float = PATIENCE) -> float:
        """Seconds until it is so."""
        started = time.monotonic()
        while not ready():
            if time.monotonic() - started > seconds:
                raise AssertionError(f"It did not come within {seconds:.0f} s: {self.statuses()}")
            time.sleep(0.1)
        return time.monotonic() - started

    def statuses(self) -> Counter[str]:
        return Counter(reply.status for reply in self.store.find(Reply))

    def at_work(self) -> set[str]:
        """The replies that some process is drafting or sending now."""
        locked = self.home / "run" / "claims"
        drafting = {path.name for path in locked.iterdir()} if locked.exists() else set()
        sending = {reply.id for reply in self.store.find(Reply, status=Status.SENDING)}
        return (drafting | sending) & {reply.id for reply in self.store.find(Reply)}

    def is_settled(self, reply_id: str) -> bool:
        return self.store.get(Reply, reply_id).status is Status.SENT

    def verdict(self) -> Figures:
        """What arrived at the customers, once all is done."""
        answers = self.answers()
        wanted = {f"<question.{number}@customer.example>" for number in range(len(self.asked))}
        return {
            "messages": len(wanted),
            "lost": len(wanted - answers.keys()),
            "duplicated": sum(count - 1 for count in answers.values()),
        }

    def finish(self) -> Figures:
        self.wait(lambda: len(self.answers()) >= len(self.asked))
        time.sleep(5)
        found = self.verdict()
        self._database.close()
        self.deployment.stop()
        return found


@contextmanager
def installation(**environment: str) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="orchestre-recovery-") as name:
        home = Path(name) / "home"
        with nothing_left_behind(home):
            yield Installation(home, **environment)


def worker(samples: int, chance: random.Random) -> Figures:
    """Kill it while it is busy, and watch what it was busy with."""
    delays: list[float] = []
    with (
        slow_writer(WRITING_SECONDS) as url,
        installation(
            ORCHESTRE_LLM="openai",
            OPENAI_API_KEY="sk-none",
            OPENAI_BASE_URL=url,
            ORCHESTRE_WORKER_THREADS="8",
        ) as shop,
    ):
        kills = 0
        while len(delays) < samples:
            shop.ask(10)
            shop.wait(lambda: len(shop.at_work()) >= 4 and "worker" in shop.deployment.pids())
            time.sleep(chance.uniform(0, WRITING_SECONDS))
            struck = shop.at_work()
            shop.deployment.kill("worker")
            died, kills = time.monotonic(), kills + 1
            lengths = {id: _length(shop.store, id) for id in struck if not shop.is_settled(id)}
            while lengths and time.monotonic() - died < PATIENCE:
                time.sleep(0.1)
                for id in [i for i, n in lengths.items() if _length(shop.store, i) > n]:
                    delays.append(time.monotonic() - died)
                    del lengths[id]
            delays += [PATIENCE] * len(lengths)
        found = shop.finish()
    delays.sort()
    return found | {
        "kills": kills,
        "samples": len(delays),
        "median": round(delays[len(delays) // 2], 2),
        "p99": round(delays[min(len(delays) - 1, int(len(delays) * 0.99))], 2),
        "most": round(delays[-1], 2),
        "seconds": round(delays[min(len(delays) - 1, int(len(delays) * 0.99))], 2),
    }


def _length(store: Store, reply_id: str) -> int:
    return len(store.find(Event, reply_id=reply_id))


def broker(messages: int, down: float) -> Figures:
    """Take it away, let mail come in all the while, and bring it back."""
    with running_broker(valkey_binary()) as server, installation(BROKER_URL=server.url) as shop:
        shop.ask(3)
        shop.wait(lambda: len(shop.answers()) >= 3)
        server.kill()
        gone = time.monotonic()
        shop.ask(messages)
        time.sleep(max(0.0, down - (time.monotonic() - gone)))
        away = time.monotonic() - gone
        server.start()
        total = len(shop.asked)
        seconds = shop.wait(lambda: len(shop.answers()) >= total, seconds=2 * LIMITS["broker"])
        return shop.finish() | {"down": round(away), "seconds": round(seconds, 1)}


def postgres(times: int) -> Figures:
    """Kill the server, start it again, and ask at once."""
    waits = []
    with (
        running_postgres() as server,
        server.database() as url,
        installation(DATABASE_URL=url) as shop,
    ):
        shop.ask(3)
        shop.wait(lambda: len(shop.answers()) >= 3)
        for _ in range(times):
            server.kill()
            time.sleep(3)
            server.start()
            started = time.monotonic()
            shop.ask(1)
            total = len(shop.asked)
            shop.wait(lambda total=total: len(shop.answers()) >= total)  # type: ignore[misc]
            waits.append(time.monotonic() - started)
        found = shop.finish()
    return found | {"kills": times, "seconds": round(max(waits), 2)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    parser.add_argument("--what", choices=(*LIMITS, "cursor", "all"), default="all")
    parser.add_argument("--samples", type=int, default=120, help="messages struck by kills")
    parser.add_argument("--messages", type=int, default=1_000, help="while the broker is away")
    parser.add_argument("--down", type=float, default=600.0, help="seconds without a broker")
    parser.add_argument("--times", type=int, default=5, help="kills of PostgreSQL")
    parser.add_argument("--letters", type=int, default=5_000, help="while history is forgotten")
    parser.add_argument("--losses", type=int, default=100, help="how often it is forgotten")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    logging.disable()  # what is done to it is on purpose
    measures: dict[str, Callable[[], Figures]] = {
        "worker": lambda: worker(options.samples, chance),
        "broker": lambda: broker(options.messages, options.down),
        "postgres": lambda: postgres(options.times),
        "cursor": lambda: forget_cursors(options.letters, options.losses, chance),
    }
    found: Figures = {"seed": options.seed, "limits": LIMITS}
    for name in measures if options.what == "all" else (options.what,):
        found[name] = measures[name]()
    broken = [
        f"{name}: {words}"
        for name, figures in found.items()
        if name in measures
        for words in _broken(name, figures)
    ]
    print(json.dumps(found | {"broken": broken}))
    return 1 if broken else 0


def _broken(name: str, figures: Figures) -> Iterator[str]:
    if figures["lost"] or figures["duplicated"]:
        yield f"{figures['lost']} lost, {figures['duplicated']} duplicated"
    if name in LIMITS and figures["seconds"] > LIMITS[name]:
        yield f"{figures['seconds']} s, more than {LIMITS[name]:.0f}"


if __name__ == "__main__":
    sys.exit(main())
