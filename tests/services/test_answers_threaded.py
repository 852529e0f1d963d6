"""Whom, as whom and in which thread: mails by the hundred, and what the standards expect.

What is expected is written down from the rules, mail by mail; nothing of it is computed by the
code that is tested. Every answer is read again by the standard library.
"""

import base64
import email
import email.policy
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from services.explaining import BODY, Question, Verdict, explain
from tests.answers import words

SHOP, SALES, IDN = "shop@your-shop.example", "sales@your-shop.example", "info@zelte-müller.example"
BOB = "bob@customer.example"
FIELDS = frozenset(
    {"from", "to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version"}
    | {"auto-submitted", "x-auto-response-suppress", "x-orchestre-reply", "content-type"}
    | {"content-transfer-encoding"}
)
USUAL = {
    "From": f"Bob <{BOB}>",
    "To": SHOP,
    "Subject": "Tent",
    "Message-ID": "<in@customer.example>",
    "Date": "Thu, 1 Jan 2026 09:00:00 +0000",
}


def mail(**changes: str | None) -> bytes:
    """A person's mail with other headers than the usual; `None` leaves one out."""
    fields = USUAL | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([*lines, "", "How much is the tent?", ""]).encode()


def ask(raw: bytes, *, delimiter: str = "+") -> Verdict:
    question = Question(file="-", me=(SHOP, SALES, IDN), recipient_delimiter=delimiter)
    verdict = explain(raw, question)
    assert verdict.error == ""
    return verdict


def answer(verdict: Verdict) -> EmailMessage:
    """The answer as the standard library reads it, after every promise about its form."""
    assert verdict.respond, verdict.reason
    raw = base64.b64decode(verdict.reply_b64)
    head = raw.partition(b"\r\n\r\n")[0]
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert_lines(raw)
    assert_head(head, read)
    assert read["Auto-Submitted"] == "auto-replied"
    assert read["X-Auto-Response-Suppress"] == "All"
    assert read["MIME-Version"] == "1.0"
    assert abs(read["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=5)
    domain = read["From"].addresses[0].domain
    assert re.fullmatch(rf"<[!-;=?-~]+@{re.escape(domain)}>", read["Message-ID"])
    assert [part.get_content_type() for part in read.walk()][1:] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in read.iter_parts()} == {"utf-8"}
    assert words(read).replace("\r\n", "\n") == BODY
    assert not read.defects
    return read


def assert_lines(raw: bytes) -> None:
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998
        assert b"\r" not in line
        assert b"\n" not in line
        assert b"\0" not in line


def assert_head(head: bytes, read: EmailMessage) -> None:
    names = [name.lower() for name in read]
    assert set(names) <= FIELDS
    assert len(names) == len(set(names))
    assert len(read["To"].addresses) == len(read["From"].addresses) == 1
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head).split(b"\r\n")
    assert [line.partition(b":")[0].decode().lower() for line in unfolded] == names
    for value in read.values():
        assert not re.search(
            "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", str(value)
        )


def to(verdict: Verdict) -> str:
    return str(answer(verdict)["To"].addresses[0].addr_spec)


TARGETS: list[tuple[str, dict[str, str | None]]] = [
    (BOB, {}),
    (BOB, {"From": BOB}),
    (BOB, {"From": f"<{BOB}>"}),
    (BOB, {"From": f'"Bob, of C." <{BOB}>'}),
    (BOB, {"From": f"{BOB} (Bob)"}),
    (BOB, {"From": f"Bob (the (real) one) <{BOB}>"}),
    (BOB, {"From": f"<@gw.example,@gw2.example:{BOB}>"}),
    (BOB, {"From": f"Us: {BOB};"}),
    (BOB, {"From": f"=?utf-8?q?B=C3=B6b?= <{BOB}>"}),
    (BOB, {"From": f"=?utf-8?q?=3Cx=40y=2Eexample=3E?= <{BOB}>"}),
    (BOB, {"From": f'"x@y.example" <{BOB}>'}),
    (BOB, {"From": f"x@y.example <{BOB}>"}),
    (BOB, {"From": f'"{SHOP}" <{BOB}>'}),
    (BOB, {"From": f"Bob <{BOB}"}),
    (BOB, {"From": f"Bob <<{BOB}>>"}),
    (BOB, {"From": f"Bob <mailto:{BOB}>"}),
    (BOB, {"From": f"Bob\u00a0<{BOB}>"}),
    (BOB, {"From": f"{BOB},"}),
    (BOB, {"From": f"{BOB}, ann@customer.example", "Sender": BOB}),
    (BOB, {"From": f"{BOB}; ann@customer.example"}),
    ("b.o+b_1@customer.example", {"From": "b.o+b_1@customer.example"}),
    ("o'b@customer.example", {"From": "O'B <o'b@customer.example>"}),
    ("bob@[192.0.2.7]", {"From": "bob@[192.0.2.7]"}),
    ("bob@kunde.bücher.example", {"From": "bob@kunde.bücher.example"}),
    ("bob@xn--bcher-kva.example", {"From": "bob@xn--bcher-kva.example"}),
    ("ann@x.example", {"Reply-To": "ann@x.example"}),
    ("ann@x.example", {"Reply-To": "Ann <ann@x.example>"}),
    ("ann@x.example", {"Reply-To": "ann@x.example, Ann <ANN@X.example>"}),
    ("ann@x.example", {"Reply-To": "Us: ann@x.example;"}),
    ("ann@x.example", {"Reply-To": "=?utf-8?q?bob=40evil=2Eexample?= <ann@x.example>"}),
    ("ann@x.example", {"Reply-To": "ann@x.example, noreply@x.example"}),
    ("ann@x.example", {"Reply-To": f"ann@x.example, {SHOP}"}),
    ("ann@x.example", {"Reply-To": f"{SALES}; ann@x.example"}),
    (BOB, {"Reply-To": ""}),
    (BOB, {"Reply-To": "Ann"}),
    (BOB, {"Reply-To": "<>"}),
    (BOB, {"Reply-To": "undisclosed-recipients:;"}),
    (BOB, {"Reply-To": "=?utf-8?q?ann=40x=2Eexample?="}),
    (BOB, {"Reply-To": "=?utf-8?q?ann?=@x.example"}),
    (BOB, {"Reply-To": '"ann@x.example"'}),
    (BOB, {"Reply-To": "(ann@x.example)"}),
    (BOB, {"Reply-To": "ann@x.example, eve@x.example"}),
    (BOB, {"Reply-To": "a@x.example; b@x.example; c@x.example"}),
    (BOB, {"Reply-To": "ann@x.example eve@x.example"}),
    (BOB, {"Reply-To": "ann@x.example)<eve@x.example>"}),
    (BOB, {"Reply-To": SHOP}),
    (BOB, {"Reply-To": "SHOP+web@Your-Shop.example"}),
    (BOB, {"Reply-To": "info@xn--zelte-mller-zhb.example"}),
    (BOB, {"Reply-To": "noreply@x.example"}),
    (BOB, {"Reply-To": "do-not-reply@x.example"}),
    (BOB, {"Reply-To": "ne-pas-repondre@x.example"}),
    (BOB, {"Reply-To": "mailer-daemon@x.example"}),
    (BOB, {"Reply-To": "tents-request@x.example"}),
    (BOB, {"Reply-To": "owner-tents@x.example"}),
    (BOB, {"Reply-To": "tents-bounces@x.example"}),
    (BOB, {"Reply-To": "-oQ/tmp@x.example"}),
    (BOB, {"Reply-To": '"-X/tmp/a"@x.example'}),
    (BOB, {"Reply-To": f"{'a' * 250}@x.example"}),
    (BOB, {"Reply-To": "ann@x..example"}),
    (BOB, {"Reply-To": "a\u200bnn@x.example"}),
    (BOB, {"Return-Path": "<ann@x.example>"}),
    (BOB, {"Return-Path": "<SRS0=x=y=customer.example=bob@fwd.example>"}),
    (BOB, {"Sender": "secretary@customer.example"}),
    (BOB, {"Errors-To": "ann@x.example"}),
    (BOB, {"Mail-Followup-To": "ann@x.example"}),
    (BOB, {"Mail-Reply-To": "ann@x.example"}),
    (BOB, {"Resent-From": "ann@x.example"}),
    (BOB, {"X-Original-From": "ann@x.example"}),
    (BOB, {"Cc": "ann@x.example"}),
    (BOB, {"Disposition-Notification-To": "ann@x.example"}),
]


@pytest.mark.parametrize(("expected", "headers"), TARGETS)
def test_one_person_is_answered(expected: str, headers: dict[str, str | None]) -> None:
    verdict = ask(mail(**headers))

    assert verdict.reply_to == expected
    assert to(verdict) == expected.replace("bücher", "xn--bcher-kva")


@pytest.mark.parametrize(
    ("rule", "headers"),
    [
        ("A2", {"From": None}),
        ("A2", {"From": None, "Reply-To": "ann@x.example"}),
        ("A2", {"From": ""}),
        ("A2", {"From": "", "Reply-To": "ann@x.example"}),
        ("A2", {"From": "Bob"}),
        ("A2", {"From": "<>"}),
        ("A2", {"From": "undisclosed-recipients:;"}),
        ("A2", {"From": "=?utf-8?q?bob=40customer=2Eexample?="}),
        ("A2", {"From": f'"{BOB}"'}),
        ("A2", {"From": "alice@x.example]<bob@x.example>"}),
        ("A2", {"From": "alice@x.example bob@x.example"}),
        ("A2", {"From": "-bob@x.example"}),
        ("A2", {"From": '"bob b"@x.example'}),
        ("A2", {"From": "bob@x\uff0cy.example"}),
        ("A2", {"From": f"{'a' * 250}@x.example"}),
        ("R3", {"From": SALES}),
        ("R3", {"From": f"Bob <{SHOP}>", "Reply-To": BOB}),
        ("R3", {"From": f"{BOB}, {SHOP}"}),
        ("R3", {"From": "INFO@ZELTE-MÜLLER.example"}),
        ("S8", {"From": f"noreply@x.example, {BOB}"}),
        ("S7", {"From": "MAILER-DAEMON", "Reply-To": BOB}),
    ],
)
def test_where_nobody_can_be_answered_there_is_silence(
    rule: str, headers: dict[str, str | None]
) -> None:
    verdict = ask(mail(**headers))

    assert not verdict.respond
    assert verdict.reason.startswith(f"{rule}: ")


def test_a_person_beyond_ascii_keeps_their_name_and_gets_a_domain_that_servers_know() -> None:
    verdict = ask(mail(From="Jürgen <jürgen@bücher.example>"))

    raw = base64.b64decode(verdict.reply_b64).decode()
    assert verdict.reply_to == "jürgen@bücher.example"
    assert "<jürgen@xn--bcher-kva.example>\r\n" in raw


ALIASES = [
    (SHOP, "+", {}),
    (SALES, "+", {"To": SALES}),
    (SALES, "+", {"To": f"Sales <{SALES.upper()}>"}),
    (SALES, "+", {"To": f"ann@x.example, {SALES}"}),
    (SALES, "+", {"To": "sales+berlin@your-shop.example"}),
    (SALES, "-", {"To": "sales-berlin@your-shop.example"}),
    (SALES, "+", {"To": SALES, "Cc": SHOP}),
    (SHOP, "+", {"To": SHOP, "Cc": SALES}),
    (SALES, "+", {"To": f"{SALES}, {SHOP}"}),
    (SALES, "+", {"To": f"Us: {SALES};"}),
    (SALES, "+", {"To": f'"{SHOP}" <{SALES}>'}),
    (SALES, "+", {"To": "ann@x.example", "Resent-To": SALES}),
    (SALES, "+", {"To": "ann@x.example", "Bcc": SALES}),
    (SHOP, "+", {"To": SHOP, "Delivered-To": SALES}),
    (SALES, "+", {"To": SALES, "Delivered-To": SHOP, "X-Original-To": SHOP}),
    ("info@xn--zelte-mller-zhb.example", "+", {"To": IDN}),
    ("info@xn--zelte-mller-zhb.example", "+", {"To": "info@xn--zelte-mller-zhb.example"}),
]


@pytest.mark.parametrize(("expected", "delimiter", "headers"), ALIASES)
def test_the_alias_that_was_written_to_answers(
    expected: str, delimiter: str, headers: dict[str, str | None]
) -> None:
    read = answer(ask(mail(**headers), delimiter=delimiter))

    assert read["From"].addresses[0].addr_spec == expected


IDS = [f"<{n}@x.example>" for n in range(60)]
THREADS: list[tuple[str, list[str], dict[str, str | None]]] = [
    ("<in@customer.example>", ["<in@customer.example>"], {}),
    ("<2@x>", ["<2@x>"], {"Message-ID": "<2@x>"}),
    ("<2@x>", ["<2@x>"], {"Message-ID": " \r\n <2@x>"}),
    ("<2@x>", ["<2@x>"], {"Message-ID": "<2@x> (added by <3@x>)"}),
    ("<2@x>", ["<2@x>"], {"Message-ID": "(was (<3@x>)) <2@x>"}),
    ('<"2"@x>', ['<"2"@x>'], {"Message-ID": '<"2"@x>'}),
    ("<2@[192.0.2.1]>", ["<2@[192.0.2.1]>"], {"Message-ID": "<2@[192.0.2.1]>"}),
    ("<A$b%c=d!e@x>", ["<A$b%c=d!e@x>"], {"Message-ID": "<A$b%c=d!e@x>"}),
    ("", [], {"Message-ID": None}),
    ("", [], {"Message-ID": ""}),
    ("", [], {"Message-ID": "<>"}),
    ("", [], {"Message-ID": "2@x"}),
    ("", [], {"Message-ID": "<2@x"}),
    ("", [], {"Message-ID": "<2>"}),
    ("", [], {"Message-ID": "<2@>"}),
    ("", [], {"Message-ID": "<@x>"}),
    ("", [], {"Message-ID": "<2 2@x>"}),
    ("", [], {"Message-ID": "<2@x@y>"}),
    ("", [], {"Message-ID": "<2@x> <3@x>"}),
    ("", [], {"Message-ID": "<zwölf@x>"}),
    ("", [], {"Message-ID": "=?utf-8?q?=3C2=40x=3E?="}),
    ("", [], {"Message-ID": "(<2@x>)"}),
    ("", ["<1@x>"], {"Message-ID": None, "References": "<1@x>"}),
    ("", ["<1@x>"], {"Message-ID": "<>", "In-Reply-To": "<1@x>"}),
    ("<2@x>", ["<1@x>", "<2@x>"], {"Message-ID": "<2@x>", "In-Reply-To": "<1@x>"}),
    ("<2@x>", ["<1@x>", "<2@x>"], {"Message-ID": "<2@x>", "In-Reply-To": "Your mail of <1@x>"}),
    ("<2@x>", ["<2@x>"], {"Message-ID": "<2@x>", "In-Reply-To": "<0@x> <1@x>"}),
    ("<2@x>", ["<2@x>"], {"Message-ID": "<2@x>", "In-Reply-To": "yours"}),
    ("<2@x>", ["<2@x>"], {"Message-ID": "<2@x>", "In-Reply-To": "<>"}),
    ("<2@x>", ["<1@x>", "<2@x>"], {"Message-ID": "<2@x>", "References": "<1@x>"}),
    (
        "<2@x>",
        ["<1@x>", "<2@x>"],
        {"Message-ID": "<2@x>", "References": "<1@x>", "In-Reply-To": "<9@x>"},
    ),
    (
        "<2@x>",
        ["<9@x>", "<2@x>"],
        {"Message-ID": "<2@x>", "References": "junk", "In-Reply-To": "<9@x>"},
    ),
    (
        "<2@x>",
        ["<0@x>", "<1@x>", "<2@x>"],
        {"Message-ID": "<2@x>", "References": "<0@x>\r\n\t<1@x>"},
    ),
    ("<2@x>", ["<0@x>", "<1@x>", "<2@x>"], {"Message-ID": "<2@x>", "References": "<0@x>,<1@x>"}),
    ("<2@x>", ["<0@x>", "<1@x>", "<2@x>"], {"Message-ID": "<2@x>", "References": "<0@x><1@x>"}),
    (
        "<2@x>",
        ["<0@x>", "<1@x>", "<2@x>"],
        {"Message-ID": "<2@x>", "References": "<0@x> (and (so) <5@x> on) <1@x>"},
    ),
    (
        "<2@x>",
        ["<0@x>", "<1@x>", "<2@x>"],
        {"Message-ID": "<2@x>", "References": "<0@x> <> <junk> a@b <1@x> <c"},
    ),
    ("<2@x>", ["<1@x>", "<2@x>"], {"Message-ID": "<2@x>", "References": "<1@x> <1@x> <2@x>"}),
    (
        IDS[20],
        IDS[:21],
        {"Message-ID": IDS[20], "References": " ".join(IDS[:20])},
    ),
    (
        IDS[21],
        [IDS[0], *IDS[2:22]],
        {"Message-ID": IDS[21], "References": " ".join(IDS[:21])},
    ),
    (
        IDS[59],
        [IDS[0], *IDS[40:60]],
        {"Message-ID": IDS[59], "References": "\r\n ".join(IDS[:59])},
    ),
    ("", [IDS[0], *IDS[39:59]], {"Message-ID": None, "References": "\r\n ".join(IDS[:59])}),
    (
        "<2@x>",
        [f"<{'a' * 300}{n}@x>" for n in range(9)] + ["<2@x>"],
        {"Message-ID": "<2@x>", "References": " ".join(f"<{'a' * 300}{n}@x>" for n in range(9))},
    ),
]


@pytest.mark.parametrize(("in_reply_to", "references", "headers"), THREADS)
def test_an_answer_hangs_where_its_question_does(
    in_reply_to: str, references: list[str], headers: dict[str, str | None]
) -> None:
    verdict = ask(mail(**headers))

    read = answer(verdict)
    assert (verdict.in_reply_to, list(verdict.references)) == (in_reply_to, references)
    assert str(read["In-Reply-To"] or "") == in_reply_to
    assert str(read["References"] or "").split() == references


CHARSETS = {
    "utf-8": "Zelt für Jürgen 🏕️",
    "iso-8859-1": "Größe",
    "iso-8859-15": "Preis in €",
    "windows-1252": "“Zelt” – groß",
    "iso-8859-2": "Śpiwór",
    "windows-1250": "Příliš žluťoučký kůň",
    "windows-1251": "Палатка",
    "koi8-r": "Палатка",
    "windows-1253": "Σκηνή",
    "windows-1254": "Çadır",
    "windows-1255": "אוהל",
    "windows-1256": "خيمة",
    "windows-874": "เต็นท์",
    "iso-2022-jp": "テント",
    "shift_jis": "テント",
    "euc-jp": "テント",
    "gb2312": "帐篷",
    "gb18030": "帐篷㐀",
    "big5": "帳篷",
    "euc-kr": "텐트",
    "utf-7": "Größe",
}
PREFIXED = """
Re:|RE:|re:|Re :|Re：|Re[2]:|RE[12]:|Re(3):|Re^2:|AW:|Aw:|Antw:|Antwort:|SV:|Sv:|VS:|Odp:|RIF:|R:|
Res:|Ynt:|Vá:|Ats:|ΑΠ:|Отв:|Ответ:|Odg:|תגובה:|رد:|回复:|回复：|回覆:|答复:|返信:|회신:|ตอบ:|TL:
"""


def encoded(text: str, charset: str, how: str) -> str:
    raw = text.encode({"windows-874": "cp874"}.get(charset, charset))
    if how == "b":
        return f"=?{charset}?b?{base64.b64encode(raw).decode()}?="
    return f"=?{charset}?Q?{''.join(f'={byte:02X}' for byte in raw)}?="


def subjects() -> Iterator[tuple[str, str]]:
    """Raw subjects, and what an answer's says."""
    for charset, text in CHARSETS.items():
        for how in "bq":
            yield encoded(text, charset, how), f"Re: {text}"
    for prefix in PREFIXED.replace("\n", "").split("|"):
        yield f"{prefix} Tent", f"{prefix} Tent"
    yield encoded("回复：帐篷", "gb2312", "b"), "回复：帐篷"
    yield encoded("Re: Größe", "iso-8859-1", "q"), "Re: Größe"
    for other in ("Fwd: Tent", "WG: Zelt", "Rent a tent", "Regarding: tent", "R2D2: x", "Area: 51"):
        yield other, f"Re: {other}"
    yield "Tent\r\n in\r\n\tgreen", "Re: Tent in green"
    yield "=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Re: Grüße"
    yield "=?utf-8?q?a?=\r\n =?iso-8859-1?q?=E9?= b", "Re: aé b"
    yield "=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Re: Grüße"
    yield "=?klingon?q?Gr=FC=DFe?=", "Re: Grüße"
    yield "=?utf-8?x?abc?=", "Re: =?utf-8?x?abc?="
    yield "", "Re:"


@pytest.mark.parametrize(("raw", "expected"), list(subjects()))
def test_the_subject_is_the_questions(raw: str, expected: str) -> None:
    verdict = ask(mail(Subject=raw))

    assert verdict.subject == expected
    assert str(answer(verdict)["Subject"]) == expected


def test_no_subject_and_no_id_still_make_an_answer() -> None:
    read = answer(ask(mail(Subject=None, Message_ID=None, Date=None)))

    assert str(read["Subject"]) == "Re:"
    assert "In-Reply-To" not in read


@pytest.mark.parametrize(
    ("subject", "kept"),
    [
        ("x" * 500, "x" * 196),
        ("x" * 195 + "e\u0301" + "y", "x" * 195),
        ("x" * 195 + "👩\u200d👩\u200d👧 y", "x" * 195),
        ("x" * 195 + "👍🏽 y", "x" * 195),
        ("x" * 195 + "🇩🇪 y", "x" * 195),
        ("x" * 195 + "ni\u0303o", "x" * 195 + "n"),
        ("帐" * 300, "帐" * 196),
        ("\u0301" * 400, None),
    ],
)
def test_a_long_subject_ends_with_a_whole_character(subject: str, kept: str | None) -> None:
    verdict = ask(mail(Subject=subject))

    assert verdict.subject == (f"Re: {kept}" if kept else verdict.subject)
    assert len(verdict.subject) <= 200
    assert str(answer(verdict)["Subject"]) == verdict.subject


BREAKS = ["\r\n", "\n", "\r", "\0", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1b", "\x7f", "\x9b"]


@pytest.mark.parametrize("gap", BREAKS)
@pytest.mark.parametrize("how", ["b", "q"])
def test_encoded_words_cannot_make_a_header(gap: str, how: str) -> None:
    evil = encoded(f"Tent{gap}Bcc: eve@evil.example", "utf-8", how)

    verdict = ask(mail(Subject=evil, From=f"{evil} <{BOB}>", To=f"{evil} <{SALES}>"))

    read = answer(verdict)
    assert verdict.subject == "Re: Tent Bcc: eve@evil.example"
    assert read["To"].addresses[0].addr_spec == BOB
    assert read["To"].addresses[0].display_name == "Tent Bcc: eve@evil.example"


@pytest.mark.parametrize("mark", "\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
def test_nothing_is_turned_around_in_an_answer(mark: str) -> None:
    verdict = ask(mail(Subject=f"Tent {mark}fdp", From=f"Bob{mark} <{BOB}>"))

    assert answer(verdict)["Subject"] == "Re: Tent fdp"


def test_of_several_subjects_and_ids_there_is_one() -> None:
    raw = b"Subject: One\r\nMessage-ID: <1@x>\r\n" + mail(Subject="Two", Message_ID="<2@x>")

    read = answer(ask(raw))

    assert (read["Subject"], read["In-Reply-To"]) == ("Re: One", "<1@x>")


def test_nothing_of_the_way_it_came_goes_back() -> None:
    trace = {
        "Received": "from a by b; Thu, 1 Jan 2026 09:00:00 +0000",
        "Return_Path": f"<{BOB}>",
        "Delivered_To": SHOP,
        "Authentication_Results": "mx.x.example; spf=pass",
        "DKIM_Signature": "v=1",
        "X_Originating_IP": "192.0.2.1",
        "Disposition_Notification_To": BOB,
        "Return_Receipt_To": BOB,
        "Bcc": "eve@x.example",
        "Cc": "carol@x.example",
        "Importance": "high",
        "Keywords": "tent",
        "Comments": "hello",
        "Resent_From": "ann@x.example",
    }

    raw = base64.b64decode(ask(mail(**trace)).reply_b64).decode()

    assert answer(ask(mail(**trace)))
    for value in ("192.0.2.1", "spf=pass", "eve@", "carol@", "ann@", "v=1", "from a by b"):
        assert value not in raw
