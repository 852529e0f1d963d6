"""Sends replies, at most once, and finds out what became of those in doubt.

prepare – intent – effect – result: whatever can fail without doubt comes before the intent;
between intent and result there is exactly one write to the provider.
"""

import logging
from datetime import timedelta

from core.bots import Bot
from core.connections import Connection
from core.errors import (
    AlreadyThere,
    Conflict,
    Exhausted,
    NotSupported,
    OrchestreError,
    ReauthorizationRequired,
    Refused,
    Stale,
    Unavailable,
)
from core.failpoints import failpoint
from core.messages import Message, Receipt
from core.replies import Exchange, Reply, Status
from db.base import Change, Expect, Swap, Take
from providers import BaseProvider, Capability

from ..caps import WORDS, budgets_of
from ..pacing import RULE as PACE
from .moves import WORKER, given_back
from .pacing import TRIES, Pacing

log = logging.getLogger(__name__)

PREPARING_SECONDS = 120.0
PROVEN_ABSENT = 2
"""How many times in a row "it is not there" must be heard before it is believed."""


class Sending(Pacing):
    def send(self, reply_id: str) -> Reply:
        """Send an approved reply, at most once."""
        seconds = PREPARING_SECONDS + self._parts.effect_seconds
        with self._parts.claims.working(reply_id, seconds=seconds) as holder:
            reply = self._store.get(Reply, reply_id)
            if reply.status is not Status.APPROVED:
                return reply
            if reply.due_at and reply.due_at > self._clock():
                return reply
            if not self._is_linked(reply):
                gone = reply.skip("The account was unlinked.", rule="B3")
                return self._save(reply, gone, by=WORKER)
            return self._send(reply, holder=holder)

    def _send(self, reply: Reply, *, holder: str) -> Reply:
        connection, exchange = self._connection(reply), self._exchange(reply)
        outgoing = exchange.outgoing
        if outgoing is None or outgoing.digest() != reply.digest:
            words = "The answer is not the one that was approved. Look at it again."
            return self._save(reply, reply.hold(words, rule="H1"), by=WORKER)
        sending: Reply | None = None
        try:
            with self._parts.connections.borrow(connection) as provider:
                failpoint("send.look")
                if exchange.message and provider.answered_by_hand(exchange.message):
                    gone = reply.skip("You have answered it yourself.", rule="P4")
                    return self._save(reply, gone, by=WORKER)
                failpoint("send.looked")
                handle = self._prepare(reply, exchange, provider)
                intended = self._intend(reply, exchange, connection, holder=holder)
                if intended.status is not Status.SENDING:
                    return intended
                sending = intended
                failpoint("send.intended")
                receipt = provider.send(outgoing, key=reply.id, handle=handle)
                failpoint("send.effected")
        except Exception as error:
            if sending is not None:
                return self._result(sending, error)
            if isinstance(error, Conflict):
                raise
            return self._save(reply, self._before(reply, error), by=WORKER)
        return self._record(sending, sending.confirm(receipt))

    def _prepare(self, reply: Reply, exchange: Exchange, provider: BaseProvider) -> str:
        """Put the answer where the service sends it once only, and keep the handle."""
        assert exchange.outgoing, "an approved reply has an answer"
        if exchange.handle or Capability.DRAFTS not in provider.capabilities:
            return exchange.handle
        failpoint("send.prepare")
        handle = provider.prepare(exchange.outgoing, key=reply.id)
        failpoint("send.prepared")
        self._store.commit(Swap(exchange, exchange.evolve(handle=handle)))
        failpoint("send.handle_kept")
        return handle

    def _intend(
        self, reply: Reply, exchange: Exchange, connection: Connection, *, holder: str
    ) -> Reply:
        """Commit to sending, unless somebody else is changing what that rests on all the time."""
        for _ in range(TRIES):
            try:
                return self._commit_to(reply, exchange, connection, holder=holder)
            except (Stale, AlreadyThere):
                if self._store.get(Reply, reply.id) != reply:
                    raise
        raise Stale("What this answer rests on is being changed all the time.")

    def _commit_to(
        self, reply: Reply, exchange: Exchange, connection: Connection, *, holder: str
    ) -> Reply:
        """The intent to send: durable, within the caps and the pace, and while the bot stands."""
        bot, now = self._bot(reply), self._clock()
        message = exchange.message
        if not reply.approved_by and (held := self._why_not(reply, message, bot)):
            return self._save(reply, held[0], *held[1], by=WORKER)
        caps = bot.caps or self._parts.caps
        budgets = budgets_of(reply, connection=connection, caps=caps, now=now)
        names = tuple(f"{budget.name} {budget.key}" for budget in budgets)
        sending = reply.start_sending(holder=holder, now=now, budgets=names)
        changes: list[Change] = [Take(reply.owner_id, budget) for budget in budgets]
        if message:
            changes += self._note(reply, message, answered=True)
        if not reply.approved_by:
            changes.append(Expect(bot))
        try:
            return self._save(reply, sending, *changes, by=WORKER, durable=True)
        except Exhausted as spent:
            return self._cap(reply, spent.budget)
        except Unavailable:
            # The commit may have gone through although its answer was lost.
            current = self._store.get(Reply, reply.id)
            if current.status is Status.SENDING and current.holder == holder:
                return current
            raise

    def _why_not(
        self, reply: Reply, message: Message | None, bot: Bot
    ) -> tuple[Reply, list[Change]] | None:
        """What has happened since the draft was cleared that leaves it to a person after all."""
        if bot.held_back:
            return reply.hold(bot.held_back, rule=PACE), []
        if not bot.sends_by_itself():
            return reply.hold("The bot was stopped before this was sent.", rule="B4"), []
        if message and (stop := self._why_stop(reply, message)):
            return reply.hold(stop.words, rule=PACE), self._stopped(reply, message, stop, bot)
        return None

    def _cap(self, reply: Reply, budget: str) -> Reply:
        words = f"There have been {WORDS[budget]}."
        day = self._clock().date().isoformat()
        scope = reply.sender if budget == "sender" else reply.thread if budget == "thread" else ""
        alert = self._alert(
            reply,
            "A limit was reached: answers are waiting for you",
            f"{words} What comes next is held for you to approve.",
            key=f"cap {budget} {scope} {day}",
        )
        return self._save(reply, reply.hold(words, rule="B7"), alert, by=WORKER)

    def _result(self, reply: Reply, error: Exception) -> Reply:
        """Store what an error of the effect means. Only three kinds say that nothing was done."""
        now = self._clock()
        if isinstance(error, ReauthorizationRequired):
            self._parts.connections.expire(reply.connection_id)
            moved = reply.postpone(str(error), until=now + timedelta(minutes=5), counts=False)
        elif isinstance(error, Unavailable):
            until = self._backoff(reply.attempts, first=error.retry_after or 15)
            moved = reply.postpone(str(error), until=until)
        elif isinstance(error, Refused):
            moved = reply.fail(f"It was not sent: {error}")
        else:
            log.warning("send_uncertain", extra={"reply_id": reply.id}, exc_info=error)
            words = f"The connection failed while it was being sent ({error!r})."
            return self._record(reply, reply.doubt(words, now=now, settle=self._parts.settle))
        recorded = self._record(reply, moved, *given_back(reply))
        self._take_back(recorded)
        return recorded

    def _before(self, reply: Reply, error: Exception) -> Reply:
        """What becomes of an approved reply when getting ready to send it raised `error`."""
        now = self._clock()
        if isinstance(error, ReauthorizationRequired):
            self._parts.connections.expire(reply.connection_id)
            return reply.wait(str(error), until=now + timedelta(minutes=5))
        if isinstance(error, Refused):
            return reply.hold(str(error), rule="D3")
        if isinstance(error, Unavailable):
            wait = timedelta(seconds=error.retry_after or 30)
            return reply.wait(str(error), until=now + wait)
        log.warning("prepare_failed", extra={"reply_id": reply.id}, exc_info=error)
        return reply.wait(repr(error), until=now + timedelta(seconds=60))

    def reconcile(self, reply_id: str) -> Reply:
        """Ask the provider what became of a reply in doubt. A failure to ask proves nothing."""
        with self._parts.claims.working(reply_id, seconds=PREPARING_SECONDS):
            reply, exchange = self._store.get(Reply, reply_id), self._store.get(Exchange, reply_id)
            now = self._clock()
            if reply.status is not Status.UNCERTAIN or not reply.due_at or reply.due_at > now:
                return reply
            if not self._is_linked(reply):
                return self._park(reply, "The account was unlinked before anybody could find out.")
            try:
                receipt = self._find(reply, exchange)
            except NotSupported as error:
                return self._park(reply, str(error))
            except Exception as error:  # any failure to find out leaves the doubt as it is
                if isinstance(error, ReauthorizationRequired):
                    self._parts.connections.expire(reply.connection_id)
                later = self._backoff(1, first=self._parts.settle.total_seconds() or 1, most=300)
                again = reply.look_again(_words(error), at=later, absences=0)
                return self._save(reply, again, by=WORKER)
            return self._believe(reply, receipt)

    def _find(self, reply: Reply, exchange: Exchange) -> Receipt | None:
        assert exchange.outgoing, "a reply in doubt has an answer"
        with self._parts.connections.borrow(self._connection(reply)) as provider:
            failpoint("reconcile.find")
            found = provider.find_sent(reply.id, outgoing=exchange.outgoing, handle=exchange.handle)
            failpoint("reconcile.found")
            return found

    def _believe(self, reply: Reply, receipt: Receipt | None) -> Reply:
        now = self._clock()
        if receipt:
            return self._save(
                reply, reply.confirm(receipt, "The provider's record shows it."), by=WORKER
            )
        if reply.absences + 1 < PROVEN_ABSENT:
            words = "The provider's record does not show it yet."
            again = reply.look_again(
                words, at=now + self._parts.settle, absences=reply.absences + 1
            )
            return self._save(reply, again, by=WORKER)
        moved = reply.resend("The provider's record proves that it was not sent.", now=now)
        saved = self._save(reply, moved, *given_back(reply), by=WORKER, durable=True)
        self._take_back(saved)
        return saved

    def _park(self, reply: Reply, reason: str) -> Reply:
        words = f"{reason} Look in the account whether it was sent, and say so here."
        return self._save(reply, reply.park(words), by=WORKER)


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, OrchestreError) else repr(error)
