"""Checks that send one mail, from an account to itself and to nobody else."""

import secrets
import time
from collections.abc import Iterator
from email.utils import make_msgid

from core.canaries import HEADER
from core.errors import NotSupported, OrchestreError
from core.messages import KEY_HEADER, Envelope, Outgoing, Receipt
from providers import BaseProvider
from services.doctor import Finding
from services.own_mail import MARKS, prepare
from services.policy import judge

from .base import Place, noted, proven, refuted

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 1.0
QUIET_SECONDS = 5.0
"""How much longer a second copy is waited for."""


def a_mail_to_itself(place: Place) -> Iterator[Finding]:
    """One mail: that it goes out once, what becomes of its marks, and that it is proven."""
    connection = place.account
    if not connection.may_send:
        yield noted("send", f"The account may only {connection.access}: nothing was sent.")
        return
    place.allow(f"Send one mail from {connection.handle} to itself?")
    mark = secrets.token_hex(8)
    key, outgoing = f"canary-{mark}", _letter(place, mark)
    with place.app.connections.borrow(connection) as provider:
        cursor = provider.cursor_at(place.app.clock())
        handle = prepare(provider, outgoing, key=key, connection=connection)
        began = time.monotonic()
        provider.send(outgoing, key=key, handle=handle)
        yield proven("send", "Sent one mail from the account to itself.")
        if handle:
            yield _again(provider, outgoing, key=key, handle=handle)
        copies = _wait(provider, cursor, mark)
        yield from _arrived(
            copies, outgoing, seconds=time.monotonic() - began, me=connection.handle
        )
        yield _sent(provider, outgoing, key=key, handle=handle)
        yield _never_sent(provider, outgoing)


def server_copies(place: Place) -> Iterator[Finding]:
    """Whether the mail server files what goes through its relay by itself: then that proves it."""
    connection = place.account
    if connection.settings.get("sent_copies") == "server":
        yield proven("sent copies", "The account is set up for a server that files copies.")
        return
    if not connection.may_send:
        return
    place.allow(f"Send one more mail from {connection.handle} to itself?")
    settings = connection.settings | {"sent_copies": "server"}
    # No version that the account will ever have: what is opened so is not handed to others.
    asking = connection.model_copy(update={"settings": settings, "version": -1})
    mark = secrets.token_hex(8)
    key, outgoing = f"canary-{mark}", _letter(place, mark)
    with place.app.connections.borrow(asking) as provider:
        provider.send(outgoing, key=key)
        found = _find(provider, outgoing, key=key, handle="")
    if found:
        words = "The server files copies by itself. Link the account with --set sent_copies=server:"
        yield noted("sent copies", f"{words} then an answer in doubt settles by itself.")
        return
    words = "The server files none. Copies are filed by us, so an answer in doubt waits for you."
    yield proven("sent copies", words)


def _again(provider: BaseProvider, outgoing: Outgoing, *, key: str, handle: str) -> Finding:
    """The same draft once more: the service must refuse what it has sent."""
    try:
        provider.send(outgoing, key=key, handle=handle)
    except Exception as error:  # whichever: it was not taken a second time
        words = f"The same draft was refused the second time ({type(error).__name__})."
        return proven("send twice", words)
    words = "The same draft was taken a second time. Stop every bot of this service, and tell us."
    return refuted("send twice", words)


def _wait(provider: BaseProvider, cursor: str, mark: str) -> list[Envelope]:
    """The copies that come in; a little longer than the first one takes."""
    until = time.monotonic() + PATIENCE_SECONDS
    copies: dict[str, Envelope] = {}
    while time.monotonic() < until:
        page = provider.fetch_new(cursor)
        cursor = page.cursor
        if fresh := {one.id: one for one in page.envelopes if mark in one.subject}:
            copies |= fresh
            until = min(until, time.monotonic() + QUIET_SECONDS)
        time.sleep(0 if page.envelopes else PAUSE_SECONDS)
    return list(copies.values())


def _arrived(
    copies: list[Envelope], outgoing: Outgoing, *, seconds: float, me: str
) -> Iterator[Finding]:
    if not copies:
        words = f"It has not come in within {seconds:.0f} s. Look in spam and in filters."
        yield refuted("come in", words)
        return
    if len(copies) > 1:
        yield refuted("come in", f"It came in {len(copies)} times.")
    else:
        yield proven("come in", f"It came in once, within {seconds:.0f} s.")
    copy = copies[0]
    kept = (copy.first("message-id") or "").strip() == outgoing.message_id
    yield (
        proven("Message-ID", "It was kept.")
        if kept
        else noted("Message-ID", "The service wrote its own over ours. Nothing here rests on it.")
    )
    there = copy.first(KEY_HEADER.lower()) is not None and copy.first(HEADER.lower()) is not None
    yield (
        proven("marks", "Our headers came through.")
        if there
        else noted("marks", "The service leaves our headers out of what it lists.")
    )
    veto = judge(copy, me=frozenset({me}))
    yield (
        proven("gate", f"It would not be answered: {veto.reason}")
        if veto
        else refuted(
            "gate", "The gate would have answered it. Stop the bot of this account, and tell us."
        )
    )


def _sent(provider: BaseProvider, outgoing: Outgoing, *, key: str, handle: str) -> Finding:
    try:
        receipt = _find(provider, outgoing, key=key, handle=handle)
    except NotSupported as error:
        return noted("proof", str(error))
    if receipt is None:
        words = "What was sent is not found among the sent mail: look for why, before a bot runs."
        return refuted("proof", words)
    return proven("proof", "What was sent is found by its mark.")


def _find(provider: BaseProvider, outgoing: Outgoing, *, key: str, handle: str) -> Receipt | None:
    """Its receipt, within as long as an answer in doubt is left alone."""
    until = time.monotonic() + PATIENCE_SECONDS / 4
    while True:
        receipt = provider.find_sent(key, outgoing=outgoing, handle=handle)
        if receipt or time.monotonic() > until:
            return receipt
        time.sleep(PAUSE_SECONDS)


def _never_sent(provider: BaseProvider, outgoing: Outgoing) -> Finding:
    key = f"canary-{secrets.token_hex(8)}"
    try:
        receipt = provider.find_sent(key, outgoing=outgoing)
    except (NotSupported, OrchestreError) as error:
        return noted("absence", f"Of what was never sent it says: {error}")
    if receipt:
        words = "It finds what was never sent: an answer could be lost. Stop the bot, and tell us."
        return refuted("absence", words)
    return proven("absence", "What was never sent is not found.")


def _letter(place: Place, mark: str) -> Outgoing:
    account = place.account.account
    domain = account.handle.rpartition("@")[2] or "localhost"
    return Outgoing(
        to=account,
        sender=account,
        subject=f"[Orchestre] Live check {mark}",
        date=place.app.clock(),
        message_id=make_msgid(domain=domain),
        headers=(*MARKS, (HEADER, mark)),
        body="Orchestre has sent this from the account to itself. It may be deleted.",
    )
