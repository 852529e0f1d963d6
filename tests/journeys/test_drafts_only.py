"""An account that may only draft: answers lie among its drafts, and nothing leaves it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.bots import Mode
from core.clock import system_clock
from core.connections import Access
from core.errors import InvalidMove
from core.replies import Reply, Status
from db.memory import MemoryDatabase
from tests.conftest import RecordingBell
from tests.journeys.deployment import CATALOGUE, PRODUCT
from tests.journeys.linked import Gmail, Linked, Outlook
from tests.simulators.linkage import OWNER, Linkage, Services
from tests.simulators.service import Authority

ASKED = f"Hello, how much is the {PRODUCT}?"


class Drafting:
    """One account that may only draft, with its bot running in the mode `auto`."""

    def __init__(self, linkage: Linkage, account: Linked) -> None:
        self.app, self.account = linkage.app, account
        self.app.products.import_csv(CATALOGUE, by="alice")
        attempt = linkage.link(account.provider, access=Access.DRAFT)
        self.app.bots.start(attempt.connection_id, by="alice", mode=Mode.AUTO)

    def work(self) -> list[Reply]:
        """Read what has come in, and do what there is to do; the replies, the newest first."""
        self.app.inbox.hint(self.account.provider, OWNER)
        for ids in self.app.inbox.claim_due():
            self.app.inbox.poll_batch(ids)
        for reply in self.replies():
            self.app.replies.draft(reply.id)
            self.app.replies.send(reply.id)
        return self.replies()

    def replies(self) -> list[Reply]:
        return list(self.app.replies.page(by="alice").items)


@pytest.fixture(params=[Gmail, Outlook])
def drafting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Drafting]:
    make: Callable[[Services], Linked] = request.param
    with Services(Authority(tmp_path)).running() as services:
        linkage = Linkage(
            services, MemoryDatabase(), tmp_path, clock=system_clock, bell=RecordingBell()
        )
        yield Drafting(linkage, make(services))
        linkage.app.close()


def test_an_answer_is_put_among_the_drafts_once(drafting: Drafting) -> None:
    drafting.account.ask(ASKED, by="bob")

    [reply] = drafting.work()
    drafting.work()

    assert (reply.status, reply.rule) == (Status.DRAFTED, "")
    assert reply.reason.startswith(f"It lies among the drafts of {OWNER}.")
    assert len(drafting.account.leftovers()) == 1
    assert drafting.account.answers() == []


def test_what_a_person_approves_is_put_there_too(drafting: Drafting) -> None:
    drafting.account.ask("Where is my order? I want my money back!", by="bob")
    [held] = drafting.work()
    assert held.status is Status.AWAITING_APPROVAL
    before = drafting.account.leftovers()

    drafting.app.replies.approve(held.id, by="alice", seen=held.digest, body="I will look at once.")
    [reply] = drafting.work()

    assert (reply.status, before) == (Status.DRAFTED, [])
    assert len(drafting.account.leftovers()) == 1
    assert drafting.account.answers() == []


def test_what_lies_there_is_no_longer_ours(drafting: Drafting) -> None:
    drafting.account.ask(ASKED, by="bob")
    [reply] = drafting.work()

    for act in (drafting.app.replies.reject, drafting.app.replies.redraft):
        with pytest.raises(InvalidMove, match="drafted"):
            act(reply.id, by="alice")

    assert len(drafting.account.leftovers()) == 1


def test_a_bot_that_was_stopped_puts_nothing_there(drafting: Drafting) -> None:
    drafting.account.ask(ASKED, by="bob")
    drafting.app.inbox.hint(drafting.account.provider, OWNER)
    for ids in drafting.app.inbox.claim_due():
        drafting.app.inbox.poll_batch(ids)
    [reply] = drafting.replies()

    drafting.app.bots.stop(reply.bot_id, by="alice")
    [reply] = drafting.work()

    assert (reply.status, reply.rule) == (Status.AWAITING_APPROVAL, "B4")
    assert drafting.account.leftovers() == []
