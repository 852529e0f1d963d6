"""Copies of one mail are the same; everything else is not."""

from typing import Any

import pytest

from core.messages import Address, Envelope, Message
from services.fingerprints import fingerprint
from tests.core.test_replies import NOW

ALICE = "c1"
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
    copy = mail("How  much?\n", id="archive/9", headers=trace, subject="[tagged] Tent")

    assert fingerprint(copy, account=ALICE) == fingerprint(mail(), account=ALICE)


@pytest.mark.parametrize(
    "other",
    [
        mail("How much is it?"),
        mail(sender=Address(handle="mallory@evil.example")),
        mail(headers=(("message-id", "<m2@customer.example>"), HEADERS[1])),
    ],
)
def test_another_mail_is_not_the_same(other: Message) -> None:
    assert fingerprint(other, account=ALICE) != fingerprint(mail(), account=ALICE)


@pytest.mark.parametrize(
    "changes",
    [{"subject": "Other"}, {"headers": (("date", "Fri, 2 Jan 2026 09:00:00 +0000"),)}],
)
def test_without_a_message_id_the_date_and_the_subject_count(changes: dict[str, Any]) -> None:
    first, other = mail(headers=HEADERS[1:]), mail(**({"headers": HEADERS[1:]} | changes))

    assert fingerprint(other, account=ALICE) != fingerprint(first, account=ALICE)
    assert fingerprint(mail(headers=HEADERS[1:]), account=ALICE) == fingerprint(
        first, account=ALICE
    )


def test_another_account_has_its_own() -> None:
    assert fingerprint(mail(), account="c2") != fingerprint(mail(), account=ALICE)


def test_chat_messages_are_told_apart_by_their_ids() -> None:
    first, second = mail(headers=()), mail(headers=(), id="inbox/2")

    assert fingerprint(first, account=ALICE) != fingerprint(second, account=ALICE)
