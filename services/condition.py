"""How one account is doing, what troubles it, and how to mend that. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from core import connections
from core.bots import Bot
from core.canaries import Canary
from core.connections import Connection
from core.feeds import Feed
from core.records import Value
from core.watches import Watch


class State(StrEnum):
    """From the best to the worst, but for `off`, which is nobody's fault."""

    OFF = "off"
    """Its bot is not on, so nothing is read."""
    OK = "ok"
    SLOW = "slow"
    """What comes in is found, but not told of, or not proven."""
    TROUBLE = "trouble"
    """The last look failed, and is tried again."""
    SILENT = "silent"
    """Nobody has looked with success for longer than is planned."""
    NEEDS_REAUTHORIZATION = "needs_reauthorization"


class Trouble(Value):
    state: State
    words: str
    fix: str
    """What to do, as a sentence or a command."""


class WatchHealth(Value):
    """What makes the service tell of news."""

    expires_at: datetime | None
    trouble: str


class CanaryHealth(Value):
    """The last message that the account sent to itself."""

    sent_at: datetime | None
    seen_at: datetime | None
    round_trip_seconds: float | None
    missing: bool
    trouble: str

    @classmethod
    def of(cls, canary: Canary) -> "CanaryHealth":
        return cls(
            sent_at=canary.sent_at,
            seen_at=canary.seen_at,
            round_trip_seconds=_seconds(canary.round_trip()),
            missing=canary.missing,
            trouble=canary.trouble,
        )


class ConnectionHealth(Value):
    connection_id: str
    provider: str
    account: str
    state: State
    """The worst of its troubles."""
    troubles: tuple[Trouble, ...]
    last_message_at: datetime | None
    """When the service received the last message that was really taken in."""
    lag_seconds: float | None
    """From then until it was kept here. `None` for what came in before the bot was started."""
    last_poll_at: datetime | None
    """When it was last read to the end without trouble."""
    silent_since: datetime | None
    next_try_at: datetime | None
    interval_seconds: int | None
    credentials: connections.Health
    credentials_reason: str
    """What the service said when it no longer took them."""
    watch: WatchHealth | None
    """`None` where the service tells of nothing, and is asked."""
    canary: CanaryHealth | None


class Kept(Value):
    """What the store knows of one account."""

    connection: Connection
    bot: Bot | None = None
    feed: Feed | None = None
    watch: Watch | None = None
    canary: Canary | None = None


def examine(kept: Kept, *, grace: timedelta, now: datetime) -> ConnectionHealth:
    """How an account is doing."""
    connection, bot, feed = kept.connection, kept.bot, kept.feed
    since = silent_since(bot, feed, grace=grace, now=now) if bot else None
    troubles = tuple(_troubles(kept, since, grace=grace, now=now))
    order = list(State)
    on = bot is not None and bot.enabled
    worst = max((one.state for one in troubles), key=order.index, default=State.OK)
    return ConnectionHealth(
        connection_id=connection.id,
        provider=connection.provider,
        account=connection.account.handle,
        state=worst if on or worst is State.NEEDS_REAUTHORIZATION else State.OFF,
        troubles=troubles,
        last_message_at=feed.message_at if feed else None,
        lag_seconds=_lag(bot, feed),
        last_poll_at=feed.polled_at if feed else None,
        silent_since=since,
        next_try_at=feed.due_at if feed and on else None,
        interval_seconds=bot.interval_seconds if bot and on else None,
        credentials=connection.health,
        credentials_reason=_reason(kept),
        watch=kept.watch
        and WatchHealth(expires_at=kept.watch.expires_at, trouble=kept.watch.trouble),
        canary=kept.canary and CanaryHealth.of(kept.canary),
    )


def silent_since(
    bot: Bot, feed: Feed | None, *, grace: timedelta, now: datetime
) -> datetime | None:
    """Two intervals and `grace` after the last good look, an account whose bot is on is silent.

    A look that is planned for later, with nothing amiss, is not missed before its time.
    """
    if not bot.enabled or bot.started_at is None:
        return None
    began = bot.started_at
    if feed and feed.polled_at:
        began = max(began, feed.polled_at)
    limit = began + timedelta(seconds=2 * bot.interval_seconds)
    if feed and feed.due_at and not feed.leased and not feed.trouble:
        limit = max(limit, feed.due_at)
    return began if now > limit + grace else None


def _troubles(
    kept: Kept, since: datetime | None, *, grace: timedelta, now: datetime
) -> Iterable[Trouble]:
    connection, feed, name = kept.connection, kept.feed, _name(kept.connection)
    if _is_locked(connection):
        words = "The service no longer lets us in: the account must be linked again."
        yield Trouble(
            state=State.NEEDS_REAUTHORIZATION,
            words=f"{words} {_reason(kept)}".strip(),
            fix="Link the same account again; the bot goes on where it stopped reading.",
        )
    if not (kept.bot and kept.bot.enabled):
        return
    if since and not _is_locked(connection):
        yield _silence(kept, since, grace=grace, now=now)
    elif feed and feed.trouble and not _is_locked(connection):
        yield Trouble(
            state=State.TROUBLE,
            words=f"The last look failed: {feed.trouble}",
            fix=f"It is tried again by itself. To look now: orchestre connections test {name}",
        )
    yield from _slowness(kept, name, now=now)


def _silence(kept: Kept, since: datetime, *, grace: timedelta, now: datetime) -> Trouble:
    feed, name = kept.feed, _name(kept.connection)
    words = f"Nothing has been read since {since:%Y-%m-%d %H:%M} UTC."
    if feed and feed.trouble:
        fix = f"Mend what is said there, and try it: orchestre connections test {name}"
        return Trouble(state=State.SILENT, words=f"{words} {feed.trouble}", fix=fix)
    if feed and feed.due_at and feed.due_at < now - grace:
        fix = "No worker takes it up. See that one runs: orchestre worker (or docker compose ps)"
        return Trouble(state=State.SILENT, words=words, fix=fix)
    fix = f"Start its bot again: orchestre bots stop {name}, orchestre bots start {name}"
    if feed and feed.leased:
        fix = "A worker is at it and does not come to an end; it is given up by itself."
    return Trouble(state=State.SILENT, words=words, fix=fix)


def _slowness(kept: Kept, name: str, *, now: datetime) -> Iterable[Trouble]:
    watch, canary = kept.watch, kept.canary
    ended = watch is not None and watch.expires_at is not None and watch.expires_at < now
    if watch and (watch.trouble or ended):
        yield Trouble(
            state=State.SLOW,
            words=f"The service no longer tells of news. {watch.trouble}".strip(),
            fix="Messages still come in with each look; it is renewed by itself.",
        )
    if canary and canary.missing and canary.sent_at:
        yield Trouble(
            state=State.SLOW,
            words=f"A message of {canary.sent_at:%Y-%m-%d %H:%M} UTC to itself never came in.",
            fix="Look for it in spam, filters and the folders that are not read. To try again: "
            f"orchestre connections canary {name}",
        )
    elif canary and canary.able and canary.trouble:
        yield Trouble(
            state=State.SLOW,
            words=f"It could not write to itself: {canary.trouble}",
            fix=f"To try again: orchestre connections canary {name}",
        )


def _reason(kept: Kept) -> str:
    """What the service said when it no longer took the credentials."""
    if not _is_locked(kept.connection):
        return ""
    return kept.connection.trouble or (kept.feed.trouble if kept.feed else "")


def _lag(bot: Bot | None, feed: Feed | None) -> float | None:
    if not (feed and feed.message_at and feed.kept_at):
        return None
    if bot and bot.started_at and feed.message_at < bot.started_at.replace(microsecond=0):
        return None
    return _seconds(max(timedelta(), feed.kept_at - feed.message_at))


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None


def _is_locked(connection: Connection) -> bool:
    return connection.health is connections.Health.NEEDS_REAUTHORIZATION


def _name(connection: Connection) -> str:
    return f"{connection.provider}/{connection.handle}"
