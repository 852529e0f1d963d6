"""What it costs to see that nothing is new: `python -m bench.poll_gmail`, shorter with --quick.

2,000 linked Gmail mailboxes, a stub of the API over TLS in a process of its own, and five ways to
ask it for history: asyncio with nothing around it (the floor), google-api-python-client with a
`build()` for each poll, the same with everything kept, our provider as it is borrowed, and the
whole poll with its claim and its commits. Prints one line of JSON; exits 1 when a limit is broken.

Figures are CPU time of this process for a poll, of alternatives that took turns in one run: ratios
of their medians, with the least and the most of the rounds, where the API answers at once and
where it takes 50 ms. The limit beside `build()` is judged where it answers at once: to wait and to
be woken costs every way the same. Handshakes and requests are the stub's own count; TLS contexts
are counted where they are made. The memory is that of a worker's process apart, after polling all
twice, 128 at a time.
"""

import argparse
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from googleapiclient import discovery  # type: ignore[import-untyped]  # it brings no types
from pydantic import SecretStr

from core.config import Settings
from core.connections import Credentials
from providers import Registry
from tests.simulators.service import Authority

from .gmail_stub import HISTORY, GmailTalk
from .linked import Mailboxes, Opens
from .polls import Floor, Google, Poll, Provider, Threads, whole
from .stubs import Stub, cpu, running

FLOOR, BUILD, KEPT, PROVIDER, WHOLE = "floor", "build_each", "kept_service", "provider", "whole"
OURS = (PROVIDER, WHOLE)
LATENCIES = {"at_once": 0.0, "after_50_ms": 0.05}
LIMITS = {"of_floor": 8.0, "of_build_each": 0.05, "memory_mb": 300.0}
"""The most that a figure may be."""
EXACT = {"handshakes": 0, "contexts": 0, "builds": 0, "history_lists_a_poll": 1, "other_calls": 0}
"""What is counted of our own polls, and must be so."""
QUICK_FACTOR = 1.5
"""How much more a ratio may be with --quick, where there is less to take the median of."""


@dataclass(frozen=True)
class Plan:
    mailboxes: int
    rounds: int
    polls: dict[str, dict[str, int]]
    """In a round, by latency and way."""


FULL = Plan(
    mailboxes=2_000,
    rounds=5,
    polls={
        "at_once": {FLOOR: 1_000, BUILD: 16, KEPT: 150, PROVIDER: 1_000, WHOLE: 300},
        "after_50_ms": {FLOOR: 120, BUILD: 16, KEPT: 40, PROVIDER: 120, WHOLE: 80},
    },
)
QUICK = Plan(
    mailboxes=100,
    rounds=4,
    polls={
        "at_once": {FLOOR: 200, BUILD: 8, KEPT: 40, PROVIDER: 200, WHOLE: 50},
        "after_50_ms": {FLOOR: 16, BUILD: 8, PROVIDER: 16, WHOLE: 8},
    },
)


class Made:
    """What has been made in this process that should be made once."""

    contexts = 0
    builds = 0

    @classmethod
    @contextmanager
    def counted(cls) -> Iterator[type["Made"]]:
        context, build = ssl.SSLContext.__new__, discovery.build_from_document

        def new_context(kind: Any, *arguments: Any, **options: Any) -> Any:
            cls.contexts += 1
            return context(kind, *arguments, **options)

        def new_build(*arguments: Any, **options: Any) -> Any:
            cls.builds += 1
            return build(*arguments, **options)

        ssl.SSLContext.__new__ = new_context  # type: ignore[assignment,method-assign]  # to count
        discovery.build_from_document = new_build
        try:
            yield cls
        finally:
            ssl.SSLContext.__new__ = context  # type: ignore[method-assign]  # as it was
            discovery.build_from_document = build


class Bench:
    def __init__(self, stub: Stub, mailboxes: Mailboxes, ways: dict[str, Poll]) -> None:
        self._stub = stub
        self._mailboxes = mailboxes
        self._ways = ways
        self.costs: dict[str, dict[str, list[float]]] = {}
        self.counts = dict.fromkeys(("polls", "whole_polls", "commits", *EXACT), 0)

    def run(self, plan: Plan) -> None:
        for latency, polls in plan.polls.items():
            self._stub.wait(LATENCIES[latency])
            self._mailboxes.spread()
            self.costs[latency] = {way: [] for way in polls}
            for _ in range(plan.rounds):
                for way, count in polls.items():
                    measure = self._counted if way in OURS else self._measured
                    self.costs[latency][way].append(measure(way, count))

    def _measured(self, way: str, count: int) -> float:
        return cpu(lambda: self._ways[way](count))

    def _counted(self, way: str, count: int) -> float:
        """The same, with what came of it where it was not to be seen."""
        before, made, builds = self._stub.seen(), Made.contexts, Made.builds
        commits, done = self._mailboxes.commits(), 0

        def poll() -> int:
            nonlocal done
            done = self._ways[way](count)
            return done

        cost = cpu(poll)
        after = self._stub.seen()
        calls = after.requests - before.requests
        self.counts["polls"] += done
        self.counts["handshakes"] += after.handshakes - before.handshakes
        self.counts["contexts"] += Made.contexts - made
        self.counts["builds"] += Made.builds - builds
        self.counts["history_lists_a_poll"] += calls.pop(HISTORY)
        self.counts["other_calls"] += calls.total()
        if way == WHOLE:
            self.counts["whole_polls"] += done
            self.counts["commits"] += self._mailboxes.commits() - commits - 1
        return cost


def measure(plan: Plan, home: Path) -> dict[str, Any]:
    authority = Authority(home)
    with Made.counted(), running(GmailTalk, authority) as stub:
        before = Made.contexts
        settings = _settings(home, stub, authority)
        mailboxes = Mailboxes(Settings.model_validate(settings), Registry.discover())
        mailboxes.link("gmail", plan.mailboxes, _account)
        contexts = Made.contexts - before
        memory = _memory(settings)
        threads = Threads()
        poll = whole(mailboxes)
        for _ in range(2):  # the first notes how far history goes, having listed what there is
            poll(plan.mailboxes)
        floor = Floor(stub.port, authority.bundle)
        google = Google(f"https://localhost:{stub.port}", authority.bundle, threads)
        provider = Provider(mailboxes, threads)
        ways: dict[str, Poll] = {
            FLOOR: floor,
            BUILD: google.build_each,
            KEPT: google.kept,
            PROVIDER: provider,
            WHOLE: poll,
        }
        for way in (FLOOR, KEPT, PROVIDER):
            ways[way](64)
        bench = Bench(stub, mailboxes, ways)
        bench.run(plan)
        floor.close()
        threads.close()
        mailboxes.close()
    return {**figures(bench), "contexts_of_the_process": contexts, "memory": memory}


def _settings(home: Path, stub: Stub, authority: Authority) -> dict[str, Any]:
    url = f"https://localhost:{stub.port}"
    return {
        "home": home,
        "gmail_api_url": url,
        "google_token_url": f"{url}/token",
        "ca_bundle": authority.bundle,
        "GOOGLE_CLIENT_ID": "a client",
        "GOOGLE_CLIENT_SECRET": "its secret",
    }


def _account(number: int) -> Opens:
    return Opens(Credentials(refresh_token=SecretStr(f"1//{number:060}")), {})


def _memory(settings: dict[str, Any]) -> dict[str, float]:
    """Of a worker that has all mailboxes to itself."""
    named = {
        name if name.isupper() else f"ORCHESTRE_{name.upper()}": str(value)
        for name, value in settings.items()
    }
    command = [sys.executable, "-m", "bench.worker_memory"]
    run = subprocess.run(command, env={**os.environ, **named}, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(run.stdout))


def figures(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for latency, costs in bench.costs.items():
        median = {way: statistics.median(rounds) for way, rounds in costs.items()}
        found[latency] = {
            **{f"{way}_of_floor": round(median[way] / median[FLOOR], 2) for way in median},
            **{f"{way}_of_build_each": round(median[way] / median[BUILD], 4) for way in OURS},
            "microseconds_of_cpu": {way: _summary(rounds) for way, rounds in costs.items()},
        }
    counts: dict[str, float] = {**bench.counts}
    counts["history_lists_a_poll"] /= counts.pop("polls")
    commits = counts.pop("commits") / counts.pop("whole_polls")
    return {"polls": found, "counted": counts, "commits_a_whole_poll": round(commits, 3)}


def _summary(costs: list[float]) -> dict[str, int]:
    found = {"median": statistics.median(costs), "min": min(costs), "max": max(costs)}
    return {name: round(cost * 1_000_000) for name, cost in found.items()}


def broken_limits(found: dict[str, Any], limits: dict[str, float]) -> list[str]:
    judged = {
        f"of_floor {latency}": (ratios[f"{PROVIDER}_of_floor"], limits["of_floor"])
        for latency, ratios in found["polls"].items()
    }
    at_once = found["polls"]["at_once"][f"{PROVIDER}_of_build_each"]
    judged["of_build_each at_once"] = (at_once, limits["of_build_each"])
    judged["memory_mb"] = (found["memory"]["private_mb"], limits["memory_mb"])
    broken = [
        f"{name} is {is_}, more than {most}" for name, (is_, most) in judged.items() if is_ > most
    ]
    return broken + [
        f"{name} is {found['counted'][name]}, not {exact}"
        for name, exact in EXACT.items()
        if found["counted"][name] != exact
    ]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.poll_gmail", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer mailboxes and fewer rounds")
    quick = options.parse_args().quick
    limits = dict(LIMITS)
    if quick:
        limits |= {name: limits[name] * QUICK_FACTOR for name in ("of_floor", "of_build_each")}
    with tempfile.TemporaryDirectory(prefix="poll-gmail-") as home:
        found = measure(QUICK if quick else FULL, Path(home))
    broken = broken_limits(found, limits)
    print(json.dumps({**found, "limits": limits, "broken": broken}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
