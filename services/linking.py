"""Undoes the linking of an account, and everything that hangs on it."""

from core.bots import Bot
from core.canaries import Canary
from core.connections import Connection
from core.errors import Stale
from core.feeds import Feed, Hint
from core.pace import Correspondence
from db.base import Change, Drop, Store

from .bootstrap import Orchestre

TRIES = 8


def unlink(app: Orchestre, connection_id: str, *, by: str) -> str:
    """Stop the bot, let go of what is open, and forget the account with its credentials.

    A worker has the service take the permission back. What is on its way, or in doubt, stays to
    be seen and settled. The senders who are never answered are kept, in case the account is
    linked again. What its owner should know of the permission; usually nothing.
    """
    store = app.database.for_owner(by)
    store.get(Connection, connection_id)
    if store.find(Bot, id=connection_id):
        app.bots.stop(connection_id, by=by)
    app.push.end(connection_id)
    words = _forget(app, store, connection_id)
    if given_up := app.replies.let_go(connection_id, by=by):
        words = f"{words} Messages that waited and will not be answered: {given_up}.".strip()
    return words


def _forget(app: Orchestre, store: Store, id: str) -> str:
    for _ in range(TRIES):
        connection = store.get(Connection, id)
        errand, words = app.revocations.plan(connection)
        drops: list[Change] = [Drop(connection), *errand]
        drops += [Drop(bot) for bot in store.find(Bot, id=id)]
        drops += [Drop(feed) for feed in store.find(Feed, id=id)]
        drops += [Drop(hint) for hint in store.find(Hint, id=id)]
        drops += [Drop(canary) for canary in store.find(Canary, id=id)]
        drops += [Drop(one) for one in store.find(Correspondence, connection_id=id)]
        try:
            store.commit(*drops, durable=True)
        except Stale:
            continue
        return words
    raise Stale("The account is in use; try again in a moment.")
