"""What the reply machine stands on: processes that die, a service that fails, records of both."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import select

from core import failpoints
from core.bots import Mode
from core.errors import Conflict, OrchestreError
from core.failpoints import Died
from core.messages import Message
from core.replies import Reply, Status
from db.base import Database
from db.memory import MemoryDatabase
from db.sql import SqlDatabase
from db.tables import budgets
from services.bell import NEXT_TASK
from tests.conftest import FrozenClock, RecordingBell
from tests.simulators import verdict
from tests.simulators.mailboxes import Kind, Mailbox, letter, undisturbed
from tests.simulators.seats import Living, Seat
from tests.simulators.shop import HANDLE, Shop


class Ground(RuleBasedStateMachine):
    sqlite: ClassVar[bool] = False
    steps: ClassVar[int] = 0
    """How many steps all machines have taken."""

    def prepare(self, kind: type[Kind], mode: Mode) -> None:
        self.kind, self.mode = kind, mode
        self.folder = Path(tempfile.mkdtemp(prefix="orchestre-machine-"))
        self.clock, self.bell, self.mailbox = FrozenClock(), RecordingBell(), Mailbox()
        self.mailbox.disturb = self._disturb
        self.faults: dict[str, Exception] = {}
        self.living = Living()
        self.born = 0
        self.database = self._database()
        self.shop = self._process()
        self.shop.open(kind.name, mode=mode)
        self.of, self.by = self.shop.connection.id, self.shop.by

    def do(self, work: Callable[[], object]) -> None:
        """As a worker or a page does it: what was refused is refused, who dies is replaced."""
        try:
            with suppress(OrchestreError):
                work()
        except Died:
            self.seat.die()
            self.shop = self._process()
        finally:
            failpoints.disarm()

    def dying(self, at: int) -> None:
        """Whoever works next dies at the so-manieth failpoint."""
        left = at

        def count(name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Died(name)

        failpoints.arm(failpoints.EVERY, count)

    def drawn(self, data: st.DataObject, *statuses: Status) -> Reply | None:
        found = self.shop.store.find(Reply, status=list(statuses))
        return data.draw(st.sampled_from(found)) if found else None

    def receive(self, sender: str, thread: str, *, machine: bool = False) -> None:
        count = len(self.mailbox.inbox)
        robot = (("auto-submitted", "auto-replied"),) if machine else ()
        message: Message = letter(
            count,
            f"How much is the Alpine Tent 2? This is letter {count}.",
            to=HANDLE,
            received_at=self.clock.now,
            sender=sender,
            thread=thread,
            headers=robot if self.kind.has_headers else (),
            with_headers=self.kind.has_headers,
        )
        self.mailbox.receive(message)

    def poll_due(self) -> None:
        for ids in self.shop.app.inbox.claim_due():
            self.shop.app.inbox.poll_batch(ids)

    def work_due(self) -> None:
        for reply in self.shop.app.replies.due():
            with suppress(Conflict):
                self.task(NEXT_TASK[reply.status])(reply.id)

    def task(self, name: str) -> Callable[[str], Reply]:
        method: Callable[[str], Reply] = getattr(
            self.shop.app.replies, name.removeprefix("orchestre.")
        )
        return method

    def not_received(self) -> set[str]:
        return set(verdict.lost(self.shop.replies(), self.mailbox, connection_id=self.of))

    def used(self) -> Mapping[tuple[str, str, str], int]:
        """How much of each budget the store says is used up."""
        if isinstance(self.database, MemoryDatabase):
            return self.database.used
        assert isinstance(self.database, SqlDatabase)
        with self.database.engines.reads.connect() as connection:
            return {(owner, name, key): n for owner, name, key, n in connection.execute(_BUDGETS)}

    def contradictions(self, vouched: frozenset[str]) -> Iterator[str]:
        yield from verdict.contradictions(self.shop.store, self.mailbox, vouched=vouched)
        yield from verdict.misspent(self.shop.replies(), self.used())

    def finish(self) -> None:
        """Go on until nothing is left to do, with nobody dying and nothing failing."""
        self.faults.clear()
        for _ in range(120):
            self.do(self.poll_due)
            self.do(self.shop.app.inbox.take_over)
            self.do(self.shop.app.replies.sweep)
            self.do(self.work_due)
            if self.shop.is_quiet():
                return
            self.clock.advance(seconds=100)

    def leave(self) -> None:
        failpoints.disarm()
        self.shop.app.connections.close()
        self.database.close()
        shutil.rmtree(self.folder)

    def _database(self) -> Database:
        if not self.sqlite:
            return MemoryDatabase()
        shutil.copy(_empty(), self.folder / "orchestre.db")
        return _open(self.folder)

    def _process(self) -> Shop:
        self.born += 1
        self.seat = Seat(self.database, f"p{self.born}", self.living)
        return Shop(self.seat, self.mailbox, home=self.folder, clock=self.clock, bell=self.bell)

    def _disturb(self, call: str) -> None:
        undisturbed(call)
        if call in self.faults:
            raise self.faults.pop(call)


_BUDGETS = select(budgets.c.owner_id, budgets.c.name, budgets.c.key, budgets.c.used)


def _open(folder: Path) -> SqlDatabase:
    return SqlDatabase(f"sqlite:///{folder}/orchestre.db", run=folder / "run")


@cache
def _empty() -> Path:
    """A database with its tables and nothing else, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="orchestre-empty-"))
    with closing(_open(folder)) as database:
        database.migrate()
    return folder / "orchestre.db"
