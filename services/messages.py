"""Reads an account's messages, and answers one of them in a person's own words."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from core.clock import Clock
from core.connections import Connection
from core.errors import (
    Invalid,
    NotFound,
    OrchestreError,
    ReauthorizationRequired,
    Refused,
    Unavailable,
)
from core.messages import Envelope, Message
from core.records import Value
from core.replies import Exchange, Reply
from core.sealing import Place, Sealer
from db.base import Database
from providers import BaseProvider, Capability

from .connections import Connections
from .policy_people import is_mine
from .replies.receiving import reply_id

log = logging.getLogger(__name__)

WINDOWS = tuple(timedelta(minutes=15) * 4**n for n in range(7))
"""How far back is looked for the newest message, one after the other: up to six weeks."""
PAGE = 50
MOST_PAGES = 20
MOST_KEPT = 1_000
READ_SECONDS = 30.0
"""How long one request may read; a single call of a provider has a deadline of its own."""


class Read(Value):
    """Some messages, oldest first, and where to go on from; empty where nothing is left now."""

    messages: tuple[Message, ...]
    next: str = ""


class Messages:
    """Mail is read at its provider, which gives it as often as it is asked. What a chat service
    says it may say only once, to the bot: of that, only what was kept is shown."""

    def __init__(
        self,
        database: Database,
        connections: Connections,
        sealer: Sealer,
        *,
        delimiter: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._connections = connections
        self._sealer = sealer
        self._delimiter = delimiter
        self._clock = clock

    def newest(self, connection: Connection) -> Read:
        """The newest message from somebody else, if any; what comes in after it comes next."""
        until = time.monotonic() + READ_SECONDS
        with self._reading(connection) as provider:
            if provider is None:
                kept = self._kept(connection, since=self._clock() - WINDOWS[-1])
                found = tuple(_whole(exchange) for exchange in kept[-1:])
                next = self._sealed(connection, found[0].envelope.id) if found else ""
                return Read(messages=found, next=next)
            for window in WINDOWS:
                cursor = provider.cursor_at(self._clock() - window)
                envelopes, cursor = self._all(connection, provider, cursor, until=until)
                if envelopes:
                    last = max(envelopes, key=lambda one: one.received_at)
                    next = self._sealed(connection, cursor)
                    return Read(messages=(provider.fetch(last),), next=next)
        return Read(messages=())

    def since(self, connection: Connection, moment: datetime, *, count: int, token: str) -> Read:
        """The first `count` messages from somebody else since then, or since where `token` is."""
        place = self._opened(connection, token) if token else ""
        until = time.monotonic() + READ_SECONDS
        with self._reading(connection) as provider:
            if provider is None:
                return self._kept_since(connection, moment, count=count, after=place)
            cursor = place or provider.cursor_at(moment)
            found: list[Message] = []
            for _ in range(MOST_PAGES):
                page = provider.fetch_new(cursor, limit=count - len(found))
                cursor = page.cursor
                others = [one for one in page.envelopes if self._is_from_others(connection, one)]
                found += [provider.fetch(one) for one in others]
                if len(found) >= count or not page.envelopes or time.monotonic() > until:
                    break
        return Read(messages=tuple(found), next=self._sealed(connection, cursor))

    def thread(self, connection: Connection, message_id: str) -> tuple[Message, ...]:
        """The conversation up to and including this message, oldest first."""
        with self._reading(connection) as provider:
            kept = self._exchange(connection, message_id)
            if provider is None:
                if kept is None:
                    raise NotFound(f"There is no message {message_id!r} in this account.")
                return (_whole(kept),)
            message = self._message(connection, provider, kept, message_id)
            if Capability.THREADS not in provider.capabilities:
                return (message,)
            return provider.fetch_thread(message)

    def one(self, connection: Connection, message_id: str) -> Message:
        """The message of this id, as the provider has it, or as it was kept."""
        kept = self._exchange(connection, message_id)
        if kept and kept.message:
            return kept.message
        with self._reading(connection) as provider:
            if provider is None:
                if kept is None:
                    raise NotFound(f"There is no message {message_id!r} in this account.")
                return _whole(kept)
            return self._message(connection, provider, kept, message_id)

    def _message(
        self,
        connection: Connection,
        provider: BaseProvider,
        kept: Exchange | None,
        message_id: str,
    ) -> Message:
        """An id is never handed to a provider as it was given: only one that it has told itself."""
        if kept:
            return kept.message or provider.fetch(kept.envelope)
        until = time.monotonic() + READ_SECONDS
        for window in WINDOWS:
            cursor = provider.cursor_at(self._clock() - window)
            envelopes, _ = self._all(connection, provider, cursor, until=until)
            for envelope in envelopes:
                if envelope.id == message_id:
                    return provider.fetch(envelope)
        raise NotFound(f"There is no message {message_id!r} of the last six weeks in this account.")

    def _all(
        self, connection: Connection, provider: BaseProvider, cursor: str, *, until: float
    ) -> tuple[list[Envelope], str]:
        """What came in from others behind `cursor`, and the place behind that."""
        found: list[Envelope] = []
        for _ in range(MOST_PAGES):
            page = provider.fetch_new(cursor, limit=PAGE)
            cursor = page.cursor
            found += [one for one in page.envelopes if self._is_from_others(connection, one)]
            if not page.envelopes:
                return found, cursor
            if time.monotonic() > until:
                break
        raise Unavailable(
            "There is more new mail than can be read at once. Ask for less: "
            "GET /messages/get_messages with a later from_when."
        )

    @contextmanager
    def _reading(self, connection: Connection) -> Iterator[BaseProvider | None]:
        """The provider, open; `None` where it must not be read but by the bot."""
        try:
            with self._connections.borrow(connection) as provider:
                mail = Capability.MAIL in provider.capabilities
                yield provider if mail else None
        except ReauthorizationRequired as error:
            self._connections.expire(connection.id, str(error))
            raise
        except OrchestreError:
            raise
        except Exception as error:  # a plug-in's own: reading has done nothing, and it says so
            facts = {"connection_id": connection.id}
            log.warning("reading_failed", extra=facts, exc_info=error)
            raise Unavailable(f"The account could not be read: {type(error).__name__}.") from error

    def _is_from_others(self, connection: Connection, envelope: Envelope) -> bool:
        me = frozenset({connection.handle})
        return not is_mine(envelope.sender.handle, me=me, delimiter=self._delimiter)

    def _exchange(self, connection: Connection, message_id: str) -> Exchange | None:
        store = self._database.for_owner(connection.owner_id)
        found = store.find(Exchange, id=reply_id(connection.id, message_id))
        return next(iter(found), None)

    def _kept(self, connection: Connection, *, since: datetime) -> list[Exchange]:
        """What was kept of an account since then, oldest first."""
        store = self._database.for_owner(connection.owner_id)
        ids: list[str] = []
        after: str | None = None
        while len(ids) < MOST_KEPT:
            page = store.page(
                Reply, order="-created_at", after=after, limit=PAGE, connection_id=connection.id
            )
            fresh = [reply for reply in page.items if reply.received_at >= since]
            ids += [reply.id for reply in fresh]
            after = page.after
            if after is None or not fresh:
                break
        exchanges = store.find(Exchange, id=ids) if ids else []
        others = [one for one in exchanges if self._is_from_others(connection, one.envelope)]
        return sorted(others, key=lambda one: (one.envelope.received_at, one.envelope.id))

    def _kept_since(
        self, connection: Connection, moment: datetime, *, count: int, after: str
    ) -> Read:
        kept = self._kept(connection, since=moment)
        ids = [exchange.envelope.id for exchange in kept]
        start = ids.index(after) + 1 if after in ids else 0
        found = tuple(_whole(exchange) for exchange in kept[start : start + count])
        last = found[-1].envelope.id if found else after
        return Read(messages=found, next=self._sealed(connection, last) if last else "")

    def _sealed(self, connection: Connection, place: str) -> str:
        """A place as others may hold it: it can be read and made up nowhere else. A provider's
        own may hold addresses that it goes on at."""
        return self._sealer.seal(json.dumps(place), _place(connection))

    def _opened(self, connection: Connection, token: str) -> str:
        try:
            return str(json.loads(self._sealer.open(token, _place(connection))))
        except Refused as error:
            raise Invalid(
                "That nextPageToken is not of this account. Leave it out, or give it as it came."
            ) from error


def _place(connection: Connection) -> Place:
    return Place(owner_id=connection.owner_id, record_id=connection.id, field="page")


def _whole(exchange: Exchange) -> Message:
    """The message as it was kept; without its body where that was not read yet."""
    if exchange.message:
        return exchange.message
    text = exchange.envelope.text or ""
    return Message(envelope=exchange.envelope, text=text, new_text=text)
