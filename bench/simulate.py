"""Thousands of messages in bad weather, each run decided by one seed.

`python -m bench.simulate --lives 100000` prints one JSON object: what was lost, left twice, was
parked or never finished, and how much went wrong on the way. A town of 25 messages is one run; a
run that went wrong is named by its seed, and comes again with `--seed SEED --lives 25`.

Tasks change places only at failpoints, calls to the service and idle moments: whatever two of
them can do to each other between two such places is not seen here.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from core.replies import Reply, Status
from db.memory import MemoryDatabase
from tests.simulators import verdict
from tests.simulators.mailboxes import KINDS, PROVING, Kind
from tests.simulators.shop import Shop

from .simulation import Town, in_weather, make_shop
from .townsfolk import WRITING_SECONDS, Customers, Owner
from .weather import STORM, Weather

TOWN = 25
"""Messages in one run."""
BAD_WEATHER = WRITING_SECONDS + 900.0
LIMIT = BAD_WEATHER + 6 * 3600.0
SHOWN = 20


class Outcome(NamedTuple):
    seed: int
    figures: Counter[str]
    wrong: list[str]


def simulate(seed: int, lives: int, weather: Weather) -> Outcome:
    """One town, from the first letter until everything has come to its end."""
    kind = KINDS[seed % len(KINDS)]
    shop, database, kept = _shop(kind)
    database.records, database.used = dict(kept.records), dict(kept.used)
    town = Town(shop, database, seed, weather)
    customers, owner = Customers(town, kind, lives), Owner(town, shop.by)
    with in_weather(town):
        town.hub.spawn(customers.write)
        town.hub.spawn(owner.live, after=60)
        town.hub.spawn(lambda: _referee(town, customers, owner))
        for _ in range(2):
            town.employ()
        town.hub.run(done=lambda: town.over, until=LIMIT)
        town.over = True
        town.hub.clear()
    return _outcome(town, owner, kind, lives)


def _referee(town: Town, customers: Customers, owner: Owner) -> None:
    """Let the weather clear once everybody has written, and see when it is over."""
    while not town.over:
        town.hub.sleep(30)
        if customers.finished and town.hub.now > BAD_WEATHER and not town.calm:
            town.calm = True
            owner.set_right()
        town.over = town.calm and town.is_quiet()


def _outcome(town: Town, owner: Owner, kind: type[Kind], lives: int) -> Outcome:
    store, mailbox = town.database.for_workers(), town.mailbox
    replies = store.find(Reply)
    of = town.shop.connection.id
    lost = set(verdict.lost(replies, mailbox, connection_id=of)) - owner.excused
    twice = verdict.duplicated(mailbox.effects)
    doubts = [reply for reply in replies if reply.status is Status.UNCERTAIN]
    parked = [reply for reply in replies if reply.is_parked()]
    unfinished = [reply for reply in replies if not verdict.is_settled(reply)]
    wrong = [f"lost {id}" for id in lost] + [f"left twice: {key}" for key in twice]
    wrong += [f"unfinished: {reply.id} is {reply.status}" for reply in unfinished]
    wrong += owner.complaints
    wrong += verdict.contradictions(store, mailbox, vouched=frozenset(owner.vouched))
    wrong += verdict.misspent(replies, town.database.used)
    if kind.name in PROVING:
        wrong += [f"a person is asked about {reply.id}: {reply.reason}" for reply in doubts]
    figures = Counter(
        lives=lives,
        answered=len(mailbox.effects),
        lost=len(lost),
        duplicated=len(twice),
        parked=len(parked),
        unfinished=len(unfinished),
        crashes=town.counts.crashes,
        stalls=town.counts.stalls,
        faults=town.counts.faults,
        wrong=len(wrong),
    )
    return Outcome(town.seed, figures, wrong)


@cache
def _shop(kind: type[Kind]) -> tuple[Shop, MemoryDatabase, MemoryDatabase]:
    """A shop to begin with, and a copy of its store as it was when it opened."""
    shop, database = make_shop(kind.name, Path(tempfile.mkdtemp(prefix="orchestre-town-")))
    kept = MemoryDatabase()
    kept.records, kept.used = dict(database.records), dict(database.used)
    return shop, database, kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.simulate", description=__doc__)
    parser.add_argument("--lives", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--storm", action="store_true")
    parser.add_argument("--clock-jumps", type=float, default=0.0)
    parser.add_argument("--latest", type=float, default=Weather.latest)
    options = parser.parse_args()
    usual = STORM if options.storm else Weather()
    weather = replace(usual, clock_jumps=options.clock_jumps, latest=options.latest)
    started = time.perf_counter()
    seeds = range(options.seed, options.seed + -(-options.lives // TOWN))
    total: Counter[str] = Counter()
    shown = 0
    with ProcessPoolExecutor(options.processes) as pool:
        for outcome in pool.map(
            simulate, seeds, [TOWN] * len(seeds), [weather] * len(seeds), chunksize=8
        ):
            total.update(outcome.figures)
            for said in outcome.wrong if shown < SHOWN else ():
                print(f"seed {outcome.seed} ({KINDS[outcome.seed % len(KINDS)].name}): {said}")
                shown += 1
    seconds = time.perf_counter() - started
    names = ("lives", "lost", "duplicated", "parked", "unfinished", "wrong", "answered")
    figures = {name: total[name] for name in (*names, "crashes", "stalls", "faults")}
    speed = {"seconds": round(seconds, 1), "lives_per_second": round(total["lives"] / seconds, 1)}
    print(json.dumps(figures | speed | {"seed": options.seed}))
    return 1 if total["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
