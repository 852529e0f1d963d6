"""Builds the exact answer to a message, before anybody approves it. Pure."""

import re
import unicodedata
from datetime import datetime
from uuid import UUID, uuid5

from core.errors import Refused
from core.messages import Address, Message, Outgoing
from providers.mail.addresses import parse
from providers.mail.headers import clean, message_ids

from .policy_people import answerable, domain_of, is_mine, normal_address
from .policy_people import target as find_target

MARKS = (("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"))
"""RFC 3834 3.1.7, and what Exchange understands: no automatic answer to this one."""
PASSED_ON = ("resent-to", "resent-cc", "bcc", "resent-bcc", "delivered-to", "x-original-to")
MAX_SUBJECT = 200
MAX_REFERENCES = 21
"""The first, by which threads are found, and the latest twenty."""

_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns text around until it is ended: in an answer, beyond what it was meant for."""
_MARKS = "\u200e\u200f\u061c\ufeff "
_JOINER = "\u200d"
_SKINS = ("\U0001f3fb", "\U0001f3ff")
_FLAGS = ("\U0001f1e6", "\U0001f1ff")
_LONGEST = 30
"""Code points of which one character, as people count them, may consist."""

_IDS = UUID("5b0f6f2e-6d0c-4a1f-9d0e-1f6f3f1d2c77")
_PREFIXES = """
re aw antw antwort sv vs odp odg ré rif res răsp tl ynt yan atb ats vá vast bls bals resp r απ σχετ
отв ответ відп одг השב תגובה رد پاسخ 回复 回覆 答复 答覆 返信 回信 회신 답장 ตอบ ตอบกลับ
"""
_REPLY_PREFIX = re.compile(
    rf"(?:{'|'.join(sorted(_PREFIXES.split(), key=len, reverse=True))})"
    r"(?:\s?\[\d{1,3}\]|\s?\(\d{1,3}\)|[*^]\d{1,3})?\s?[:：]",
    re.IGNORECASE,
)


_TAG = re.compile(r"\[[^\[\]]{1,40}\](?=.)")


def build(
    message: Message,
    body: str,
    *,
    account: Address,
    aliases: tuple[Address, ...] = (),
    key: str,
    now: datetime,
    delimiter: str = "+",
) -> Outgoing:
    """The answer with these words, or `Refused` when only a person can say whom it goes to.

    `delimiter` parts a sub-address from its address.
    """
    envelope = message.envelope
    me = frozenset(normal_address(own.handle) for own in (account, *aliases))
    to = target(message, me, delimiter=delimiter)
    sender = _addressed(message, own=(account, *aliases), delimiter=delimiter)
    if not envelope.headers:
        return Outgoing(to=to, sender=sender, thread_id=envelope.thread_id, date=now, body=body)
    answered = _answered_id(message)
    return Outgoing(
        to=to,
        sender=sender,
        subject=reply_subject(envelope.subject),
        thread_id=envelope.thread_id,
        date=now,
        message_id=_message_id(sender, key=key, body=body, now=now),
        in_reply_to=answered,
        references=_references(message, answered),
        headers=MARKS,
        body=body,
    )


def target(message: Message, me: frozenset[str], *, delimiter: str = "+") -> Address:
    """Whom the answer goes to: the one usable Reply-To, else the sender."""
    envelope = message.envelope
    if not envelope.headers:
        return _chat_target(envelope.sender, me)
    found = find_target(message.reply_to, envelope.sender, me=me, delimiter=delimiter)
    if found is None:
        raise Refused(
            "Neither the sender nor the Reply-To of this mail is an address that takes answers. "
            "Answer it from your own mail program if it needs one."
        )
    return Address(handle=found.handle, name=clean(found.name))


def foreign_reply_to(message: Message, me: frozenset[str]) -> bool:
    """Whether the answer would leave for another domain than the mail came from."""
    home = domain_of(message.envelope.sender.handle)
    return domain_of(target(message, me).handle) != home


def reply_subject(subject: str) -> str:
    """`Re: ` and the subject, unless it says so already, in whatever language."""
    subject = re.sub(r"\s+", " ", clean(_DIRECTIONS.sub("", subject))).lstrip(_MARKS)
    if not _REPLY_PREFIX.match(subject):
        subject = f"Re: {subject}"
    return subject[: _end(subject, MAX_SUBJECT)].strip()


def _end(text: str, at: int) -> int:
    """`at`, or a little before it, so that nothing is cut off from what it is written on."""
    if len(text) <= at:
        return len(text)
    nearest = at
    while nearest > at - _LONGEST and _belongs(text[nearest - 1], text[nearest]):
        nearest -= 1
    return nearest


def _belongs(before: str, character: str) -> bool:
    """Whether a reader sees these two as one character, or may."""
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or _JOINER in {before, character}
        or _SKINS[0] <= character <= _SKINS[1]
        or (_FLAGS[0] <= before <= _FLAGS[1] and _FLAGS[0] <= character <= _FLAGS[1])
    )


def is_reply_subject(subject: str) -> bool:
    """Whether it has the mark of an answer, in whatever language, perhaps behind tags."""
    text = _one_line(subject)
    while tag := _TAG.match(text):
        text = text[tag.end() :].lstrip()
    return bool(_REPLY_PREFIX.match(text))


def bare_subject(subject: str) -> str:
    """The subject without the marks of answers and the tags that gateways put before it."""
    text = _one_line(subject)
    while mark := _REPLY_PREFIX.match(text) or _TAG.match(text):
        text = text[mark.end() :].lstrip()
    return text


def _one_line(subject: str) -> str:
    return re.sub(r"\s+", " ", clean(subject)).strip()[:MAX_SUBJECT]


def _chat_target(sender: Address, me: frozenset[str]) -> Address:
    handle = sender.handle
    if not handle.strip() or handle != clean(handle) or is_mine(handle, me=me):
        raise Refused("This message names nobody who could be answered.")
    return sender


def _addressed(message: Message, *, own: tuple[Address, ...], delimiter: str) -> Address:
    """The one of our addresses that the message was written to; else the first, the account's."""
    account = own[0]
    for written in (*message.to, *message.cc, *_passed_on_to(message)):
        exact = [a for a in own if normal_address(a.handle) == normal_address(written.handle)]
        near = [
            a for a in own if is_mine(written.handle, me=frozenset({a.handle}), delimiter=delimiter)
        ]
        for alias in exact + near:
            return alias if alias.name else Address(handle=alias.handle, name=account.name)
    return account


def _passed_on_to(message: Message) -> tuple[Address, ...]:
    """Whom others than its writer have sent it on to, and whom servers delivered it to."""
    values = [value for name in PASSED_ON for value in message.envelope.values(name)]
    return tuple(address for value in values for address in parse(value))


def _answered_id(message: Message) -> str:
    """The Message-ID that is answered; "" where it has none, or none that is well formed."""
    named = set(message_ids(message.envelope.first("message-id") or ""))
    return named.pop() if len(named) == 1 else ""


def _references(message: Message, answered: str) -> tuple[str, ...]:
    """RFC 5322 3.6.4: those of the message, else its single In-Reply-To, and then itself."""
    earlier = message_ids(" ".join(message.envelope.values("references")))
    if not earlier:
        named = message_ids(" ".join(message.envelope.values("in-reply-to")))
        earlier = named if len(named) == 1 else ()
    chain = [*dict.fromkeys(id for id in earlier if id != answered), *filter(None, [answered])]
    if len(chain) > MAX_REFERENCES:
        chain = [chain[0], *chain[1 - MAX_REFERENCES :]]
    return tuple(chain)


def _message_id(sender: Address, *, key: str, body: str, now: datetime) -> str:
    unique = uuid5(_IDS, f"{key}\n{now.isoformat()}\n{body}")
    domain = domain_of(sender.handle)
    usable = answerable(sender.handle) and domain.isascii() and not domain.startswith("[")
    return f"<{unique.hex}.orchestre@{domain if usable else 'localhost'}>"
