"""Lets an account write to itself, and sees whether that comes in: the whole way is proven then."""

import logging
import secrets
from datetime import datetime, timedelta
from email.utils import make_msgid

from core.alerts import Alert
from core.bots import Bot
from core.canaries import HEADER, PATIENCE, Canary
from core.clock import Clock
from core.connections import Connection
from core.errors import Conflict, NotSupported, OrchestreError
from core.messages import Outgoing
from core.replies import Reply
from db.base import Add, Change, Database, Store, Swap

from .connections import Connections
from .own_mail import MARKS, prepare

log = logging.getLogger(__name__)

LOOK = timedelta(seconds=5)
MOST_SENT = 10
"""In one go: each waits for its provider, and others wait for them."""
PAGE = 50
MOST_PAGES = 20


class Canaries:
    def __init__(
        self,
        database: Database,
        connections: Connections,
        *,
        every: timedelta | None,
        clock: Clock,
    ) -> None:
        """`every` is how often each running bot's account writes to itself; `None` for never."""
        self._database = database
        self._store = database.for_workers()
        self._connections = connections
        self._every = every
        self._clock = clock

    def send(self, connection_id: str, *, by: str) -> Canary:
        """Write to oneself, once; `Conflict` while the last one is still out.

        A mail whose sending is in doubt is never repeated: it comes in, or it is missing.
        """
        store = self._database.for_owner(by)
        connection = store.get(Connection, connection_id)
        bot = next(iter(store.find(Bot, id=connection_id)), None)
        if bot is None or not bot.enabled:
            raise Conflict("Start its bot first: what comes in is read only while it is on.")
        kept = _found(store, connection_id)
        if kept and kept.is_out() and kept.sent_at and self._clock() - kept.sent_at < PATIENCE:
            raise Conflict("The last one is still on its way.")
        return self._send(kept, connection)

    def look(self, connection_id: str, *, by: str) -> Canary:
        """What became of the last one."""
        store = self._database.for_owner(by)
        kept = store.get(Canary, connection_id)
        return self._look(kept) if kept.is_out() else kept

    def work_due(self) -> None:
        """Look for those that are out, and send those whose turn it is."""
        sent = 0
        for canary in self._store.due(Canary, self._clock()):
            try:
                if canary.is_out():
                    self._look(canary)
                elif sent < MOST_SENT:
                    sent += 1
                    self._send_next(canary)
            except Conflict:
                continue
            except OrchestreError as error:
                facts = {"connection_id": canary.id, "error": type(error).__name__}
                log.warning("canary_not_sent", extra=facts)

    def plan(self, bots: list[Bot]) -> None:
        """See that each of these has a next one, where there is a plan."""
        if self._every is None or not bots:
            return
        ids = [bot.id for bot in bots]
        kept = {canary.id: canary for canary in self._store.find(Canary, id=ids)}
        now = self._clock()
        for bot in bots:
            canary = kept.get(bot.id)
            if canary is None:
                fresh = Canary(id=bot.id, owner_id=bot.owner_id, due_at=now)
                self._store.commit(Add(fresh, keep_first=True))
            elif canary.due_at is None and canary.able and not canary.is_out():
                self._commit(Swap(canary, canary.wait(until=now)))

    def _is_read(self, connection_id: str) -> bool:
        return any(bot.enabled for bot in self._store.find(Bot, id=connection_id))

    def _send_next(self, canary: Canary) -> None:
        connection = next(iter(self._store.find(Connection, id=canary.id)), None)
        if self._every is None or connection is None or not self._is_read(canary.id):
            self._commit(Swap(canary, canary.wait(until=None)))
            return
        self._send(canary, connection)

    def _send(self, kept: Canary | None, connection: Connection) -> Canary:
        mark, now = secrets.token_hex(8), self._clock()
        key, outgoing = f"canary-{mark}", self._letter(connection, mark)
        out: Canary | None = None
        try:
            with self._connections.borrow(connection) as provider:
                handle = prepare(provider, outgoing, key=key, connection=connection)
                out = self._leave(kept, connection, mark, now=now)
                provider.send(outgoing, key=key, handle=handle)
        except Conflict:
            raise
        except OrchestreError as error:
            self._failed(out or kept, connection, error)
            raise
        except Exception as error:  # whatever it was, nobody knows whether it went out
            if out is None:
                raise
            facts = {"connection_id": connection.id, "error": type(error).__name__}
            log.warning("canary_uncertain", extra=facts)
        assert out, "it is out, or something was raised"
        return out

    def _leave(
        self, kept: Canary | None, connection: Connection, mark: str, *, now: datetime
    ) -> Canary:
        """The intent: durable before the effect, and lost to whoever commits another one first."""
        old = kept or Canary(id=connection.id, owner_id=connection.owner_id)
        out = old.leave(mark, now=now, look_at=now + LOOK)
        self._store.commit(Swap(old, out) if kept else Add(out), durable=True)
        return out

    def _failed(self, kept: Canary | None, connection: Connection, error: OrchestreError) -> None:
        """It certainly was not sent. Where that is for ever, it is not planned again."""
        old = kept or Canary(id=connection.id, owner_id=connection.owner_id)
        if isinstance(error, NotSupported):
            new = old.give_up(str(error))
        else:
            new = old.fail(str(error), next_at=self._next())
        self._commit(Swap(old, new) if kept else Add(new))

    def _look(self, canary: Canary) -> Canary:
        assert canary.sent_at, "it is out"
        reply = self._find(canary, since=canary.sent_at)
        if reply:
            new = canary.arrive(at=reply.created_at, next_at=self._next())
            facts = {"connection_id": canary.id, "seconds": _seconds(new)}
            log.info("canary_seen", extra=facts)
            return new if self._commit(Swap(canary, new)) else canary
        now = self._clock()
        if now - canary.sent_at < PATIENCE:
            new = canary.wait(until=now + LOOK)
            return new if self._commit(Swap(canary, new)) else canary
        if not self._is_read(canary.id):
            new = canary.fail("The bot was stopped before it came in.", next_at=None)
            return new if self._commit(Swap(canary, new)) else canary
        new = canary.miss(next_at=self._next())
        if self._commit(Swap(canary, new), Add(self._alert(canary), keep_first=True)):
            log.warning("canary_missing", extra={"connection_id": canary.id})
        return new

    def _find(self, canary: Canary, *, since: datetime) -> Reply | None:
        """What was kept of it when it came in: a reply that the gate skipped."""
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = self._store.page(
                Reply, order="-created_at", after=after, limit=PAGE, connection_id=canary.id
            )
            for reply in page.items:
                if reply.created_at < since:
                    return None
                if canary.mark in reply.subject:
                    return reply
            after = page.after
            if after is None:
                return None
        return None

    def _next(self) -> datetime | None:
        return self._clock() + self._every if self._every else None

    def _letter(self, connection: Connection, mark: str) -> Outgoing:
        domain = connection.handle.rpartition("@")[2] or "localhost"
        return Outgoing(
            to=connection.account,
            sender=connection.account,
            subject=f"[Orchestre] Canary {mark}",
            date=self._clock(),
            message_id=make_msgid(domain=domain),
            headers=(*MARKS, (HEADER, mark)),
            body="Orchestre has sent this to see that what comes in is found. "
            "Nobody need read it, and it may be deleted.",
        )

    def _alert(self, canary: Canary) -> Alert:
        return Alert(
            id=f"{canary.id} canary {canary.mark}",
            owner_id=canary.owner_id,
            due_at=self._clock(),
            connection_id=canary.id,
            subject="A message of an account to itself never came in",
            body="What customers write may not come in either. Look for it in spam, in filters, "
            f"and in folders that are not read: its subject ends in {canary.mark}.\n\n"
            f"Look at it with: orchestre connections health {canary.id}",
        )

    def _commit(self, *changes: Change) -> bool:
        """Whether it was this process that made the change."""
        try:
            self._store.commit(*changes)
        except Conflict:
            return False
        return True


def _found(store: Store, id: str) -> Canary | None:
    return next(iter(store.find(Canary, id=id)), None)


def _seconds(canary: Canary) -> float:
    trip = canary.round_trip()
    return trip.total_seconds() if trip else 0.0
