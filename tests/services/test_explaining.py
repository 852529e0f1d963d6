"""What would become of a mail, said by the very functions that decide it."""

import base64
import email
import email.policy
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from services.explaining import Question, Verdict, explain, explain_lines

SHOP = "shop@your-shop.example"
QUESTION = Question(id="q", file="-", me=(SHOP, "sales@your-shop.example"))
LETTER = """\
From: Bob <bob@customer.example>
To: Sales <sales@your-shop.example>
Subject: AW: Zelt
Message-ID: <b2@customer.example>
References: <a1@your-shop.example>
Date: Thu, 1 Jan 2026 09:00:00 +0000

Is it waterproof?

On Wed, 31 Dec 2025 at 10:00, Shop <shop@your-shop.example> wrote:
> It is 99 euros.
"""


def raw(text: str = LETTER) -> bytes:
    return text.encode().replace(b"\n", b"\r\n")


def test_a_persons_mail_may_be_answered_and_the_answer_is_shown_whole() -> None:
    verdict = explain(raw(), QUESTION)

    assert verdict.respond
    assert (verdict.reply_to, verdict.subject) == ("bob@customer.example", "AW: Zelt")
    assert verdict.in_reply_to == "<b2@customer.example>"
    assert verdict.references == ("<a1@your-shop.example>", "<b2@customer.example>")
    assert verdict.new_text == "Is it waterproof?"
    answer = email.message_from_bytes(
        base64.b64decode(verdict.reply_b64), policy=email.policy.default
    )
    assert answer["To"].addresses[0].addr_spec == "bob@customer.example"
    assert "sales@your-shop.example" in answer["From"]
    assert answer["Auto-Submitted"] == "auto-replied"


def test_a_silence_names_its_rule() -> None:
    verdict = explain(raw("Auto-Submitted: auto-replied\n" + LETTER), QUESTION)

    assert not verdict.respond
    assert verdict.reason.startswith("S1: ")
    assert verdict.reply_b64 == ""


def test_the_envelopes_sender_counts_where_it_is_known() -> None:
    null = QUESTION.model_copy(update={"envelope_from": ""})

    assert explain(raw(), null).reason.startswith("S5: ")


def test_a_copy_is_left_to_a_person() -> None:
    letter = LETTER.replace("To: Sales", "To: Carol <carol@customer.example>\nCc: Sales")

    verdict = explain(raw(letter), QUESTION)

    assert not verdict.respond
    assert verdict.reason.startswith("R1: ")


def test_a_mail_that_is_all_subject_is_answered_where_that_asks() -> None:
    def said(subject: str) -> Verdict:
        head = f"From: bob@customer.example\nTo: {SHOP}\nSubject: {subject}\n"
        return explain(
            raw(f"{head}Message-ID: <b2@customer.example>\n\n-- \nBob Miller\n"), QUESTION
        )

    assert said("How much is the tent?").respond
    assert said("Broken tent").reason.startswith("T0: It says nothing but its subject")
    assert said("Re: How much is the tent?").reason.startswith("T0: There is nothing new")


def test_the_delimiter_of_a_sub_address_is_the_deployments() -> None:
    letter = LETTER.replace("sales@your", "sales-berlin@your")

    assert not explain(raw(letter), QUESTION).respond
    dashed = QUESTION.model_copy(update={"recipient_delimiter": "-"})
    assert explain(raw(letter), dashed).respond


def test_a_batch_answers_every_line(tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "1.eml").write_bytes(raw())
    lines = [
        json.dumps({"id": "one", "file": "mails/1.eml", "me": [SHOP, "sales@your-shop.example"]}),
        "",
        "not json",
        json.dumps({"id": "gone", "file": "mails/2.eml", "me": [SHOP]}),
        json.dumps({"id": "nobody", "file": "mails/1.eml", "me": []}),
    ]

    one, bad, gone, nobody = explain_lines(lines, folder=tmp_path)

    assert (one.id, one.respond, one.error) == ("one", True, "")
    assert bad.error.startswith("Line 3")
    assert (gone.id, gone.respond) == ("gone", False)
    assert "cannot be read" in gone.error
    assert "me" in nobody.error


def test_the_head_is_where_the_reader_of_the_body_sees_it() -> None:
    assert explain(b"\r\n\r\n" + raw(), QUESTION).respond
    headless = f"Subject: a\r\nhello world\r\nFrom: bob@customer.example\r\nTo: {SHOP}\r\n"
    assert not explain(headless.encode(), QUESTION).respond


@given(st.binary(max_size=400))
def test_whatever_the_bytes_are_there_is_a_verdict(junk: bytes) -> None:
    for mail in (junk, raw() + junk, junk + raw()):
        assert explain(mail, QUESTION).error == ""
