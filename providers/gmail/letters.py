"""One mail of the Gmail API, in our words."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from core.canaries import HEADER as CANARY
from core.clock import system_clock
from core.messages import KEY_HEADER, Address, Envelope
from providers.mail import mime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECEIVED = "INBOX"
NOT_RECEIVED = frozenset({"CHAT", "DRAFT", "SPAM", "TRASH"})
SENT = "SENT"

_BREAK = re.compile(r"[\r\n\x00]+[ \t]*")
_NAME = re.compile(r"[!-9;-~]+")


def envelope(found: Mapping[str, Any]) -> Envelope:
    """What `messages.get` says in the formats `metadata` and `raw`."""
    read = mime.read_envelope(
        raw(found) if "raw" in found else _block(found),
        id=found["id"],
        received_at=date(found),
        size=int(found.get("sizeEstimate", 0)),
        labels=labels(found),
    )
    return read.model_copy(update={"thread_id": found["threadId"]})


def raw(found: Mapping[str, Any]) -> bytes:
    """The whole mail of `messages.get` in the format `raw`."""
    text = str(found.get("raw", ""))
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def packed(mail: bytes) -> str:
    """A mail as the API takes it."""
    return urlsafe_b64encode(mail).decode()


def date(found: Mapping[str, Any]) -> datetime:
    """When Google accepted it; now, where that is not said: it must not pass for an old one."""
    said = found.get("internalDate")
    return system_clock() if said is None else EPOCH + timedelta(milliseconds=int(said))


def milliseconds(moment: datetime) -> int:
    """Since 1970, as Gmail counts."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def labels(found: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(found.get("labelIds", ()))


def is_received(found: Mapping[str, Any]) -> bool:
    """Whether it is in the inbox, and not the owner's own.

    What an account writes to itself is one mail, sent and in the inbox. Of these only a canary
    is wanted: that it comes in is what it is for.
    """
    own = is_sent(found) and not any(name == CANARY.lower() for name, _ in _headers(found))
    return lies_in_inbox(found) and not own


def lies_in_inbox(found: Mapping[str, Any]) -> bool:
    """The same, as far as labels alone tell it."""
    marks = labels(found)
    return RECEIVED in marks and NOT_RECEIVED.isdisjoint(marks)


def is_sent(found: Mapping[str, Any]) -> bool:
    """Whether the account has sent it. Only Google sets that mark: no stranger's mail has it."""
    return SENT in labels(found)


def aliases(said: Mapping[str, Any]) -> tuple[Address, ...]:
    """Of `settings.sendAs.list`: what is Google's own, or was verified, and is not another
    person's, in whose name this one may write."""
    return tuple(
        Address(handle=str(one["sendAsEmail"]), name=str(one.get("displayName") or ""))
        for one in said.get("sendAs") or ()
        if one.get("sendAsEmail")
        and one.get("verificationStatus", "accepted") == "accepted"
        and one.get("treatAsAlias", True)
    )


def key(found: Mapping[str, Any]) -> str:
    """The key in our own header; empty where there is none."""
    return next((text.strip() for name, text in _headers(found) if name == KEY_HEADER.lower()), "")


def _headers(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    parts = found.get("payload", {}).get("headers", ())
    return [(str(part["name"]).lower(), str(part["value"])) for part in parts]


def _block(found: Mapping[str, Any]) -> bytes:
    """The header block, written again. Values come decoded or not; both can be read."""
    lines = [
        f"{name}: {_BREAK.sub(' ', value)}\r\n"
        for name, value in _headers(found)
        if _NAME.fullmatch(name)
    ]
    return "".join([*lines, "\r\n"]).encode("utf-8", "replace")
