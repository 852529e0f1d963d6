"""No value of a mail makes a header of its own, nor changes one: a small part of the long run.

The long run is `python -m bench.answers`.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.answers import Share, check_answers, check_values, faults_of_answer
from core.errors import Refused
from core.messages import Address, Outgoing
from providers.mail.mime import write

from . import sanitisers
from .answer_reader import faults
from .hostile_values import BREAKS, HEADERS
from .test_answering import NOW, SHOP

VALUES = 20_000
ANSWERS = 500
SEED = 20260312

HOSTILE = st.lists(st.sampled_from((*BREAKS, *HEADERS)) | st.text(max_size=20), max_size=6).map(
    "".join
)


def test_every_value_stays_on_its_line() -> None:
    outcome = check_values(Share(SEED, VALUES))

    assert outcome.findings == []


def test_every_answer_is_read_as_it_was_built() -> None:
    outcome = check_answers(Share(SEED, ANSWERS))

    assert outcome.findings == []
    assert outcome.done == ANSWERS


@settings(max_examples=100)
@given(subject=HOSTILE, name=HOSTILE, ids=HOSTILE, address=HOSTILE)
def test_whatever_the_mail_says_it_is_answered_with_those_headers_only(
    subject: str, name: str, ids: str, address: str
) -> None:
    fields = (
        f"From: {_folded(name)} <bob@customer.example>",
        "To: shop@example.com",
        f"Subject: {_folded(subject)}",
        f"Message-ID: <1@c.example>{_folded(ids)}",
        f"References: {_folded(ids)} <0@c.example>",
        f"Reply-To: {_folded(address)}",
    )
    mail = "\r\n".join([*fields, "", "How much?"]).encode("utf-8", "surrogatepass")

    try:
        found = faults_of_answer(mail)
    except Refused:
        return

    assert found == []


def _folded(text: str) -> str:
    return text.replace("\r", "\r ").replace("\n", "\n ")


@settings(max_examples=100)
@given(subject=HOSTILE, name=HOSTILE, value=HOSTILE, key=HOSTILE)
def test_writing_alone_lets_nothing_through_either(
    subject: str, name: str, value: str, key: str
) -> None:
    sent = outgoing(subject=subject, to=Address(handle=sanitisers.BOB, name=name), ids=value)

    raw = write(sent, key=f"k{key}")

    assert faults(raw, outgoing(subject=sanitisers.one_line(subject))) == []


def outgoing(*, subject: str, to: Address | None = None, ids: str = "") -> Outgoing:
    return Outgoing(
        to=to or Address(handle=sanitisers.BOB),
        sender=SHOP,
        subject=subject,
        date=NOW,
        message_id="<3@example.com>",
        in_reply_to=f"<2@c.example>{ids}",
        references=("<1@c.example>", "<2@c.example>"),
        headers=(("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")),
        body="99 euros.\n",
    )


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ((b"Subject:", b"Bcc: mallory@evil.example\r\nSubject:"), "bcc is not as expected"),
        ((b"Subject:", b"X:\nBcc: mallory@evil.example\r\nSubject:"), "a line that may not be"),
        ((b"Subject:", b"X:\rBcc: mallory@evil.example\r\nSubject:"), "a line that may not be"),
        ((b"Subject:", b"nothing\r\nSubject:"), "a line that is no header"),
        ((b"Subject:", b"Subject: y\r\nSubject:"), "subject twice"),
        ((b"Re: Tent", b"Re: Tents"), "another subject"),
        ((b"<bob@", b"mallory@evil.example, <bob@"), "another recipient"),
        ((b"<bob@", b"<mallory@evil.example> <bob@"), "another recipient"),
        ((b"bob@customer", b"bob@evil"), "another recipient"),
        ((b"In-Reply-To: <2@", b"In-Reply-To: <4@"), "another In-Reply-To"),
        ((b"auto-replied", b"no"), "not marked as automatic"),
        ((b"\r\n\r\n99", b"\r\n\r\n100"), "it has another body"),
        ((b"99 euros", b"99\n euros"), "a body line that may not be"),
        ((b"The Shop", b"The \xe2\x80\xa8Shop"), "a line that may not be"),
    ],
)
def test_the_reader_of_answers_sees_what_is_wrong(change: tuple[bytes, bytes], fault: str) -> None:
    sent = outgoing(subject="Re: Tent", to=Address(handle=sanitisers.BOB, name="Bob"))
    raw = write(sent, key="k")

    changed = raw.replace(*change, 1)

    assert faults(raw, sent) == []
    assert any(one.startswith(fault) for one in faults(changed, sent))
