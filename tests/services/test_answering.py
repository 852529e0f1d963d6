from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.messages import Address, Envelope, Message
from providers.mail.mime import read_envelope, read_message
from services.answering import build, foreign_reply_to, reply_subject, target

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
SHOP = Address(handle="shop@example.com", name="The Shop")
SALES = Address(handle="sales@example.com")
ME = frozenset({"shop@example.com"})


def message(*lines: str, sender: str = "Bob <bob@customer.example>") -> Message:
    fields = [f"From: {sender}", *lines]
    if not any(line.lower().startswith("to:") for line in lines):
        fields.append("To: shop@example.com")
    raw = "\r\n".join([*fields, "", "How much?"]).encode()
    return read_message(raw, envelope=read_envelope(raw, id="1", received_at=NOW))


def test_an_answer_goes_back_where_it_came_from() -> None:
    read = message("Subject: Tent", "Message-ID: <2@c.example>", "References: <1@c.example>")

    answer = build(read, "99 euros.", account=SHOP, key="k", now=NOW)

    assert answer.to == Address(handle="bob@customer.example", name="Bob")
    assert answer.sender == SHOP
    assert answer.subject == "Re: Tent"
    assert answer.in_reply_to == "<2@c.example>"
    assert answer.references == ("<1@c.example>", "<2@c.example>")
    assert answer.thread_id == read.envelope.thread_id == "<1@c.example>"
    assert answer.date == NOW
    assert answer.body == "99 euros."


def test_an_answer_says_that_it_is_automatic() -> None:
    answer = build(message(), "x", account=SHOP, key="k", now=NOW)

    assert answer.headers == (
        ("Auto-Submitted", "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
    )


def test_each_generation_of_a_draft_has_a_message_id_of_its_own() -> None:
    def id(body: str = "x", key: str = "k", now: datetime = NOW) -> str:
        return build(message(), body, account=SHOP, key=key, now=now).message_id

    assert id() == id()
    assert len({id(), id("y"), id(key="l"), id(now=NOW + timedelta(microseconds=1))}) == 4
    assert id().endswith("@example.com>")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("Reply-To: ann@x.example",), "ann@x.example"),
        (("Reply-To: shop@example.com",), "bob@customer.example"),
        (("Reply-To: shop+x@example.com",), "bob@customer.example"),
        (("Reply-To: noreply@x.example",), "bob@customer.example"),
        (("Reply-To: tents-request@x.example",), "bob@customer.example"),
        (("Reply-To: a@x.example, b@x.example",), "bob@customer.example"),
        (("Reply-To: shop@example.com, ann@x.example",), "ann@x.example"),
        (("Reply-To: =?utf-8?q?evil=40x=2Eexample?= <ann@x.example>",), "ann@x.example"),
        (("Reply-To: =?utf-8?q?evil=40x=2Eexample?=",), "bob@customer.example"),
        (("Reply-To: <@gw.example:ann@x.example>",), "ann@x.example"),
        (("Reply-To: -oX@x.example",), "bob@customer.example"),
        (('Reply-To: "a b"@x.example',), "bob@customer.example"),
        ((f"Reply-To: {'a' * 250}@x.example",), "bob@customer.example"),
        (("Return-Path: <r@x.example>", "Sender: s@x.example"), "bob@customer.example"),
        (("Errors-To: e@x.example", "Mail-Followup-To: m@x.example"), "bob@customer.example"),
        (("Resent-From: r@x.example", "X-Original-From: o@x.example"), "bob@customer.example"),
        (("Cc: c@x.example",), "bob@customer.example"),
    ],
)
def test_exactly_one_person_is_answered(lines: tuple[str, ...], expected: str) -> None:
    assert target(message(*lines), ME).handle == expected


@pytest.mark.parametrize(
    "sender", ["shop@example.com", "noreply@x.example", "Bob", "", "-x@y.example", "a@b@c"]
)
def test_without_anybody_to_answer_it_is_refused(sender: str) -> None:
    with pytest.raises(Refused, match="answers"):
        build(message(sender=sender), "x", account=SHOP, key="k", now=NOW)


def test_the_alias_that_was_addressed_answers() -> None:
    read = message("To: Sales <SALES+web@example.com>")

    answer = build(read, "x", account=SHOP, aliases=(SALES,), key="k", now=NOW)

    assert answer.sender == Address(handle="sales@example.com", name="The Shop")


def test_a_reply_to_elsewhere_is_noticed() -> None:
    assert foreign_reply_to(message("Reply-To: bob@evil.example"), ME)
    assert foreign_reply_to(message("Reply-To: shop@example.com, bob@evil.example"), ME)
    assert not foreign_reply_to(message("Reply-To: ann@CUSTOMER.example"), ME)
    assert not foreign_reply_to(message("Reply-To: shop+x@example.com"), ME)
    assert not foreign_reply_to(message("Reply-To: noreply@evil.example"), ME)
    assert not foreign_reply_to(message("Reply-To: a@evil.example, b@evil.example"), ME)
    assert not foreign_reply_to(message(), ME)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Tent", "Re: Tent"),
        ("Re: Tent", "Re: Tent"),
        ("RE: Tent", "RE: Tent"),
        ("Re[2]: Tent", "Re[2]: Tent"),
        ("AW: Zelt", "AW: Zelt"),
        ("SV: tält", "SV: tält"),
        ("Antw: tent", "Antw: tent"),
        ("Odp: namiot", "Odp: namiot"),
        ("回复: 帐篷", "回复: 帐篷"),
        ("回复：帐篷", "回复：帐篷"),
        ("Fwd: Tent", "Re: Fwd: Tent"),
        ("Rent a tent", "Re: Rent a tent"),
        ("Regarding: tent", "Re: Regarding: tent"),
        ("", "Re:"),
        ("a\r\nBcc: x@y.example", "Re: a Bcc: x@y.example"),
        ("x" * 500, "Re: " + "x" * 196),
    ],
)
def test_the_subject_says_re_once(subject: str, expected: str) -> None:
    assert reply_subject(subject) == expected


@pytest.mark.parametrize(
    ("lines", "in_reply_to", "references"),
    [
        ((), "", ()),
        (("Message-ID: nonsense",), "", ()),
        (("Message-ID: <>",), "", ()),
        (("Message-ID:\r\n <2@c>  (added by x)",), "<2@c>", ("<2@c>",)),
        (("Message-ID: <2@c>", "In-Reply-To: <1@c>"), "<2@c>", ("<1@c>", "<2@c>")),
        (("Message-ID: <2@c>", "In-Reply-To: <0@c> <1@c>"), "<2@c>", ("<2@c>",)),
        (
            ("Message-ID: <2@c>", "References: <a@c>\r\n\t<b@c> junk <c"),
            "<2@c>",
            ("<a@c>", "<b@c>", "<2@c>"),
        ),
        (("Message-ID: <2@c>", "References: <2@c> <2@c>"), "<2@c>", ("<2@c>",)),
    ],
)
def test_threads_hang_together(
    lines: tuple[str, ...], in_reply_to: str, references: tuple[str, ...]
) -> None:
    answer = build(message(*lines), "x", account=SHOP, key="k", now=NOW)

    assert (answer.in_reply_to, answer.references) == (in_reply_to, references)


def test_long_threads_keep_their_first_and_latest_references() -> None:
    ids = [f"<{n}@c>" for n in range(100)]
    read = message("Message-ID: <last@c>", f"References: {' '.join(ids)}")

    references = build(read, "x", account=SHOP, key="k", now=NOW).references

    assert references == ("<0@c>", *ids[-19:], "<last@c>")


def test_a_chat_answer_has_no_mail_fields() -> None:
    sender = Address(handle="U123", name="Bob")
    envelope = Envelope(id="1", thread_id="t", sender=sender, received_at=NOW)

    answer = build(Message(envelope=envelope), "x", account=SHOP, key="k", now=NOW)

    assert answer.to == sender
    assert answer.thread_id == "t"
    assert (answer.subject, answer.message_id, answer.headers) == ("", "", ())


def test_a_chat_message_of_our_own_is_refused() -> None:
    envelope = Envelope(id="1", thread_id="t", sender=SHOP, received_at=NOW)

    with pytest.raises(Refused):
        build(Message(envelope=envelope), "x", account=SHOP, key="k", now=NOW)


@given(subject=st.text(max_size=300), name=st.text(max_size=80))
def test_nothing_of_the_mail_breaks_a_line(subject: str, name: str) -> None:
    envelope = Envelope(
        id="1",
        thread_id="t",
        sender=Address(handle="bob@customer.example", name=name),
        subject=subject,
        received_at=NOW,
        headers=(("from", "bob@customer.example"),),
    )

    answer = build(Message(envelope=envelope), "x", account=SHOP, key="k", now=NOW)

    assert len((answer.subject + answer.to.name).splitlines()) <= 1
    assert len(answer.subject) <= 200
