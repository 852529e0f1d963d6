"""What the fuzzer starts from, made by code: no mail of anybody's."""

from base64 import b64encode
from collections.abc import Iterator

from tests.providers.mail.hostile_mails import MAILS
from tests.services.hostile_values import CHARSETS, Values

SMALL = 600
SEED = 1
HEAD = (
    b"From: =?utf-8?q?Bob?= <bob@customer.example>\r\nTo: shop@example.com\r\n"
    b"Subject: Re: tent\r\nMessage-ID: <2@c.example>\r\nReferences: <1@c.example>\r\n"
)
REPLY = (
    b"It is the blue one.\r\nHow much is it?\r\n\r\nOn Mon, 1 Jan 2024 at 10:00, The Shop "
    b"<shop@example.com> wrote:\r\n> Which tent?\r\n-- \r\nBob\r\nSent from my iPhone\r\n"
)
HTML = (
    b"<html><body><div>How <b>much</b>&nbsp;is it?</div><div class=gmail_quote><div class="
    b"gmail_attr>On Mon, 1 Jan 2024 The Shop wrote:<br></div><blockquote class=gmail_quote "
    b'style="border-left:1px">Which?</blockquote></div><p style="display:none">x</p>'
    b'<div id="divRplyFwdMsg"><b>From:</b> x<br><b>Sent:</b> y<br></div></body></html>'
)


def seeds() -> Iterator[bytes]:
    yield from (made(SMALL) for made in MAILS.values())
    values = Values(SEED)
    yield from (values.mail() for _ in range(60))
    yield HEAD + b"\r\n" + REPLY
    yield from bodies()
    yield from (
        HEAD + b"Content-Type: text/plain; charset=" + charset.encode() + b"\r\n\r\nHow \xe9\x80?"
        for charset in CHARSETS
    )


def bodies() -> Iterator[bytes]:
    """One of each structure."""
    plain = part(b"text/plain; charset=utf-8; format=flowed; delsp=yes", b"How \r\nmuch?\r\n> old")
    rich = part(b"text/html; charset=utf-8", HTML)
    coded = part(b"text/plain", b64encode(REPLY), b"Content-Transfer-Encoding: base64")
    quoted = part(
        b"text/plain", b"How =\r\nm=75ch?", b"Content-Transfer-Encoding: quoted-printable"
    )
    named = part(
        b"image/png; name*0*=utf-8''%41; name*1=b", b"x", b"Content-Disposition: attachment"
    )
    event = part(b"text/calendar; method=REQUEST", b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n")
    mail = part(b"message/rfc822", b"Subject: enclosed\r\n\r\nAuto-Submitted: no")
    both = multipart(b"alternative", plain, rich)
    for body in (rich, coded, quoted, both, event, mail):
        yield HEAD + body
    yield HEAD + multipart(b"mixed", both, named, mail)
    yield HEAD + multipart(b"related", multipart(b"mixed", both, event), named)
    yield HEAD + multipart(b"report; report-type=delivery-status", plain, mail)
    yield HEAD + multipart(b"digest", mail, mail)
    yield HEAD + multipart(b"signed", plain, part(b"application/pgp-signature", b"x"))
    yield HEAD + b"Reply-To: ann@x.example\r\nCc: a@b, c <d@e>\r\nAuto-Submitted: no\r\n" + plain
    yield HEAD + part(b"text/plain", b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nHow much?\r\n")


def part(kind: bytes, body: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join([b"Content-Type: " + kind, *fields, b"", body])


def multipart(kind: bytes, *parts: bytes) -> bytes:
    boundary = b"b" + kind[:4]
    inside = b"".join(b"--" + boundary + b"\r\n" + one + b"\r\n" for one in parts)
    return part(b"multipart/" + kind + b"; boundary=" + boundary, inside + b"--" + boundary + b"--")
