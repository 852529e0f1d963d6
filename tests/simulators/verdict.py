"""What became of every message, judged by the service's own record rather than by ours."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from core.events import Event, first_break
from core.replies import FINISHED, MOVES, Exchange, Reply, Status
from db.base import Store
from services.replies.moves import WORKER
from services.replies.receiving import reply_id

from .mailboxes import Effect, Mailbox

Budget = tuple[str, str]


def is_settled(reply: Reply) -> bool:
    """Whether it is in a state that lasts until a person acts, or for ever."""
    waits = reply.status is Status.AWAITING_APPROVAL
    return reply.status in FINISHED or waits or reply.is_parked()


def lost(replies: Iterable[Reply], mailbox: Mailbox, *, connection_id: str) -> list[str]:
    """The messages of an account that have no reply."""
    known = {reply.id for reply in replies}
    ids = (message.envelope.id for message in mailbox.inbox)
    return [id for id in ids if reply_id(connection_id, id) not in known]


def duplicated(effects: Iterable[Effect]) -> list[str]:
    """The keys of what left more than once."""
    return [key for key, count in Counter(effect.key for effect in effects).items() if count > 1]


def contradictions(
    store: Store, mailbox: Mailbox, *, vouched: frozenset[str] = frozenset()
) -> Iterator[str]:
    """What our record says that cannot be, at any moment whatever.

    `vouched` are the replies of which a person said that they were sent, or were not.
    """
    effects = {effect.key for effect in mailbox.effects}
    events: defaultdict[str, list[Event]] = defaultdict(list)
    for event in store.find(Event):
        events[event.reply_id].append(event)
    for reply in store.find(Reply):
        told = reply.id in vouched
        if reply.status is Status.SENT and reply.id not in effects and not told:
            yield f"{reply.id} is sent, but nothing left"
        if reply.id in effects and not _may_have_left(reply) and not told:
            yield f"{reply.id} left, but is {reply.status}: {reply.reason}"
        yield from broken_history(reply, events[reply.id])
    yield from _unwanted(store, effects)


def _unwanted(store: Store, effects: set[str]) -> Iterator[str]:
    """Answers to machines, and second answers to copies of one mail, that no person approved."""
    mails: Counter[str] = Counter()
    for reply in store.find(Reply):
        if reply.id in effects and not reply.approved_by:
            envelope = store.get(Exchange, reply.id).envelope
            if envelope.values("auto-submitted"):
                yield f"{reply.id} answers a machine"
            mails.update(envelope.values("message-id"))
    yield from (f"{id} was answered as often as it was copied" for id, n in mails.items() if n > 1)


def _may_have_left(reply: Reply) -> bool:
    return reply.status in {Status.SENDING, Status.UNCERTAIN, Status.SENT}


def broken_history(reply: Reply, events: list[Event]) -> Iterator[str]:
    if [event.id for event in events] != [f"{reply.id}/{n:06d}" for n in range(reply.version + 1)]:
        yield f"{reply.id} has no event for one of its versions"
        return
    if first_break(events) or events[-1].hash() != reply.chain:
        yield f"{reply.id} has a broken chain"
    for before, after in pairwise(Status(event.status) for event in events):
        if after is not before and after not in MOVES[before]:
            yield f"{reply.id} went from {before} to {after}"


def taken(replies: Iterable[Reply]) -> Counter[Budget]:
    """The budgets that should be used up: those of every answer not known to be unsent."""
    spent = (budget.partition(" ") for reply in replies for budget in reply.budgets)
    return Counter((name, key) for name, _, key in spent)


def unapproved_intents(store: Store) -> Iterator[str]:
    """The ids of the events that began a sending which no person had approved."""
    approved: dict[str, bool] = {}
    for event in store.find(Event):
        if event.status is Status.APPROVED and event.by != WORKER:
            approved[event.reply_id] = True
        elif event.status is Status.RECEIVED:
            approved[event.reply_id] = False
        elif event.status is Status.SENDING and not approved.get(event.reply_id):
            yield event.id


def misspent(replies: Iterable[Reply], used: Mapping[tuple[str, str, str], int]) -> Iterator[str]:
    """The budgets of which more or less is used up than answers have taken."""
    counted = {(name, key): total for (_, name, key), total in used.items() if total}
    wanted = taken(replies)
    for budget in sorted(counted.keys() | wanted.keys()):
        if counted.get(budget, 0) != wanted[budget]:
            yield f"budget {budget} is {counted.get(budget, 0)}, but {wanted[budget]} were taken"
