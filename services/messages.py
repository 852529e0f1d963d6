"""Reads an account's messages."""

import base64
import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from pydantic import ValidationError

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
from core.replies import Exchange
from core.sealing import Place, Sealer
from db.base import Database
from providers import BaseProvider, Capability

from .connections import Connections
from .kept import Kept, is_from_others, whole

log = logging.getLogger(__name__)

MOST_NEWEST = 50
"""How many of the owner's own may be newer than the newest from somebody else."""
MOST_PAGES = 20
MOST_SHOWN = 50
READ_SECONDS = 30.0
"""How long one request may read; a single call of a provider has a deadline of its own."""


class Read(Value):
    """Some messages, oldest first, and where to go on from; empty where nothing is left now."""

    messages: tuple[Message, ...]
    next: str = ""


class Spot(Value):
    """What a token stands for."""

    cursor: str
    """The provider's, or a place among what was kept."""
    shown: tuple[str, ...] = ()
    """Marks of the last that were shown: what comes behind a cursor may have come before it."""
    ahead: str = ""
    """The id of a message before the cursor that is still to be shown: the first of the next."""


class Messages:
    """Where messages can be looked up, they are read at their provider, which gives them as often
    as it is asked. A chat service may say things only once, to the bot: of that, only what was
    kept is shown."""

    def __init__(
        self, database: Database, connections: Connections, sealer: Sealer, *, delimiter: str
    ) -> None:
        self._kept = Kept(database, delimiter=delimiter)
        self._connections = connections
        self._sealer = sealer
        self._delimiter = delimiter

    def newest(self, connection: Connection) -> Read:
        """The newest message from somebody else, if any; what comes in after it comes next."""
        with self._reading(connection) as provider:
            if provider is None:
                kept = self._kept.newest(connection)
                return self._read(connection, *kept) if kept.messages else Read(messages=())
            for envelope in islice(provider.newest(), MOST_NEWEST):
                if self._is_from_others(connection, envelope):
                    # The service's own clock, not ours: what comes in meanwhile is not left out.
                    cursor = provider.cursor_at(envelope.received_at)
                    token = self._sealed(connection, Spot(cursor=cursor, shown=(_mark(envelope),)))
                    return Read(messages=(provider.fetch(envelope),), next=token)
        return Read(messages=())

    def since(self, connection: Connection, moment: datetime, *, count: int, token: str) -> Read:
        """The first `count` messages from somebody else since then, or since where `token` is."""
        spot = self._opened(connection, token) if token else None
        with self._reading(connection) as provider:
            if provider is None:
                after = spot.cursor if spot else ""
                kept = self._kept.since(connection, moment, count=count, after=after)
                return self._read(connection, *kept)
            spot = spot or Spot(cursor=provider.cursor_at(moment))
            found, following = self._next(connection, provider, spot, count=count)
            token = self._sealed(connection, following) if following else ""
            return Read(messages=tuple(map(provider.fetch, found)), next=token)

    def thread(self, connection: Connection, message_id: str) -> tuple[Message, ...]:
        """The conversation up to and including this message, oldest first."""
        kept = self._kept.exchange(connection, message_id)
        with self._reading(connection) as provider:
            message = self._message(connection, provider, kept, message_id)
            if provider is None or Capability.THREADS not in provider.capabilities:
                return (message,)
            return provider.fetch_thread(message)

    def one(self, connection: Connection, message_id: str) -> Message:
        """The message of this id, as it was kept, or as the provider has it."""
        kept = self._kept.exchange(connection, message_id)
        if kept and kept.message:
            return kept.message
        with self._reading(connection) as provider:
            return self._message(connection, provider, kept, message_id)

    def _message(
        self,
        connection: Connection,
        provider: BaseProvider | None,
        kept: Exchange | None,
        message_id: str,
    ) -> Message:
        if kept and (kept.message or provider is None):
            return whole(kept)
        envelope = kept.envelope if kept else self._found(connection, provider, message_id)
        if provider is None or envelope is None:
            raise NotFound(f"There is no message {message_id!r} in this account.")
        return provider.fetch(envelope)

    def _found(
        self, connection: Connection, provider: BaseProvider | None, message_id: str
    ) -> Envelope | None:
        envelope = provider.find(message_id) if provider else None
        return envelope if envelope and self._is_from_others(connection, envelope) else None

    def _next(
        self, connection: Connection, provider: BaseProvider, spot: Spot, *, count: int
    ) -> tuple[list[Envelope], Spot | None]:
        """What comes next, and where it goes on; `None` where nothing can come any more. To know
        that, one more is read than is shown."""
        until, cursor = time.monotonic() + READ_SECONDS, spot.cursor
        ahead = self._found(connection, provider, spot.ahead) if spot.ahead else None
        found = [ahead] if ahead else []
        for _ in range(MOST_PAGES):
            page = provider.fetch_new(cursor, limit=count + 1 - len(found))
            cursor = page.cursor
            known = {*spot.shown, *map(_mark, found)}
            others = (one for one in page.envelopes if self._is_from_others(connection, one))
            found += [one for one in others if _mark(one) not in known]
            if not page.envelopes:
                return found, None
            if len(found) > count or time.monotonic() > until:
                break
        found, rest = found[:count], found[count:]
        marks = (*spot.shown, *map(_mark, found))[-MOST_SHOWN:]
        return found, Spot(cursor=cursor, shown=marks, ahead=rest[0].id if rest else "")

    @contextmanager
    def _reading(self, connection: Connection) -> Iterator[BaseProvider | None]:
        """The provider, open; `None` where it must not be read but by the bot."""
        try:
            with self._connections.borrow(connection) as provider:
                yield provider if Capability.LOOKUP in provider.capabilities else None
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
        return is_from_others(connection, envelope, self._delimiter)

    def _read(self, connection: Connection, messages: tuple[Message, ...], next: str) -> Read:
        token = self._sealed(connection, Spot(cursor=next)) if next else ""
        return Read(messages=messages, next=token)

    def _sealed(self, connection: Connection, spot: Spot) -> str:
        """A place as others may hold it: it can be read and made up nowhere else. A provider's
        own may hold addresses that it goes on at."""
        return self._sealer.seal(spot.model_dump_json(), _place(connection))

    def _opened(self, connection: Connection, token: str) -> Spot:
        try:
            return Spot.model_validate_json(self._sealer.open(token, _place(connection)))
        except (Refused, ValidationError) as error:
            raise Invalid(
                "That nextPageToken is not of this account. Leave it out, or give it as it came."
            ) from error


def _mark(envelope: Envelope) -> str:
    """A short name for a token."""
    return base64.urlsafe_b64encode(hashlib.sha256(envelope.id.encode()).digest())[:8].decode()


def _place(connection: Connection) -> Place:
    return Place(owner_id=connection.owner_id, record_id=connection.id, field="page")
