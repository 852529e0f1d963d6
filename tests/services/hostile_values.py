"""Values that would make a header if anything let them, and mails that carry them."""

import random
from base64 import b64encode
from collections.abc import Iterator

BREAKS = ("\r\n", "\r", "\n", "\n\n", "\0", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\r\n ")
CONTROLS = tuple(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
HEADERS = (
    "Bcc: mallory@evil.example",
    "To: mallory@evil.example",
    "Content-Type: text/html",
    "Subject: changed",
    "Reply-To: mallory@evil.example",
    "From: mallory@evil.example",
    ".",
    "--b",
)
MARKS = (
    "=?",
    "?=",
    "=?utf-8?b?",
    "=?utf-8?q?",
    "?q?",
    "=",
    "_",
    "=0D=0A",
    "=0A",
    "&#10;",
    "%0D%0A",
)
STRUCTURE = (
    '"',
    "\\",
    "<",
    ">",
    "(",
    ")",
    ",",
    ";",
    ":",
    "@",
    "[",
    "]",
    "'",
    "\\\r\n",
    '\\"',
    "<>",
)
STRANGERS = (
    *("\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u061c", "\u0300" * 30),
    *("\u3000", "\xa0", "\ufffd", "\uffff", "\U0010ffff", "😀", "é", "東京", "שלום", "\u1680"),
    *("，", "＠", "：", "＜", "＞", "；", "\ufe55", "ﬃ", "ſ", "K", "ı", "İ"),
)
SURROGATES = ("\ud800", "\udfff", "\ud83d", "\udcff\udc0a")
PLAIN = ("Tent", "Re: Tent", "a", " ", "  ", "x@y.example", "<a@b.example>", "a b c d e f " * 20)
LONG = ("x" * 1_200, "ä" * 400, "a " * 600, "=?utf-8?q?" * 120, "<" * 1_000, " " * 1_500)
CHARSETS = (
    *("utf-8", "iso-8859-1", "us-ascii", "utf-7", "utf-16", "utf-32", "iso-2022-jp", "gb2312"),
    *("hz-gb-2312", "iso-2022-kr", "euc-jp", "x-unknown", "windows-874", "iso-8859-8-i", "binary"),
    *("utf-8*en", "cp037", "rot13", "base64", "idna", "unicode-escape", "\x00", "utf-16le"),
)


class Values:
    """An endless source of them; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        raw = [*BREAKS * 4, *HEADERS * 3, *MARKS, *STRUCTURE, *STRANGERS, *PLAIN * 2]
        self._pieces = [*raw, *CONTROLS, *SURROGATES]
        self._pieces += [self._word(2) for _ in range(400)]
        self._pieces += [self._word(3) + self._between() + self._word(3) for _ in range(100)]
        self._pieces += [self._broken(header) for header in HEADERS * 4]

    def value(self) -> str:
        pieces = self._random.choices(self._pieces, k=self._random.randint(1, 6))
        if self._random.random() < 0.005:
            pieces.insert(self._random.randint(0, 6), self._random.choice(LONG))
        return "".join(pieces)

    def values(self, count: int) -> Iterator[str]:
        return (self.value() for _ in range(count))

    def octets(self) -> bytes:
        """One value as it may stand in a header block: without a break that would end it."""
        text = self.value()
        if self._random.random() < 0.05:
            raw = text.encode("utf-16", "surrogatepass")
        elif self._random.random() < 0.1:
            raw = text.encode("latin-1", "replace")
        else:
            raw = text.encode("utf-8", "surrogatepass")
        return raw.replace(b"\r", b"\r ").replace(b"\n", b"\n ")

    def word(self) -> str:
        """Something inside encoded words, and nothing outside them."""
        return self._between().join(self._word(3) for _ in range(self._random.randint(1, 3)))

    def mail(self) -> bytes:
        """A whole mail from Bob to the shop, whose every value is hostile."""
        spaced = (" ", "\r\n ", "\t")
        name = self.word() if self._random.random() < 0.5 else f'"{self._phrase()}"'
        fields = [
            b"From: " + name.encode("utf-8", "surrogatepass") + b" <bob@customer.example>",
            b"To: shop@example.com",
            b"Subject:" + self._random.choice(spaced).encode() + self.octets(),
            b"Message-ID: " + self._random.choice((self._id(), self.octets())),
            b"References: " + b" ".join((self._id(), self.octets(), self._id())),
        ]
        if self._random.random() < 0.3:
            fields.append(b"In-Reply-To: " + self.octets() + self._id())
        if self._random.random() < 0.3:
            fields.append(b"Reply-To: " + self._random.choice((self._handle(), self.octets())))
        if self._random.random() < 0.3:
            fields.append(b"Content-Type: text/plain; charset=" + self.octets())
        if self._random.random() < 0.3:
            fields.append(b"X-Forwarded: " + self.octets())
        self._random.shuffle(fields)
        body = self.value().encode("utf-8", "surrogatepass")
        return b"\r\n".join([*fields, b"", b"How much?", body])

    def _phrase(self) -> str:
        text = self.value().replace("\r", "\r ").replace("\n", "\n ")
        return text.replace("\\", "\\\\").replace('"', '\\"')

    def _handle(self) -> bytes:
        """An address that may turn into another, or into two."""
        strange = self._random.choices((*STRANGERS, *STRUCTURE, *CONTROLS, "a"), k=4)
        text = "ann{}b@x{}y.example{}mallory＠evil{}.example".format(*strange)
        if self._random.random() < 0.5:
            text = f"<{text}>"
        return text.encode().replace(b"\r", b"\r ").replace(b"\n", b"\n ")

    def _id(self) -> bytes:
        inside = self._random.choice(("a@b.example", "a@b", "@", "a", "a b@c", "a@b>c@d", "ä@ö"))
        return f"<{inside}>".encode()

    def _between(self) -> str:
        return self._random.choice(("", " ", "\r\n ", "\t", "  \r\n\t", "_", "\0"))

    def _broken(self, header: str) -> str:
        return f"{self._random.choice(BREAKS)}{header}{self._random.choice(BREAKS)}"

    def _word(self, most: int) -> str:
        """An encoded word, perhaps of others, perhaps cut short."""
        inside = self._random.choice(BREAKS) + self._random.choice(HEADERS)
        if most and self._random.random() < 0.3:
            inside = self._word(most - 1)
        elif self._random.random() < 0.4:
            inside = self._random.choice((*STRANGERS, *STRUCTURE, *PLAIN, *CONTROLS, *SURROGATES))
        charset = self._random.choice(CHARSETS)
        raw = _encoded(inside, charset)
        if self._random.random() < 0.15:
            raw = raw[: self._random.randint(0, len(raw))]
        if self._random.random() < 0.5:
            text = b64encode(raw).decode()
            text = text[: -self._random.randint(0, 3) or None]
            return f"=?{charset}?{self._random.choice('bB')}?{text}?="
        return f"=?{charset}?{self._random.choice('qQ')}?{_quoted(raw)}?="


def _encoded(text: str, charset: str) -> bytes:
    # Python's UTF-7 writes CR and LF as they are; its readers take them packed, too.
    if charset == "utf-7":
        packed = b64encode(text.encode("utf-16-be", "surrogatepass")).rstrip(b"=")
        return b"+" + packed + b"-"
    try:
        return text.encode(charset)
    except (LookupError, UnicodeError, ValueError, TypeError):
        return text.encode("utf-8", "surrogatepass")


def _quoted(raw: bytes) -> str:
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(chr(one) if one in plain else f"={one:02X}" for one in raw)
