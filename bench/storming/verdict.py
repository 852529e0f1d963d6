"""What became of every message: the services' own record, compared with what came in."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from core.connections import Connection
from core.events import Event
from core.feeds import Feed
from core.replies import FINISHED, Exchange, Reply, Status
from db.base import Database

from .weather import PROVING

SPARE = 0.01
"""One point: the share of messages that may be parked beyond those whose answer was lost."""
DIED = "The worker stopped."

PASSING = [one for one in Status if one not in {*FINISHED, Status.AWAITING_APPROVAL, Status.FAILED}]


class Kept(NamedTuple):
    """What our own record says of one message."""

    reply: Reply
    mark: str


def waits(database: Database) -> int:
    """How many replies are in a passing state."""
    found = database.for_workers().find(Reply, status=PASSING)
    return sum(reply.status is not Status.UNCERTAIN or bool(reply.due_at) for reply in found)


def kept(database: Database) -> dict[str, list[Kept]]:
    """Our replies by the service that their message came from."""
    store = database.for_workers()
    connections = {one.id: one for one in store.find(Connection)}
    numbers = _numbers(connections)
    replies = {reply.id: reply for reply in store.find(Reply)}
    found: defaultdict[str, list[Kept]] = defaultdict(list)
    for exchange in database.dump(Exchange):
        reply, envelope = replies[exchange.id], exchange.envelope
        connection = connections[reply.connection_id]
        mark = (envelope.first("message-id") or "").strip()
        if not envelope.headers:
            mark = f"{numbers[connection.id]} {_spot(connection.provider, envelope)}"
        found[connection.provider].append(Kept(reply, mark))
    return found


def _numbers(connections: Mapping[str, Connection]) -> dict[str, str]:
    """Which account of its service it is: the digits of its handle say so."""
    return {
        id: "".join(filter(str.isdigit, one.handle.removeprefix("u0")))
        for id, one in connections.items()
    }


def _spot(provider: str, envelope: Any) -> str:
    """How the service's record names what an answer in this conversation answers."""
    if provider == "telegram" and ":" not in envelope.thread_id:
        return str(envelope.thread_id)
    if provider == "telegram":
        chat, _, message = envelope.id.partition(":")
        return f"{chat}:{message}"
    return str(envelope.thread_id)


def interrupted(database: Database) -> set[str]:
    """The replies whose process died between the intent to send and its outcome: nobody was
    left to hear the service's answer."""
    return {event.reply_id for event in database.dump(Event) if event.reason == DIED}


def judged(
    reports: Mapping[str, Mapping[str, Any]],
    ours: Mapping[str, list[Kept]],
    *,
    died: set[str],
) -> tuple[dict[str, Any], list[str]]:
    """The figures, in all and by service, and a sentence for each thing that is wrong."""
    services, wrong = {}, list[str]()
    for name, report in reports.items():
        figures, said = _of_service(name, report, ours.get(name, []), died=died)
        services[name] = figures
        wrong += said
    total: Counter[str] = Counter()
    for figures in services.values():
        total.update({key: n for key, n in figures.items() if isinstance(n, int)})
    return {**total, "services": services}, wrong


def _of_service(
    name: str, report: Mapping[str, Any], ours: list[Kept], *, died: set[str]
) -> tuple[dict[str, int], list[str]]:
    answers: Mapping[str, int] = report["answers"]
    tally = Counter[str](report["tally"])
    by_mark: defaultdict[str, list[Reply]] = defaultdict(list)
    for one in ours:
        by_mark[one.mark].append(one.reply)
    figures = Counter[str](
        messages=len(answers),
        deliveries=report["items"],
        sent=sum(n > 0 for n in answers.values()),
        lost=0,
        duplicated=sum(n > 1 for n in answers.values()),
        parked=0,
        held=0,
        misrecorded=0,
        unfinished=0,
        faults=tally["faults"],
        writes=tally["writes"],
        answers_lost=tally["answers_lost"],
        interrupted=sum(one.reply.id in died for one in ours),
        refusals=tally["refusals"],
    )
    wrong = [f"{name}: {mark} was answered {n} times" for mark, n in answers.items() if n > 1]
    if report["strays"]:
        wrong.append(f"{name}: {report['strays']} answers to nothing that came in")
    for mark, count in answers.items():
        where = _where(by_mark[mark], answered=bool(count))
        figures[where] += 1
        if where not in ("settled", "parked"):
            wrong.append(f"{name}: {mark} is {where}: {_words(by_mark[mark])}")
    allowed: float = figures["refusals"]
    if name not in PROVING:
        allowed += figures["answers_lost"] + figures["interrupted"] + SPARE * len(answers)
    if figures["parked"] > allowed:
        wrong.append(f"{name}: {figures['parked']} are parked, {allowed:.0f} may be")
    return dict(figures), wrong


def _where(replies: list[Reply], *, answered: bool) -> str:
    """What became of one message. Several replies are copies of it."""
    if any(_is_passing(reply) for reply in replies):
        return "unfinished"
    if any(reply.is_parked() for reply in replies):
        return "parked"
    if answered:
        is_known = any(reply.status is Status.SENT for reply in replies)
        return "settled" if is_known else "misrecorded"
    if any(reply.status is Status.AWAITING_APPROVAL for reply in replies):
        return "held"
    return "lost"


def _is_passing(reply: Reply) -> bool:
    lasts = reply.status in FINISHED or reply.status is Status.AWAITING_APPROVAL
    return not lasts and not reply.is_parked()


def _words(replies: list[Reply]) -> str:
    if not replies:
        return "it was never received"
    return "; ".join(f"{one.id} {one.status} {one.rule} {one.reason}".strip() for one in replies)


def histories(database: Database, ours: Mapping[str, list[Kept]], marks: list[str]) -> list[str]:
    """Every step of the replies to some messages, for whoever looks into what is wrong."""
    wanted = {one.reply.id for each in ours.values() for one in each if one.mark in marks}
    events = database.for_workers().find(Event, reply_id=sorted(wanted)) if wanted else []
    return [event.model_dump_json() for event in events]


def troubles(database: Database) -> dict[str, str]:
    """What keeps accounts from being read now, by the name of the service."""
    store = database.for_workers()
    found = {feed.id: feed.trouble for feed in store.find(Feed) if feed.trouble}
    connections = store.find(Connection, id=list(found)) if found else []
    return {one.provider: found[one.id] for one in connections}


def known(database: Database) -> int:
    """How many messages, copies among them, have a reply."""
    return database.for_workers().count(Reply, status=list(Status))
