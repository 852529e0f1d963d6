"""How Graph shows a message, and what it lets one ask of a list of them."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from functools import lru_cache
from typing import Any, NamedTuple

from tests.simulators.graph_mailbox import SENT, Item
from tests.simulators.service import Response

SIZE = "integer 0x0e08"
NOT_SHOWN = {"from", "to", "cc", "bcc", "sender"}
"""github.com/microsoftgraph/microsoft-graph-docs/issues/3066"""


class Refusal(Exception):
    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        self.response = error(status, code, **headers)


def error(status: int, code: str, **headers: str) -> Response:
    """An error as Graph words it; the message names a person, which no log may."""
    said = {"code": code, "message": "alice@shop.example: it did not work", "innerError": {}}
    return Response.of({"error": said}, status=status, **headers)


class Arrived(NamedTuple):
    """What reached a customer."""

    to: str
    subject: str
    body: str
    key: str


def properties(item: Item) -> dict[str, Any]:
    shows_headers = not item.is_draft and item.folder != SENT
    written = _written(item.raw)
    return written | {
        "receivedDateTime": time(item.received),
        "sentDateTime": time(item.sent or item.received),
        "isDraft": item.is_draft,
        "isRead": item.is_read,
        "conversationId": item.conversation,
        "parentFolderId": item.folder,
        "internetMessageId": item.message_id,
        "categories": [],
        "internetMessageHeaders": written["internetMessageHeaders"] if shows_headers else None,
    }


@lru_cache(maxsize=20_000)
def _written(raw: bytes) -> dict[str, Any]:
    """What the mail itself says. Reading it anew for every list is most of the work."""
    mail = message_from_bytes(raw, policy=policy.default)
    return {
        "subject": str(mail["Subject"] or ""),
        "from": next(iter(people(mail, "From")), None),
        "sender": next(iter(people(mail, "From")), None),
        "replyTo": people(mail, "Reply-To"),
        "toRecipients": people(mail, "To"),
        "ccRecipients": people(mail, "Cc"),
        "bccRecipients": people(mail, "Bcc"),
        "internetMessageHeaders": [
            {"name": name, "value": str(value)}
            for name, value in mail.items()
            if name.lower() not in NOT_SHOWN
        ],
    }


def extended(item: Item, id: str) -> str | None:
    if id.lower() == SIZE:
        return str(len(item.raw))
    return item.properties.get(id.lower())


def people(mail: EmailMessage, name: str) -> list[dict[str, Any]]:
    found = getaddresses([str(value) for value in mail.get_all(name, [])])
    return [{"emailAddress": {"name": name or handle, "address": handle}} for name, handle in found]


def time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def clauses(wanted: str) -> Iterable[str]:
    """The parts of a filter between the outer `and`s."""
    return [part for part in re.split(r" and (?![^(]*\))", wanted) if part]


def fits(clause: str) -> Callable[[Item], bool]:
    if found := re.fullmatch(r"receivedDateTime (ge|gt|le|lt) (\S+)", clause):
        moment, sign = datetime.fromisoformat(found[2]), found[1]
        return lambda item: {
            "ge": item.received >= moment,
            "gt": item.received > moment,
            "le": item.received <= moment,
            "lt": item.received < moment,
        }[sign]
    if found := re.fullmatch(r"conversationId eq '((?:[^']|'')*)'", clause):
        wanted = found[1].replace("''", "'")
        return lambda item: item.conversation == wanted
    if found := re.fullmatch(
        r"singleValueExtendedProperties/Any\(ep: ep/id eq '([^']*)' and ep/value eq '([^']*)'\)",
        clause,
    ):
        id, value = found[1], found[2].lower()
        return lambda item: (extended(item, id) or "").lower() == value
    raise Refusal(400, "BadRequest")


def arrived(raw: bytes) -> Arrived:
    mail = message_from_bytes(raw, policy=policy.default)
    part = mail.get_body(("plain",))
    words = str(part.get_content()) if part else ""
    return Arrived(
        to=",".join(handle for _, handle in getaddresses(mail.get_all("To", []))),
        subject=str(mail["Subject"]),
        body=words.replace("\r\n", "\n").removesuffix("\n"),
        key=str(mail["X-Orchestre-Reply"] or ""),
    )
