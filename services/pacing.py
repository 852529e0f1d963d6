"""Whether a conversation goes too fast, or in circles, to be a person's. Pure."""

import hashlib
import re
from datetime import datetime, timedelta

from core.messages import Envelope, Message
from core.pace import Heard, Pace, Turn
from core.records import Value
from providers.mail.headers import message_ids

from .answering import bare_subject
from .asked import asked

RULE = "P3"
LOOP_WORDS = "You and this sender have been writing to each other too fast for a person."
OFTEN_WORDS = "This sender has been answered as often as one may be in a short time."
SAME_WORDS = "The same words of this sender were answered before."


_NUMBERS = re.compile(r"\d+")


class Stop(Value):
    """Why there is no automatic answer now."""

    words: str
    circles: bool = False
    """Whether it looks as if two machines wrote to each other."""


def _thread(envelope: Envelope) -> str:
    """The first message of the conversation, by RFC 5322 3.6.4.

    A service's own notion of a thread may join strangers who chose the same subject.
    """
    for name in ("references", "in-reply-to", "message-id"):
        if found := message_ids(envelope.first(name) or ""):
            return found[0]
    return envelope.thread_id


def correspondent(handle: str, *, delimiter: str = "+") -> str:
    """One name for all the sub-addresses of a sender."""
    local, at, domain = handle.casefold().rpartition("@")
    bare = local.partition(delimiter)[0] if delimiter else local
    return f"{bare or local}{at}{domain}"


def turn_of(message: Message, *, delimiter: str = "+") -> Turn:
    words = " ".join(asked(message).casefold().split())
    subject = bare_subject(message.envelope.subject).casefold()
    return Turn(
        sender=correspondent(message.envelope.sender.handle, delimiter=delimiter),
        thread=_thread(message.envelope),
        subject=subject,
        topic=_NUMBERS.sub("0", subject),
        words=hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest(),
        at=message.envelope.received_at,
        answers=bool(
            message.envelope.values("in-reply-to") + message.envelope.values("references")
        ),
        typed=not message.envelope.headers,
    )


def why_stop(turn: Turn, heard: tuple[Heard, ...], *, pace: Pace, now: datetime) -> Stop | None:
    """Why this turn is left to a person, after those that were heard; `None` to go on."""
    same = [one for one in heard if one.answered and one.turn.words == turn.words]
    if any(one.turn.sender == turn.sender and now - one.at < pace.same_text for one in same):
        return Stop(words=SAME_WORDS)
    recent = [one for one in heard if now - one.at < pace.window]
    together = [one for one in recent if _same_conversation(one.turn, turn)]
    points = points_of(turn, heard, pace=pace)
    if sum(one.points for one in together) + points > pace.per_thread:
        return Stop(words=LOOP_WORDS, circles=True)
    theirs = [one for one in recent if one.turn.sender == turn.sender]
    if sum(one.points for one in theirs) + points > pace.per_sender:
        return Stop(words=OFTEN_WORDS)
    return None


def points_of(turn: Turn, heard: tuple[Heard, ...], *, pace: Pace) -> int:
    """1 for a person's pace, 2 for a quick one, all there are for what nobody can have typed."""
    if turn.typed:
        return 1
    answered = [one for one in heard if one.answered]
    together = [one for one in answered if _same_conversation(one.turn, turn)]
    # People write twice in a minute, of orders 7 and 8; but not twice with the same subject.
    reacting = [one for one in together if _reacts(turn, one.turn)]
    if _soonest(turn, reacting) < pace.instant:
        return pace.per_thread
    return 2 if _soonest(turn, together) < pace.quick else 1


def _soonest(turn: Turn, answered: list[Heard]) -> timedelta:
    """How soon after one of our answers it came."""
    # Mail servers tell the time of receipt in whole seconds.
    delays = [turn.at - one.at.replace(microsecond=0) for one in answered]
    return min((delay for delay in delays if delay >= timedelta(0)), default=timedelta.max)


def _reacts(turn: Turn, earlier: Turn) -> bool:
    """Whether it goes on from what was answered there, and is not merely like it."""
    return turn.thread == earlier.thread or turn.subject == earlier.subject


def _same_conversation(earlier: Turn, turn: Turn) -> bool:
    if earlier.sender == turn.sender:
        return earlier.thread == turn.thread or earlier.topic == turn.topic != ""
    return turn.answers and earlier.thread == turn.thread
