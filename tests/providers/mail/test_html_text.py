# ruff: noqa: E501
from time import process_time
from timeit import repeat

import pytest

from providers.mail.alternatives import Html, choose
from providers.mail.html_text import to_text
from providers.mail.quotes import new_text, new_text_of_html

DOCUMENTS = {
    "fwd gmail": '<div dir="ltr">Yes, two.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>Von: <b>Bob</b> &lt;b@x.example&gt;<br>Date: Do<br></div><br><br>old<p>more</p></div>',
    "gmail interleaved": '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Thu, Bob wrote:<br></div><blockquote class="gmail_quote" style="margin:0"><div>q1</div></blockquote><div>Yes, two.</div><blockquote class="gmail_quote" style="margin:0">q2</blockquote></div>',
    "zimbra": '<div>Yes, two.</div><div><br></div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><b>From: </b>"Bob"<br></div><div data-marker="__QUOTED_TEXT__">old</div>',
    "hey": '<div class="trix-content"><div>Yes, two.</div></div><br><blockquote data-x="1" style="margin:0 0 0 1em;padding:0">On March 12, 2026, Bob &lt;b@x.example&gt; wrote:<br>old</blockquote>',
    "spark": '<html><body><div name="messageBodySection"><div dir="auto">Yes, two.</div></div><div name="messageSignatureSection"><br/>Ann</div><div name="messageReplySection">On 12 Mar 2026, 10:00 +0100, Bob wrote:<br/><blockquote type="cite" style="border-left:1px">old</blockquote></div></body></html>',
    "superhuman": '<div>Yes, two.</div><div class="gmail_signature"></div><div class="sh-quoted-content"><div class="gmail_quote">On Thu, Mar 12, 2026 at 10:00 AM, Bob <span dir="ltr">&lt;<a>b@x.example</a>&gt;</span> wrote:<br/><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">old</blockquote></div></div>',
    "airmail": '<body><div id="bloop_customfont">Yes, two.</div><div class="bloop_sign"><div>--<br>Ann</div></div><br><p class="airmail_on">On 12 March 2026 at 10:00:00, Bob (<a>b@x.example</a>) wrote:</p><blockquote type="cite" class="clean_bq">old</blockquote></body>',
    "qq": '<div>Yes, two.</div><div><br></div><div style="font-size: 12px;font-family: Arial Narrow;padding:2px 0 2px 0;">------------------&nbsp;原始邮件&nbsp;------------------</div><div style="font-size: 12px;background:#efefef;padding:8px;"><div><b>发件人:</b>&nbsp;"Bob"&lt;b@x.example&gt;;</div><div><b>发送时间:</b>&nbsp;2026年3月12日(星期四) 上午10:00</div><div><b>主题:</b>&nbsp;帐篷</div></div><div>old</div>',
    "163": '<div>Yes, two.</div><div id="isReplyContent" style="x">On<br>old</div>',
    "163 blockquote": '<div>Yes, two.</div><br>At 2026-03-12 10:00:00, "Bob" &lt;b@x.example&gt; wrote:<br> <blockquote id="isReplyContent" style="PADDING-LEFT: 1ex;">old</blockquote>',
    "mailmaster": '<div>Yes, two.</div><div class="J_quote" style="border:1px"><div>---- 回复的原邮件 ----</div><table><tr><td>发件人</td><td>Bob&lt;b@x.example&gt;</td></tr><tr><td>日期</td><td>2026年03月12日 10:00</td></tr></table>old</div>',
    "gmx": '<div>Yes, two.</div><div>&nbsp;</div><div name="quote" style="margin:10px 5px;padding:10px;border-left:2px solid #C3D9E5;"><div><b>Gesendet:</b> Do</div><div>old</div></div>',
    "gmx noname": '<div>Yes, two.</div><div>&nbsp;</div><div style="margin:10px 5px;padding:10px;border-left:2px solid #C3D9E5;"><div style="margin:0 0 10px 0;"><b>Gesendet:</b>&nbsp;Donnerstag, 12. März 2026 um 10:00 Uhr<br/><b>Von:</b>&nbsp;"Bob" &lt;b@x.example&gt;<br/><b>An:</b>&nbsp;shop<br/><b>Betreff:</b>&nbsp;Zelt</div><div>old</div></div>',
    "yandex": '<div>Yes, two.</div><div>&nbsp;</div><div>12.03.2026, 10:00, "Bob" &lt;b@x.example&gt;:</div><blockquote><p>old</p></blockquote>',
    "tuta": '<div>Yes, two.</div><div>12. März 2026, 10:00 von b@x.example:<br></div><blockquote class="tutanota_quote" style="border-left: 1px solid #93A3B8; padding-left: 10px;">old</blockquote>',
    "roundcube": '<p>Yes, two.</p><p id="reply-intro">On 2026-03-12 10:00, Bob wrote:</p><blockquote type="cite" style="padding:0 0.4em">old</blockquote>',
    "ox": '<p>Yes, two.</p><blockquote type="cite"><div>On 03/12/2026 10:00 AM CET Bob &lt;b@x.example&gt; wrote:</div><div>old</div></blockquote>',
    "weak blockquote": '<p>Yes, two.</p><div>Ngo 12.03.2026 10:00 Bob ubhale:</div><blockquote style="margin:0 0 0 40px">old</blockquote>',
    "weak div": '<p>Yes, two.</p><div>Bob &lt;b@x.example&gt; 12.03.2026:</div><div style="border-left:1px solid;padding-left:1ex">old</div>',
    "fairemail": '<div>Yes, two.</div><div fairemail="reference"><p>On 12 March 2026 10:00 Bob wrote:</p><blockquote fairemail="quote" style="x">old</blockquote></div>',
    "outlook desktop": '<html><head><style><!-- p.MsoNormal, li.MsoNormal {margin:0cm;} --></style></head><body><div class=WordSection1><p class=MsoNormal>Yes, two.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class=MsoNormal><b>Von:</b> Bob</p></div></div><p class=MsoNormal>old</p></div></body></html>',
    "outlook mac": '<div class="WordSection1"><p class="MsoNormal">Yes, two.</p><p class="MsoNormal">&nbsp;</p><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal"><b><span>From: </span></b><span>Bob<br><b>Date: </b>Thursday</span></p></div><p>old</p></div>',
    "outlook ios": '<html><body><div dir="ltr">Yes, two.</div><div id="ms-outlook-mobile-signature" dir="ltr"><div></div>Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font><b>From:</b> Bob</font></div><div>old</div></body></html>',
    "notes": '<font size=2 face="sans-serif">Yes, two.</font><br><br><br><font size=1 color=#5f5f5f face="sans-serif">From: &nbsp; &nbsp; &nbsp; &nbsp;</font><font size=1 face="sans-serif">Bob &lt;b@x.example&gt;</font><br><font size=1 color=#5f5f5f face="sans-serif">To: &nbsp; &nbsp;</font><font size=1>shop</font><br><font size=1 color=#5f5f5f>Date: &nbsp; </font><font size=1>12.03.2026 10:00</font><br><font size=1>Subject: &nbsp;</font><font size=1>Tent</font><br><hr noshade><br>old',
    "proton sig": '<div style="font-family:Arial">Yes, two.</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Sent with <a href="https://proton.me/">Proton Mail</a> secure email.</div></div><div class="protonmail_quote">On Thursday<blockquote class="protonmail_quote" type="cite">old</blockquote></div>',
    "sig then bottom": '<blockquote type="cite">old</blockquote><div class="moz-signature">-- <br>Ann</div><p>Yes, two.</p>',
    "applesig": '<div dir="ltr">Yes, two.</div><div id="AppleMailSignature" dir="ltr"><br>Sent from my iPhone</div><div dir="ltr"><br>On 12 Mar 2026, at 10:00, Bob &lt;b@x.example&gt; wrote:<br><br></div><blockquote type="cite"><div dir="ltr">old</div></blockquote>',
    "css hidden": '<style>.pre{display:none;font-size:1px} @media (max-width:1px){.x{display:none}}</style><div class="pre">preview</div><div class="x">Yes, two.</div>',
    "css hidden2": '<style type="text/css">#p, td.h {mso-hide:all}</style><div id="p">no</div><table><tr><td class="h">no</td></tr></table>Yes, two.',
    "colour": '<div style="background-color:#FFF">Yes, two.<span style="color:white">no</span></div>',
    "1px": '<span style="font-size:1px;line-height:1px">no</span><p>Yes, two.</p><div style="max-height:0;overflow:hidden">no</div><div style="opacity:0">no</div>',
    "zwnj preheader": "<div>Yes, two.</div><div>&zwnj;&nbsp;&zwnj;&nbsp;&#847;</div>",
    "front": '<p>Yes, two.</p><div class="front-signature"><p>Ann</p></div><div class="front-blockquote-container"><p>On March 12, 2026 at 10:00 AM GMT+1 <a>b@x.example</a> wrote:</p><blockquote type="cite" class="front-blockquote">old</blockquote></div>',
    "missive": '<div>Yes, two.</div><div class="missive_quote">On March 12, 2026 at 10:00, Bob wrote:<blockquote class="missive_quote">old</blockquote></div>',
    "yahoo ydp": '<div class="ydp1a2byahoo-style-wrap"><div dir="ltr">Yes, two.</div></div><div id="ydp33yahoo_quoted_0" class="ydp33yahoo_quoted"><div>On Thursday Bob wrote:</div>old</div>',
    "aol": '<div>Yes, two.<br></div><div><br></div>-----Original Message-----<br>From: Bob &lt;b@x.example&gt;<br>To: shop<br>Sent: Thu, Mar 12, 2026 10:00 am<br>Subject: Tent<br><br><div id="yiv1">old</div>',
    "hotmail old": '<div>Yes, two.<br><br><hr id="stopSpelling">Date: Thu, 12 Mar 2026 10:00:00<br>Subject: Tent<br>From: b@x.example<br>To: s@x.example<br><br>old</div>',
    "naver": '<div>Yes, two.</div><p>&nbsp;</p><div class="wrap_prev">-----Original Message-----<br><b>From:</b> "Bob"&lt;b@x.example&gt;<br><b>To:</b> shop<br><b>Sent:</b> 2026-03-12 (목) 10:00:00<br><b>Subject:</b> x<br><br>old</div>',
    "helpscout": '<div>Yes, two.</div><div style="color:#b5b5b5">##- Please type your reply above this line -##</div><p>old</p>',
}
"""One answer, as editors wrap it; all of them say the same."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_only_the_words_of_the_sender_are_read(name: str) -> None:
    assert new_text_of_html(DOCUMENTS[name]) == "Yes, two."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "<p class=MsoNormal>a</p><p class=MsoNormal>b</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>c</p>",
            "a\nb\n\nc",
        ),
        ("<style>p{margin:0}</style><p>a</p><p>b</p><p><br></p><p>c</p>", "a\nb\n\nc"),
        ('<p style="margin:0">a</p><p style="margin:0">b</p>', "a\nb"),
        ("<div>a</div><div>&nbsp;</div><div>b</div>", "a\n\nb"),
        ("<div>a<br></div><div>b</div>", "a\nb"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<ol start=3><li>a<li>b</ol>", "3. a\n4. b"),
        (
            "<p>a</p><ul><li>b<ul><li>c</li></ul></li><li>d</li></ul><p>e</p>",
            "a\n\n- b\n- c\n- d\n\ne",
        ),
        ("a < b <3 &lt;x", "a < b <3 <x"),
    ],
)
def test_lines_stand_as_a_reader_sees_them(source: str, text: str) -> None:
    assert to_text(source) == text


@pytest.mark.parametrize(
    "text", ["\u0645\u06cc\u200c\u0631\u0633\u062f", "\U0001f468\u200d\U0001f469"]
)
def test_joiners_within_words_and_emoji_stay(text: str) -> None:
    assert to_text(f"<p>{text}</p>") == text


def test_a_font_on_a_dark_ground_is_seen() -> None:
    source = (
        '<table><tr><td style="background:#333"><a style="color:#fff">Yes</a></td></tr></table>'
    )

    assert to_text(source) == "Yes"


def test_a_pale_font_is_seen_where_no_ground_is_set() -> None:
    assert to_text('<p style="color:#ffffff">Yes</p>') == "Yes"


@pytest.mark.parametrize(
    "name", ["x_divRplyFwdMsg", "original-message", "mailQuoted", "x_gmail_quote"]
)
def test_what_is_called_a_quotation_is_one(name: str) -> None:
    tag = "blockquote" if name == "x_gmail_quote" else "div"

    assert new_text_of_html(f'<p>Yes.</p><{tag} id="{name}" style="a:b">old</{tag}>') == "Yes."


def test_a_paragraph_that_outlook_styles_as_a_quote_is_the_senders() -> None:
    assert new_text_of_html("<p class=MsoQuote>Yes.</p>") == "Yes."


def test_what_a_sheet_hides_from_small_screens_is_read() -> None:
    source = "<style>@media (max-width:9px) {.a {display:none} .b {display:none}} .c {display:none}</style><b class=a>x</b><b class=b>y</b><b class=c>z</b>"

    assert to_text(source) == "xy"


def test_words_after_a_signature_that_is_marked_as_one_stay() -> None:
    source = "<div>One.</div><div class=gmail_signature>Ann</div><div>Two.</div>"

    assert new_text_of_html(source) == "One.\n\nTwo."


def test_an_indented_block_is_quoted_where_the_words_above_say_so() -> None:
    block = '<blockquote style="margin:0 0 0 40px">two</blockquote>'

    assert new_text_of_html(f"<p>I need:</p>{block}") == "I need:\n\ntwo"
    assert new_text_of_html(f"<p>Yes.</p><p>Bob (12.03.2026 10:00):</p>{block}") == "Yes."


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "< ",
        "<b>",
        "<div>",
        "<blockquote style='margin:1px'>x:",
        "<ol><li>a",
        "<p class='a b c'>x",
        "\u200c",
        "<style>{</style>",
    ],
)
def test_any_document_is_read_in_linear_time(piece: str) -> None:
    short, long = (piece * (size // len(piece)) for size in (10_000, 80_000))

    once = min(repeat(lambda: to_text(short), timer=process_time, number=1, repeat=3))
    eight_times = min(repeat(lambda: to_text(long), timer=process_time, number=1, repeat=3))

    assert eight_times < 24 * once + 0.02


def test_html_is_read_where_only_it_tells_what_is_quoted() -> None:
    quoted = "Your tents are here. " * 3
    plain = f"Yes, two.\n\n{quoted}"

    marked = Html(f"<p>Yes, two.</p><blockquote type=cite>{quoted}</blockquote>")
    bare = Html(f"<p>Yes, two.</p><p>{quoted}</p>")

    assert choose(plain, [marked]) is marked
    assert choose(plain, [bare]) == plain
    assert choose(f"Yes, two.\n\n> {quoted}", [marked]) == f"Yes, two.\n\n> {quoted}"


def test_a_signature_goes_with_the_quotation_it_stands_in() -> None:
    assert (
        new_text(to_text("<p>Yes.</p><blockquote>a<div class=signature>b</div></blockquote>"))
        == "Yes."
    )


@pytest.mark.parametrize("name", ["quote-request", "get-a-quote", "price_quote"])
def test_who_asks_for_a_quote_quotes_nothing(name: str) -> None:
    assert new_text(to_text(f'<div class="{name}">Two tents?</div>')) == "Two tents?"


@pytest.mark.parametrize("name", ["desk_quote", "quoted-text", "quote-wrapper"])
def test_a_name_that_says_quotation_quotes(name: str) -> None:
    source = f'<div>Two tents?</div><div class="{name}">old text</div>'

    assert new_text(to_text(source)) == "Two tents?"
