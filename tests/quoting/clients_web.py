# ruff: noqa: E501
"""Mail written in a browser: Gmail, Yahoo, Proton, Roundcube, GMX, mail.ru."""

from collections.abc import Sequence

from .dates import LONG
from .talks import EVERYWHERE, FORWARD, MARKED, Client, Sent, Talk
from .wordings import (
    GMAIL,
    MAIL_RU,
    OUTLOOK,
    PROTON,
    ROUNDCUBE,
    ROUNDCUBE_FORWARD,
    YAHOO,
)
from .writing import Leaf, blocks, depths, escaped, flowed, intros, letter, plain, woven, wrapped


def gmail(talk: Talk) -> Sent:
    """Text and HTML; the text is wrapped by width, the attribution often within the address."""
    if talk.placement == FORWARD:
        return _gmail_forward(talk)
    intro = _gmail_intro(talk)
    text = plain(talk, _gmail_intro, gap=True, width=76)
    if talk.number % 3 == 0 and " <" in intro:
        broken = "\n".join(wrapped(intro, 76))
        text = text.replace(broken, broken.replace(" <", " <\n", 1))
    bare = '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">'

    def theirs(lines: Sequence[str], first: bool) -> str:
        inner = blocks(lines)
        if talk.older:
            inner += f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escaped(_gmail_intro(talk.before))}<br></div>{bare}{blocks(talk.older)}</blockquote></div>'
        start = f'<div dir="ltr" class="gmail_attr">{_gmail_attr(talk)}<br></div>' if first else ""
        return f'<div class="gmail_quote gmail_quote_container">{start}{bare}<div dir="ltr">{inner}</div></blockquote></div>'

    body = woven(talk, lambda lines: f'<div dir="ltr">{blocks(lines)}</div><br>', theirs)
    return Sent(
        letter(
            talk,
            Leaf("plain", text, encoding=_fits(text)),
            Leaf("html", body),
            agent=(),
            boundary=f"000000000000{talk.number:08x}062a",
        ),
        intros(talk, _gmail_intro),
        flowing=True,
    )


def yahoo(talk: Talk) -> Sent:
    """Text and HTML; the quotation carries no marks in the text."""
    number = talk.number % 10_000_000
    rows = [f" {line}" if at == 0 else line for at, line in enumerate(_own(talk))]
    head = _yahoo_forward(talk) if talk.placement == FORWARD else _yahoo_intro(talk)
    theirs = list(talk.quoted)
    if talk.older:
        theirs += ["", f"    {_yahoo_intro(talk.before)}  ", " ", *talk.older]
    if talk.quoted:
        rows += ["", *(f"    {line}  " for line in head.split("\n")), " ", *theirs]
    own = blocks(_own(talk), '<div dir="ltr" data-setdir="false">')
    html = f'<html><head></head><body><div class="ydp{number:x}yahoo-style-wrap" style="font-family:Helvetica Neue, Helvetica, Arial, sans-serif;font-size:13px;">{own}<div><br></div></div>'
    if talk.quoted:
        html += f"""<div id="yahoo_quoted_{number}" class="yahoo_quoted">
            <div style="font-family:'Helvetica Neue', Helvetica, Arial, sans-serif;font-size:13px;color:#26282a;">
                <div>{"<br>".join(escaped(line) for line in head.split(chr(10)))} </div>
                <div><br></div><div><br></div>
                {blocks(theirs)}
            </div>
        </div>"""
    known = intros(talk, _yahoo_intro) + (f"\n{head}" if talk.placement == FORWARD else "")
    parts = [
        Leaf("plain", "\n".join(rows), encoding=("base64", "quoted-printable")[number % 2]),
        Leaf("html", html + "</body></html>"),
    ]
    agent = (("X-Mailer", "WebService/1.1.22876 YMailNorrin"),)
    raw = letter(talk, *parts, agent=agent, boundary=f"----=_Part_{number}_1")
    return Sent(raw, known)


def proton(talk: Talk) -> Sent:
    """HTML alone or with its text; the quotation is marked."""
    rows = plain(talk, _proton_intro, gap=True)
    if talk.placement == FORWARD:
        head = f"From: {talk.them.name} <{talk.them.address}>\nDate: {talk.fill(LONG[talk.locale])}\nSubject: {talk.subject}\nTo: {talk.me.address}"
        quoted = "\n".join(f"> {line}".rstrip() for line in talk.quoted)
        rows = f"{talk.expected}\n\n------- Forwarded Message -------\n{head}\n\n{quoted}"
        body = f'<div style="font-family: Arial, sans-serif; font-size: 14px;">{blocks(_own(talk))}</div><div class="protonmail_quote">------- Forwarded Message -------<br>{"<br>".join(map(escaped, head.split(chr(10))))}<br><br><blockquote class="protonmail_quote" type="cite">{blocks(talk.quoted)}</blockquote><br></div>'
        intro = f"------- Forwarded Message -------\n{head}"
    else:
        intro = intros(talk, _proton_intro)

        def theirs(lines: Sequence[str], first: bool) -> str:
            start = f"{escaped(_proton_intro(talk))}<br><br>" if first else ""
            inner = blocks(lines)
            if talk.older:
                inner += f'<br><div class="protonmail_quote">{escaped(_proton_intro(talk.before))}<br><br><blockquote class="protonmail_quote" type="cite">{blocks(talk.older)}</blockquote></div>'
            return f'<div class="protonmail_quote">{start}<blockquote class="protonmail_quote" type="cite">{inner}</blockquote><br></div>'

        body = woven(
            talk,
            lambda lines: (
                f'<div style="font-family: Arial, sans-serif; font-size: 14px;">{blocks(lines)}</div><div style="font-family: Arial, sans-serif; font-size: 14px;"><br></div>'
            ),
            theirs,
        )
    if talk.number % 2:
        return Sent(letter(talk, Leaf("html", body), agent=()), intro, flowing=True)
    parts = (Leaf("plain", rows, encoding="base64"), Leaf("html", body, encoding="base64"))
    return Sent(letter(talk, *parts, agent=(), boundary=f"b1_{talk.number:032x}"), intro)


def roundcube(talk: Talk) -> Sent:
    """Text alone, format=flowed; only the name in the attribution."""
    rows: list[str] = []
    started = False
    if talk.placement == FORWARD:
        rows = [
            *flowed(_own(talk)),
            "",
            *_roundcube_forward(talk).split("\n"),
            "",
            *flowed(talk.quoted),
        ]
    else:
        for piece in talk.pieces:
            if piece.mine:
                rows += [*flowed(piece.lines), ""]
                continue
            if not started:
                rows += flowed([_roundcube_intro(talk)])
                started = True
            for depth, line in depths(talk, piece.lines, _roundcube_intro):
                rows += flowed([line], depth=depth)
            rows.append("")
    leaf = Leaf("plain", "\n".join(rows), encoding="8bit", more=";\r\n format=flowed")
    raw = letter(talk, leaf, agent=(("User-Agent", "Roundcube Webmail/1.6.6"),))
    forward = _roundcube_forward(talk) if talk.placement == FORWARD else ""
    return Sent(raw, forward or intros(talk, _roundcube_intro), flowing=True)


def gmx(talk: Talk) -> Sent:
    """HTML alone; the labels of the headers in bold."""
    start = '<html><head></head><body><div style="font-family: Verdana;font-size: 12.0px;">'
    html = start + blocks(_own(talk), blank="&nbsp;")
    if talk.quoted:
        inner = blocks(talk.quoted, blank="&nbsp;")
        if talk.older:
            inner += _gmx_quote(talk.before, blocks(talk.older))
        html += _gmx_quote(talk, inner)
    raw = letter(
        talk,
        Leaf("html", html + "</div></body></html>"),
        agent=(("X-Mailer", "MAM-Mailer"), ("X-UI-Message-Type", "mail")),
    )
    return Sent(raw, intros(talk, _gmx_head), flowing=True)


def mail_ru(talk: Talk) -> Sent:
    """Text and HTML in base64; the attribution itself carries the mark."""
    rows, started, html = [], False, []
    for piece in talk.pieces:
        if piece.mine:
            rows += [*piece.lines, " "]
            html.append(blocks(piece.lines, blank="&nbsp;"))
            continue
        intro = [] if started else [_mail_ru_intro(talk)]
        started = True
        quoted = [*intro, "", *piece.lines]
        inner = blocks(quoted, blank="&nbsp;")
        rows += [f">{line}" for line in quoted]
        if talk.older:
            rows += [f">>{line}" for line in (_mail_ru_intro(talk.before), "", *talk.older)]
            inner += f'<blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">{blocks([_mail_ru_intro(talk.before), *talk.older])}</blockquote>'
        rows.append(" ")
        html.append(
            f'<blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">{inner}</blockquote>'
        )
    parts = (
        Leaf("plain", "\n".join(rows), encoding="base64"),
        Leaf("html", f"\n<HTML><BODY>{chr(10).join(html)}</BODY></HTML>\n", encoding="base64"),
    )
    agent = (("X-Mailer", "Mail.Ru Mailer 1.0"), ("X-Priority", "3 (Normal)"))
    raw = letter(talk, *parts, agent=agent, boundary=f"--ALT--{talk.number:08X}")
    return Sent(raw, intros(talk, _mail_ru_intro))


def _own(talk: Talk) -> tuple[str, ...]:
    return tuple(line for piece in talk.pieces if piece.mine for line in piece.lines)


def _fits(text: str) -> str:
    return "7bit" if text.isascii() else "base64" if ord(max(text)) > 0x250 else "quoted-printable"


def _gmail_intro(talk: Talk) -> str:
    return talk.fill(GMAIL[talk.locale])


def _gmail_attr(talk: Talk) -> str:
    address = talk.them.address
    return escaped(_gmail_intro(talk)).replace(address, f'<a href="mailto:{address}">{address}</a>')


def _gmail_forward(talk: Talk) -> Sent:
    # Gmail translates the first label and leaves the others in English.
    label = OUTLOOK[talk.locale].split("|")[0].replace(" :", "\u00a0:")
    date = talk.fill(GMAIL[talk.locale]).replace(f"{talk.them.name} <{talk.them.address}>", "")
    rows = [
        "---------- Forwarded message ---------",
        f"{label} {talk.them.name} <{talk.them.address}>",
        f"Date: {date.strip(' ,:') if talk.locale == 'en' else talk.fill(LONG[talk.locale])}",
        f"Subject: {talk.subject}",
        f"To: {talk.me.name} <{talk.me.address}>",
    ]
    head = "<br>".join(escaped(row) for row in rows)
    html = f'<div dir="ltr">{blocks(_own(talk))}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{head}<br></div><br><br><div dir="ltr">{blocks(talk.quoted)}</div></div>'
    text = "\n".join([*_own(talk), "", *rows, "", "", *talk.quoted])
    parts = Leaf("plain", text, encoding=_fits(text)), Leaf("html", html)
    return Sent(
        letter(talk, *parts, agent=(), boundary=f"000000000000{talk.number:08x}f"), "\n".join(rows)
    )


def _yahoo_intro(talk: Talk) -> str:
    return talk.fill(YAHOO[talk.locale])


def _yahoo_forward(talk: Talk) -> str:
    labels = OUTLOOK[talk.locale].split("|")
    return "\n".join(
        (
            "----- Forwarded Message -----",
            f"{labels[0]} {talk.them.name} <{talk.them.address}>",
            f"{labels[2]} {talk.me.name} <{talk.me.address}>",
            f"{labels[1]} {talk.fill(LONG[talk.locale])}",
            f"{labels[3]} {talk.subject}",
        )
    )


def _proton_intro(talk: Talk) -> str:
    day = talk.then.at.day
    nth = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    # In the languages that it does not speak, Proton is used in English.
    then = talk.then if talk.locale in PROTON else talk.then.within("en")
    template = PROTON[then.locale]
    return then.fill(template, name=talk.them.name, addr=talk.them.address, nth=nth)


def _roundcube_intro(talk: Talk) -> str:
    return talk.fill(ROUNDCUBE[talk.locale], date=talk.then.fill("{y}-{mm}-{dd} {HH}:{MM}"))


def _roundcube_forward(talk: Talk) -> str:
    title, subject, date, author, to = ROUNDCUBE_FORWARD[talk.locale].split("|")
    return "\n".join(
        (
            f"-------- {title} --------",
            f"{subject}: {talk.subject}",
            f"{date}: {talk.then.fill('{y}-{mm}-{dd} {HH}:{MM}')}",
            f"{author}: {talk.them.name} <{talk.them.address}>",
            f"{to}: {talk.me.address}",
        )
    )


def _gmx_rows(talk: Talk) -> list[tuple[str, str]]:
    labels = OUTLOOK[talk.locale].split("|")
    at = talk.then.fill(LONG[talk.locale])
    if talk.locale == "de":
        at = talk.then.fill("{wd}, {d}. {mon} {y} um {HH}:{MM} Uhr")
    author = f'"{talk.them.name}" <{talk.them.address}>'
    values = (author, at, talk.me.address, talk.subject)
    return [(labels[at], values[at]) for at in (1, 0, 2, 3)]


def _gmx_head(talk: Talk) -> str:
    return "\n".join(f"{label} {value}" for label, value in _gmx_rows(talk))


def _gmx_quote(talk: Talk, inner: str) -> str:
    head = "<br/>\n".join(
        f"<b>{label}</b>&nbsp;{escaped(value)}" for label, value in _gmx_rows(talk)
    )
    return f"""<div>&nbsp;
<div name="quote" style="margin:10px 5px 5px 10px; padding: 10px 0 10px 10px; border-left:2px solid #C3D9E5; word-wrap: break-word; -webkit-nbsp-mode: space;">
<div style="margin:0 0 10px 0;">{head}</div>
<div name="quoted-content">{inner}</div>
</div>
</div>"""


def _mail_ru_intro(talk: Talk) -> str:
    word = MAIL_RU.get(talk.locale, "from")
    line = talk.fill("{wd}, {d} {mon} {y}, {HH}:{MM} {hours}:00 {word} {name} <{addr}>:",
                     hours=f"{talk.then.offset:+03d}", word=word)  # fmt: skip
    return line[0].upper() + line[1:]


CLIENTS = (
    Client("gmail", gmail, MARKED),
    Client("yahoo", yahoo, EVERYWHERE),
    Client("proton", proton, MARKED),
    Client("roundcube", roundcube, MARKED),
    Client("gmx", gmx, EVERYWHERE),
    Client("mail_ru", mail_ru, tuple(place for place in MARKED if place != FORWARD)),
)
