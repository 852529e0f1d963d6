"""Drafts replies. Drafting may be repeated: nothing leaves the building."""

import logging
from contextlib import suppress
from datetime import timedelta

from core.bots import Bot
from core.connections import Connection
from core.errors import AlreadyThere, ReauthorizationRequired, Refused, Stale, Unavailable
from core.failpoints import failpoint
from core.messages import Message
from core.replies import Exchange, Fingerprint, Reply, Status
from db.base import Add, Change, Swap

from .. import answering, clearance, triage
from ..drafting import write_draft
from ..fingerprints import fingerprint
from ..pacing import RULE as PACE
from ..policy import hold, judge
from .moves import DEATHS, PATIENCE, WORKER
from .sending import BY_HAND, PREPARING_SECONDS, Errand, Sending

log = logging.getLogger(__name__)

READING_SECONDS = 180.0
"""The longest that reading one message may take: the clients' own deadlines are shorter."""
UNREADABLE = "T0"
"""The gate's rule for mail without words to answer. A person may find some where we cannot."""
STAND_BACK = timedelta(seconds=10)


class Writing(Sending):
    def draft(self, reply_id: str) -> Reply:
        """Write the draft of a reply; then send it, or hold it for a person."""
        seconds = READING_SECONDS + self._parts.llm_seconds
        with self._parts.claims.alone(reply_id, seconds=seconds) as claim:
            reply = self._store.get(Reply, reply_id)
            now = self._clock()
            if reply.status is not Status.RECEIVED or (reply.due_at and reply.due_at > now):
                return reply
            if not self._is_linked(reply):
                gone = reply.skip("The account was unlinked.", rule="B3")
                return self._save(reply, gone, by=WORKER)
            if claim.deaths >= DEATHS:
                words = f"{claim.deaths} workers stopped while they were drafting it."
                return self._save(reply, reply.fail(words), by=WORKER)
            if behind := self._stand_back(reply):
                return self._save(reply, behind, by=WORKER)
            return self._write(reply, holder=claim.holder)

    def _write(self, reply: Reply, *, holder: str) -> Reply:
        connection, before = self._connection(reply), self._exchange(reply)
        try:
            with self._parts.connections.borrow(connection) as provider:
                failpoint("draft.fetch")
                message = before.message or provider.fetch(before.envelope)
                failpoint("draft.fetched")
                by_hand = provider.answered_by_hand(message, key=reply.id)
                failpoint("draft.looked")
        except Exception as error:  # whatever went wrong, nothing has left the building
            return self._save(reply, self._after(reply, error), by=WORKER)
        read = before.evolve(message=message)
        try:
            moved, written, changes = self._decide(reply, read, connection, by_hand=by_hand)
        except Exception as error:  # as above
            moved, written, changes = self._after(reply, error, message=message), read, []
        first = () if before.message else (self._mark(reply, message, connection),)
        errand = Errand(moved, written, reply, before, (*first, *changes))
        if moved.status is Status.APPROVED:
            with suppress(Stale, AlreadyThere):
                return self._send_at_once(errand, holder=holder)
        try:
            return self._save(reply, moved, Swap(before, written), *errand.changes, by=WORKER)
        except AlreadyThere:
            copy = reply.skip("It is a copy of a message that was taken up before.", rule="P1")
            return self._save(reply, copy, Swap(before, read), by=WORKER)

    def _send_at_once(self, errand: Errand, *, holder: str) -> Reply:
        """Send what has just been cleared, in the commit that would only have cleared it.

        A conflict promises that nothing was committed: then the draft is stored by itself.
        """
        seconds = PREPARING_SECONDS + self._parts.effect_seconds
        self._parts.claims.prolong(errand.reply.id, seconds=seconds)
        return self._send(errand, holder=holder)

    def _decide(
        self, reply: Reply, read: Exchange, connection: Connection, *, by_hand: bool
    ) -> tuple[Reply, Exchange, list[Change]]:
        """What becomes of a reply whose message has been read."""
        message = read.message
        assert message, "it has just been read"
        policy = self._parts.policy
        veto = judge(message.envelope, me=connection.me, message=message, settings=policy)
        if veto and not (veto.rule == UNREADABLE and message.problem):
            return reply.skip(veto.reason, rule=veto.rule), read, []
        if by_hand:
            return reply.skip(BY_HAND, rule="P4"), read, []
        if self._newer(reply, message):
            words = "A newer message of this conversation came in."
            return reply.skip(words, rule="O1"), read, []
        if message.problem:
            return reply.hold(message.problem, rule=UNREADABLE, digest=""), read, []
        bot = self._bot(reply)
        if bot.sends_by_itself() and (stop := self._why_stop(reply, message)):
            held = reply.hold(stop.words, rule=PACE, digest="")
            return held, read, self._stopped(reply, message, stop, bot)
        if matter := triage.needs_person(f"{message.envelope.subject}\n{message.new_text}"):
            return reply.hold(matter.words, rule=matter.rule, digest=""), read, []
        return self._compose(reply, read, message, connection, bot=bot)

    def _compose(
        self,
        reply: Reply,
        read: Exchange,
        message: Message,
        connection: Connection,
        *,
        bot: Bot,
    ) -> tuple[Reply, Exchange, list[Change]]:
        """Find the products, have the draft written, and build the exact answer."""
        catalog = self._parts.products.catalog(reply.owner_id)
        matches = catalog.search(f"{message.envelope.subject}\n{message.new_text}")
        if not matches:
            words = "No product in your catalogue is relevant to this message."
            return reply.hold(words, rule="D1", digest=""), read, []
        products = [match.product for match in matches]
        failpoint("draft.write")
        draft = write_draft(
            message,
            products=products,
            instructions=bot.instructions,
            llm=self._parts.llm,
            deadline=self._parts.llm_seconds,
        )
        failpoint("draft.written")
        outgoing = self._build(reply, message, draft.body, connection=connection)
        written = read.model_copy(update={"draft": draft, "outgoing": outgoing, "handle": ""})
        older = self._overtake(reply)
        if held_for := self._why_held(bot, message, connection):
            rule, words = held_for
            return reply.hold(words, rule=rule, digest=outgoing.digest()), written, older
        if unclear := clearance.reason_to_hold(draft, products=products, message=message):
            held = reply.hold(unclear.words, rule=unclear.rule, digest=outgoing.digest())
            return held, written, older
        return reply.propose(outgoing.digest(), now=self._clock()), written, older

    def _why_held(
        self, bot: Bot, message: Message, connection: Connection
    ) -> tuple[str, str] | None:
        """What, apart from the words themselves, keeps a draft from going out by itself."""
        if not bot.enabled:
            return "B4", "The bot is stopped."
        if bot.held_back:
            return PACE, bot.held_back
        if not bot.sends_by_itself():
            return "B5", "This bot asks before it sends."
        # Mail servers tell the time of receipt in whole seconds.
        started_at = bot.started_at and bot.started_at.replace(microsecond=0)
        if started_at and message.envelope.received_at < started_at:
            return "B6", "It came in before the bot was started."
        me = connection.me
        if answering.foreign_reply_to(message, me):
            return "A2", "The sender wants the answer at another domain than they wrote from."
        doubt = hold(message.envelope, me=me, message=message, settings=self._parts.policy)
        return (doubt.rule, doubt.reason) if doubt else None

    def _mark(self, reply: Reply, message: Message, connection: Connection) -> Change:
        """Be the first to take up a mail of these contents."""
        id = fingerprint(message, account=connection.id)
        return Add(Fingerprint(id=id, owner_id=reply.owner_id, reply_id=reply.id))

    def _mates(self, reply: Reply, *statuses: Status) -> list[Reply]:
        """The other replies of the same conversation, in any of these states."""
        mates = self._store.find(Reply, thread=reply.thread, status=statuses)
        return [mate for mate in mates if mate.id != reply.id]

    def _newer(self, reply: Reply, message: Message) -> bool:
        """Whether a later message of the conversation is open. A copy of this one is not later:
        it will be left alone for this one's sake, so this one must not be for the copy's."""
        open = (Status.RECEIVED, Status.AWAITING_APPROVAL)
        later = [mate for mate in self._mates(reply, *open) if _age(mate) > _age(reply)]
        named = message.envelope.first("message-id")
        return any(
            not named or self._exchange(mate).envelope.first("message-id") != named
            for mate in later
        )

    def _overtake(self, reply: Reply) -> list[Change]:
        """Let go of the older messages of the conversation that nobody has approved."""
        words = "A newer message of this conversation came in."
        changes: list[Change] = []
        for mate in self._mates(reply, Status.RECEIVED, Status.AWAITING_APPROVAL):
            if _age(mate) < _age(reply):
                _, made = self._change(mate, mate.skip(words, rule="O1"), by=WORKER)
                changes += made
        return changes

    def _stand_back(self, reply: Reply) -> Reply | None:
        """One answer of a conversation at a time: wait for the one that is on its way."""
        mates = self._mates(reply, Status.APPROVED, Status.SENDING, Status.UNCERTAIN)
        if not mates:
            return None
        if any(mate.status is Status.UNCERTAIN and not mate.due_at for mate in mates):
            words = "Nobody knows whether the answer before this one was sent. Settle that first."
            return reply.hold(words, rule="O2")
        words = "Another answer of this conversation is on its way."
        return reply.wait(words, until=self._clock() + STAND_BACK)

    def _after(self, reply: Reply, error: Exception, *, message: Message | None = None) -> Reply:
        """What becomes of a reply when drafting it raised `error`."""
        now = self._clock()
        if isinstance(error, ReauthorizationRequired):
            self._parts.connections.expire(reply.connection_id, str(error))
            return reply.wait(str(error), until=now + timedelta(minutes=5))
        if isinstance(error, Unavailable):
            return reply.wait(str(error), until=now + self._pause(error))
        if isinstance(error, Refused) and message is not None:
            return reply.hold(str(error), rule="D2", digest="")
        if isinstance(error, Refused):
            return reply.fail(str(error))
        log.warning("draft_failed", extra={"reply_id": reply.id}, exc_info=error)
        tries = reply.attempts + 1
        if tries < PATIENCE:
            return reply.wait(repr(error), until=self._backoff(tries), attempts=tries)
        return reply.fail(f"Drafting failed {tries} times: {error!r}")


def _age(reply: Reply) -> tuple[float, float, str]:
    return reply.received_at.timestamp(), reply.created_at.timestamp(), reply.id
