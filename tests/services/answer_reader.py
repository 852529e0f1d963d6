"""Reads a written answer octet by octet, and says what is wrong with it.

Knows nothing of the code that wrote it, nor of the standard library's parser, which is asked
besides: a header that only one of the two sees is a fault.
"""

import email
import email.policy
import re
import unicodedata
from base64 import b64decode
from email.message import EmailMessage
from email.utils import getaddresses
from typing import NamedTuple

import idna

from core.messages import Outgoing

ALWAYS = frozenset(
    {"from", "to", "date", "message-id", "mime-version", "auto-submitted"}
    | {"x-auto-response-suppress", "x-orchestre-reply", "content-type"}
    | {"content-transfer-encoding"}
)
UNICODE = frozenset({"from", "to"})
"""Where a local part beyond ASCII may stand as it is: RFC 6532."""

_FIELD = re.compile(rb"([!-9;-~]+):(?: ([^\r\n]*))?")
_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")
_WORD = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/]*={0,2})\?=")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PLAIN = r"[^\s<>,;:\"()\[\]\\@]+"
_ADDRESS = rf"(?:{_QUOTED}|{_PLAIN})@(?:{_PLAIN}|\[[^\s\[\]]+\])"
_MAILBOX = re.compile(rf'(?:{_QUOTED}|[^",;:<>()\[\]\\@]*) ?<({_ADDRESS})>|({_ADDRESS})')


class Lines(NamedTuple):
    """The fields of a head, unfolded, by their names in lower case."""

    fields: dict[str, str]
    faults: list[str]


def faults(raw: bytes, outgoing: Outgoing) -> list[str]:
    """Everything that is wrong with `raw` as the form of `outgoing`."""
    head, gap, body = raw.partition(b"\r\n\r\n")
    read = _lines(head)
    found = [*read.faults, *([] if gap else ["no empty line ends the head"])]
    found += _names(read.fields, outgoing)
    found += _values(read.fields, outgoing)
    found += _body(body)
    return found + _second_opinion(raw, outgoing)


def _lines(head: bytes) -> Lines:
    found: list[str] = []
    fields: dict[str, str] = {}
    name = ""
    for line in head.split(b"\r\n"):
        text = line.decode("utf-8", "replace")
        if "\ufffd" in text or len(line) > 998 or any(map(_is_control, text)):
            found.append(f"a line that may not be: {line[:80]!r}")
        if line[:1] in {b" ", b"\t"}:
            found += [] if name and line.strip() else [f"a stray continuation: {line[:80]!r}"]
            fields[name] = f"{fields.get(name, '')} {text[1:]}"
        elif field := _FIELD.fullmatch(line):
            name = field[1].decode().lower()
            found += [f"{name} twice"] if name in fields else []
            fields[name] = (field[2] or b"").decode("utf-8", "replace")
        else:
            found.append(f"a line that is no header: {line[:80]!r}")
        if not line.isascii() and name not in UNICODE:
            found.append(f"{name} is not ASCII")
    return Lines(fields, found)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}


def _names(fields: dict[str, str], outgoing: Outgoing) -> list[str]:
    wanted = set(ALWAYS)
    wanted |= {"subject"} if outgoing.subject else set()
    wanted |= {"in-reply-to"} if outgoing.in_reply_to else set()
    wanted |= {"references"} if outgoing.references else set()
    return [f"{name} is not as expected" for name in sorted(wanted ^ set(fields))]


def _values(fields: dict[str, str], outgoing: Outgoing) -> list[str]:
    found: list[str] = []
    if decoded(fields.get("subject", "")) != outgoing.subject:
        found.append(f"another subject: {fields.get('subject', '')!r}")
    if mailbox(fields.get("to", "")) != as_sent(outgoing.to.handle):
        found.append(f"another recipient: {fields.get('to', '')!r}")
    if mailbox(fields.get("from", "")) != as_sent(outgoing.sender.handle):
        found.append(f"another sender: {fields.get('from', '')!r}")
    if fields.get("auto-submitted") != "auto-replied":
        found.append("not marked as automatic")
    if fields.get("in-reply-to", "") != outgoing.in_reply_to:
        found.append("another In-Reply-To")
    ids = fields.get("references", "").split()
    if tuple(ids) != outgoing.references or not all(map(_ID.fullmatch, ids)):
        found.append(f"other References: {ids!r}")
    for name in ("message-id", "in-reply-to"):
        if fields.get(name) and not _ID.fullmatch(fields[name]):
            found.append(f"malformed {name}")
    return found


def decoded(value: str) -> str:
    """Free text with its encoded words read; white space between two of them is none."""
    pieces = value.split(" ")
    if not all(map(_WORD.fullmatch, pieces)):
        return value
    return "".join(b64decode(piece[10:-2]).decode() for piece in pieces)


def mailbox(value: str) -> str:
    """The one address of `value`; "" where there is not just one."""
    found = _MAILBOX.fullmatch(value)
    return (found[1] or found[2]) if found else ""


def as_sent(handle: str) -> str:
    local, _, domain = handle.rpartition("@")
    return handle if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def _body(body: bytes) -> list[str]:
    lines = body.split(b"\r\n")
    bad = [line for line in lines if len(line) > 998 or b"\n" in line or b"\r" in line]
    bad += [line for line in lines if b"\0" in line or not line.isascii()]
    return [f"a body line that may not be: {line[:80]!r}" for line in bad]


def _second_opinion(raw: bytes, outgoing: Outgoing) -> list[str]:
    """What the standard library makes of it, by its modern and by its old parser."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    found = [f"defect: {defect!r}" for defect in message.defects]
    people = {"to": outgoing.to.handle, "from": outgoing.sender.handle}
    for name, value in message.items():
        # It calls a local part beyond ASCII a defect, which RFC 6532 does not.
        if not as_sent(people.get(name.lower(), "")).isascii():
            continue
        found += [f"defect in {name}: {defect!r}" for defect in getattr(value, "defects", ())]
    if " ".join(str(message["subject"] or "").split()) != " ".join(outgoing.subject.split()):
        found.append(f"its subject is read as {message['subject']!r}")
    found += _people(message, outgoing)
    forms = [part.get_content_type() for part in message.walk()]
    if forms != ["multipart/alternative", "text/plain", "text/html"]:
        found.append(f"it is not one text in two forms: {forms!r}")
    elif _words(_plain(message)) != _words(outgoing.body):
        found.append("it has another body")
    return found


def _people(message: EmailMessage, outgoing: Outgoing) -> list[str]:
    for name, handle in (("to", outgoing.to.handle), ("from", outgoing.sender.handle)):
        value = message[name]
        read = [one.addr_spec for one in value.addresses]
        old = [address for _, address in getaddresses([str(value)])]
        wanted = as_sent(handle)
        if wanted.isascii() and (read != [wanted] or old != [wanted]):
            return [f"{name} is read as {read!r} and {old!r}"]
    return []


def _plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return str(part.get_content()) if part else ""


def _words(text: str) -> list[str]:
    return text.replace("\0", "").split()
