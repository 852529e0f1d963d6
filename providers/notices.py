"""How a service tells of news: what it sends, what that proves, and what it is about."""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from core.errors import Invalid
from core.records import Value


class Notice(Value):
    """What somebody has sent to a webhook. Nothing of it is believed before it is proven."""

    headers: dict[str, str] = {}
    """By their names in lower case."""
    query: dict[str, str] = {}
    body: bytes = b""
    """As it came, byte by byte: that is what a service signs."""
    watch_id: str = ""
    """The watch that its address names; empty where all accounts share one address."""
    at: datetime


class Event(StrEnum):
    NEWS = "news"
    RENEW = "renew"
    """The service wants to be asked again, or else it stops telling."""
    GONE = "gone"
    """The service tells no more."""


class Told(Value):
    """What one account is told."""

    subscription: str = ""
    """As `watch` named it; empty where the address of the notice says which it is."""
    secret: str = ""
    """What the notice brought along to show who sent it; empty where it was proven already."""
    event: Event = Event.NEWS


class Heard(Value):
    """What a notice says, once the service has proven itself."""

    told: tuple[Told, ...] = ()
    begins: bool = False
    """A line is open from now on: nobody knows what was told before."""
    answer: str = ""
    """What the service wants to hear back, word for word."""
    proven: bool = True
    """False for what anybody may say, and that is answered all the same."""


class Webhook(Value):
    """Where one account's notices may go, and what they are to bring along."""

    address: str
    """Empty where this deployment has no public address."""
    secret: str


class Watched(Value):
    """What a service has agreed to."""

    subscription: str
    expires_at: datetime | None = None
    """Until when; `None` where that has no end."""
    renew_at: datetime | None = None
    """When to ask again, if that is sooner than the end asks for."""
    is_new: bool = True
    """Whether notices bring the secret from now on that was given with it; else an older one."""


class Wire(Protocol):
    """One line over which a service tells of the news of all its accounts here."""

    def listen(self, heard: Callable[[Heard], None], stopped: threading.Event) -> None:
        """Hold it open until `stopped`, or until it breaks, which raises.

        What `heard` has returned from is kept; only then is it acknowledged.
        """


def parsed(body: bytes | str) -> Any:
    """The JSON in a notice (RFC 8259), which anybody may have written. `Invalid` for what is none.

    Neither is what cannot be written out again: what is nested without end, half a character
    (a lone surrogate), and numbers that are none. Whoever reads on would stumble over these.
    """
    try:
        found = json.loads(body.decode() if isinstance(body, bytes) else body)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise Invalid("This is no JSON that could be read.") from error
    return found
