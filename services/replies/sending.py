"""Sends replies, at most once.

prepare – intent – effect – result: whatever can fail without doubt comes before the intent;
between intent and result there is exactly one write to the provider.
"""

import logging
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from core.bots import Bot
from core.connections import Access, Connection
from core.errors import (
    AlreadyThere,
    Conflict,
    Exhausted,
    ReauthorizationRequired,
    Refused,
    Stale,
    Unavailable,
)
from core.failpoints import failpoint
from core.messages import Message
from core.replies import Exchange, Reply, Status
from db.base import Change, Expect, Swap, Take
from providers import BaseProvider, Capability

from ..caps import WORDS, budgets_of
from ..pacing import RULE as PACE
from .moves import WORKER, given_back
from .pacing import TRIES, Pacing

log = logging.getLogger(__name__)

PREPARING_SECONDS = 120.0
LOOK_LASTS = 1.0
"""Seconds after which somebody may have answered by hand since it was last looked for."""
BY_HAND = "You have answered it yourself."
LEAST_STANDSTILL = 2.0
"""A busy machine may take so many seconds between two lines."""
NO_LEAVE = (
    "The account is linked with the access '{}' only. Link it again with the access 'send', or "
    "answer in your own mail program."
)
LAID_OUT = "It lies among the drafts of {}. Read it there, change what you like, and send it."


@dataclass(frozen=True)
class Errand:
    """An approved answer on its way out, and what has yet to be stored of how it came so far."""

    reply: Reply
    exchange: Exchange
    stored: Reply
    stored_exchange: Exchange
    changes: tuple[Change, ...] = ()
    """What goes into the commit that approves it, when that is still to come."""

    @classmethod
    def of(cls, reply: Reply, exchange: Exchange) -> Self:
        """One whose approval has been stored."""
        return cls(reply, exchange, reply, exchange)

    @property
    def is_stored(self) -> bool:
        return self.reply is self.stored

    def prepared(self, handle: str) -> Self:
        if handle == self.exchange.handle:
            return self
        version = self.stored_exchange.version + 1
        exchange = self.exchange.model_copy(update={"handle": handle, "version": version})
        return replace(self, exchange=exchange)


class Sending(Pacing):
    def send(self, reply_id: str) -> Reply:
        """Send an approved reply, at most once."""
        seconds = PREPARING_SECONDS + self._parts.effect_seconds
        with self._parts.claims.alone(reply_id, seconds=seconds) as claim:
            reply = self._store.get(Reply, reply_id)
            if reply.status is not Status.APPROVED:
                return reply
            if reply.due_at and reply.due_at > self._clock():
                return reply
            if not self._is_linked(reply):
                gone = reply.skip("The account was unlinked.", rule="B3")
                return self._save(reply, gone, by=WORKER)
            return self._send(Errand.of(reply, self._exchange(reply)), holder=claim.holder)

    def _send(self, errand: Errand, *, holder: str) -> Reply:
        reply, outgoing = errand.reply, errand.exchange.outgoing
        if outgoing is None or outgoing.digest() != reply.digest:
            words = "The answer is not the one that was approved. Look at it again."
            return self._keep(errand, reply.hold(words, rule="H1"))
        if self._parts.restorations.may_have_forgotten(reply):
            return self._keep(errand, self._doubt_memory(reply))
        connection = self._connection(reply)
        if connection.access is Access.READ:
            return self._keep(errand, reply.hold(NO_LEAVE.format(connection.access), rule="B8"))
        sending: Reply | None = None
        try:
            with self._parts.connections.borrow(connection) as provider:
                if _is_answered(errand, provider):
                    return self._keep(errand, reply.skip(BY_HAND, rule="P4"))
                looked = time.monotonic()
                if connection.access is Access.DRAFT:
                    return self._lay_out(errand, connection, provider)
                errand = self._prepare(errand, provider)
                if time.monotonic() - looked > LOOK_LASTS and _is_answered(errand, provider):
                    return self._keep(errand, reply.skip(BY_HAND, rule="P4"))
                intending = self._moment()
                intended = self._intend(errand, connection, holder=holder)
                if intended.status is not Status.SENDING:
                    return intended
                sending = intended
                handle = errand.exchange.handle
                self._parts.restorations.note(sending)
                failpoint("send.intended")
                self._stand_firm(intending)
                failpoint("send.stood_firm")
                receipt = provider.send(outgoing, key=reply.id, handle=handle)
                failpoint("send.effected")
        except Exception as error:
            if sending is not None:
                return self._result(sending, error)
            if isinstance(error, Conflict):
                raise
            return self._keep(errand, self._before(reply, error))
        return self._record(sending, sending.confirm(receipt))

    def _keep(self, errand: Errand, new: Reply, *changes: Change, durable: bool = False) -> Reply:
        """Store a move of an errand, with all of it that has not been stored before."""
        via = () if errand.is_stored else (errand.reply,)
        texts: tuple[Change, ...] = ()
        if errand.exchange is not errand.stored_exchange:
            texts = (Swap(errand.stored_exchange, errand.exchange),)
        return self._save(
            errand.stored,
            new,
            *errand.changes,
            *texts,
            *changes,
            by=WORKER,
            durable=durable,
            via=via,
        )

    def _moment(self) -> tuple[datetime, float]:
        return self._clock(), time.monotonic()

    def _stand_firm(self, intending: tuple[datetime, float]) -> None:
        """Let go of an intent, before its effect, that others may have settled meanwhile.

        A process that stood still cannot know what became of its lock: PostgreSQL forgets the
        locks of the living when it restarts. Nobody settles a doubt sooner than twice the settle
        time.
        """
        if not self._parts.claims.is_held():
            raise Unavailable("This worker has lost its lock before it could send.")
        (clock, monotonic), (now, tick) = intending, self._moment()
        stood = max((now - clock).total_seconds(), tick - monotonic)
        if stood > max(LEAST_STANDSTILL, self._parts.settle.total_seconds()):
            raise Unavailable(f"This worker stood still for {stood:.0f} s before it could send.")

    def _prepare(self, errand: Errand, provider: BaseProvider) -> Errand:
        """Put the answer where the service sends it once only. The intent keeps the handle: a
        crash before leaves a draft that nobody sends."""
        outgoing, handle = errand.exchange.outgoing, errand.exchange.handle
        assert outgoing, "an approved reply has an answer"
        provider.check(outgoing)
        if handle or Capability.DRAFTS not in provider.capabilities:
            return errand
        failpoint("send.prepare")
        handle = provider.prepare(outgoing, key=errand.reply.id)
        failpoint("send.prepared")
        return errand.prepared(handle)

    def _lay_out(self, errand: Errand, connection: Connection, provider: BaseProvider) -> Reply:
        """Leave the answer among the drafts of the account: that is all we may do there."""
        reply, message = errand.reply, errand.exchange.message
        bot = self._bot(reply)
        if not reply.approved_by and (held := self._why_not(reply, message, bot)):
            return self._keep(errand, held[0], *held[1])
        errand = self._prepare(errand, provider)
        laid_out = errand.reply.lay_out(LAID_OUT.format(connection.handle))
        return self._keep(errand, laid_out, *(() if reply.approved_by else (Expect(bot),)))

    def _doubt_memory(self, reply: Reply) -> Reply:
        words = "The database was restored: this may have been sent in the time that it forgot."
        return reply.doubt(words, now=self._clock(), settle=self._parts.settle)

    def _intend(self, errand: Errand, connection: Connection, *, holder: str) -> Reply:
        """Commit to sending, unless somebody else is changing what that rests on all the time."""
        for _ in range(TRIES):
            try:
                return self._commit_to(errand, connection, holder=holder)
            except (Stale, AlreadyThere):
                if errand.changes or self._store.get(Reply, errand.reply.id) != errand.stored:
                    raise
        raise Stale("What this answer rests on is being changed all the time.")

    def _commit_to(self, errand: Errand, connection: Connection, *, holder: str) -> Reply:
        """The intent to send: durable, within the caps and the pace, and while the bot stands."""
        reply, message = errand.reply, errand.exchange.message
        bot, now = self._bot(reply), self._clock()
        if not reply.approved_by and (held := self._why_not(reply, message, bot)):
            return self._keep(errand, held[0], *held[1])
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
            return self._keep(errand, sending, *changes, durable=True)
        except Exhausted as spent:
            return self._cap(errand, spent.budget)
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

    def _cap(self, errand: Errand, budget: str) -> Reply:
        reply, words = errand.reply, f"There have been {WORDS[budget]}."
        day = self._clock().date().isoformat()
        scope = reply.sender if budget == "sender" else reply.thread if budget == "thread" else ""
        alert = self._alert(
            reply,
            "A limit was reached: answers are waiting for you",
            f"{words} What comes next is held for you to approve.",
            key=f"cap {budget} {scope} {day}",
        )
        return self._keep(errand, reply.hold(words, rule="B7"), alert)

    def _result(self, reply: Reply, error: Exception) -> Reply:
        """Store what an error of the effect means. Only three kinds say that nothing was done."""
        now = self._clock()
        if isinstance(error, ReauthorizationRequired):
            self._parts.connections.expire(reply.connection_id, str(error))
            moved = reply.postpone(str(error), until=now + timedelta(minutes=5), counts=False)
        elif isinstance(error, Unavailable):
            first = error.retry_after or self._parts.retry.total_seconds() / 2
            until = self._backoff(reply.attempts, first=first)
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
            self._parts.connections.expire(reply.connection_id, str(error))
            return reply.wait(str(error), until=now + timedelta(minutes=5))
        if isinstance(error, Refused):
            return reply.hold(str(error), rule="D3")
        if isinstance(error, Unavailable):
            return reply.wait(str(error), until=now + self._pause(error))
        log.warning("prepare_failed", extra={"reply_id": reply.id}, exc_info=error)
        return reply.wait(repr(error), until=now + 2 * self._parts.retry)


def _is_answered(errand: Errand, provider: BaseProvider) -> bool:
    """Whether somebody has answered meanwhile. Before there was an intent, a mail that bears the
    key of this answer was sent by somebody else, from among the drafts."""
    reply, message = errand.reply, errand.exchange.message
    key = "" if reply.tried else reply.id
    failpoint("send.look")
    answered = message is not None and provider.answered_by_hand(message, key=key)
    failpoint("send.looked")
    return answered
