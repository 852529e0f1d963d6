"""What Google lets an application ask is enough, however much comes in at once."""

from pathlib import Path

from core.bots import Mode
from core.clock import system_clock
from core.feeds import Feed
from core.replies import Reply
from db.memory import MemoryDatabase
from services.inbox import MOST_PAGES, PAGE
from tests.conftest import RecordingBell
from tests.simulators.linkage import OWNER, Linkage, Services
from tests.simulators.service import Authority

A_MINUTE = 6_000
"""Units that one user may ask for within a minute:
developers.google.com/workspace/gmail/api/reference/quota"""


def test_one_poll_is_within_what_one_user_may_ask_in_a_minute(tmp_path: Path) -> None:
    with Services(Authority(tmp_path)).running() as services:
        gmail, bell = services.gmail, RecordingBell()
        linkage = Linkage(services, MemoryDatabase(), tmp_path, clock=system_clock, bell=bell)
        app, store = linkage.app, linkage.database.for_workers()
        id = linkage.link().connection_id
        app.bots.start(id, by="alice", mode=Mode.ASSIST)
        for number in range(MOST_PAGES * PAGE + 7):
            gmail.receive(f"Question {number}", sender=f"c{number}@customer.example")
        gmail.units = A_MINUTE

        polled = []
        for _ in range(2):
            app.inbox.hint("gmail", OWNER)
            polled += [app.inbox.poll_batch(ids) for ids in app.inbox.claim_due()]
            left, gmail.units = gmail.units, A_MINUTE
            assert left > 0
        app.close()

    assert polled == [MOST_PAGES * PAGE, 7]
    assert store.get(Feed, id).trouble == ""
    assert store.count(Reply) == MOST_PAGES * PAGE + 7
