"""How Slack names things: a message is its time in its conversation, a thread its first message.

docs.slack.dev/messaging/retrieving-messages, docs.slack.dev/reference/events/message
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

SPOKEN = frozenset({"", "file_share", "me_message", "thread_broadcast", "bot_message"})
"""The subtypes with which somebody says something. All others, three dozen of them, report what
happened: who joined, left, renamed, pinned, or deleted what."""
SLACKBOT = "USLACKBOT"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STAMP = re.compile(r"(\d{1,12})\.(\d{6})")


class Conversation(NamedTuple):
    id: str
    name: str
    """Empty where two people talk, or a few."""
    direct: bool


class Spot(NamedTuple):
    """Where something was said: a thread, or the conversation itself when `thread` is empty."""

    conversation: str
    thread: str = ""


def number_of(stamp: Any) -> int:
    """A `ts` in microseconds, to be compared and counted with; 0 for what is none."""
    found = _STAMP.fullmatch(stamp) if isinstance(stamp, str) else None
    return int(found[1] + found[2]) if found else 0


def stamp_of(number: int) -> str:
    return f"{number // 10**6}.{number % 10**6:06d}"


def moment_of(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def time_of(stamp: str) -> datetime:
    return _EPOCH + number_of(stamp) * _MICROSECOND


def id_of(conversation: str, stamp: str) -> str:
    return f"{conversation}:{stamp}"


def place_of(thread_id: str) -> Spot:
    conversation, _, thread = thread_id.partition(":")
    return Spot(conversation, thread)


def is_bot(message: dict[str, Any]) -> bool:
    return bool(
        message.get("bot_id")
        or message.get("subtype") == "bot_message"
        or message.get("user") == SLACKBOT
    )


def is_person(message: dict[str, Any]) -> bool:
    """Whether a person said it."""
    return (
        message.get("subtype", "") in SPOKEN and bool(message.get("user")) and not is_bot(message)
    )
