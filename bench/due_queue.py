"""What it costs to know whose turn it is: `python -m bench.due_queue`, shorter with --quick.

The dispatcher (`Inbox.claim_due` over SQLite, and a message for a batch of polls) beside Celery
beat and celery-redbeat with an entry for each bot, all publishing to one Redis. Every bot is due
once a minute. Prints one JSON object; exits 1 when a limit is broken.

Figures are CPU time of this process and of Redis together for a due poll, of alternatives that
took turns in one run: ratios of their medians, with the least and the most of the rounds. Of beat
and of redbeat a sample is measured: in a round so many entries are due, and what sending one of
them costs is taken for all. What would make them look worse is left out: beat's ticks that send
nothing and its writing of the schedule file, redbeat's lock. The lag is from being due to being
published, by a clock that moves by a tick and by the CPU time that the tick took.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from tests.servers.redis import redis_binary, running_broker
from workers.app import DISPATCH_SECONDS

from .schedules import Dispatcher, Make, Schedule, beat, dispatcher, redbeat

ORCHESTRE, BEAT, REDBEAT = "orchestre", "beat", "redbeat"
MAKERS: dict[str, Make] = {ORCHESTRE: dispatcher, BEAT: beat, REDBEAT: redbeat}
JUDGED = 10_000
"""Bots, in the ratios that have a limit."""
LIMITS = {
    "of_beat": 0.01,
    "of_redbeat": 0.1,
    "growth": 1.2,
    "lag_p99_seconds": DISPATCH_SECONDS + 0.5,
}
"""The most that a figure may be."""
QUICK_FACTOR = 1.5
"""How much more it may be with --quick, where there is less to take the median of."""

Which = tuple[str, int]
Costs = dict[Which, list[float]]


@dataclass(frozen=True)
class Plan:
    rounds: int
    steps: dict[Which, int]
    """In a round, of each that is measured, by its name and its number of bots."""


FULL = Plan(
    rounds=8,
    steps={
        **{(ORCHESTRE, bots): 15 for bots in (1_000, 10_000, 50_000)},
        **{(BEAT, 1_000): 60, (BEAT, 10_000): 15, (BEAT, 50_000): 4},
        **{(REDBEAT, 1_000): 4, (REDBEAT, 10_000): 1, (REDBEAT, 50_000): 1},
    },
)
QUICK = Plan(
    rounds=4,
    steps={
        **{(ORCHESTRE, bots): 10 for bots in (1_000, 10_000)},
        **{(BEAT, 1_000): 20, (BEAT, 10_000): 6, (REDBEAT, 10_000): 1},
    },
)


@contextmanager
def prepared(plan: Plan, url: str) -> Iterator[dict[Which, Schedule]]:
    with ExitStack() as stack:
        made = {}
        for (name, bots), steps in plan.steps.items():
            folder = tempfile.TemporaryDirectory(prefix="due-queue-")
            place = Path(stack.enter_context(folder))
            most = steps * plan.rounds
            made[name, bots] = stack.enter_context(MAKERS[name](bots, most, url, place))
        yield made


def measure(plan: Plan) -> tuple[Costs, dict[int, list[float]]]:
    """CPU seconds of a due poll in each round; and the lags of the dispatcher."""
    with (
        running_broker(redis_binary()) as broker,
        redis.Redis(port=broker.port) as client,
        prepared(plan, broker.url) as schedules,
    ):
        costs: Costs = {which: [] for which in schedules}
        for _ in range(plan.rounds):
            for which, schedule in schedules.items():
                costs[which].append(cost(schedule, client, steps=plan.steps[which]))
            client.delete("orchestre")
        lags = {
            bots: schedule.lags
            for (_, bots), schedule in schedules.items()
            if isinstance(schedule, Dispatcher)
        }
    return costs, lags


def cost(schedule: Schedule, client: Any, *, steps: int) -> float:
    polls, spent = 0, 0.0
    for _ in range(steps):
        before = _cpu(client)
        polls += schedule.step()
        spent += _cpu(client) - before
        schedule.rest()
    return spent / polls


def _cpu(client: Any) -> float:
    server = client.info("cpu")
    return float(time.process_time() + server["used_cpu_user"] + server["used_cpu_sys"])


def figures(costs: Costs, lags: dict[int, list[float]]) -> dict[str, Any]:
    median = {which: statistics.median(found) for which, found in costs.items()}
    sizes: dict[str, Any] = {}
    for bots, late in lags.items():
        here = [name for name in MAKERS if (name, bots) in costs]
        ratios = {name: median[ORCHESTRE, bots] / median[name, bots] for name in here}
        sizes[str(bots)] = {
            **{f"of_{name}": round(ratios[name], 5) for name in here if name != ORCHESTRE},
            "lag_p99_seconds": round(statistics.quantiles(late, n=100)[-1], 3),
            "cpu_seconds_of_1000_polls": {name: _summary(costs[name, bots]) for name in here},
        }
    *_, smaller, largest = sorted(lags)
    growth = median[ORCHESTRE, largest] / median[ORCHESTRE, smaller]
    return {"bots": sizes, "growth": round(growth, 3), "growth_between": [smaller, largest]}


def _summary(costs: list[float]) -> dict[str, float]:
    found = {"median": statistics.median(costs), "min": min(costs), "max": max(costs)}
    return {name: round(cost * 1_000, 4) for name, cost in found.items()}


def broken_limits(found: dict[str, Any], limits: dict[str, float]) -> list[str]:
    judged = {**found["bots"][str(JUDGED)], "growth": found["growth"]}
    return [
        f"{name} is {judged[name]}, more than {most}"
        for name, most in limits.items()
        if judged[name] > most
    ]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.due_queue", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer bots and fewer rounds")
    quick = options.parse_args().quick
    limits = {name: most * (QUICK_FACTOR if quick else 1) for name, most in LIMITS.items()}
    found = figures(*measure(QUICK if quick else FULL))
    broken = broken_limits(found, limits)
    print(json.dumps({**found, "limits": limits, "broken": broken}, indent=2))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
