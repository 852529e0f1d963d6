"""Builds the exact answer to a message, before anybody approves it. Pure."""

import re
from datetime import datetime
from uuid import UUID, uuid5

from core.errors import Refused
from core.messages import Address, Message, Outgoing
from providers.headers import clean, message_ids

from .policy_people import answerable, domain_of, is_mine, normal_address, takes_no_answers
from .policy_people import target as find_target

MARKS = (("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All"))
"""RFC 3834 3.1.7, and what Exchange understands: no automatic answer to this one."""
MAX_SUBJECT = 200
MAX_REFERENCES = 21
"""The first, by which threads are found, and the latest twenty."""

_IDS = UUID("5b0f6f2e-6d0c-4a1f-9d0e-1f6f3f1d2c77")
_PREFIXES = """
re aw antw antwort sv vs odp ré rif res ynt yan atb ats vá vast bls bals resp r απ σχετ отв ответ
відп одг השב תגובה رد پاسخ 回复 回覆 答复 答覆 返信 回信 회신 답장 ตอบ ตอบกลับ
"""
_REPLY_PREFIX = re.compile(
    rf"(?:{'|'.join(sorted(_PREFIXES.split(), key=len, reverse=True))})"
    r"(?:\s?\[\d{1,3}\]|\s?\(\d{1,3}\)|\^\d{1,3})?\s?[:：]",
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


def foreign_reply_to(message: Message) -> bool:
    """Whether the answer would leave for another domain than the mail came from."""
    envelope = message.envelope
    home = domain_of(envelope.sender.handle)
    wanted = [a.handle for a in message.reply_to if not takes_no_answers(a.handle)]
    return any(domain_of(handle) != home for handle in wanted)


def reply_subject(subject: str) -> str:
    """`Re: ` and the subject, unless it says so already, in whatever language."""
    subject = re.sub(r"\s+", " ", clean(subject))
    if not _REPLY_PREFIX.match(subject):
        subject = f"Re: {subject}"
    return subject[:MAX_SUBJECT].strip()


def bare_subject(subject: str) -> str:
    """The subject without the marks of answers and the tags that gateways put before it."""
    text = re.sub(r"\s+", " ", clean(subject)).strip()[:MAX_SUBJECT]
    while mark := _REPLY_PREFIX.match(text) or _TAG.match(text):
        text = text[mark.end() :].lstrip()
    return text


def _chat_target(sender: Address, me: frozenset[str]) -> Address:
    handle = sender.handle
    if not handle.strip() or handle != clean(handle) or is_mine(handle, me=me):
        raise Refused("This message names nobody who could be answered.")
    return sender


def _addressed(message: Message, *, own: tuple[Address, ...], delimiter: str) -> Address:
    """The one of our addresses that the message was written to; else the first, the account's."""
    account = own[0]
    for written in (*message.to, *message.cc):
        exact = [a for a in own if normal_address(a.handle) == normal_address(written.handle)]
        near = [
            a for a in own if is_mine(written.handle, me=frozenset({a.handle}), delimiter=delimiter)
        ]
        for alias in exact + near:
            return alias if alias.name else Address(handle=alias.handle, name=account.name)
    return account


def _answered_id(message: Message) -> str:
    """The Message-ID that is answered; "" where it has none, or none that is well formed."""
    return "".join(message_ids(message.envelope.first("message-id") or "")[:1])


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
