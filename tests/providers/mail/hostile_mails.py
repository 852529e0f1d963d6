"""Whole mails that have hung, crashed or starved mail programs, each of about any size."""

from base64 import b64encode
from collections.abc import Callable

HEAD = b"From: Bob <bob@customer.example>\r\nTo: shop@example.com\r\nSubject: Tent\r\n"
Made = Callable[[int], bytes]


def filled(before: bytes, piece: bytes, size: int, after: bytes = b"") -> bytes:
    """`piece` as often as it takes for the whole to be `size` long."""
    times = max(1, (size - len(before) - len(after)) // len(piece))
    return b"".join((before, piece * times, after))


def in_head(piece: bytes, *, before: bytes = b"", after: bytes = b"") -> Made:
    return lambda size: filled(HEAD + before, piece, size, after + b"\r\n\r\nHow much?\r\n")


def in_body(piece: bytes, *, before: bytes = b"", after: bytes = b"", fields: bytes = b"") -> Made:
    return lambda size: filled(HEAD + fields + b"\r\n" + before, piece, size, after)


def in_html(piece: bytes, *, before: bytes = b"", after: bytes = b"") -> Made:
    return in_body(piece, before=before, after=after, fields=b"Content-Type: text/html\r\n")


def labelled(charset: bytes, piece: bytes) -> Made:
    return in_body(piece, fields=b"Content-Type: text/plain; charset=" + charset + b"\r\n")


def packed(encoding: bytes, piece: bytes) -> Made:
    return in_body(piece, fields=b"Content-Transfer-Encoding: " + encoding + b"\r\n")


def nested(inner: bytes, *, levels: int | None = None) -> Made:
    """Multiparts in multiparts: as many as fit, or so many around one long text."""

    def made(size: int) -> bytes:
        depth = levels or size // 90
        opened = b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at)
            for at in range(depth)
        )
        return filled(HEAD + opened + b"\r\n", inner, size)

    return made


MAILS: dict[str, Made] = {
    "from lines": in_body(b"From: bob@customer.example\r\n"),
    "header block lines": in_body(b"From: a\r\nSent: b\r\nTo: c\r\n"),
    "wrote lines": in_body(b"On Mon, 1 Jan 2024 at 10:00, X <x@y.example> wrote:\r\n"),
    "half attributions": in_body(b"On Mon, 1 Jan 2024 at 10:00\r\n"),
    "unended attribution": in_body(b"On Mon, 1 Jan 2024 "),
    "dashes": in_body(b"-"),
    "dashed lines": in_body(b"-" * 70 + b"\r\n"),
    "original message lines": in_body(b"-----Original Message-----\r\n"),
    "quotation marks": in_body(b">"),
    "quoted lines": in_body(b"> a\r\n"),
    "quoted and not": in_body(b"> a\r\nb\r\n"),
    "deeper and deeper": in_body(b">" * 900 + b"\r\n"),
    "blank lines": in_body(b"\r\n"),
    "line feeds": in_body(b"\n"),
    "carriage returns": lambda size: filled(HEAD, b"a\r", size).replace(b"\r\n", b"\r"),
    "no line break": in_body(b"word "),
    "spaces": in_body(b" ", after=b"x"),
    "colons": in_body(b"a:"),
    "signatures": in_body(b"-- \r\n"),
    "sent from": in_body(b"Sent from my iPhone\r\n"),
    "nul": in_body(b"\0"),
    "every byte": in_body(bytes(range(256))),
    "every byte, everywhere": lambda size: filled(b"", bytes(range(256)), size),
    "surrogates": in_body(b"\xed\xa0\x80"),
    "four-byte letters": in_body("😀".encode()),
    "one wide letter": in_body(b"a", before="😀".encode()),
    "line feeds only": lambda size: b"\n" * size,
    "open armour": in_body(b"a\r\n", before=b"-----BEGIN PGP SIGNED MESSAGE-----\r\n"),
    "header lines": in_head(b"X-A: b\r\n"),
    "empty names": in_head(b":\r\n"),
    "no header at all": lambda size: b"a" * size,
    "no header lines": lambda size: filled(b"", b"a\r\n", size),
    "one header line": in_head(b"b", before=b"X-A: "),
    "one header name": in_head(b"b"),
    "folds": in_head(b"\r\n b", before=b"X-A: "),
    "white folds": in_head(b"\r\n\t", before=b"Subject: "),
    "encoded words": in_head(b"=?utf-8?q?=C3=A4?= ", before=b"Subject: "),
    "open words": in_head(b"=?utf-8?q?", before=b"Subject: "),
    "word fields": in_head(b"Subject: =?utf-8?b?w6Q=?= =?utf-8?q?=C3=A4?=\r\n"),
    "comments in From": in_head(b"(", before=b"From: "),
    "angles in From": in_head(b"<", before=b"From: "),
    "quotes in From": in_head(b'"', before=b"From: "),
    "colons in From": in_head(b"a@b:", before=b"From: "),
    "plus signs in From": lambda size: filled(
        b"", b"From: " + b"+" * 98_000 + b"@example.com\r\n", size, HEAD + b"\r\nHow much?\r\n"
    ),
    "addresses": in_head(b"a@b.example,", before=b"To: "),
    "fields of addresses": in_head(b"To: shop@example.com" + b",a@b.example" * 1_000 + b"\r\n"),
    "many To": in_head(b"To: a@b.example,c@d.example,e@f.example\r\n"),
    "many Reply-To": in_head(b"Reply-To: " + b"a@b.example," * 8_000 + b"\r\n"),
    "references": in_head(b"References: " + b"<a@b.example> " * 7_000 + b"\r\n"),
    "open ids": in_head(b"References: " + b"<" * 90_000 + b"\r\n"),
    "parameters": in_head(b"; a*0*=utf-8''b", before=b"Content-Type: text/plain"),
    "open parameter": in_head(b"\\", before=b'Content-Type: text/plain; a="'),
    "results": in_head(
        b"Authentication-Results: example.com; dmarc=fail " + b"policy." * 14_000 + b"\r\n"
    ),
    "parts": in_body(b"--b\r\n\r\na\r\n", fields=b"Content-Type: multipart/mixed; boundary=b\r\n"),
    "alternatives": in_body(
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>a\r\n",
        fields=b"Content-Type: multipart/alternative; boundary=b\r\n",
    ),
    "boundaries": in_body(b"--b\r\n", fields=b"Content-Type: multipart/mixed; boundary=b\r\n"),
    "near boundaries": in_body(
        b"--bc\r\n", fields=b"Content-Type: multipart/mixed; boundary=b\r\n"
    ),
    "white boundaries": in_body(
        b"--b" + b" " * 400 + b"\r\n", fields=b"Content-Type: multipart/mixed; boundary=b\r\n"
    ),
    "empty boundary": in_body(b"--\r\n", fields=b'Content-Type: multipart/mixed; boundary=""\r\n'),
    "nested multiparts": nested(b"a\r\n"),
    "text in twenty multiparts": nested(b"a line of text\r\n", levels=20),
    "text in eighteen multiparts": nested(b"a line of text\r\n", levels=18),
    "enclosed mails": in_body(
        b"Content-Type: message/rfc822\r\n\r\n", fields=b"Content-Type: message/rfc822\r\n"
    ),
    "attachment": in_body(
        b64encode(b"a" * 57) + b"\r\n",
        before=b"--b\r\n\r\nHow much?\r\n--b\r\nContent-Type: image/png; name=a.png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n",
        after=b"--b--\r\n",
        fields=b"Content-Type: multipart/mixed; boundary=b\r\n",
    ),
    "base64 in one line": packed(b"base64", b64encode(b"How much? ")[:12]),
    "base64 lines": packed(b"base64", b64encode(b"How much is the tent? " * 3)[:76] + b"\r\n"),
    "base64 of nothing": packed(b"base64", b"=\r\n"),
    "quoted-printable ends": packed(b"quoted-printable", b"=\n"),
    "quoted-printable signs": packed(b"quoted-printable", b"="),
    "quoted-printable spaces": packed(b"quoted-printable", b" \t"),
    "quoted-printable octets": packed(b"quoted-printable", b"=E4"),
    "flowed": in_body(b"a \r\n", fields=b"Content-Type: text/plain; format=flowed\r\n"),
    "flowed quotations": in_body(
        b"> a \r\n>> b \r\n", fields=b"Content-Type: text/plain; format=flowed; delsp=yes\r\n"
    ),
    "html angles": in_html(b"<"),
    "html closing angles": in_html(b"</"),
    "html of ampersands": in_html(b"&"),
    "html references": in_html(b"&#1"),
    "html divs": in_html(b"<div>"),
    "html blockquotes": in_html(b"<blockquote>a"),
    "html fonts": in_html(b"<font color=red><p>a"),
    "html tables": in_html(b"<table><tr><td>a"),
    "html open comments": in_html(b"<!--"),
    "html declarations": in_html(b"<!a>"),
    "html open declarations": in_html(b"<!"),
    "html open tag": in_html(b" ", before=b"<a x"),
    "html attributes": in_html(b' a="b"', before=b"<p"),
    "html open attributes": in_html(b'<a x="'),
    "html long attribute": in_html(b"display:none;", before=b'<p style="', after=b'">a'),
    "html spaced styles": in_html(b'<p style="display' + b" " * 500 + b'x">'),
    "html scripts": in_html(b"<script>"),
    "html closed lists": in_html(b"<li></ul>a"),
    "html paragraphs": in_html(b"<p>How much is it?</p>\r\n"),
    "html line breaks": in_html(b"<br>"),
    "html pre": in_html(b"a\n", before=b"<pre>"),
    "enriched": in_body(b"<", fields=b"Content-Type: text/enriched\r\n"),
    "utf-7": labelled(b"utf-7", b"+AKM-"),
    "utf-16": labelled(b"utf-16", b"\xd8\x00a"),
    "utf-32": labelled(b"utf-32", b"\x00\x00\x00a"),
    "japanese": labelled(b"iso-2022-jp", b"\x1b$B-!\x1b(B"),
    "japanese pairs": labelled(b"iso-2022-jp", b"\x1b$B" + b"-!" * 5_000),
    "japanese bytes": labelled(b"euc-jp", b"\xad\xa1\xff"),
    "chinese": labelled(b"hz-gb-2312", b"~{VPND~}"),
    "korean": labelled(b"iso-2022-kr", b"\x1b$)C\x0e!!\x0f"),
    "western": labelled(b"us-ascii", b"\xe9\xe8a"),
    "mixed utf-8": labelled(b"utf-8", "ä".encode() * 20 + b"\xff"),
    "wrong utf-8": labelled(b"utf-8", b"\xff"),
    "unknown charset": labelled(b"x-unknown", b"\xe9a"),
}
"""By what they repeat."""
