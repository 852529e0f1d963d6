"""Starts and stops bots."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from core.bots import (
    DEFAULT_INTERVAL,
    MAX_INTERVAL,
    MIN_INTERVAL,
    MOST_INSTRUCTIONS,
    Bot,
    Mode,
)
from core.caps import Caps
from core.clock import Clock
from core.connections import Access, Connection, Health
from core.errors import AlreadyThere, Invalid, NotFound, Stale
from core.feeds import Feed
from core.records import Record, Value
from db.base import Add, Change, Database, Store, Swap

from .bell import DISPATCH, Bell
from .connections import Connections
from .watching import watch_changes

R = TypeVar("R", bound=Record)

TRIES = 8
MOST_HOURS = 24 * 14


class State(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    HELD_BACK = "held_back"
    """It runs, but leaves every answer to a person until one resumes it."""
    ERROR = "error"
    NEEDS_REAUTHORIZATION = "needs_reauthorization"


class BotStatus(Value):
    """How one bot is doing: the same answer at every door."""

    connection_id: str
    provider: str
    account: str
    state: State
    reason: str = ""
    mode: Mode
    interval_seconds: int
    instructions: str = ""
    polled_at: datetime | None = None


class Bots:
    def __init__(
        self, database: Database, connections: Connections, *, bell: Bell, clock: Clock
    ) -> None:
        self._database = database
        self._connections = connections
        self._bell = bell
        self._clock = clock

    def start(
        self,
        connection_id: str,
        *,
        by: str,
        mode: Mode = Mode.ASSIST,
        interval_seconds: int = DEFAULT_INTERVAL,
        since_hours: int = 0,
        caps: Caps | None = None,
        smallest_interval: int = MIN_INTERVAL,
    ) -> Bot:
        """Answer what comes in from now on; with `since_hours`, hold drafts for what came before.

        Starting a running bot changes its interval and nothing else.
        """
        _check(interval_seconds, since_hours, smallest=smallest_interval)
        store = self._database.for_owner(by)
        connection = store.get(Connection, connection_id)
        if mode is Mode.AUTO and connection.access is Access.READ:
            raise Invalid(
                f"{connection.handle!r} was linked to be read only. Start the bot in the mode "
                "assist, or link the account again with the access draft or send."
            )
        now = self._clock()
        cursor = ""
        if not self._is_running(store, connection_id):
            with self._connections.borrow(connection) as provider:
                cursor = provider.cursor_at(now - timedelta(hours=since_hours))
        for _ in range(TRIES):
            bot = _found(store, Bot, connection_id) or Bot(
                id=connection_id, owner_id=by, connection_id=connection_id, caps=caps
            )
            started = bot.start(mode=mode, interval_seconds=interval_seconds, now=now)
            changes: list[Change] = [Swap(bot, started)] if bot.version else [Add(started)]
            if not bot.enabled:
                changes.append(self._restarted(store, started, cursor, now=now))
                changes += watch_changes(store, started, now=now)
            try:
                store.commit(*changes)
            except (Stale, AlreadyThere):
                continue
            self._bell.call(DISPATCH)
            return started
        raise Stale("The bot is being changed by somebody else; try again.")

    def stop(self, connection_id: str, *, by: str) -> Bot:
        """Answer nothing more. Once this has returned, nobody but a person starts a sending."""
        store = self._database.for_owner(by)
        for _ in range(TRIES):
            bot = _found(store, Bot, connection_id)
            if bot is None:
                raise NotFound(f"There is no bot for {connection_id!r}.")
            feed = _found(store, Feed, connection_id)
            stopped = bot.stop() if bot.enabled else bot
            changes: list[Change] = [Swap(bot, stopped)] if bot.enabled else []
            if feed and feed.due_at:
                changes.append(Swap(feed, feed.pause()))
            if bot.enabled:
                changes += watch_changes(store, stopped, now=self._clock())
            try:
                store.commit(*changes, durable=True)
            except Stale:
                continue
            return stopped
        raise Stale("The bot is being changed by somebody else; try again.")

    def resume(self, connection_id: str, *, by: str) -> Bot:
        """Send by itself again, after it held every answer back. What waits goes on waiting."""
        store = self._database.for_owner(by)
        bot = store.get(Bot, connection_id)
        if not bot.held_back:
            return bot
        resumed = bot.resume()
        store.commit(Swap(bot, resumed))
        return resumed

    def stop_all(self, *, by: str) -> list[Bot]:
        """Stop every bot at once."""
        running = self._database.for_owner(by).find(Bot, enabled=True)
        return [self.stop(bot.id, by=by) for bot in running]

    def stop_everybodys(self) -> list[Bot]:
        """Stop every bot of every owner: the big red button of whoever runs the machine."""
        running = self._database.for_workers().find(Bot, enabled=True)
        return [self.stop(bot.id, by=bot.owner_id) for bot in running]

    def status(self, connection_id: str, *, by: str) -> BotStatus:
        store = self._database.for_owner(by)
        connection = store.get(Connection, connection_id)
        bot = _found(store, Bot, connection_id)
        feed = _found(store, Feed, connection_id)
        state, reason = _state(connection, bot, feed)
        return BotStatus(
            connection_id=connection.id,
            provider=connection.provider,
            account=connection.account.handle,
            state=state,
            reason=reason,
            mode=bot.mode if bot else Mode.ASSIST,
            interval_seconds=bot.interval_seconds if bot else DEFAULT_INTERVAL,
            instructions=bot.instructions if bot else "",
            polled_at=feed.polled_at if feed else None,
        )

    def list(self, *, by: str) -> list[BotStatus]:
        connections = self._database.for_owner(by).find(Connection)
        return [self.status(connection.id, by=by) for connection in connections]

    def instruct(self, connection_id: str, *, by: str, instructions: str) -> Bot:
        """Tell the bot how to write from now on, also before it is first started; "" takes it back.

        What waits for a person stays as it was written.
        """
        words = instructions.strip()
        if len(words) > MOST_INSTRUCTIONS:
            raise Invalid(
                f"The instructions are {len(words):,} characters long; give {MOST_INSTRUCTIONS:,} "
                "at most. What is sold belongs into the catalogue."
            )
        store = self._database.for_owner(by)
        for _ in range(TRIES):
            connection = store.get(Connection, connection_id)
            bot = _found(store, Bot, connection_id) or Bot(
                id=connection.id, owner_id=by, connection_id=connection.id
            )
            told = bot.instruct(words)
            try:
                store.commit(Swap(bot, told) if bot.version else Add(told))
            except (Stale, AlreadyThere):
                continue
            return told
        raise Stale("The bot is being changed by somebody else; try again.")

    def _is_running(self, store: Store, connection_id: str) -> bool:
        bot = _found(store, Bot, connection_id)
        return bot is not None and bot.enabled

    def _restarted(self, store: Store, bot: Bot, cursor: str, *, now: datetime) -> Change:
        feed = _found(store, Feed, bot.connection_id)
        if feed is None:
            return Add(
                Feed(
                    id=bot.connection_id,
                    owner_id=bot.owner_id,
                    bot_id=bot.id,
                    cursor=cursor,
                    due_at=now,
                )
            )
        return Swap(feed, feed.restart(cursor, now=now))


def _found(store: Store, kind: type[R], id: str) -> R | None:
    return next(iter(store.find(kind, id=id)), None)


def _check(interval_seconds: int, since_hours: int, *, smallest: int) -> None:
    if not smallest <= interval_seconds <= MAX_INTERVAL:
        raise Invalid(
            f"interval_seconds is {interval_seconds}; "
            f"give a number from {smallest} to {MAX_INTERVAL} (a day)."
        )
    if not 0 <= since_hours <= MOST_HOURS:
        raise Invalid(f"since_hours is {since_hours}; give a number from 0 to {MOST_HOURS}.")


def _state(connection: Connection, bot: Bot | None, feed: Feed | None) -> tuple[State, str]:
    if connection.health is Health.NEEDS_REAUTHORIZATION:
        words = connection.trouble or "The account must be linked again."
        return State.NEEDS_REAUTHORIZATION, words
    if bot is None or not bot.enabled:
        return State.STOPPED, ""
    if feed and feed.trouble:
        return State.ERROR, feed.trouble
    if bot.held_back:
        return State.HELD_BACK, f"{bot.held_back} Look at what waits, then resume it."
    return State.RUNNING, ""
