"""One task for each step. A task carries ids, and says which method to call.

A wake-up that comes twice meets `Conflict` the second time, which here means that the work is
done already or being done.
"""

from contextlib import suppress

from core.errors import Conflict
from core.feeds import POLL_LEASE
from core.replies import Status
from services.bell import DISPATCH, NEXT_TASK, PING, POLL, SWEEP

from .app import app, orchestre, pulse


@app.task(name=DISPATCH)
def dispatch_due() -> None:
    for feed_ids in orchestre().inbox.claim_due():
        poll.apply_async([feed_ids], expires=POLL_LEASE.total_seconds(), retry=False)


@app.task(name=POLL)
def poll(feed_ids: list[str]) -> None:
    orchestre().inbox.poll_batch(feed_ids)


@app.task(name=NEXT_TASK[Status.RECEIVED])
def draft(reply_id: str) -> None:
    with suppress(Conflict):
        orchestre().replies.draft(reply_id)


@app.task(name=NEXT_TASK[Status.APPROVED])
def send(reply_id: str) -> None:
    with suppress(Conflict):
        orchestre().replies.send(reply_id)


@app.task(name=NEXT_TASK[Status.UNCERTAIN])
def reconcile(reply_id: str) -> None:
    with suppress(Conflict):
        orchestre().replies.reconcile(reply_id)


@app.task(name=SWEEP)
def sweep() -> None:
    orchestre().house.keep()


@app.task(name=PING)
def ping() -> None:
    pulse.answered()
