"""All that can happen to a few messages, in any order, as steps that hypothesis draws.

A worker may die at any failpoint; what it was doing is then another's to find. After every step
the service's own record is compared with ours. There is one rule that draws the step, for where
there are many, most are left out of a run, and then nothing goes far.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from core.bots import Bot, Mode
from core.connections import Connection, Health
from core.errors import NotFound, OrchestreError, ReauthorizationRequired, Refused, Unavailable
from core.feeds import Feed
from core.messages import Message
from core.replies import Status
from services.bell import NEXT_TASK
from services.linking import unlink
from tests.simulators import verdict
from tests.simulators.mailboxes import KINDS, Kind
from tests.simulators.shop import HANDLE

from .machine_ground import Ground

SENDERS = ("bob@customer.example", "carol@customer.example", "dave@customer.example")
CALLS = ("fetch_new", "fetch", "answered_by_hand", "prepare", "send", "find_sent")
CERTAIN = (Unavailable, Refused, ReauthorizationRequired, ConnectionError)
OPEN = (Status.AWAITING_APPROVAL, Status.RECEIVED, Status.APPROVED)
Draw = st.DataObject


class ReplyMachine(Ground):
    @initialize(kind=st.sampled_from(KINDS), mode=st.sampled_from((*Mode, Mode.AUTO)))
    def open(self, kind: type[Kind], mode: Mode) -> None:
        self.vouched: set[str] = set()
        self.excused: set[str] = set()
        self.intended: set[str] | None = None
        self.prepare(kind, mode)
        self.receive(SENDERS[0], "a")
        self.receive(SENDERS[1], "")

    @rule(step=st.deferred(lambda: st.sampled_from(STEPS)), data=st.data())
    def then(self, step: Callable[["ReplyMachine", Draw], None], data: Draw) -> None:
        step(self, data)

    # Those who write

    def a_message_arrives(self, data: Draw) -> None:
        sender, thread = data.draw(st.sampled_from(SENDERS)), data.draw(st.sampled_from("ab-"))
        thread = "" if thread == "-" else thread
        self.receive(sender, thread, machine=data.draw(st.integers(0, 7)) == 7)

    def a_copy_arrives(self, data: Draw) -> None:
        if self.mailbox.inbox:
            message: Message = data.draw(st.sampled_from(self.mailbox.inbox))
            id = f"copy-{len(self.mailbox.inbox)}"
            envelope = message.envelope.model_copy(update={"id": id})
            self.mailbox.receive(message.model_copy(update={"envelope": envelope}))

    def somebody_answers_us_at_once(self, data: Draw) -> None:
        if self.mailbox.effects:
            last = self.mailbox.effects[-1].outgoing
            self.receive(last.to.handle, last.thread_id)

    def the_owner_answers_by_hand(self, data: Draw) -> None:
        if self.mailbox.inbox:
            message: Message = data.draw(st.sampled_from(self.mailbox.inbox))
            self.mailbox.answered_by_hand.add(message.envelope.id)

    # The workers

    def everything_goes_on(self, data: Draw) -> None:
        self.clock.advance(seconds=26)
        self.do(self.poll_due)
        self.sweep(data)
        self.do(self.work_due)

    def a_claimed_feed_is_lost_on_its_way(self, data: Draw) -> None:
        self.do(self.shop.app.inbox.claim_due)

    def hint(self, data: Draw) -> None:
        self.do(lambda: self.shop.app.inbox.hint(self.kind.name, HANDLE))
        self.do(self.poll_due)

    def somebody_is_rung_for_in_turn_or_not(self, data: Draw) -> None:
        task = data.draw(st.sampled_from(sorted(NEXT_TASK.values())))
        if reply := self.drawn(data, *Status):
            self.do(lambda: self.task(task)(reply.id))

    def sweep(self, data: Draw) -> None:
        self.do(self.shop.app.inbox.take_over)
        self.do(self.shop.app.replies.sweep)

    def somebody_dies_while_polling(self, data: Draw) -> None:
        self.dying(data.draw(st.integers(1, 12)))
        self.do(self.poll_due)

    def somebody_dies_while_working(self, data: Draw) -> None:
        self.dying(data.draw(st.integers(1, 30)))
        self.do(self.work_due)

    def the_next_call_fails(self, data: Draw) -> None:
        error = data.draw(st.sampled_from(CERTAIN))
        self.faults[data.draw(st.sampled_from(CALLS))] = error("as the test has it")

    def the_line_goes_dead(self, data: Draw) -> None:
        call = data.draw(st.sampled_from(("send", "sent", "filed")))
        self.faults[call] = TimeoutError("the line went dead")

    def time_passes(self, data: Draw) -> None:
        self.clock.advance(seconds=data.draw(st.sampled_from((10, 30, 61, 61, 300, 1000))))

    def the_clock_jumps(self, data: Draw) -> None:
        self.clock.now += timedelta(hours=data.draw(st.sampled_from((-1, 1))))

    # The owner

    def approve(self, data: Draw) -> None:
        if reply := self.drawn(data, *OPEN):
            body = "It is 199 euros." if data.draw(st.booleans()) else None
            replies, seen = self.shop.app.replies, reply.digest
            self.do(lambda: replies.approve(reply.id, by=self.by, seen=seen, body=body))

    def decide(self, data: Draw) -> None:
        task = data.draw(st.sampled_from(("reject", "redraft", "redraft", "never_answer")))
        if reply := self.drawn(data, *OPEN, Status.FAILED):
            self.do(lambda: getattr(self.shop.app.replies, task)(reply.id, by=self.by))

    def edit(self, data: Draw) -> None:
        if reply := self.drawn(data, *OPEN):
            words, seen, replies = "It is 199.00 euros.", reply.digest, self.shop.app.replies
            self.do(lambda: replies.edit(reply.id, by=self.by, seen=seen, body=words))

    def say_what_became_of_it(self, data: Draw) -> None:
        reply = self.drawn(data, Status.UNCERTAIN, Status.FAILED)
        if reply and reply.is_parked():
            sent = any(effect.key == reply.id for effect in self.mailbox.effects)
            self.vouched.add(reply.id)
            self.do(lambda: self.shop.app.replies.settle(reply.id, by=self.by, sent=sent))

    def stop(self, data: Draw) -> None:
        with suppress(NotFound):
            self.shop.app.bots.stop(self.of, by=self.by)
            self.intended = set(verdict.unapproved_intents(self.shop.store))

    def set_right(self, data: Draw) -> None:
        self._link()
        self._start(data.draw(st.sampled_from((*Mode, Mode.AUTO))))
        with suppress(NotFound):
            self.shop.app.bots.resume(self.of, by=self.by)

    def unlink(self, data: Draw) -> None:
        if self.shop.store.find(Connection):
            unlink(self.shop.app, self.of, by=self.by)
            self.intended = set(verdict.unapproved_intents(self.shop.store))

    def _link(self) -> None:
        if not any(one.health is Health.LINKED for one in self.shop.store.find(Connection)):
            self.shop.link(self.kind.name)

    def _start(self, mode: Mode) -> None:
        runs, missed = self.shop.store.find(Bot, enabled=True), self.not_received()
        with suppress(OrchestreError):
            self.shop.app.bots.start(self.of, by=self.by, mode=mode)
            self.intended = None
            self.excused |= set() if runs else missed

    # What must be so

    @invariant()
    def a_step_was_taken(self) -> None:
        Ground.steps += 1

    @invariant()
    def nothing_left_twice(self) -> None:
        assert verdict.duplicated(self.mailbox.effects) == []

    @invariant()
    def our_record_agrees_with_the_services(self) -> None:
        assert [*self.contradictions(frozenset(self.vouched))] == []

    @invariant()
    def a_stopped_bot_means_to_send_nothing(self) -> None:
        if self.intended is not None:
            assert set(verdict.unapproved_intents(self.shop.store)) <= self.intended

    @invariant()
    def whatever_lies_before_the_cursor_was_received(self) -> None:
        for feed in self.shop.store.find(Feed):
            before = {message.envelope.id for message in self.mailbox.inbox[: int(feed.cursor)]}
            assert not (self.not_received() - self.excused) & before

    def teardown(self) -> None:
        """However it went, it all comes to its end once nothing goes wrong any more."""
        if not hasattr(self, "of"):
            return
        try:
            self._link()
            self._start(self.mode)
            self.finish()
            unsettled = [one for one in self.shop.replies() if not verdict.is_settled(one)]
            assert unsettled == []
            self.nothing_left_twice()
            self.our_record_agrees_with_the_services()
        finally:
            self.leave()


_M = ReplyMachine
STEPS: tuple[Callable[[ReplyMachine, Draw], None], ...] = (
    *[_M.everything_goes_on] * 6,
    *[_M.a_message_arrives, _M.time_passes, _M.somebody_dies_while_working] * 4,
    *[_M.hint, _M.approve, _M.the_line_goes_dead, _M.set_right] * 3,
    *[_M.somebody_dies_while_polling, _M.somebody_is_rung_for_in_turn_or_not, _M.stop] * 2,
    *[_M.sweep, _M.edit, _M.decide, _M.say_what_became_of_it, _M.the_next_call_fails] * 2,
    *[_M.a_copy_arrives, _M.somebody_answers_us_at_once, _M.the_owner_answers_by_hand],
    *[_M.a_claimed_feed_is_lost_on_its_way, _M.the_clock_jumps, _M.unlink],
)
"""As often as they are named here, one in fifty or so."""


class OnSQLite(ReplyMachine):
    sqlite = True
