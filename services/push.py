"""What it means when a service tells of news: a poll is due now, and nothing else is believed.

Polling alone is enough. A notice names an account, and that is asked; a notice that carries the
messages themselves is acknowledged only when they are kept.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from core.bots import Bot
from core.clock import Clock
from core.connections import Connection, Health
from core.deployment import Deployment
from core.errors import (
    AlreadyThere,
    NotFound,
    NotSignedIn,
    ReauthorizationRequired,
    Stale,
)
from core.watches import SILENT, Watch
from db.base import Add, Database
from providers import Registry
from providers.notices import Event, Heard, Notice, Told, Wire

from .connections import Connections
from .inbox import Inbox
from .revocations import Revocations
from .watching import Watching

log = logging.getLogger(__name__)

UNPROVEN = "This notice does not show that it is from whom it says."


class Line(NamedTuple):
    """One account's line, as it is linked now."""

    connection_id: str
    version: int


class Push(Watching):
    def __init__(
        self,
        database: Database,
        connections: Connections,
        registry: Registry,
        inbox: Inbox,
        revocations: Revocations,
        *,
        on: bool,
        deployment: Deployment,
        public_url: str,
        clock: Clock,
    ) -> None:
        super().__init__(
            database,
            connections,
            registry,
            revocations,
            on=on,
            public_url=public_url,
            clock=clock,
        )
        self._inbox = inbox
        audience = deployment.pubsub_audience or f"{self._public_url}/webhooks/gmail"
        self._deployment = deployment.model_copy(update={"pubsub_audience": audience})

    # Webhooks

    def receive(
        self,
        provider: str,
        *,
        headers: dict[str, str],
        query: dict[str, str],
        body: bytes,
        watch_id: str = "",
    ) -> Heard:
        """Take a notice that came to a webhook; what it said, and what is to be answered.

        `NotSignedIn` unless it proves itself. When this returns, whatever it brought is kept.
        """
        if not self._on or not self._has(provider):
            raise NotFound("Nobody listens here.")
        notice = Notice(
            headers=headers, query=query, body=body, watch_id=watch_id, at=self._clock()
        )
        heard = self._kind(provider).heard(notice, self._deployment)
        self.take(provider, heard, notice)
        return heard

    def take(self, provider: str, heard: Heard, notice: Notice | None = None) -> None:
        """Do what a proven notice asks for. What is for nobody here is no error, where the
        service has proven itself; where each account has a secret of its own, it is forged."""
        if heard.begins:
            found = self._store.find(Connection, provider=provider)
            self._inbox.hint_feeds([connection.id for connection in found])
        meant = self._meant(provider, heard.told, notice) if heard.told else []
        shown = [watches for told, watches in meant if told.secret]
        if shown and not any(shown):
            raise NotSignedIn(UNPROVEN)
        news = [watch for told, watches in meant for watch in watches if told.event is Event.NEWS]
        if notice and news and self._kind(provider).carries:
            for watch in news:
                self._keep(watch, notice)
        else:
            self._inbox.hint_feeds([watch.id for watch in news])
        for told, watches in meant:
            for watch in watches:
                self._note(watch, told.event)

    def _meant(
        self, provider: str, told: tuple[Told, ...], notice: Notice | None
    ) -> list[tuple[Told, list[Watch]]]:
        """The watches that are meant, and that the secret is right for."""
        named = notice.watch_id if notice else ""
        names = list({one.subscription for one in told})
        where = {"id": named} if named else {"subscription": names}
        there = [one for one in self._store.find(Watch, **where) if one.provider == provider]

        def means(one: Told, watch: Watch) -> bool:
            unnamed = bool(named) and not one.subscription
            called = bool(one.subscription) and one.subscription == watch.subscription
            return (unnamed or called) and watch.knows(one.secret)

        return [(one, [watch for watch in there if means(one, watch)]) for one in told]

    def _keep(self, watch: Watch, notice: Notice) -> None:
        connection = self._store.get(Connection, watch.id)
        with self._connections.borrow(connection) as provider:
            self._inbox.keep(watch.id, lambda cursor: provider.carried(notice, cursor))

    def _note(self, watch: Watch, event: Event) -> None:
        now = self._clock()
        if event is Event.RENEW:
            self._change(watch.id, lambda kept: kept.evolve(due_at=now))
        elif event is Event.GONE:
            self._change(watch.id, lambda kept: kept.evolve(subscription="", due_at=now))
        elif watch.missed_at or watch.trouble == SILENT:
            self._change(watch.id, Watch.heard)

    # Lines

    def listen(self, provider: str, stopped: threading.Event, *, held: Callable[[], None]) -> None:
        """Hold the line for all accounts of a provider until it breaks, or until `stopped`."""
        wire = self._kind(provider).wire(self._deployment)
        if wire is None:
            return

        def heard(what: Heard) -> None:
            held()
            self.take(provider, what)

        wire.listen(heard, stopped)

    def wires(self) -> dict[str, Wire]:
        """The lines of services that tell of all accounts at once, by provider."""
        made = (
            {kind.name: kind.wire(self._deployment) for kind in self._registry} if self._on else {}
        )
        return {name: wire for name, wire in made.items() if wire}

    def lines(self) -> set[Line]:
        """The accounts for which a line should be held open now."""
        names = [kind.name for kind in self._registry if self._can(kind.name, line=True)]
        if not self._on or not names:
            return set()
        running = {bot.id for bot in self._store.find(Bot, enabled=True)}
        found = self._store.find(Connection, provider=names)
        return {
            Line(one.id, one.version)
            for one in found
            if one.id in running and one.health is Health.LINKED
        }

    def can_listen(self) -> bool:
        """Whether there is anything to listen to."""
        return bool(self.wires() or self.lines())

    def hold(self, line: Line, stopped: threading.Event, *, held: Callable[[], None]) -> None:
        """Hold one account's line until it breaks, which raises, or until `stopped`.

        Whenever it says so, a poll is due; the first time once nothing can slip by any more.
        """
        connection = self._store.get(Connection, line.connection_id)

        def told() -> None:
            held()
            self._line_holds(connection)
            self._inbox.hint_feeds([connection.id])

        try:
            with self._connections.borrow(connection) as provider:
                provider.listen(told, stopped)
        except ReauthorizationRequired:
            self._connections.expire(connection.id)
            raise

    def lost(self, line: Line, words: str) -> None:
        """A line is not held any more, and why."""
        self._change(
            line.connection_id,
            lambda kept: kept if kept.trouble else kept.evolve(trouble=words, made_at=None),
        )

    def _line_holds(self, connection: Connection) -> None:
        watch = next(iter(self._store.find(Watch, id=connection.id)), None)
        if watch is None:
            watch = Watch(
                id=connection.id,
                owner_id=connection.owner_id,
                provider=connection.provider,
                line=True,
                made_at=self._clock(),
            )
            with suppress(AlreadyThere, Stale):
                self._store.commit(Add(watch))
        elif watch.trouble or watch.missed_at or not watch.line or watch.made_at is None:
            now = self._clock()
            self._change(
                watch.id,
                lambda kept: kept.evolve(
                    line=True,
                    made_at=kept.made_at or now,
                    missed_at=None,
                    trouble="",
                    failures=0,
                    due_at=None,
                ),
            )
