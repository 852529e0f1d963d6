"""How a reply is moved: one commit for the move, its history and whatever goes with it."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.alerts import Alert
from core.bots import Bot
from core.caps import Budget, Caps
from core.clock import Clock
from core.connections import Connection
from core.errors import NotFound, Stale, Unavailable
from core.events import event_of
from core.failpoints import failpoint
from core.messages import Message, Outgoing
from core.pace import Pace
from core.replies import Exchange, Reply
from db.base import Add, Append, Change, Database, Swap, Take

from .. import answering
from ..bell import Bell
from ..claims import Claims
from ..connections import Connections
from ..llm import LLM
from ..policy import PolicySettings
from ..products import Products
from ..restorations import Restorations

log = logging.getLogger(__name__)

WORKER = "worker"
"""Who made a move that no person made."""
PATIENCE = 3
"""How often drafting may fail for no known reason before it is given up."""
DEATHS = 10
"""How many workers may die over one message before it is taken for the cause."""
RECORDING_SECONDS = 60.0
"""How long the outcome of an effect is offered to a database that does not answer."""


@dataclass(frozen=True)
class Parts:
    """What replies are moved with."""

    database: Database
    connections: Connections
    products: Products
    llm: LLM
    clock: Clock
    bell: Bell
    claims: Claims
    restorations: Restorations
    caps: Caps
    pace: Pace
    policy: PolicySettings
    settle: timedelta
    retry: timedelta
    """How long what was unavailable is left alone at first."""
    llm_seconds: float
    effect_seconds: float


class Moves:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.database.for_workers()
        self._clock = parts.clock

    def _save(
        self,
        old: Reply,
        new: Reply,
        *changes: Change,
        by: str,
        durable: bool = False,
        via: tuple[Reply, ...] = (),
    ) -> Reply:
        """Store a move, its line of history and what goes with it, or nothing of that.

        `via` are the moves between `old` and `new` that have not been stored.
        """
        new, made = self._change(old, *via, new, by=by)
        failpoint("move.commit", new.status)
        self._store.commit(*made, *changes, durable=durable)
        failpoint("move.committed", new.status)
        log.info("reply_moved", extra={"reply_id": new.id, "status": new.status, "rule": new.rule})
        self._ring(new)
        return new

    def _change(self, old: Reply, *versions: Reply, by: str) -> tuple[Reply, list[Change]]:
        """Moves with their lines of history; with an alert, where only a person can go on."""
        new, told = self._told(*versions, chain=old.chain, by=by)
        changes: list[Change] = [Swap(old, new), *told]
        if new.is_parked():
            changes.append(self._parked(new))
        return new, changes

    def _told(self, *versions: Reply, chain: str, by: str) -> tuple[Reply, list[Change]]:
        """The last of these versions, and the line of history of each."""
        at, told = self._clock(), []
        for version in versions:
            event = event_of(version.model_copy(update={"chain": chain}), by=by, at=at)
            chain = event.hash()
            told.append(Append(event))
        return versions[-1].model_copy(update={"chain": chain}), list(told)

    def _parked(self, reply: Reply) -> Change:
        return self._alert(
            reply,
            "An answer needs you",
            f"To: {reply.sender}\nSubject: {reply.subject}\n\n{reply.reason}\n\n"
            f"Look at it with: orchestre replies show {reply.id}",
            key=f"parked {reply.id}",
        )

    def _record(self, old: Reply, new: Reply, *changes: Change) -> Reply:
        """Store the outcome of an effect, for as long as it takes the database to answer.

        When the answer to the commit itself is lost, reading again tells what became of it.
        """
        until = time.monotonic() + RECORDING_SECONDS
        while True:
            try:
                return self._save(old, new, *changes, by=WORKER, durable=True)
            except Unavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
            except Stale:
                current = self._store.get(Reply, old.id)
                if (current.status, current.version) == (new.status, new.version):
                    return current
                raise

    def _ring(self, reply: Reply) -> None:
        if reply.due_at and reply.due_at <= self._clock():
            failpoint("move.ring", reply.status)
            self._parts.bell.ring(reply)
            failpoint("move.rung", reply.status)

    def _alert(self, reply: Reply, subject: str, body: str, *, key: str) -> Change:
        """Tell the owner, in the commit that makes the trouble true; once for each `key`."""
        return Add(
            Alert(
                id=f"{reply.connection_id} {key}",
                owner_id=reply.owner_id,
                due_at=self._clock(),
                connection_id=reply.connection_id,
                subject=subject,
                body=body,
            ),
            keep_first=True,
        )

    def _build(
        self, reply: Reply, message: Message, body: str, *, connection: Connection
    ) -> Outgoing:
        """The exact answer with these words."""
        return answering.build(
            message,
            body,
            account=connection.account,
            aliases=connection.aliases,
            key=reply.id,
            now=self._clock(),
            delimiter=self._parts.policy.recipient_delimiter,
        )

    def _connection(self, reply: Reply) -> Connection:
        return self._store.get(Connection, reply.connection_id)

    def _bot(self, reply: Reply) -> Bot:
        return self._store.get(Bot, reply.bot_id)

    def _exchange(self, reply: Reply) -> Exchange:
        return self._store.get(Exchange, reply.id)

    def _is_linked(self, reply: Reply) -> bool:
        try:
            self._connection(reply)
            self._bot(reply)
        except NotFound:
            return False
        return True

    def _pause(self, error: Unavailable) -> timedelta:
        """How long to leave a service alone: as it says itself, where it does."""
        return timedelta(seconds=error.retry_after) if error.retry_after else self._parts.retry

    def _backoff(self, attempts: int, *, first: float | None = None, most: float = 900) -> datetime:
        """When to try again: twice as long each time, up to a quarter of an hour."""
        first = self._parts.retry.total_seconds() if first is None else first
        return self._clock() + timedelta(seconds=min(most, first * 2 ** min(attempts, 10)))


def given_back(reply: Reply) -> list[Change]:
    """The budgets that were taken for a reply, once it is certain that it was not sent."""
    return [
        Take(reply.owner_id, Budget(name=name, key=key), -1)
        for name, _, key in (taken.partition(" ") for taken in reply.budgets)
    ]
