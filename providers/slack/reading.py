"""Reads on in the conversations of an account.

`conversations.history` has no replies in threads, but the first message of each thread says when
its latest reply came; so the last days are read again to find threads with news
(docs.slack.dev/reference/methods/conversations.history).
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import Any, NamedTuple

from core.errors import Unavailable
from core.messages import Envelope

from .client import PAGE, Client, Declined, entries, next_cursor
from .marks import Conversation, moment_of, number_of, stamp_of
from .places import Place
from .writing import Writer

log = logging.getLogger(__name__)

HISTORY = "conversations.history"
KINDS = "public_channel,private_channel,mpim,im"
A_DAY = 86_400 * 10**6
MOST_PAGES = 5
"""Of one conversation in one go; what is older waits."""
MOST_HALVINGS = 40
SETTLING = timedelta(seconds=3)
"""Several answers show several moments: what is younger than the first of them waits."""


class Talk(NamedTuple):
    """What has been said in one conversation, whole up to a moment."""

    messages: list[dict[str, Any]]
    upto: int
    whole: bool
    """Whether that is all there is now."""


class _Recent(NamedTuple):
    messages: list[dict[str, Any]]
    """Newest first."""
    all_there: bool
    at: datetime | None
    """When Slack gave the first answer, where it took several."""


@dataclass
class Reader:
    client: Client
    writer: Writer
    thread_days: int
    channels: frozenset[str] = frozenset()
    _until: int = 0
    """Up to where the conversation in hand is read first, when there is too much in it."""

    def conversations(self) -> list[Conversation]:
        """Those that the bot is a member of and that are to be read, by id.

        docs.slack.dev/reference/methods/users.conversations
        """
        listed = self.client.pages(
            "users.conversations", "channels", types=KINDS, exclude_archived="true"
        )
        found = [_conversation(one) for one in listed if one.get("id")]
        wanted = [
            one
            for one in found
            if not self.channels or self.channels & {one.id.lower(), one.name.lower()}
        ]
        return sorted(wanted)

    def read_on(self, place: Place, *, limit: int) -> tuple[list[Envelope], Place]:
        """The next envelopes of a round, oldest first, and where that leads.

        Where Slack wants a rest, the round stops, and goes on from there the next time.
        """
        place, found = place.began(), list[Envelope]()
        gained = False
        for conversation in self.conversations():
            whole = conversation.id < place.at
            while not whole:
                try:
                    talk = self._next(conversation, place)
                except Unavailable:
                    known = place.until if place.at == conversation.id else 0
                    if not gained and self._until == known:
                        raise
                    return _in_order(found), place.stand(conversation.id, until=self._until)
                gained = True
                envelopes, upto = self.writer.envelopes(conversation, talk.messages), talk.upto
                whole, room = talk.whole, limit - len(found)
                if len(envelopes) > room:
                    envelopes = envelopes[:room]
                    upto = moment_of(envelopes[-1].received_at)
                found += envelopes
                place = place.read(conversation.id, upto)
                if len(found) == limit:
                    return _in_order(found), place
        return _in_order(found), place.ended()

    def _next(self, conversation: Conversation, place: Place) -> Talk:
        """What is said next in a conversation: all of it, or the first part of too much."""
        start = place.start(conversation.id)
        self._until = place.until if place.at == conversation.id else 0
        for _ in range(MOST_HALVINGS):
            try:
                if self._until:
                    return self._part(conversation.id, start, self._until)
                return self._rest(conversation.id, start)
            except _Cut as cut:
                self._until = cut.until
            except Declined as declined:
                # It was left, or taken from us, since it was listed.
                log.warning("conversation_closed", extra={"code": declined.code})
                return Talk([], start, whole=True)
        raise Unavailable("Slack's answers cannot be made small enough to be read.")

    def _rest(self, id: str, start: int) -> Talk:
        """Everything since `start`, or `_Cut` when that is too much."""
        seen, all_there, at = self._recent(id, oldest=self._oldest(start))
        if not all_there and not any(number_of(one.get("ts")) <= start for one in seen):
            raise _Cut(_middle(start, seen))
        upto = _newest(seen)
        if at:
            upto = min(upto, moment_of(at - SETTLING))
        return self._with_replies(id, seen, start=start, upto=upto, whole=True)

    def _part(self, id: str, start: int, until: int) -> Talk:
        """Everything between two moments, or `_Cut` when one answer does not hold it."""
        answer = self.client.ask(
            HISTORY, channel=id, oldest=stamp_of(start), latest=stamp_of(until), limit=PAGE
        )
        seen = entries(answer, "messages")
        if _has_more(answer):
            raise _Cut(_middle(start, seen))
        if self.thread_days:
            seen += self._recent(id, oldest=self._oldest(start), latest=start + 1).messages
        return self._with_replies(id, seen, start=start, upto=until - 1, whole=False)

    def _recent(self, id: str, *, oldest: int, latest: int = 0) -> _Recent:
        """The latest messages before `latest`, or of all."""
        window = {"oldest": stamp_of(oldest), "latest": stamp_of(latest) if latest else ""}
        told = self.client.tell(HISTORY, channel=id, limit=PAGE, **window)
        seen, cursor = entries(told.answer, "messages"), next_cursor(told.answer)
        if not _has_more(told.answer):
            return _Recent(seen, all_there=True, at=None)
        for _ in range(MOST_PAGES - 1):
            if not cursor:
                break
            try:
                answer = self.client.ask(HISTORY, channel=id, limit=PAGE, cursor=cursor, **window)
            except Unavailable:
                break
            seen, cursor = seen + entries(answer, "messages"), next_cursor(answer)
        return _Recent(seen, all_there=not cursor, at=told.at)

    def _oldest(self, start: int) -> int:
        return max(0, start - self.thread_days * A_DAY)

    def _with_replies(
        self, id: str, seen: list[dict[str, Any]], *, start: int, upto: int, whole: bool
    ) -> Talk:
        """What is new of `seen`, with the new replies in its threads; those mark their thread."""
        found = {
            number_of(one.get("ts")): one
            for one in seen
            if start < number_of(one.get("ts")) <= upto
        }
        for first in seen:
            if number_of(first.get("latest_reply")) > start:
                for reply in self._replies(id, first, start=start, upto=upto):
                    found[number_of(reply.get("ts"))] = reply | {"_first": first}
        return Talk([found[number] for number in sorted(found)], max(start, upto), whole)

    def _replies(
        self, id: str, first: dict[str, Any], *, start: int, upto: int
    ) -> Iterable[dict[str, Any]]:
        """docs.slack.dev/reference/methods/conversations.replies: the first message comes, too."""
        try:
            said = list(
                self.client.pages(
                    "conversations.replies",
                    "messages",
                    channel=id,
                    ts=str(first.get("ts")),
                    oldest=stamp_of(start),
                    latest=stamp_of(upto + 1),
                )
            )
        except Declined:
            return []  # it was deleted in the meantime
        return [
            one
            for one in said
            if start < number_of(one.get("ts")) <= upto and one.get("ts") != first.get("ts")
        ]


class _Cut(Exception):
    """There is more than one answer holds: read up to here first."""

    def __init__(self, until: int) -> None:
        self.until = until


def _conversation(found: dict[str, Any]) -> Conversation:
    direct = bool(found.get("is_im"))
    named = not direct and not found.get("is_mpim")
    return Conversation(str(found["id"]), str(found.get("name") or "") if named else "", direct)


def _has_more(answer: dict[str, Any]) -> bool:
    return bool(answer.get("has_more") or next_cursor(answer))


def _newest(messages: Iterable[dict[str, Any]]) -> int:
    stamps = (one.get(name) for one in messages for name in ("ts", "latest_reply"))
    return max(map(number_of, stamps), default=0)


def _middle(start: int, messages: list[dict[str, Any]]) -> int:
    """Between `start` and most of what came, in whatever order it did."""
    later = [number for one in messages if (number := number_of(one.get("ts"))) > start]
    return start + max(2, (median_low(later) - start) // 2) if later else start + 2


def _in_order(envelopes: list[Envelope]) -> list[Envelope]:
    return sorted(envelopes, key=lambda envelope: envelope.received_at)
