"""The messages that an account's bot has read, as they were kept then."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from core.connections import Connection
from core.messages import Envelope, Message
from core.replies import Exchange, Reply
from db.base import Database
from db.cursors import write_cursor
from db.tables import column_value

from .policy_people import is_mine
from .replies.receiving import reply_id

PAGE = 50
MOST_LOOKED_AT = 1_000
"""How many are looked through for one answer. What is left is for the next."""
SKEW = timedelta(days=1)
"""A message is kept after it was received; so far apart the two clocks may be."""


class Found(NamedTuple):
    """Some messages, and the place behind them; empty where nothing comes behind it now."""

    messages: tuple[Message, ...]
    next: str


class Kept:
    """In the order in which they were kept, which a place names by its time: it stays a place
    when the message that it was behind has gone."""

    def __init__(self, database: Database, *, delimiter: str) -> None:
        self._database = database
        self._delimiter = delimiter

    def exchange(self, connection: Connection, message_id: str) -> Exchange | None:
        store = self._database.for_owner(connection.owner_id)
        found = store.find(Exchange, id=reply_id(connection.id, message_id))
        return next(iter(found), None)

    def newest(self, connection: Connection) -> Found:
        """The last one from somebody else, and the place behind all that there are."""
        last = ""
        for looked_at, (reply, exchange) in enumerate(self._each(connection, order="-created_at")):
            last = last or _behind(reply)
            if exchange and is_from_others(connection, exchange.envelope, self._delimiter):
                return Found((whole(exchange),), last)
            if looked_at >= MOST_LOOKED_AT:
                break
        return Found((), last)

    def since(
        self, connection: Connection, moment: datetime, *, count: int, after: str = ""
    ) -> Found:
        """The first `count` from somebody else that were received since `moment`, and were kept
        behind the place `after`."""
        place = after or write_cursor(column_value(moment - SKEW), "")
        found: list[Message] = []
        each = self._each(connection, order="created_at", after=place)
        for looked_at, (reply, exchange) in enumerate(each):
            wanted = (
                exchange
                and reply.received_at >= moment
                and is_from_others(connection, exchange.envelope, self._delimiter)
            )
            if (wanted and len(found) == count) or looked_at >= MOST_LOOKED_AT:
                return Found(_oldest_first(found), place)
            if exchange and wanted:
                found.append(whole(exchange))
            place = _behind(reply)
        return Found(_oldest_first(found), "")

    def _each(
        self, connection: Connection, *, order: str, after: str | None = None
    ) -> Iterator[tuple[Reply, Exchange | None]]:
        store = self._database.for_owner(connection.owner_id)
        while True:
            page = store.page(
                Reply, order=order, after=after, limit=PAGE, connection_id=connection.id
            )
            ids = [reply.id for reply in page.items]
            texts = {text.id: text for text in store.find(Exchange, id=ids)} if ids else {}
            yield from ((reply, texts.get(reply.id)) for reply in page.items)
            after = page.after
            if after is None:
                return


def is_from_others(connection: Connection, envelope: Envelope, delimiter: str) -> bool:
    return not is_mine(envelope.sender.handle, me=connection.me, delimiter=delimiter)


def whole(exchange: Exchange) -> Message:
    """The message as it was kept; without its body where that was not read yet."""
    if exchange.message:
        return exchange.message
    text = exchange.envelope.text or ""
    return Message(envelope=exchange.envelope, text=text, new_text=text)


def _behind(reply: Reply) -> str:
    return write_cursor(column_value(reply.created_at), reply.id)


def _oldest_first(messages: list[Message]) -> tuple[Message, ...]:
    return tuple(sorted(messages, key=lambda one: one.envelope.received_at))
