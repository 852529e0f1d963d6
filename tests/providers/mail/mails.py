"""Mails of about a given size, as mail programs write them."""

import base64
import html
import quopri
import random
from collections.abc import Iterator

SIZES = {"3 KB": 3_000, "25 KB": 25_000, "250 KB": 250_000, "2.5 MB": 2_500_000}

_WORDS = """
tent poles delivery garden order colour würde könnte Lieferung price café tomorrow stove please
question the a of and with for über if available two weeks size réponse which we
"""
_ATTRIBUTION = "On Tue, Mar 10, 2026 at 9:12 AM Alice Shop <alice@shop.example> wrote:"
_RESULTS = (
    "mx.shop.example;\r\n       dkim=pass header.i=@customer.example;\r\n"
    "       spf=pass (shop.example: domain of bob@customer.example)"
)
_LINK = "https://shop.example/tents/alpine-2?colour=green"
_DAY = "Thu, 12 Mar 2026 10:00:0{} +0100 (CET)"


def realistic(size: int, *, seed: int = 1) -> bytes:
    """A reply with thirty header fields and two forms of its text, of about `size` bytes.

    What 25 KB of them leave over are attachments in base64; a small one has fewer fields.
    """
    chance = random.Random(seed)
    fields = _fields(chance) if size < 10_000 else (*_trace(chance), *_fields(chance))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    room = min(size, 25_000) - len(head) - 1_100
    plain, rich = _texts(chance, letters=max(room, 500) * 7 // 20)
    parts = [_multipart("alternative", _packed("plain", plain), _packed("html", rich))]
    left = size - len(head) - len(parts[0]) - 600
    if left > 10_000:
        photo, offer = left // 3, left - left // 3
        parts.append(_enclosed(chance, "image/jpeg", "Foto vom Zelt.jpg", photo))
        parts.append(_enclosed(chance, "application/pdf", "Angebot.pdf", offer))
    return head + (_multipart("mixed", *parts) if len(parts) > 1 else parts[0])


def large_text(size: int) -> bytes:
    """One part of plain text, as wide as a page."""
    line = b"Could you tell me whether the two tents are in stock again next week?\r\n"
    return b"From: bob@x.example\r\nSubject: x\r\n\r\n" + line * (size // len(line))


def large_html(size: int) -> bytes:
    """One part of HTML."""
    line = b"<p class=MsoNormal><b>Could</b> you <i>tell</i> me&nbsp;whether <br>it is?</p>\r\n"
    head = b"From: bob@x.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    return head + line * (size // len(line))


def _trace(chance: random.Random) -> Iterator[tuple[str, str]]:
    """What the services add that a mail passes through."""
    yield "X-Received", f"by 2002:a05:6402:1a4b with SMTP id x{chance.random()}; {_DAY.format(4)}"
    yield "ARC-Seal", f"i=1; a=rsa-sha256; t=1773306000; cv=none;\r\n        {_signed(chance)}"
    for name in ("ARC-Message-Signature", "X-Google-DKIM-Signature"):
        yield name, _signature(chance)
    yield "ARC-Authentication-Results", f"i=1; {_RESULTS}"
    yield "X-Gm-Message-State", _base64(chance, 60)
    yield "X-Google-Smtp-Source", _base64(chance, 60)
    yield "X-Spam-Score", "-0.1"


def _fields(chance: random.Random) -> Iterator[tuple[str, str]]:
    yield "Delivered-To", "alice@shop.example"
    for hop in range(4):
        yield "Received", _received(chance, hop)
    yield "DKIM-Signature", _signature(chance)
    yield "Return-Path", "<bob@customer.example>"
    yield "Received-SPF", "pass (shop.example: domain of bob@customer.example) client-ip=192.0.2.7;"
    yield "Authentication-Results", _RESULTS
    yield "References", "<one@customer.example>\r\n <two@shop.example>"
    yield "In-Reply-To", "<two@shop.example>"
    yield "From", "=?UTF-8?Q?Bob_M=C3=BCller?= <bob@customer.example>"
    yield "Date", "Thu, 12 Mar 2026 10:00:00 +0100"
    yield "Message-ID", f"<CAF{_base64(chance, 30)}@mail.customer.example>"
    yield "Subject", "=?UTF-8?Q?Re=3A_Frage_zum_Zelt_f=C3=BCr_zwei?="
    yield "To", '"Shop, Alice" <alice@shop.example>'
    yield "Cc", "Carol <carol@customer.example>"
    yield "Thread-Topic", "Frage zum Zelt"
    yield "Accept-Language", "de-DE, en-US"
    yield "X-Mailer", "Example Mail (16.0.1)"
    yield "MIME-Version", "1.0"


def _received(chance: random.Random, hop: int) -> str:
    return (
        f"from mail-{hop}.customer.example (mail-{hop}.customer.example. [192.0.2.{hop}])\r\n"
        f"        by mx.shop.example with ESMTPS id {chance.randrange(10**12)}; {_DAY.format(hop)}"
    )


def _signature(chance: random.Random) -> str:
    return (
        "i=1; a=rsa-sha256; c=relaxed/relaxed; d=customer.example; s=20230601;\r\n"
        "        h=to:subject:message-id:date:from:in-reply-to:references:mime-version;\r\n"
        f"        {_signed(chance)}"
    )


def _signed(chance: random.Random) -> str:
    text = _base64(chance, 344)
    lines = (text[at : at + 66] for at in range(0, len(text), 66))
    return f"bh={_base64(chance, 44)};\r\n        b=" + "\r\n         ".join(lines)


def _base64(chance: random.Random, length: int) -> str:
    return base64.urlsafe_b64encode(chance.randbytes(length))[:length].decode()


def _texts(chance: random.Random, *, letters: int) -> tuple[str, str]:
    """A reply above what it quotes, plain and as HTML."""
    own = list(_paragraphs(chance, letters // 2))
    theirs = list(_paragraphs(chance, letters // 2))
    quoted = [f"> {line}" for lines in theirs for line in [*lines, ""]]
    plain = "\r\n".join([f"Alpine Tent <{_LINK}>", *(" ".join(lines) for lines in own), ""])
    plain += "\r\n".join([_ATTRIBUTION, "", *quoted, ""])
    rich = "".join(f'<div style="font-size:11pt">{"<br>".join(lines)}</div>\r\n' for lines in own)
    cited = "".join(f'<p class="MsoNormal">{" ".join(lines)}</p>\r\n' for lines in theirs)
    rich = f'<div><a href="{_LINK}">Alpine Tent</a></div>\r\n{rich}'
    return plain, (
        f'<html><head><style>p {{margin:0}}</style></head><body><div dir="ltr">{rich}</div><br>'
        '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        f"{html.escape(_ATTRIBUTION)}<br></div>"
        f'<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc">'
        f"{cited}</blockquote></div></body></html>\r\n"
    )


def _paragraphs(chance: random.Random, letters: int) -> Iterator[list[str]]:
    while letters > 0:
        lines = [
            " ".join(chance.choices(_WORDS.split(), k=11)) for _ in range(chance.randint(1, 4))
        ]
        letters -= sum(map(len, lines))
        yield lines


def _packed(kind: str, text: str) -> bytes:
    body = quopri.encodestring(text.encode().replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    head = f'Content-Type: text/{kind}; charset="UTF-8"\r\n'
    return f"{head}Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode() + body


def _enclosed(chance: random.Random, media_type: str, name: str, size: int) -> bytes:
    body = base64.encodebytes(chance.randbytes(size * 3 // 4 * 76 // 78)).replace(b"\n", b"\r\n")
    return (
        f'Content-Type: {media_type}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    ).encode() + body


def _multipart(kind: str, *parts: bytes) -> bytes:
    boundary = b"0000000000%s5f3c2a" % kind.encode()
    inside = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind.encode(), boundary)
    return head + inside + b"--%s--\r\n" % boundary
