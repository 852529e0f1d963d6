"""What it costs to see that nothing is new, over IMAP: `python -m bench.poll_imap`, or --quick.

A stub server over TLS in a process of its own, and three ways to ask it how far a folder's numbers
have come: our provider as it is borrowed for a poll, `imaplib` with connections that are kept, and
`imaplib` with a connection for each poll. Then a process apart keeps more accounts open than it may
open files for. Prints one line of JSON; exits 1 when a limit is broken.

Figures are CPU time of this process for a poll, of alternatives that took turns in one run: ratios
of their medians, with the least and the most of the rounds. All share one TLS context; handshakes
and commands are the stub's own count.
"""

import argparse
import imaplib
import itertools
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from pydantic import SecretStr

from core.connections import Credentials
from core.messages import Address
from providers import Account, Registry
from providers.imap import Place
from providers.plugins.imap import ImapProvider
from providers.tls import trusting
from tests.simulators.service import Authority

from .apart import alone
from .imap_stub import ImapTalk
from .stubs import Stub, cpu, running

PROVIDER, KEPT, RECONNECT = "provider", "kept_status", "reconnect"
LIMITS = {"of_kept_status": 2.0, "of_reconnect": 1 / 15, "memory_mb": 300.0}
"""The most that a figure may be."""
EXACT = {"handshakes": 0, "commands_a_poll": 1}
QUICK_FACTOR = 1.5
ITEMS = "(UIDVALIDITY UIDNEXT)"
CURSOR = Place(validity=1204, uid=88124, seen=datetime(2026, 11, 21, tzinfo=UTC)).model_dump_json()


@dataclass(frozen=True)
class Plan:
    mailboxes: int
    rounds: int
    polls: dict[str, int]
    """In a round, by way."""
    held: int
    """Accounts of the process apart."""


FULL = Plan(300, 15, {PROVIDER: 300, KEPT: 300, RECONNECT: 16}, held=2_000)
QUICK = Plan(50, 9, {PROVIDER: 150, KEPT: 150, RECONNECT: 6}, held=100)
FEW_FILES = 200


class Bench:
    def __init__(self, stub: Stub, authority: Path, mailboxes: int) -> None:
        self._port = stub.port
        self._context = trusting(str(authority))
        self._registry = Registry([ImapProvider])
        self._accounts = [account(stub.port, authority, number) for number in range(mailboxes)]
        self._turns = itertools.cycle(range(mailboxes))
        self._lines = itertools.cycle([self._sign_in() for _ in range(mailboxes)])
        self.ways = {
            PROVIDER: self._poll,
            KEPT: lambda: _status(next(self._lines)),
            RECONNECT: self._reconnect,
        }

    def run(self, way: str, count: int) -> int:
        poll = self.ways[way]
        for _ in range(count):
            poll()
        return count

    def close(self) -> None:
        self._registry.close()
        for line in itertools.islice(self._lines, len(self._accounts)):
            line.logout()

    def _poll(self) -> None:
        number = next(self._turns)
        with self._registry.borrow("imap", self._accounts[number], key=str(number)) as provider:
            assert not provider.fetch_new(CURSOR).envelopes

    def _reconnect(self) -> None:
        line = self._sign_in()
        _status(line)
        line.logout()

    def _sign_in(self) -> imaplib.IMAP4_SSL:
        line = imaplib.IMAP4_SSL("localhost", self._port, ssl_context=self._context)
        line.authenticate("PLAIN", lambda _: b"\0alice\0secret")
        return line


def account(port: int, authority: Path, number: int) -> Account:
    return Account(
        address=Address(handle=f"box{number}@shop.example"),
        credentials=Credentials(password=SecretStr("secret")),
        settings={
            "host": "localhost",
            "port": port,
            "relay_host": "localhost",
            "ca_file": str(authority),
        },
    )


def _status(line: imaplib.IMAP4_SSL) -> None:
    answer, _ = line.status("INBOX", ITEMS)
    assert answer == "OK"


@contextmanager
def files(most: int) -> Iterator[None]:
    """As if the operating system allowed no more."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def held(port: int, authority: Path, count: int, most_files: int) -> dict[str, float]:
    """A process of its own polls so many accounts twice; what it holds, and what it costs."""
    process = psutil.Process()
    before = process.memory_full_info().uss
    with files(most_files):
        registry = Registry([ImapProvider])
        accounts = [account(port, authority, number) for number in range(count)]
        for _ in range(2):
            started = time.process_time()
            for number, one in enumerate(accounts):
                with registry.borrow("imap", one, key=str(number)) as provider:
                    provider.fetch_new(CURSOR)
            spent = (time.process_time() - started) / count
        found = {
            "accounts": count,
            "files_allowed": most_files,
            "open_files": process.num_fds(),
            "private_mb": round((process.memory_full_info().uss - before) / 1_000_000, 1),
            "microseconds_of_cpu": round(spent * 1_000_000),
        }
        registry.close()
    return found


def measure(plan: Plan, folder: Path) -> dict[str, Any]:
    authority = Authority(folder)
    with running(ImapTalk, authority) as stub:
        where = (stub.port, authority.bundle)
        all_held = alone(held, *where, plan.held, max(8_000, 4 * plan.held))
        half_held = alone(held, *where, FEW_FILES, FEW_FILES)
        bench = Bench(stub, authority.bundle, plan.mailboxes)
        for way in plan.polls:
            bench.run(way, plan.mailboxes if way != RECONNECT else 4)
        costs: dict[str, list[float]] = {way: [] for way in plan.polls}
        counted = dict.fromkeys(EXACT, 0.0)
        for _ in range(plan.rounds):
            for way, count in plan.polls.items():
                before = stub.seen()
                costs[way].append(cpu(lambda way=way, count=count: bench.run(way, count)))  # type: ignore[misc]  # mypy cannot infer it
                after = stub.seen()
                if way == PROVIDER:
                    counted["handshakes"] += after.handshakes - before.handshakes
                    counted["commands_a_poll"] += (after.requests - before.requests).total()
        counted["commands_a_poll"] /= plan.rounds * plan.polls[PROVIDER]
        bench.close()
    return {**figures(costs), "counted": counted, "all_kept": all_held, "half_kept": half_held}


def figures(costs: dict[str, list[float]]) -> dict[str, Any]:
    median = {way: statistics.median(rounds) for way, rounds in costs.items()}
    return {
        **{f"of_{way}": round(median[PROVIDER] / median[way], 3) for way in (KEPT, RECONNECT)},
        "microseconds_of_cpu": {
            way: {
                "median": round(median[way] * 1_000_000),
                "min": round(min(rounds) * 1_000_000),
                "max": round(max(rounds) * 1_000_000),
            }
            for way, rounds in costs.items()
        },
    }


def broken_limits(found: dict[str, Any], limits: dict[str, float]) -> list[str]:
    judged = {**found, "memory_mb": found["all_kept"]["private_mb"]}
    broken = [
        f"{name} is {judged[name]}, more than {most:.3f}"
        for name, most in limits.items()
        if judged[name] > most
    ]
    return broken + [
        f"{name} is {found['counted'][name]}, not {exact}"
        for name, exact in EXACT.items()
        if found["counted"][name] != exact
    ]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.poll_imap", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer mailboxes and fewer rounds")
    quick = options.parse_args().quick
    limits = dict(LIMITS)
    if quick:
        limits |= {name: most * QUICK_FACTOR for name, most in limits.items() if "of_" in name}
    with tempfile.TemporaryDirectory(prefix="poll-imap-") as folder:
        found = measure(QUICK if quick else FULL, Path(folder))
    broken = broken_limits(found, limits)
    print(json.dumps({**found, "limits": limits, "broken": broken}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
