# ruff: noqa: E501
"""Mail written on a telephone: Outlook for iOS and Android, Samsung Email, K-9 Mail."""

from collections.abc import Callable, Sequence

from .dates import LONG, SHORT
from .talks import EVERYWHERE, FORWARD, MARKED, Client, Sent, Talk
from .wordings import K9, K9_SIGNATURES, OUTLOOK, OUTLOOK_MOBILE, SAMSUNG
from .writing import Leaf, blocks, depths, escaped, flowed, intros, letter, woven

RULE = "_" * 32
LTR, AUTO = '<div dir="ltr">', '<div dir="auto">'


def outlook_mobile(talk: Talk) -> Sent:
    """HTML with divRplyFwdMsg beside a text with a rule of underscores."""
    own = _own(talk)
    get = OUTLOOK_MOBILE.get(talk.locale, OUTLOOK_MOBILE["en"]) if talk.number % 2 else ""
    rows = [*own, "", *([f"{get}<https://aka.ms/o0ukef>"] if get else [])]
    html = f'<html><head>\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">\n</head>\n<body>\n<div dir="ltr"></div>{blocks(own, LTR)}'
    if get:
        html += f'<div id="ms-outlook-mobile-signature" dir="ltr"><div><br></div>\n<a href="https://aka.ms/o0ukef">{escaped(get)}</a></div>'
    if talk.quoted:
        rows += [RULE, *_outlook_head(talk).split("\n"), "", *talk.quoted]
        html += _outlook_quote(talk) + blocks(talk.quoted)
    if talk.older:
        rows += ["", RULE, *_outlook_head(talk.before).split("\n"), "", *talk.older]
        html += _outlook_quote(talk.before) + blocks(talk.older)
    encoding = ("base64", "quoted-printable")[talk.number // 2 % 2]
    parts = (
        Leaf("plain", "\n".join(rows), encoding=encoding),
        Leaf("html", html + "</body>\n</html>\n", encoding=encoding),
    )
    agent = (
        ("Thread-Topic", "48213"),
        ("X-MS-Has-Attach", ""),
        ("Content-Language", talk.locale[:2]),
    )
    raw = letter(talk, *parts, agent=agent, boundary=f"_000_{talk.number:08X}eurprd01prod_")
    return Sent(raw, intros(talk, _outlook_head))


def samsung(talk: Talk) -> Sent:
    """Text and HTML in base64; a dashed line and four headers, nothing marked."""
    own = _own(talk)
    sign = SAMSUNG[talk.locale].split("|")[5] if talk.number % 2 else ""
    rows = [*own, "", *([sign, ""] if sign else [])]
    html = f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"></head><body dir="auto">{blocks(own, AUTO)}<div dir="auto"><br></div>'
    if sign:
        html += f'<div id="composer_signature" dir="auto"><div style="font-size:12px;color:#575757" dir="auto">{sign}</div></div><div dir="auto"><br></div>'
    quoted = list(talk.quoted)
    if talk.older:
        quoted += ["", *_samsung_head(talk.before).split("\n"), "", *talk.older]
    if talk.quoted:
        rows += [*_samsung_head(talk).split("\n"), "", *quoted]
        html += f'<div align="left" dir="auto" style="font-size:100%;color:#000000">{blocks(_samsung_head(talk).split(chr(10)))}<div><br></div></div>{blocks(quoted)}'
    parts = (
        Leaf("plain", "\n".join(rows), encoding="base64"),
        Leaf("html", html + "</body></html>", encoding="base64"),
    )
    raw = letter(talk, *parts, agent=(), boundary=f"--_com.samsung.android.email_{talk.number}0")
    return Sent(raw, intros(talk, _samsung_head))


def k9(talk: Talk) -> Sent:
    """Flowed text with marks, or HTML beside a text with headers above the quotation."""
    # The headers stand above an unmarked quotation, which nobody answers below or within.
    headers = talk.placement in EVERYWHERE and (talk.number % 2 == 0 or talk.placement == FORWARD)
    agent = (("User-Agent", "K-9 Mail for Android"),)
    sign = K9_SIGNATURES.get(talk.locale, "") if talk.number % 3 == 0 else ""
    intro = _k9_head if headers else _k9_intro
    rows: list[str] = []
    started = False
    for piece in talk.pieces:
        if piece.mine:
            rows += [*flowed(piece.lines), ""]
            continue
        if not started:
            rows += [
                *(["-- ", sign, ""] if sign and not talk.pieces[-1].mine else []),
                *flowed(intro(talk).split("\n")),
                "",
            ]
            started = True
        for depth, line in depths(talk, piece.lines, intro):
            for one in line.split("\n"):
                rows += flowed([one], depth=0 if headers else depth)
        rows.append("")
    text = Leaf("plain", "\n".join(rows), encoding="quoted-printable", more=";\r\n format=flowed")
    known = intros(talk, intro)
    if talk.number % 4 > 1:
        return Sent(letter(talk, text, agent=agent), known, flowing=True)
    html = woven(
        talk,
        lambda lines: f'<div dir="auto">{"<br>".join(map(escaped, lines))}</div>',
        _k9_html(talk, intro(talk), sign),
    )
    page = f"<!DOCTYPE html><html><body>{html}</body></html>"
    raw = letter(talk, text, Leaf("html", page), agent=agent, boundary=f"----{talk.number:030X}")
    return Sent(raw, known, flowing=True)


def _own(talk: Talk) -> tuple[str, ...]:
    return tuple(line for piece in talk.pieces if piece.mine for line in piece.lines)


def _outlook_rows(talk: Talk) -> list[tuple[str, str]]:
    author = f"{talk.them.name} <{talk.them.address}>"
    me = f"{talk.me.name} <{talk.me.address}>"
    values = (author, talk.fill(LONG[talk.locale]), me, talk.subject)
    labels = OUTLOOK[talk.locale].replace("Enviado el", "Enviado").replace("Enviada em", "Enviado")
    return list(zip(labels.split("|"), values, strict=True))


def _outlook_head(talk: Talk) -> str:
    return "\n".join(f"{label} {value}" for label, value in _outlook_rows(talk))


def _outlook_quote(talk: Talk) -> str:
    rows = "<br>\n".join(f"<b>{label}</b> {escaped(value)}" for label, value in _outlook_rows(talk))
    return f'<hr style="display:inline-block;width:98%" tabindex="-1">\n<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" style="font-size:11pt" color="#000000">{rows}</font>\n<div>&nbsp;</div>\n</div>\n'


def _samsung_head(talk: Talk) -> str:
    title, author, date, to, subject, _ = SAMSUNG[talk.locale].split("|")
    short = talk.then.fill(SHORT[talk.locale])
    return "\n".join(
        (
            f"-------- {title} --------",
            f"{author} {talk.them.name} <{talk.them.address}> ",
            f"{date} {short}  {talk.then.fill('{HH}:{MM}  (GMT{zone})')} ",
            f"{to} {talk.me.name} <{talk.me.address}> ",
            f"{subject} {talk.subject} ",
        )
    )


def _k9_intro(talk: Talk) -> str:
    who = f'"{talk.them.name}" <{talk.them.address}>'
    if talk.number % 5:
        who = f"{talk.them.name} <{talk.them.address}>"
    return (
        K9[talk.locale].split("|")[0].format(date=talk.fill(LONG[talk.locale]) + ":00 MEZ", who=who)
    )


def _k9_head(talk: Talk) -> str:
    _, subject, date, author, to, line = K9[talk.locale].split("|")
    return "\n".join(
        (
            line,
            f"{author} {talk.them.name} <{talk.them.address}>",
            f"{date} {talk.fill(LONG[talk.locale])}",
            f"{to} {talk.me.address}",
            f"{subject} {talk.subject}",
        )
    )


def _k9_html(talk: Talk, intro: str, sign: str) -> Callable[[Sequence[str], bool], str]:
    signed = f'<br>-- <br><div class="k9mail-signature">{escaped(sign)}</div>' if sign else ""
    style = (
        "margin: 0pt 0pt 0pt 0.8ex; border-left: 1px solid rgb(204, 204, 204); padding-left: 1ex;"
    )

    def quote(lines: Sequence[str], first: bool) -> str:
        start = "<br>".join(escaped(row) for row in intro.split("\n")) if first else ""
        inner = blocks(lines)
        if talk.older:
            older = "<br>".join(escaped(row) for row in _k9_intro(talk.before).split("\n"))
            inner += f'<br>{older}<blockquote class="gmail_quote">{blocks(talk.older)}</blockquote>'
        before = signed if first and not talk.pieces[-1].mine else ""
        return f'{before}<br><br><div class="gmail_quote">{start}<blockquote class="gmail_quote" style="{style}">{inner}</blockquote></div>'

    return quote


CLIENTS = (
    Client("outlook_mobile", outlook_mobile, EVERYWHERE),
    Client("samsung", samsung, EVERYWHERE),
    Client("k9", k9, MARKED),
)
