from datetime import UTC, datetime

import pytest

from core.messages import Address, Envelope
from services.policy import CHAT_RULES, RULES, judge

ME = frozenset({"U0ORCHESTRE"})


def envelope(*labels: str, headers: tuple[tuple[str, str], ...] = ()) -> Envelope:
    return Envelope(
        id="C1:1.000001",
        thread_id="C1:1.000001",
        sender=Address(handle="bob@customer.example"),
        received_at=datetime(2026, 3, 12, 10, 0, tzinfo=UTC),
        labels=labels,
        headers=headers,
    )


def test_what_a_person_says_in_a_chat_may_be_answered() -> None:
    assert judge(envelope(), me=ME) is None
    assert judge(envelope("edited", "photo"), me=ME) is None


@pytest.mark.parametrize(
    ("labels", "rule"),
    [
        (["bot"], "C1"),
        (["edited", "bot"], "C1"),
        (["overheard"], "R1"),
        (["bot", "overheard"], "C1"),
    ],
)
def test_what_is_for_no_machine_in_a_chat_is_left_alone(labels: list[str], rule: str) -> None:
    veto = judge(envelope(*labels), me=ME)

    assert veto
    assert veto.rule == rule
    assert veto.reason.endswith(".")


def test_a_label_that_the_owner_of_a_mailbox_made_is_no_mark() -> None:
    to_us = (("from", "bob@customer.example"), ("to", "shop@example.com"))

    mail = envelope("bot", "overheard", headers=to_us)

    assert judge(mail, me=frozenset({"shop@example.com"})) is None


def test_every_rule_has_words_of_its_own() -> None:
    assert len({one.words for one in (*RULES, *CHAT_RULES)}) == len(RULES) + len(CHAT_RULES)
