"""Every way that a value of a mail takes into a header, and what must be true at its end."""

import re
import unicodedata

from core.messages import Address
from providers.mail.addresses import parse
from providers.mail.headers import clean, decode_words, message_ids, read_block
from providers.mail.mime import MAX_LINE, _mailbox, _unstructured
from services.answering import MAX_SUBJECT, reply_subject

from .answer_reader import decoded, mailbox

BOB = "bob@customer.example"
NOT_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


def faults_of_cleaning(octets: bytes) -> list[str]:
    """What goes wrong with these octets where every value is made sound, before any other use."""
    headers = read_block(b"Subject: " + octets + b"\r\n\r\n").headers
    if [name for name, _ in headers] != ["subject"]:
        return [f"read as {[name for name, _ in headers]!r}"]
    text = decode_words(headers[0][1])
    return [*_lines("a header", headers[0][1]), *_lines("text", clean(text))]


def faults(octets: bytes) -> list[str]:
    """What goes wrong with these octets, as the value of a field that came in."""
    headers = read_block(b"Subject: " + octets + b"\r\n\r\n").headers
    if [name for name, _ in headers] != ["subject"]:
        return [f"read as {[name for name, _ in headers]!r}"]
    [(_, value)] = headers
    text = decode_words(value)
    found = [*_lines("a header", value), *_lines("its words", text), *_lines("text", clean(text))]
    found += _subject(text)
    found += _written("a subject", reply_subject(text))
    found += _addresses(value)
    found += _named(text)
    found += [f"a broken id: {id!r}" for id in message_ids(value) if not _ID.fullmatch(id)]
    return found


def faults_of_text(text: str) -> list[str]:
    """What goes wrong with text that never was octets, lone surrogates among it."""
    sound = text.encode("utf-8", "replace").decode()
    return [
        *_lines("text", clean(sound)),
        *_lines("words", decode_words(clean(sound))),
        *_subject(sound),
        *_written("text", text),
        *_named(text),
    ]


def _lines(what: str, text: str) -> list[str]:
    return [f"{what} is not one line: {text[:200]!r}"] if NOT_ONE_LINE.search(text) else []


def _subject(text: str) -> list[str]:
    subject = reply_subject(text)
    wrong = len(subject) > MAX_SUBJECT or not re.search("[:：]", subject)
    return [*_lines("a subject", subject), *([f"no answer: {subject!r}"] if wrong else [])]


def _written(what: str, text: str) -> list[str]:
    """`text` as free text in a header: safe in every octet, and read back as it was."""
    lines = _unstructured(text, indent=9).split("\r\n ")
    found = _safe(what, lines)
    if decoded(" ".join(lines)) != one_line(text):
        found.append(f"{what} comes back as another: {lines!r}")
    return found


def one_line(text: str) -> str:
    """What a header may carry of `text`."""
    return NOT_ONE_LINE.sub(" ", text.encode("utf-8", "replace").decode()).strip()


def _safe(what: str, lines: list[str]) -> list[str]:
    return [
        f"{what} is written as {line[:200]!r}"
        for line in lines
        if NOT_ONE_LINE.search(line) or not line.isascii() or len(line) > MAX_LINE + 9
    ]


def _addresses(value: str) -> list[str]:
    found: list[str] = []
    for address in parse(value):
        odd = any(unicodedata.category(one)[0] in "CZ" for one in address.handle.strip('" '))
        if odd and '"' not in address.handle:
            found.append(f"an address that may not be: {address.handle!r}")
        found += _lines("a name", address.name)
        written = mailbox(_mailbox(address).replace("\r\n ", " "))
        if not written or (address.handle.isascii() and written != address.handle):
            found.append(f"{address.handle!r} is written as {written!r}")
    return found


def _named(text: str) -> list[str]:
    """A display name beside an address never changes the address."""
    lines = _mailbox(Address(handle=BOB, name=text)).split("\r\n ")
    whole = " ".join(lines)
    found = _safe("a name", lines)
    if mailbox(whole) != BOB or [one.handle for one in parse(whole)] != [BOB]:
        found.append(f"with a name, the address is read as another: {whole!r}")
    return found
