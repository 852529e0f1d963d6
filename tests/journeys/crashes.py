"""Lives of a few messages in processes that die where they are told to, and what is left of them.

Every process is forked from a server that has loaded the application and holds nothing open. The
service's record and the database lie in a folder, and outlive them all.
"""

import itertools
import logging
import multiprocessing
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import NamedTuple

from core import failpoints
from core.bots import Mode
from core.errors import Conflict, Refused, Unavailable
from core.messages import Message
from core.replies import Reply, Status
from db.base import Store
from db.sql import SqlDatabase
from services.bell import NEXT_TASK
from tests.conftest import FrozenClock, RecordingBell
from tests.limits import NO_CAPS
from tests.simulators import verdict
from tests.simulators.mailboxes import KINDS, PROVING, FiledMailbox, letter, undisturbed
from tests.simulators.shop import HANDLE, Shop

QUESTION = "How much is the Alpine Tent 2? This is letter {number}."
ROUNDS = 40
PAUSE = 45.0
"""Seconds between two rounds."""
TAKEN_OVER = 20.0
"""Seconds after which another process goes on: before any lease has run out."""
UNQUIET = 3

PATIENCE = 60.0
"""Seconds that a life may last."""

_asking = threading.Lock()
"""Whoever starts a process also asks how all others ended. That can be read only once, so of two
threads that ask at the same time one would be told 255."""

Person = Callable[[Shop, Reply], object]


class Script(NamedTuple):
    """What happens to a shop while its process lives."""

    letters: Callable[[FrozenClock, bool], list[Message]]
    mode: Mode = Mode.AUTO
    troubles: tuple[tuple[str, type[Exception]], ...] = ()
    """In each process, the first of each of these calls to the service fails like this."""
    person: Person | None = None
    """What the owner does about an answer that waits for them."""
    hints: int = 0


class Life(NamedTuple):
    """One process: what it lives through, and at which failpoint it dies; 0 never."""

    home: Path
    kind: str
    script: str
    starts_after: float = 0.0
    dies_at: int = 0
    trace: bool = False


class Point(NamedTuple):
    """A place to die at: the so-manieth failpoint of a life."""

    made: Path
    kind: str
    script: str
    at: int


def one(clock: FrozenClock, with_headers: bool) -> list[Message]:
    return [_letter(1, clock, with_headers)]


def many(clock: FrozenClock, with_headers: bool) -> list[Message]:
    """A question, another in the same thread, a machine's mail, and two copies of one mail."""
    robot = (("auto-submitted", "auto-replied"),)
    mail = _letter(3, clock, with_headers)
    moved = mail.envelope.model_copy(update={"id": "archive/3", "thread_id": "t4"})
    return [
        _letter(1, clock, with_headers, thread="t", sender="bob@customer.example"),
        _letter(2, clock, with_headers, headers=robot),
        mail,
        mail.model_copy(update={"envelope": moved}),
        _letter(5, clock, with_headers, thread="t", sender="bob@customer.example"),
    ]


def _letter(number: int, clock: FrozenClock, with_headers: bool, **fields: object) -> Message:
    return letter(
        number,
        QUESTION.format(number=number),
        to=HANDLE,
        received_at=clock.now + timedelta(seconds=number),
        with_headers=with_headers,
        **fields,  # type: ignore[arg-type]  # the fields of a letter
    )


def approve(shop: Shop, reply: Reply) -> None:
    shop.app.replies.approve(reply.id, by=shop.by, seen=reply.digest)


def ponder(shop: Shop, reply: Reply) -> None:
    """Ask for another draft, then for other words, then approve those of one's own."""
    replies, by = shop.app.replies, shop.by
    if reply.version < 4:
        replies.redraft(reply.id, by=by)
    elif reply.version < 6:
        replies.edit(reply.id, by=by, seen=reply.digest, body="It is 199 euros.")
    else:
        replies.approve(reply.id, by=by, seen=reply.digest, body="It is 199.00 euros.")


def be_done_with(shop: Shop, reply: Reply) -> None:
    shop.app.replies.never_answer(reply.id, by=shop.by)


SCRIPTS = {
    "alone": Script(one),
    "asked": Script(one, mode=Mode.ASSIST, person=approve),
    "pondered": Script(one, mode=Mode.ASSIST, person=ponder),
    "never": Script(many, mode=Mode.ASSIST, person=be_done_with),
    "many": Script(many),
    "answer lost": Script(one, troubles=(("sent", TimeoutError),)),
    "not sent": Script(one, troubles=(("send", TimeoutError),)),
    "busy": Script(one, troubles=(("send", Unavailable),)),
    "refused": Script(one, troubles=(("send", Refused),)),
    "mailbox down": Script(one, troubles=(("fetch_new", Unavailable),), hints=2),
    "nobody to ask": Script(one, troubles=(("sent", TimeoutError), ("find_sent", ConnectionError))),
}


def make_home(folder: Path, kind: str, script: str) -> Path:
    """A shop that is open, and has been written to. Copy it for each life."""
    home = folder / f"{kind}-{script.replace(' ', '-')}"
    home.mkdir(parents=True)
    clock, plan = FrozenClock(), SCRIPTS[script]
    shop = open_shop(home, clock)
    with closing(shop.app):
        shop.database.migrate()
        shop.open(kind, mode=plan.mode)
        has_headers = next(one.has_headers for one in KINDS if one.name == kind)
        for message in plan.letters(clock, has_headers):
            shop.mailbox.receive(message)
    return home


def open_shop(home: Path, clock: FrozenClock) -> Shop:
    return Shop(
        SqlDatabase(f"sqlite:///{home}/orchestre.db", run=home / "run"),
        FiledMailbox(home / "service"),
        home=home,
        clock=clock,
        bell=RecordingBell(),
        **NO_CAPS,
    )


def live(life: Life) -> None:
    """The whole life of a process. It ends when nothing is left to do, or at its failpoint."""
    logging.disable()
    clock = FrozenClock()
    clock.advance(seconds=life.starts_after)
    reached = itertools.count(1)
    names = (life.home / "trace").open("w") if life.trace else None

    def at_each(name: str) -> None:
        if names:
            names.write(f"{name}\n")
            names.flush()
        if next(reached) == life.dies_at:
            failpoints.leave(name)

    shop, script = open_shop(life.home, clock), SCRIPTS[life.script]
    shop.mailbox.disturb = _troubling(script)
    failpoints.arm(failpoints.EVERY, at_each)
    for number in range(ROUNDS):
        for _ in range(script.hints if number < 2 else 0):
            shop.app.inbox.hint(life.kind, HANDLE)
        work(shop, script)
        clock.advance(seconds=PAUSE)
        if shop.is_quiet():
            failpoints.disarm()
            shop.app.close()
            return
    raise SystemExit(UNQUIET)


def _troubling(script: Script) -> Callable[[str], None]:
    waiting = dict(script.troubles)

    def disturb(call: str) -> None:
        undisturbed(call)
        if call in waiting:
            raise waiting.pop(call)("as the script has it")

    return disturb


def work(shop: Shop, script: Script) -> None:
    for ids in shop.app.inbox.claim_due():
        shop.app.inbox.poll_batch(ids)
    shop.app.inbox.take_over()
    shop.app.replies.sweep()
    for reply in shop.app.replies.due():
        with suppress(Conflict):
            getattr(shop.app.replies, NEXT_TASK[reply.status].removeprefix("orchestre."))(reply.id)
    for reply in shop.store.find(Reply, status=Status.AWAITING_APPROVAL):
        if script.person and shop.store.get(Reply, reply.id) == reply:
            script.person(shop, reply)


def warm() -> ForkServerContext:
    """Where the processes come from: it has loaded all this, and has opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def run(life: Life) -> int:
    process = warm().Process(target=live, args=(life,))
    with _asking:
        process.start()
    wait([process.sentinel], PATIENCE)
    with _asking:
        code = process.exitcode
        if code is None:
            process.kill()
            process.join()
        process.close()
    return -1 if code is None else code


def trace(made: Path, kind: str, script: str) -> list[str]:
    """The failpoints that a life without a death passes, in order."""
    home = made.with_name(f"{made.name}-trace")
    shutil.copytree(made, home)
    assert run(Life(home, kind, script, trace=True)) == 0, f"{kind}, {script}: never quiet"
    return (home / "trace").read_text().splitlines()


def points(folder: Path, kind: str, *scripts: str) -> dict[str, list[Point]]:
    """Every failpoint that some of these scripts pass, and where: the shortest first."""
    found: defaultdict[str, list[Point]] = defaultdict(list)
    for script in scripts:
        made = make_home(folder, kind, script)
        for at, name in enumerate(trace(made, kind, script), 1):
            found[name].append(Point(made, kind, script, at))
    return dict(found)


def crash(point: Point, *later: int) -> Iterator[str]:
    """Die there, and then as often again while others take over; then say what is wrong."""
    made, kind, script, first = point
    home = made.with_name(f"{made.name}-{'-'.join(map(str, (first, *later)))}")
    shutil.copytree(made, home)
    codes = []
    for number, at in enumerate((first, *later, 0)):
        codes.append(run(Life(home, kind, script, number * TAKEN_OVER, at)))
        if codes[-1] == 0:
            break
    if codes[-1] != 0:
        yield f"exit codes {codes}"
    clock = FrozenClock()
    with closing(open_shop(home, clock).app) as app:
        yield from wrong(app.database.for_workers(), FiledMailbox(home / "service"), kind)
    shutil.rmtree(home)


def wrong(store: Store, mailbox: FiledMailbox, kind: str) -> Iterator[str]:
    """What the service's record shows to be wrong, once all is quiet."""
    replies = store.find(Reply)
    connections = {reply.connection_id for reply in replies}
    for id in connections:
        yield from (f"lost {one}" for one in verdict.lost(replies, mailbox, connection_id=id))
    if not connections:
        yield "everything was lost"
    yield from (f"left twice: {key}" for key in verdict.duplicated(mailbox.effects))
    yield from verdict.contradictions(store, mailbox)
    for reply in replies:
        if not verdict.is_settled(reply):
            yield f"unfinished: {reply.status}"
        if reply.status is Status.UNCERTAIN and kind in PROVING:
            yield f"a person is asked, although the service knows: {reply.reason}"
