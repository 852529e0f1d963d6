"""Whether a conversation goes too fast, or in circles, to be a person's. Pure."""

import hashlib
from datetime import datetime

from core.messages import Message
from core.pace import Heard, Pace, Turn
from core.records import Value

from .answering import bare_subject

RULE = "P3"
LOOP_WORDS = "You and this sender have been writing to each other too fast for a person."
OFTEN_WORDS = "This sender has been answered as often as one may be in a short time."
SAME_WORDS = "The same words of this sender were answered before."


class Stop(Value):
    """Why there is no automatic answer now."""

    words: str
    circles: bool = False
    """Whether it looks as if two machines wrote to each other."""


def turn_of(message: Message, *, thread: str) -> Turn:
    words = " ".join(message.new_text.casefold().split())
    return Turn(
        thread=thread,
        topic=bare_subject(message.envelope.subject).casefold(),
        words=hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest(),
        at=message.envelope.received_at,
        typed=not message.envelope.headers,
    )


def why_stop(turn: Turn, heard: tuple[Heard, ...], *, pace: Pace, now: datetime) -> Stop | None:
    """Why this turn is left to a person, after those that were heard; `None` to go on."""
    same = [one for one in heard if one.answered and one.turn.words == turn.words]
    if any(now - one.at < pace.same_text for one in same):
        return Stop(words=SAME_WORDS)
    recent = [one for one in heard if now - one.at < pace.window]
    together = [one for one in recent if _same_conversation(one.turn, turn)]
    points = points_of(turn, heard, pace=pace)
    if sum(one.points for one in together) + points > pace.per_thread:
        return Stop(words=LOOP_WORDS, circles=True)
    if sum(one.points for one in recent) + points > pace.per_sender:
        return Stop(words=OFTEN_WORDS)
    return None


def points_of(turn: Turn, heard: tuple[Heard, ...], *, pace: Pace) -> int:
    """1 for a person's pace, 2 for a quick one, 3 for one at which nobody writes letters."""
    if turn.typed:
        return 1
    answered = [one for one in heard if one.answered]
    earlier = [one.at for one in answered if _same_conversation(one.turn, turn)]
    # Mail servers tell the time of receipt in whole seconds.
    delays = [turn.at - at.replace(microsecond=0) for at in earlier]
    soonest = min((delay for delay in delays if delay.total_seconds() >= 0), default=None)
    if soonest is None or soonest >= pace.quick:
        return 1
    return 3 if soonest < pace.instant else 2


def _same_conversation(one: Turn, other: Turn) -> bool:
    return one.thread == other.thread or bool(one.topic and one.topic == other.topic)
