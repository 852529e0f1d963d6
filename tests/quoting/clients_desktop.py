# ruff: noqa: E501
"""Mail written in a program: Outlook, Apple Mail (and its iPhone), Thunderbird, mutt."""

from collections.abc import Sequence

from .dates import LONG, SHORT
from .talks import EVERYWHERE, FORWARD, MARKED, Client, Sent, Talk
from .wordings import (
    APPLE,
    APPLE_FORWARD,
    IPHONE,
    MUTT,
    OUTLOOK,
    OUTLOOK_ORIGINAL,
    THUNDERBIRD,
    THUNDERBIRD_FORWARD,
)
from .writing import Leaf, blocks, depths, escaped, flowed, intros, letter, plain, woven

WINDOWS = (
    dict.fromkeys(("de", "fr", "es", "pt_BR", "it", "nl", "sv", "da", "nb", "fi"), "iso-8859-1")
    | dict.fromkeys(("pl", "cs", "hu"), "iso-8859-2")
    | dict.fromkeys(("bg", "uk"), "windows-1251")
    | {
        "ro": "windows-1250",
        "ru": "koi8-r",
        "el": "iso-8859-7",
        "tr": "iso-8859-9",
        "he": "windows-1255",
    }
    | {"ar": "windows-1256", "th": "windows-874", "vi": "windows-1258", "zh_CN": "gb2312"}
    | {
        "zh_TW": "big5",
        "ja": "iso-2022-jp",
        "ko": "ks_c_5601-1987",
        "fa": "windows-1256",
        "en": "us-ascii",
        "id": "us-ascii",
    }
)
UNIX = WINDOWS | {"bg": "koi8-r", "uk": "koi8-u", "ro": "iso-8859-16", "he": "iso-8859-8-i"}
UNIX |= {
    "ko": "euc-kr",
    "de": "iso-8859-15",
    "zh_CN": "gb18030",
    "ar": "iso-8859-6",
    "ja": "shift_jis",
}
UNIX |= {"th": "tis-620", "vi": "utf-8"}
WORD = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><meta name="Generator" content="Microsoft Word 15 (filtered medium)"><style><!--
/* Font Definitions */
@font-face
	{font-family:Calibri;
	panose-1:2 15 5 2 2 2 4 3 2 4;}
p.MsoNormal, li.MsoNormal, div.MsoNormal
	{margin:0cm;
	font-size:11.0pt;
	font-family:"Calibri",sans-serif;}
--></style></head><body lang="XX" link="#0563C1" vlink="#954F72" style="word-wrap:break-word"><div class="WordSection1">
"""
MSO = ('<p class="MsoNormal">', "<o:p></o:p></p>")


def outlook(talk: Talk) -> Sent:
    """Word's HTML beside a text, or the old plain text with a line above the headers."""
    agent = (("X-Mailer", "Microsoft Outlook 16.0"), ("Content-Language", talk.locale[:2]))
    own = _own(talk)
    classic = talk.number % 3 == 0
    rows, html = (
        [*own, ""],
        WORD.replace("XX", talk.locale[:2].upper()) + blocks(own, *MSO, blank="&nbsp;"),
    )
    if talk.quoted:
        rows += [*_outlook_head(talk, classic=classic).split("\n"), "", *talk.quoted]
        html += _outlook_quote(talk) + blocks(talk.quoted, *MSO, blank="&nbsp;")
    if talk.older:
        rows += ["", *_outlook_head(talk.before, classic=classic).split("\n"), "", *talk.older]
        html += _outlook_quote(talk.before) + blocks(talk.older, *MSO)
    intro = intros(talk, lambda one: _outlook_head(one, classic=classic))
    charset = WINDOWS[talk.locale]
    text = Leaf(
        "plain",
        "\n".join(rows),
        charset,
        "7bit" if charset == "iso-2022-jp" else "quoted-printable",
    )
    if classic:
        return Sent(letter(talk, text, agent=agent), intro)
    page = Leaf("html", html + "</div></body></html>", charset if talk.number % 2 else "utf-8")
    return Sent(
        letter(
            talk, text, page, agent=agent, boundary=f"----=_NextPart_000_{talk.number:08X}.01DA"
        ),
        intro,
    )


def apple(talk: Talk) -> Sent:
    """Text alone, or beside HTML with cited blockquotes; from an iPhone with its line below."""
    if talk.placement == FORWARD:
        return _apple_forward(talk)
    text = plain(talk, _apple_intro, gap=True)
    phone = talk.number % 2 == 1
    sign = IPHONE[talk.locale]
    cite = '<blockquote type="cite">'

    def theirs(lines: Sequence[str], first: bool) -> str:
        start = (
            f'{cite}<div>{escaped(_apple_intro(talk))}</div><br class="Apple-interchange-newline"></blockquote>'
            if first
            else ""
        )
        if phone and first:
            start = (
                f'<div dir="ltr"><br>{cite}{escaped(_apple_intro(talk))}<br><br></blockquote></div>'
            )
        inner = blocks(lines)
        if talk.older:
            inner += f'<br>{cite}<div>{escaped(_apple_intro(talk.before))}</div><br class="Apple-interchange-newline"><div>{blocks(talk.older)}</div></blockquote>'
        return f"<div>{start}{cite}<div>{inner}</div></blockquote></div>"

    last = talk.pieces[-1].mine
    if phone and not last:
        text = text.replace(_apple_intro(talk), f"{sign}\n\n{_apple_intro(talk)}", 1)
    elif phone:
        text = f"{text.rstrip()}\n\n{sign}\n"
    signed = f'<div dir="ltr">{sign}</div>' if phone else ""
    body = woven(
        talk,
        lambda lines: f"<div>{blocks(lines)}</div><div><br></div>{signed if not last else ''}",
        theirs,
    )
    if phone and (last or not talk.expected):
        body = f"{body}{signed}" if last else f"{signed}{body}"
    html = f'<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto" style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">{body}</body></html>'
    agent = (("X-Mailer", "iPhone Mail (21F90)" if phone else "Apple Mail (2.3774.600.62)"),)
    intro = intros(talk, _apple_intro)
    kind = talk.number // 3 % 3
    if kind == 0:
        return Sent(letter(talk, Leaf("plain", text), agent=agent), intro)
    if kind == 1:
        return Sent(letter(talk, Leaf("html", html), agent=agent), intro, flowing=True)
    mark = f"Apple-Mail-{talk.number:08X}"
    return Sent(
        letter(talk, Leaf("plain", text), Leaf("html", html), agent=agent, boundary=mark), intro
    )


def thunderbird(talk: Talk) -> Sent:
    """format=flowed text, or HTML with moz-cite-prefix; old ones in national charsets, DelSp for some."""
    agent = (
        ("User-Agent", "Mozilla Thunderbird"),
        ("Content-Language", talk.locale.replace("_", "-")),
    )
    forward = talk.placement == FORWARD
    intro = _thunderbird_forward(talk) if forward else intros(talk, _thunderbird_intro)
    if talk.number % 3 == 0:
        return Sent(
            letter(talk, Leaf("html", _thunderbird_page(talk), encoding="8bit"), agent=agent),
            intro,
            flowing=True,
        )
    delsp = talk.locale in ("ja", "zh_CN", "zh_TW", "th")
    rows: list[str] = []
    started = False
    # A signature stands below all that is written, above the quotation only when answering on top.
    last = max((at for at, piece in enumerate(talk.pieces) if piece.mine), default=-1)
    signed = talk.number % 4 == 0
    signature = ["-- ", talk.me.name, "Tel. 0341 5550134", ""] if signed else []
    for at, piece in enumerate(talk.pieces):
        if piece.mine:
            rows += [*flowed(piece.lines, delsp=delsp), "", *(signature if at == last else [])]
            continue
        if not started:
            rows += (
                _thunderbird_forward(talk).split("\n")
                if forward
                else flowed([_thunderbird_intro(talk)])
            )
            rows += [""] if forward else []
            started = True
        for depth, line in depths(talk, piece.lines, _thunderbird_intro):
            rows += flowed([line], depth=0 if forward else depth, delsp=delsp)
        rows.append("")
    charset = UNIX[talk.locale] if talk.number % 2 else "utf-8"
    more = "; format=flowed; delsp=yes" if delsp else "; format=flowed"
    leaf = Leaf("plain", "\n".join(rows), charset, ("8bit", "base64")[talk.number // 5 % 2], more)
    return Sent(letter(talk, leaf, agent=agent), intro, flowing=True)


def mutt(talk: Talk) -> Sent:
    """Text alone in the terminal's charset, marks with and without a blank."""
    agent = (("User-Agent", "Mutt/2.2.12 (2023-09-09)"), ("Content-Disposition", "inline"))
    mark = "> " if talk.number % 4 else ">"
    intro = intros(talk, _mutt_intro)
    if talk.placement == FORWARD:
        who = f"{talk.them.name} <{talk.them.address}>"
        date = talk.then.fill("{y}-{mm}-{dd} {HH}:{MM}:{SS} {zone}")
        intro = f"----- Forwarded message from {who} -----\n\nDate: {date}\nFrom: {who}\nTo: {talk.me.address}\nSubject: {talk.subject}"
        text = "\n".join(
            [*_own(talk), "", intro, "", *talk.quoted, "", "----- End forwarded message -----"]
        )
    else:
        text = plain(talk, _mutt_intro, mark=mark)
    if talk.number % 2 and talk.pieces[-1].mine:
        text = f"{text}\n-- \n{talk.me.name}\n{talk.me.address}\n"
    return Sent(letter(talk, Leaf("plain", text, UNIX[talk.locale], "8bit"), agent=agent), intro)


def _own(talk: Talk) -> tuple[str, ...]:
    return tuple(line for piece in talk.pieces if piece.mine for line in piece.lines)


def _outlook_rows(talk: Talk) -> list[tuple[str, str]]:
    author = f"{talk.them.name} <{talk.them.address}>"
    me = f"{talk.me.name} <{talk.me.address}>"
    values = (author, talk.fill(LONG[talk.locale]), me, talk.subject)
    return list(zip(OUTLOOK[talk.locale].split("|"), values, strict=True))


def _outlook_head(talk: Talk, *, classic: bool) -> str:
    rows = [f"{label} {value}" for label, value in _outlook_rows(talk)]
    if classic:
        rows.insert(0, f"-----{OUTLOOK_ORIGINAL.get(talk.locale, 'Original Message')}-----")
    return "\n".join(rows)


def _outlook_quote(talk: Talk) -> str:
    rows = "<br>\n".join(f"<b>{label}</b> {escaped(value)}" for label, value in _outlook_rows(talk))
    return f"""{MSO[0]}<o:p>&nbsp;</o:p></p>
<div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">
{MSO[0]}{rows}{MSO[1]}</div></div>
{MSO[0]}<o:p>&nbsp;</o:p></p>
"""


def _apple_intro(talk: Talk) -> str:
    return talk.fill(APPLE[talk.locale])


def _apple_forward(talk: Talk) -> Sent:
    title, author, subject, date, to = APPLE_FORWARD.get(talk.locale, APPLE_FORWARD["en"]).split(
        "|"
    )
    rows = [
        f"{author}{talk.them.name} <{talk.them.address}>",
        f"{subject}{talk.subject}",
        f"{date}{talk.fill(LONG[talk.locale])}",
        f"{to}{talk.me.address}",
    ]
    quoted = "\n".join(f"> {line}".rstrip() for line in (*rows, "", *talk.quoted))
    text = "\n".join([*_own(talk), "", title, "", quoted])
    html = f'<html><body>{blocks(_own(talk))}<br><div><blockquote type="cite"><div>{escaped(title)}</div><br class="Apple-interchange-newline">{blocks(rows)}<br><div>{blocks(talk.quoted)}</div></blockquote></div></body></html>'
    parts = (Leaf("plain", text), Leaf("html", html))
    agent = (("X-Mailer", "Apple Mail (2.3774.600.62)"),)
    return Sent(
        letter(talk, *parts, agent=agent, boundary="Apple-Mail-F0"), "\n".join((title, *rows))
    )


def _thunderbird_intro(talk: Talk) -> str:
    return talk.fill(THUNDERBIRD[talk.locale], date=talk.then.fill(SHORT[talk.locale]))


def _thunderbird_forward(talk: Talk) -> str:
    title, subject, date, author, to = THUNDERBIRD_FORWARD[talk.locale].split("|")
    rows = (
        (subject, talk.subject),
        (date, talk.then.fill("{y}-{mm}-{dd} {HH}:{MM}:{SS} {zone}")),
        (author, f"{talk.them.name} <{talk.them.address}>"),
        (to, talk.me.address),
    )
    return "\n".join([title, *(f"{label}: \t{value}" for label, value in rows)])


def _thunderbird_page(talk: Talk) -> str:
    start = '<!DOCTYPE html>\n<html>\n  <head>\n    <meta http-equiv="Content-Type" content="text/html; charset=UTF-8">\n  </head>\n  <body>\n'
    if talk.placement == FORWARD:
        head = "<br>\n".join(escaped(row) for row in _thunderbird_forward(talk).split("\n"))
        return f'{start}<p>{"<br>".join(map(escaped, _own(talk)))}</p>\n<div class="moz-forward-container"><br><br>{head}<br><br>{blocks(talk.quoted)}</div></body></html>'

    def theirs(lines: Sequence[str], first: bool) -> str:
        intro = (
            f'<div class="moz-cite-prefix">{escaped(_thunderbird_intro(talk))}<br></div>\n'
            if first
            else ""
        )
        inner = blocks(lines, "<p>", "</p>")
        if talk.older:
            inner += f'<div class="moz-cite-prefix">{escaped(_thunderbird_intro(talk.before))}<br></div><blockquote type="cite" cite="mid:0.1@mail.example">{blocks(talk.older)}</blockquote>'
        return f'{intro}<blockquote type="cite" cite="mid:1.1@shop.example">{inner}</blockquote>'

    return (
        start
        + woven(talk, lambda lines: f"<p>{'<br>'.join(map(escaped, lines))}</p>", theirs)
        + "</body>\n</html>\n"
    )


def _mutt_intro(talk: Talk) -> str:
    then = talk.then if talk.locale in MUTT else talk.then.within("en")
    return then.fill(MUTT[then.locale], name=talk.them.name, addr=talk.them.address)


CLIENTS = (
    Client("outlook", outlook, EVERYWHERE),
    Client("apple", apple, MARKED),
    Client("thunderbird", thunderbird, MARKED),
    Client("mutt", mutt, MARKED),
)
