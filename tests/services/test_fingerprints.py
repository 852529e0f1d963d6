"""Copies of one mail are the same; everything else is not."""

from typing import Any

import pytest

from core.connections import Connection
from core.messages import Address, Envelope, Message
from services.fingerprints import fingerprint
from tests.core.test_replies import NOW

ALICE = Connection(
    id="c1",
    owner_id="alice",
    provider="dummy",
    account=Address(handle="alice@shop.example"),
    handle="alice@shop.example",
    linked_at=NOW,
)
HEADERS = (("message-id", "<m1@customer.example>"), ("date", "Thu, 1 Jan 2026 09:00:00 +0000"))


def mail(text: str = "How much?", **changes: Any) -> Message:
    envelope: dict[str, Any] = {
        "id": "inbox/1",
        "thread_id": "t1",
        "sender": Address(handle="bob@customer.example"),
        "received_at": NOW,
        "headers": HEADERS,
    }
    return Message(envelope=Envelope(**(envelope | changes)), text=text)


def test_a_copy_in_another_folder_is_the_same() -> None:
    trace = (("received", "by another server"), ("delivered-to", "x"), *HEADERS)
    copy = mail(id="archive/9", thread_id="t9", headers=trace)

    assert fingerprint(copy, connection=ALICE) == fingerprint(mail(), connection=ALICE)


@pytest.mark.parametrize(
    "other",
    [
        mail("How much is it?"),
        mail(sender=Address(handle="mallory@evil.example")),
        mail(subject="Other"),
        mail(headers=(HEADERS[0], ("date", "Fri, 2 Jan 2026 09:00:00 +0000"))),
        mail(headers=(("message-id", "<m2@customer.example>"), HEADERS[1])),
    ],
)
def test_another_mail_is_not_the_same(other: Message) -> None:
    assert fingerprint(other, connection=ALICE) != fingerprint(mail(), connection=ALICE)


def test_another_account_has_its_own() -> None:
    other = ALICE.model_copy(update={"id": "c2"})

    assert fingerprint(mail(), connection=other) != fingerprint(mail(), connection=ALICE)


def test_chat_messages_are_told_apart_by_their_ids() -> None:
    first, second = mail(headers=()), mail(headers=(), id="inbox/2")

    assert fingerprint(first, connection=ALICE) != fingerprint(second, connection=ALICE)
