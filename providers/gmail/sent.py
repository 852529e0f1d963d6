"""What the account has sent, by Gmail's own record."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from core.messages import KEY_HEADER, Message, Receipt

from .answers import Gone
from .client import Deadline, Gmail
from .letters import SENT, date, is_sent, key

MOST_SENT = 100
"""Newest mails of the folder of sent mail that are looked at one by one."""


def find_copy(
    gmail: Gmail, wanted: str, *, thread_ids: Iterable[str], since: datetime, deadline: Deadline
) -> Receipt | None:
    """The receipt of the mail that carries the key `wanted`, if it can be found.

    Threads come from the mailbox itself. Gmail may have put the mail into another one, so the
    newest sent mails are looked through as well. No search is asked: its index lags, and it
    would ask for a Message-ID that Gmail may have rewritten.
    """
    for thread_id in dict.fromkeys(thread_ids):
        for found in thread(gmail, thread_id, deadline):
            if is_sent(found) and key(found) == wanted:
                return _receipt(found)
    for found in _newest(gmail, since, deadline):
        if is_sent(found) and key(found) == wanted:
            return _receipt(found)
    return None


def answered_by_hand(
    gmail: Gmail, message: Message, deadline: Deadline, *, wanted: str = ""
) -> bool:
    """Whether a later mail in the same thread was sent, and not by us; or the one whose key is
    `wanted`, by whomever."""
    after, nobodys = message.envelope.received_at, {"", wanted}
    return any(
        is_sent(found) and key(found) in nobodys and date(found) > after
        for found in thread(gmail, message.envelope.thread_id, deadline)
    )


def thread(gmail: Gmail, thread_id: str, deadline: Deadline) -> list[dict[str, Any]]:
    """The mails of a thread with their labels and keys; none, when there is no such thread."""
    if not thread_id:
        return []
    request = gmail.calls.threads.get(
        userId="me", id=thread_id, format="metadata", metadataHeaders=[KEY_HEADER]
    )
    with suppress(Gone):
        return list(gmail.ask(request, deadline).get("messages", ()))
    return []


def _newest(gmail: Gmail, since: datetime, deadline: Deadline) -> Iterator[dict[str, Any]]:
    """The newest sent mails that are no older than a day before `since`, newest first."""
    request = gmail.calls.messages.list(userId="me", labelIds=[SENT], maxResults=MOST_SENT)
    for listed in gmail.ask(request, deadline).get("messages", ()):
        one = gmail.calls.messages.get(
            userId="me", id=listed["id"], format="metadata", metadataHeaders=[KEY_HEADER]
        )
        with suppress(Gone):
            found = gmail.ask(one, deadline)
            if date(found) < since - timedelta(days=1):
                return
            yield found


def _receipt(found: Mapping[str, Any]) -> Receipt:
    return Receipt(id=found["id"], sent_at=date(found))
