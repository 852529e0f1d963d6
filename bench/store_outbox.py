"""What the store costs to answer a message: `python -m bench.store_outbox`, shorter with --quick.

The real services take messages from coming in to being sent: over SQLite as in production, with
a provider in memory and the composer. Beside them plain `sqlite3` makes the very same writes: it
plays the statements again that a run before has made, in the same transactions. Both in one
process and in four at once, in turns; and some processes are killed in the middle of sending.
Prints one JSON object; exits 1 when a limit is broken.

Ratios are of CPU time: of the commits alone, and with every read of the store. What a poll costs
whether or not there is a message (the lease of its feed, taken and given back) is shown apart.
"""

import argparse
import json
import logging
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.replies import Reply, Status
from db.engines import BUSY_SECONDS

from .apart import alone, at_once
from .lifecycles import OnFile, Shops, open_database, record, url
from .meters import POLLS, READS, Meter, MeteredDatabase, Spent, TapedDatabase, Transaction

LIMITS = {"transactions": 3.0, "commits_of_raw": 3.5}
"""The most that a figure may be."""
QUICK_FACTOR = 1.5
"""How much more a ratio of CPU times may be with --quick."""
WARM_UP = 2
KILLED = {0: "before", 1: "after"}
"""The processes that die, by number, and when: before or after the effect of a send."""

Figures = dict[str, float]


def opened(home: Path, shops: int) -> None:
    database = open_database(home)
    Shops(home, database).open(shops)
    record(home).touch()
    database.close()


def metered(home: Path, number: int, messages: int) -> dict[str, Spent]:
    """What the store spends on these messages, by the moves of their replies."""
    meter = Meter()
    database = MeteredDatabase(url(home), run=home / "run", meter=meter)
    shops = Shops(home, database)
    for _ in range(WARM_UP):
        shops.answer(number)
    meter.spent.clear()
    for _ in range(messages):
        shops.answer(number)
    return meter.spent


def taped(home: Path, number: int, messages: int) -> list[Transaction]:
    """The transactions that these messages take."""
    database = TapedDatabase(url(home), run=home / "run")
    shops = Shops(home, database)
    for _ in range(messages):
        shops.answer(number)
    return database.transactions


def played(home: Path, tape: list[Transaction]) -> float:
    """CPU seconds of plain SQLite for the same, without the transactions of the polls."""
    connections = {durable: _plain(home, durable=durable) for durable in (False, True)}
    spent = 0.0
    for transaction in tape:
        started = time.thread_time()
        _play(connections[transaction.durable], transaction)
        if transaction.move != POLLS:
            spent += time.thread_time() - started
    return spent


def _plain(home: Path, *, durable: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(home / "orchestre.db", timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    return connection


def _play(connection: sqlite3.Connection, transaction: Transaction) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for text, values in transaction.statements:
        if len(values) > 1:
            connection.executemany(text, values)
        else:
            connection.execute(text, values[0]).fetchall()
    connection.execute("COMMIT")


@dataclass
class Race:
    """So many processes at once, each with a shop of its own, beside plain SQLite in as many."""

    folder: Path
    processes: int
    messages: int
    tapes: list[list[Transaction]] = field(default_factory=list)
    rounds: list[Figures] = field(default_factory=list)
    spent: list[dict[str, Spent]] = field(default_factory=list)

    def prepare(self) -> None:
        self._template.mkdir()
        alone(opened, self._template, self.processes)
        home = self._fresh()
        self.tapes = [alone(taped, home, number, self.messages) for number in self._numbers]

    def run(self) -> None:
        """One round of both."""
        home, count = self._fresh(), self.processes * self.messages
        spent = at_once(metered, [(home, number, self.messages) for number in self._numbers])
        home = self._fresh()
        raw = sum(at_once(played, [(home, tape) for tape in self.tapes])) / count
        of_moves = [
            one for each in spent for name, one in each.items() if name not in (READS, POLLS)
        ]
        commits = sum(one.seconds for one in of_moves) / count
        reads = sum(each[READS].seconds for each in spent) / count
        self.spent += spent
        self.rounds.append(
            {
                "transactions": sum(one.transactions for one in of_moves) / count,
                "commits_of_raw": commits / raw,
                "with_reads_of_raw": (commits + reads) / raw,
                "raw_milliseconds": raw * 1_000,
            }
        )

    def figures(self) -> dict[str, Any]:
        median = {
            name: statistics.median(one[name] for one in self.rounds) for name in self.rounds[0]
        }
        ranges = {
            name: [round(pick(one[name] for one in self.rounds), 2) for pick in (min, max)]
            for name in ("commits_of_raw", "with_reads_of_raw")
        }
        raw = median["raw_milliseconds"] / 1_000
        return {
            **{name: round(value, 3) for name, value in median.items()},
            "ranges": ranges,
            "moves": {name: self._move(name, raw) for name in sorted(set().union(*self.spent))},
        }

    def _move(self, name: str, raw: float) -> Figures:
        """What is spent on one kind of move, for a message."""
        count = len(self.spent) * self.messages
        found = [spent.get(name, Spent()) for spent in self.spent]
        return {
            "calls": round(sum(one.calls for one in found) / count, 2),
            "transactions": round(sum(one.transactions for one in found) / count, 2),
            "rows": round(sum(one.rows for one in found) / count, 2),
            "of_raw": round(sum(one.seconds for one in found) / count / raw, 2),
        }

    @property
    def _numbers(self) -> range:
        return range(self.processes)

    @property
    def _template(self) -> Path:
        return self.folder / f"template-{self.processes}"

    def _fresh(self) -> Path:
        home = self.folder / f"home-{self.processes}"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self._template, home)
        return home


def killed(folder: Path, *, shops: int, messages: int) -> Figures:
    """What the provider's record says, after some died in the middle and one took over."""
    home = folder / "killed"
    home.mkdir()
    alone(opened, home, shops)
    ends = at_once(until_killed, [(home, number, messages) for number in range(shops)])
    statuses = alone(settled, home, shops, messages)
    sent = Counter(record(home).read_text().split())
    return {
        "messages": shops * messages,
        "killed": ends.count(None),
        "lost": shops * messages - len(sent),
        "duplicated": sum(count - 1 for count in sent.values()),
        "not_known_as_sent": shops * messages - statuses[Status.SENT],
    }


def until_killed(home: Path, number: int, messages: int) -> bool:
    """Answer messages until half-way, if this process is one of those that die."""
    moments: list[str] = []

    def dies(moment: str) -> bool:
        moments.append(moment)
        return moment == KILLED.get(number) and moments.count(moment) > messages // 2

    OnFile.dies = dies
    shops = Shops(home, open_database(home))
    for _ in range(messages):
        shops.answer(number)
    return True


def settled(home: Path, shops: int, messages: int) -> Counter[Status]:
    """Where all replies are, after another process has taken up what was left behind."""
    survivor = Shops(home, open_database(home))
    for number in range(shops):
        for _ in range(messages):
            survivor.receive(number)
    survivor.settle()
    return Counter(reply.status for reply in survivor.store.find(Reply))


def broken_limits(found: dict[str, Any], limits: Figures) -> list[str]:
    broken = [
        f"{name} in {processes} is {figures[name]}, more than {most}"
        for processes, figures in found["processes"].items()
        for name, most in limits.items()
        if figures[name] > most
    ]
    faults = ("lost", "duplicated", "not_known_as_sent")
    return broken + [f"{found['killed'][name]} {name}" for name in faults if found["killed"][name]]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.store_outbox", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer messages and fewer rounds")
    quick = options.parse_args().quick
    logging.disable()  # what is done to it is on purpose
    limits = dict(LIMITS)
    if quick:
        limits["commits_of_raw"] *= QUICK_FACTOR
    with tempfile.TemporaryDirectory(prefix="store-outbox-") as name:
        races = [Race(Path(name), count, messages=10 if quick else 40) for count in (1, 4)]
        for race in races:
            race.prepare()
        for _ in range(2 if quick else 7):
            for race in races:
                race.run()
        found = {
            "processes": {str(race.processes): race.figures() for race in races},
            "killed": killed(Path(name), shops=4, messages=6 if quick else 20),
        }
    broken = broken_limits(found, limits)
    print(json.dumps({**found, "limits": limits, "broken": broken}, indent=2))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
