"""Checks that only read."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

from core.feeds import Feed
from core.replies import Exchange, Reply, Status
from core.watches import Watch
from services.doctor import Finding
from services.policy import judge

from .base import Place, noted, proven, refuted

A_DAY = timedelta(days=1)


def account(place: Place) -> Iterator[Finding]:
    """Whose it is, and that every permission is there: linking asks for no more."""
    connection = place.account
    address = place.app.connections.test(connection.id, by=connection.owner_id)
    yield proven("account", f"It is {address.handle}, with every permission that is needed.")


def news(place: Place) -> Iterator[Finding]:
    """What came in within a day can be listed, and the gate can judge it."""
    connection = place.account
    began = time.monotonic()
    with place.app.connections.borrow(connection) as provider:
        cursor = provider.cursor_at(place.app.clock() - A_DAY)
        page = provider.fetch_new(cursor, limit=20)
    seconds = time.monotonic() - began
    vetoes = [judge(envelope, me=connection.me) for envelope in page.envelopes]
    machines = sum(veto is not None for veto in vetoes)
    yield proven(
        "news",
        f"Listed {len(page.envelopes)} messages of the last day in {seconds:.1f} s; "
        f"{machines} of them would not be answered.",
    )
    bare = [one for one in page.envelopes if not one.headers]
    if bare and provider.name in ("gmail", "outlook", "imap"):
        yield noted("news", f"{len(bare)} came without headers: rules about these cannot apply.")


def forgotten_place(place: Place) -> Iterator[Finding]:
    """A place that the service no longer knows: reading goes on from a date, without an error.

    Gmail answers 404 to an old history id; IMAP changes UIDVALIDITY.
    """
    connection = place.account
    with place.app.connections.borrow(connection) as provider:
        moment = place.app.clock() - A_DAY
        before = provider.fetch_new(provider.cursor_at(moment), limit=20)
        page = provider.fetch_new(_forgotten(provider.cursor_at(moment)), limit=20)
    known = {envelope.id for envelope in before.envelopes}
    found = {envelope.id for envelope in page.envelopes}
    if known and not found:
        words = "After a forgotten place nothing is found, though something is there."
        yield refuted("forgotten place", words)
        return
    words = f"The service had forgotten the place, and reading went on: {len(found)} found."
    yield proven("forgotten place", words)


def told_of_news(place: Place) -> Iterator[Finding]:
    """Whether the service tells of news. Where it does not, looks find them, only later."""
    connection = place.account
    store = place.app.database.for_owner(connection.owner_id)
    watch = next(iter(store.find(Watch, id=connection.id)), None)
    if watch is None or not (watch.subscription or watch.line):
        why = f" {watch.trouble}" if watch and watch.trouble else ""
        yield noted("push", f"The service tells of no news: each look finds them.{why}")
    elif watch.trouble:
        yield noted("push", watch.trouble)
    else:
        until = f" until {watch.expires_at:%Y-%m-%d %H:%M} UTC" if watch.expires_at else ""
        yield proven("push", f"The service tells of news{until}.")


def last_answer(place: Place) -> Iterator[Finding]:
    """The proof of an answer, on the last one that really went out: nothing new is sent."""
    connection = place.account
    store = place.app.database.for_owner(connection.owner_id)
    sent = store.page(
        Reply, order="-created_at", limit=1, connection_id=connection.id, status=Status.SENT
    )
    if not sent.items:
        yield noted("last answer", "None has been sent yet, so its proof cannot be looked for.")
        return
    [reply] = sent.items
    exchange = store.get(Exchange, reply.id)
    assert exchange.outgoing, "what was sent was written"
    with place.app.connections.borrow(connection) as provider:
        receipt = provider.find_sent(reply.id, outgoing=exchange.outgoing, handle=exchange.handle)
    if receipt is None:
        words = "The last answer is not found by its mark: an answer in doubt would go out again."
        yield refuted("last answer", f"{words} Stop the bot, and tell us.")
        return
    yield proven("last answer", f"It is found by its mark, as sent at {receipt.sent_at:%H:%M} UTC.")


def next_page(place: Place) -> Iterator[Finding]:
    """Where a service forgets what it has told: read on from the place that is kept, and leave
    that as it is. While the bot is on, its own looks prove the same."""
    connection = place.account
    store = place.app.database.for_owner(connection.owner_id)
    feed = next(iter(store.find(Feed, id=connection.id)), None)
    if feed is None or feed.due_at is not None:
        since = f"{feed.polled_at:%H:%M} UTC" if feed and feed.polled_at else "never"
        yield noted("news", f"Left to its bot, which alone may read it. It last did: {since}.")
        return
    with place.app.connections.borrow(connection) as provider:
        page = provider.fetch_new(feed.cursor, limit=20)
    yield proven("news", f"{len(page.envelopes)} messages wait to be read.")


def _forgotten(cursor: str) -> str:
    """The same place, as if the service had forgotten it."""
    place = json.loads(cursor)
    if "history" in place:  # Gmail
        return json.dumps({"history": "1", "start": place["start"], "seen": place["seen"]})
    return json.dumps(place | {"validity": place["validity"] + 1})  # IMAP
