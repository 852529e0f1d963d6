"""Whether keys can be replaced under load: `python -m bench.rotation`, smaller with --quick.

Thousands of connections are sealed with one key. While other processes borrow accounts, renew
credentials and link new accounts, a process seals everything with another key, and is killed
(SIGKILL) again and again at moments of chance; then one finishes. What was renewed is known by
what the renewing process wrote down before and after each commit. Prints one JSON object; exits 1
unless every credential can be read with the new key alone, none is older than what was
acknowledged, and none is left on the old key.
"""

import argparse
import json
import multiprocessing
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from core.clock import system_clock
from core.config import Settings
from core.connections import Connection, Credentials, place_of
from core.errors import OrchestreError, Stale
from core.failpoints import arm
from core.keyring import LocalKey, make_key, read_key
from core.messages import Address
from core.sealing import Sealer, key_id
from db.base import Add, Swap
from providers import Registry
from providers.plugins.dummy import DummyProvider
from services.bell import SilentBell
from services.bootstrap import Orchestre, bootstrap, open_database, open_sealer
from services.keys import PAGE, Keys

OWNERS = 7
READY = "ready"
INSTANT = 0.02
"""Rotations are killed up to so many seconds after a page of theirs, in the middle of the next."""
LOADS = ("borrow", "renew", "link")
BAD = ("loads_broken", "left", "unreadable", "stale", "on_the_old_key")
"""Each of these must be 0."""
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["services.bootstrap"])  # it takes seconds to load


def application(settings: Settings) -> Orchestre:
    return bootstrap(settings, registry=Registry([DummyProvider]), bell=SilentBell())


def name_of(number: int) -> str:
    return f"c{number:06}"


def fill(settings: Settings, connections: int) -> None:
    """So many accounts, each with a password that says whose it is and which renewal it is of."""
    database = open_database(settings)
    database.migrate()
    sealer = open_sealer(settings)
    store = database.for_workers()
    for start in range(0, connections, 500):
        numbers = range(start, min(start + 500, connections))
        store.commit(*(Add(account(name_of(number), sealer)) for number in numbers))
    database.close()


def account(id: str, sealer: Sealer) -> Connection:
    owner_id = f"owner{sum(id.encode()) % OWNERS}"
    bare = json.dumps({"password": f"{id} 0"})
    return Connection(
        id=id,
        owner_id=owner_id,
        provider="dummy",
        account=Address(handle=f"{id}@shop.example"),
        handle=f"{id}@shop.example",
        sealed=sealer.seal(bare, place_of(id, owner_id=owner_id)),
        linked_at=system_clock(),
    )


# The processes


def rotate(settings: Settings, connections: int) -> None:
    """Says so at each page."""
    app = application(settings)
    say(READY)
    arm("key.renewed", say)
    app.keys.rotate()
    app.close()


def borrow(settings: Settings, connections: int) -> None:
    """Open one account after another, and see that its password is its own."""
    app = application(settings)
    store = app.database.for_workers()
    say(READY)
    while True:
        connection = store.get(Connection, name_of(random.randrange(connections)))
        with app.connections.borrow(connection) as provider:
            password = provider.account.credentials.password
            assert password, connection.id
            assert password.get_secret_value().split()[0] == connection.id
        say("opened")


def renew(settings: Settings, connections: int) -> None:
    """Put a new password in the place of the one before, as renewing a token does."""
    app = application(settings)
    store, sealer = app.database.for_workers(), open_sealer(settings)
    say(READY)
    generation = 0
    while True:
        generation += 1
        id = name_of(random.randrange(connections))
        say(f"{id} {generation} will")
        while True:
            kept = store.get(Connection, id)
            bare = json.dumps(Credentials(password=SecretStr(f"{id} {generation}")).reveal())
            sealed = sealer.seal(bare, place_of(id, owner_id=kept.owner_id), kept=kept.sealed)
            with suppress(Stale):
                store.commit(Swap(kept, kept.evolve(sealed=sealed)))
                break
        say(f"{id} {generation} did")


def link(settings: Settings, connections: int) -> None:
    app = application(settings)
    store, sealer = app.database.for_workers(), open_sealer(settings)
    say(READY)
    for number in range(1_000_000):
        store.commit(Add(account(f"n{os.getpid()}{number:06}", sealer)))
        say("linked")
        time.sleep(0.002)


PARTS = {"rotate": rotate, "borrow": borrow, "renew": renew, "link": link}


def say(words: str) -> None:
    """At once: whoever says it may be killed."""
    os.write(1, f"{words}\n".encode())


# The run


class Process:
    """One of them, once it has begun. What it says goes to a file of its part's name."""

    def __init__(self, part: str, settings: Settings, connections: int) -> None:
        self.part = part
        self._said = settings.home / f"{part}.said"
        self._process = CONTEXT.Process(
            target=_be, args=(part, settings, connections, self._said), daemon=True
        )
        self._before = lines(self._said)
        self._process.start()
        self.wait_for(1)

    def wait_for(self, words: int) -> None:
        """Return once it has said so many, or has ended."""
        while lines(self._said) < self._before + words and self.lives():
            time.sleep(0.002)

    def lives(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> bool:
        """Whether it was at work until then."""
        self._process.kill()
        self._process.join()
        return self._process.exitcode == -signal.SIGKILL


def _be(part: str, settings: Settings, connections: int, said: Path) -> None:
    os.dup2(os.open(said, os.O_CREAT | os.O_APPEND | os.O_WRONLY), 1)
    PARTS[part](settings, connections)


def kill_rotations(settings: Settings, connections: int, *, kills: int, seed: int) -> int:
    """How many of them were killed at work; one that has finished does not count.

    Each does about as many pages as let all of them share in the work.
    """
    chance, killed = random.Random(seed), 0
    pages = connections / PAGE / kills
    for _ in range(kills):
        process = Process("rotate", settings, connections)
        process.wait_for(1 + round(chance.uniform(0, pages)))
        time.sleep(chance.uniform(0, INSTANT))
        killed += process.kill()
    return killed


def measure(home: Path, *, connections: int, kills: int, seed: int) -> dict[str, Any]:
    old, new = make_key(), make_key()
    fill(Settings.read(home=home, key=old), connections)
    settings = Settings.read(home=home, key=new, old_keys=old)
    loads = [Process(part, settings, connections) for part in LOADS]
    try:
        killed = kill_rotations(settings, connections, kills=kills, seed=seed)
        moved, began = on_key(settings, new), time.perf_counter()
        with closing(open_database(settings)) as database:
            done = Keys(database, open_sealer(settings)).rotate()
        seconds = time.perf_counter() - began
        broken = [load.part for load in loads if not load.lives()]
    finally:
        for load in loads:
            load.kill()
    return {
        "connections": connections,
        "killed": killed,
        "moved_before_the_last": moved,
        "renewed_by_the_last": done.renewed,
        "last_seconds": round(seconds, 1),
        **{part: lines(home / f"{part}.said") for part in LOADS},
        "loads_broken": len(broken),
        "left": sum(use.records for use in done.left),
        **verdict(settings, new=new, old=old),
        "seed": seed,
    }


def on_key(settings: Settings, key: str) -> int:
    id = LocalKey(read_key(key)).name
    with closing(open_database(settings)) as database:
        return sum(key_id(kept.sealed) == id for kept in database.dump(Connection))


def verdict(settings: Settings, *, new: str, old: str) -> dict[str, int]:
    """What the new key alone can read, and whether it is the newest."""
    alone = Sealer([LocalKey(read_key(new))])
    least = acknowledged(settings.home / "renew.said")
    unreadable = stale = 0
    with closing(open_database(settings)) as database:
        for kept in database.dump(Connection):
            try:
                bare = alone.open(kept.sealed, place_of(kept.id, owner_id=kept.owner_id))
            except OrchestreError:
                unreadable += 1
                continue
            id, generation = json.loads(bare)["password"].split()
            stale += id != kept.id or int(generation) < least.get(kept.id, 0)
    return {"unreadable": unreadable, "stale": stale, "on_the_old_key": on_key(settings, old)}


def acknowledged(said: Path) -> dict[str, int]:
    """The newest renewal of each that was committed for certain."""
    done = (line.split() for line in said.read_text().splitlines() if line.endswith(" did"))
    return {id: int(generation) for id, generation, _ in done}


def lines(said: Path) -> int:
    return said.read_bytes().count(b"\n") if said.exists() else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.rotation", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="300 connections, 5 kills")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    options = parser.parse_args()
    connections, kills = (300, 5) if options.quick else (10_000, 50)
    with tempfile.TemporaryDirectory(prefix="orchestre-rotation-") as folder:
        figures = measure(Path(folder), connections=connections, kills=kills, seed=options.seed)
    print(json.dumps(figures))
    return 0 if holds(figures) else 1


def holds(figures: dict[str, Any]) -> bool:
    return not any(figures[name] for name in BAD)


if __name__ == "__main__":
    sys.exit(main())
