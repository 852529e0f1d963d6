"""The worker that people usually write: poll, draft, send, mark as done. For comparison.

It remembers in SQLite what it has answered, and sends again what raised an error. It reads with
our own code, so that only what it does about sending is compared.

`python -m bench.naive FILE NUMBER OF` answers every OF-th account of a storm.
"""

import json
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from core.clock import system_clock
from core.config import Settings
from core.connections import Credentials
from core.messages import Address
from providers import Account, Registry
from providers.base import BaseProvider

from .storming.hammer import Hammer
from .storming.plain import SENDERS
from .storming.processes import Processes
from .storming.truth import Truth, running_truth
from .storming.weather import Weather

WORKERS = 2
THREADS = 8
POLL_SECONDS = 1.0
QUIET_SECONDS = 45.0
"""When nothing more was sent for so long, nothing more will be."""
ANSWER = "Hello,\n\nthe Alpine Tent 2 costs 199.00 EUR.\n\nYour shop"


class Memory:
    """What was answered, and how far each account was read."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._do("CREATE TABLE IF NOT EXISTS done (mark TEXT PRIMARY KEY)")
        self._do("CREATE TABLE IF NOT EXISTS read (account TEXT PRIMARY KEY, cursor TEXT)")

    def is_done(self, mark: str) -> bool:
        return bool(self._do("SELECT 1 FROM done WHERE mark = ?", mark))

    def mark(self, mark: str) -> None:
        self._do("INSERT OR IGNORE INTO done VALUES (?)", mark)

    def cursor(self, account: str) -> str:
        found = self._do("SELECT cursor FROM read WHERE account = ?", account)
        return str(found[0][0]) if found else ""

    def read(self, account: str, cursor: str) -> None:
        self._do("INSERT OR REPLACE INTO read VALUES (?, ?)", account, cursor)

    def _do(self, statement: str, *values: str) -> list[Any]:
        with closing(sqlite3.connect(self._file, timeout=30)) as connection, connection:
            return connection.execute(statement, values).fetchall()


class Worker:
    """Answers one account, over and over."""

    def __init__(self, account: Account, provider: BaseProvider, memory: Memory) -> None:
        self._account = account
        self._provider = provider
        self._memory = memory
        self._name = f"{provider.name} {account.address.handle}"

    def run(self) -> None:
        while True:
            with suppress(Exception):  # it is written to the log, and tried again
                self._answer_all()
            time.sleep(POLL_SECONDS)

    def _answer_all(self) -> None:
        page = self._provider.fetch_new(self._memory.cursor(self._name))
        failed = False
        for envelope in page.envelopes:
            mark = f"{self._name} {envelope.first('message-id') or envelope.id}"
            if self._memory.is_done(mark):
                continue
            try:
                message = self._provider.fetch(envelope)
                SENDERS[self._provider.name](self._provider, self._account, message, ANSWER)
            except Exception:  # the others go on; this one comes again
                failed = True
            else:
                self._memory.mark(mark)
        if not failed:
            self._memory.read(self._name, page.cursor)


def naive_run(weather: Weather, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """The same storm over plain workers; their figures, and nothing is wrong with them."""
    with running_truth(weather, folder) as truth:
        file, memory = folder / "accounts.json", Memory(folder / "naive.db")
        file.write_text(json.dumps(truth.accounts))
        settings = {**truth.environment(), "ORCHESTRE_HOME": str(folder / "home")}
        _begin(truth, settings, memory)
        processes = Processes(folder / "logs", settings)
        command = [sys.executable, "-m", "bench.naive", str(file)]
        began = time.monotonic()
        processes.start({f"naive-{n}": [*command, str(n), str(WORKERS)] for n in range(WORKERS)})
        truth.ask("begin")
        hammer = Hammer(weather, processes, servers={})
        try:
            settled = _watch(weather, truth, hammer)
        finally:
            processes.stop()
        return _figures(truth, hammer, began, missing="lost" if settled else "unfinished"), []


def main() -> None:
    file, number, of = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    settings, memory = Settings.read(), Memory(file.with_name("naive.db"))
    workers = [
        Worker(*_opened(account, settings), memory)
        for account in json.loads(file.read_text())[number::of]
    ]
    with ThreadPoolExecutor(max(THREADS, len(workers))) as pool:
        for worker in workers:
            pool.submit(worker.run)


def _opened(account: dict[str, Any], settings: Settings) -> tuple[Account, BaseProvider]:
    names = account.keys() & {"password", "access_token", "refresh_token"}
    opened = Account(
        address=Address(handle=account["handle"]),
        credentials=Credentials.model_validate({name: account[name] for name in names}),
        settings=account.get("settings", {}),
        home=settings.home,
        deployment=settings.deployment(),
    )
    return opened, Registry.discover().named(account["provider"])(opened)


def _begin(truth: Truth, environment: dict[str, str], memory: Memory) -> None:
    """Remember where each account stands now: what comes later is to be answered."""
    names = {name.removeprefix("ORCHESTRE_").lower(): v for name, v in environment.items()}
    aliased = {name: v for name, v in environment.items() if not name.startswith("ORCHESTRE_")}
    known = {name: v for name, v in names.items() if name in Settings.model_fields}
    settings, now = Settings.model_validate({**known, **aliased}), system_clock()
    for account in truth.accounts:
        opened, provider = _opened(account, settings)
        provider.identify()
        name = f"{provider.name} {opened.address.handle}"
        memory.read(name, provider.cursor_at(now))
        provider.close()


def _watch(weather: Weather, truth: Truth, hammer: Hammer) -> bool:
    """Whether it came to its end within the limit."""
    sent, moved = 0, time.monotonic()
    until = time.monotonic() + weather.lasts + weather.limit
    while time.monotonic() < until:
        counts = truth.ask("count").values()
        found = sum(one["sent"] for one in counts)
        if found > sent:
            sent, moved = found, time.monotonic()
        hammer.look(sent / max(1, weather.messages))
        finished = all(one["finished"] for one in counts)
        if finished and hammer.is_done and time.monotonic() - moved > QUIET_SECONDS:
            return True
        time.sleep(0.1)
    return False


def _figures(truth: Truth, hammer: Hammer, began: float, *, missing: str) -> dict[str, Any]:
    services = {}
    for name, report in truth.ask("report").items():
        answers, tally = report["answers"].values(), report["tally"]
        services[name] = {
            "messages": len(answers),
            "sent": sum(n > 0 for n in answers),
            "lost": 0,
            "duplicated": sum(n > 1 for n in answers),
            "parked": 0,
            "unfinished": 0,
            "faults": tally.get("faults", 0),
            "answers_lost": tally.get("answers_lost", 0),
            missing: sum(n == 0 for n in answers),
        }
    keys = next(iter(services.values())).keys()
    total = {key: sum(figures[key] for figures in services.values()) for key in keys}
    seconds = round(time.monotonic() - began, 1)
    counts = {"kills": hammer.counts["kills"], "stalls": hammer.counts["stalls"]}
    return {**total, **counts, "seconds": seconds, "services": services}


if __name__ == "__main__":
    main()
