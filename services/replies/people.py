"""What a person can do to a reply of theirs. Somebody else's is not there."""

from contextlib import suppress

from core.connections import Access, Connection
from core.errors import Conflict, Invalid, NotFound, Stale
from core.events import Event
from core.failpoints import failpoint
from core.messages import Draft, Envelope, Message, Outgoing, Receipt
from core.records import Value
from core.replies import Block, Exchange, Reply, Status
from db.base import Add, Slice, Store, Swap

from .moves import given_back
from .pacing import Pacing
from .receiving import block_id
from .sending import NO_LEAVE

MAX_BODY = 50_000
PART = 200
TRIES = 8
BLOCKABLE = (Status.RECEIVED, Status.AWAITING_APPROVAL, Status.APPROVED)


class Look(Value):
    """Everything about one reply, as a person sees it."""

    reply: Reply
    envelope: Envelope
    message: Message | None
    """`None` until it has been read."""
    draft: Draft | None
    outgoing: Outgoing | None
    """The exact answer that `reply.digest` names; `None` where there is none."""
    history: tuple[Event, ...]
    """Every move, the first one first."""


class People(Pacing):
    def get(self, reply_id: str, *, by: str) -> Reply:
        return self._owned(by).get(Reply, reply_id)

    def exchange(self, reply_id: str, *, by: str) -> Exchange:
        """The message as it came, the draft and the exact answer."""
        return self._owned(by).get(Exchange, reply_id)

    def history(self, reply_id: str, *, by: str) -> list[Event]:
        """Every move of a reply, the first one first."""
        return self._owned(by).find(Event, reply_id=reply_id)

    def look(self, reply_id: str, *, by: str) -> Look:
        """All that is to be seen before anything is decided."""
        reply, exchange = self.get(reply_id, by=by), self.exchange(reply_id, by=by)
        outgoing = exchange.outgoing
        current = outgoing is not None and outgoing.digest() == reply.digest
        return Look(
            reply=reply,
            envelope=exchange.envelope,
            message=exchange.message,
            draft=exchange.draft if current else None,
            outgoing=outgoing if current else None,
            history=tuple(self.history(reply_id, by=by)),
        )

    def page(
        self,
        *,
        by: str,
        status: Status | None = None,
        after: str | None = None,
        limit: int = 50,
        order: str = "-created_at",
    ) -> Slice[Reply]:
        where = {} if status is None else {"status": status}
        return self._owned(by).page(Reply, order=order, after=after, limit=limit, **where)

    def counts(self, *, by: str) -> dict[Status, int]:
        """How many replies there are in each status."""
        return {status: self._owned(by).count(Reply, status=status) for status in Status}

    def approve(self, reply_id: str, *, by: str, seen: str, body: str | None = None) -> Reply:
        """Clear an answer to be sent: as it was seen, or in the person's own words.

        `seen` is the digest of the answer that the person looked at, empty when there was
        none. `Conflict` when it is another one by now.
        """
        reply = self._seen(reply_id, by=by, digest=seen)
        connection = self._owned(by).get(Connection, reply.connection_id)
        if connection.access is Access.READ:
            raise Conflict(NO_LEAVE.format(connection.access))
        now = self._clock()
        if body is None:
            outgoing = self.exchange(reply_id, by=by).outgoing
            if not reply.digest or outgoing is None:
                raise Conflict("There is no draft to approve. Answer in words of your own.")
            self._parts.connections.check(connection, outgoing)
            return self._save(reply, reply.approve(reply.digest, by=by, now=now), by=by)
        old, new, outgoing = self._rewrite(reply, body, by=by)
        approved = reply.approve(outgoing.digest(), by=by, now=now)
        return self._save(reply, approved, Swap(old, new), by=by)

    def edit(self, reply_id: str, *, by: str, seen: str, body: str) -> Reply:
        """Change the words, and go on waiting for approval."""
        reply = self._seen(reply_id, by=by, digest=seen)
        old, new, outgoing = self._rewrite(reply, body, by=by)
        return self._save(reply, reply.edit(outgoing.digest()), Swap(old, new), by=by)

    def reject(self, reply_id: str, *, by: str, reason: str = "") -> Reply:
        """Send nothing."""
        reply = self.get(reply_id, by=by)
        return self._save(reply, reply.reject(reason or "You rejected it."), by=by)

    def redraft(self, reply_id: str, *, by: str) -> Reply:
        """Ask for another draft. What has failed was certainly not sent."""
        reply = self.get(reply_id, by=by)
        return self._save(reply, reply.redraft(now=self._clock()), by=by)

    def settle(self, reply_id: str, *, by: str, sent: bool) -> Reply:
        """Say what became of an answer that was tried: it was sent, or it was not."""
        reply = self.get(reply_id, by=by)
        now = self._clock()
        if reply.status not in (Status.UNCERTAIN, Status.FAILED):
            raise Conflict(f"There is no doubt about a reply that is {reply.status}.")
        if sent:
            receipt = Receipt(id="", sent_at=now)
            return self._save(reply, reply.confirm(receipt, "You said that it was sent."), by=by)
        if reply.status is Status.FAILED:
            return self._save(reply, reply.redraft(now=now), by=by)
        again = reply.resend("You said that it was not sent.", now=now)
        saved = self._save(reply, again, *given_back(reply), by=by)
        self._take_back(saved)
        return saved

    def never_answer(self, reply_id: str, *, by: str) -> Reply:
        """Never answer this sender again, and let go of what is open with them."""
        reply = self.get(reply_id, by=by)
        block = Block(
            id=block_id(reply.connection_id, reply.sender),
            owner_id=by,
            connection_id=reply.connection_id,
            sender=reply.sender,
        )
        failpoint("person.block")
        self._owned(by).commit(Add(block, keep_first=True))
        failpoint("person.blocked")
        words = "You asked never to answer this sender."
        open = self._owned(by).find(
            Reply, connection_id=reply.connection_id, status=list(BLOCKABLE)
        )
        for other in open:
            if other.sender == reply.sender:
                rejects = other.status is not Status.RECEIVED
                gone = other.reject(words) if rejects else other.skip(words, rule="B1")
                self._save(other, gone, by=by)
        return self.get(reply_id, by=by)

    def let_go(self, connection_id: str, *, by: str) -> int:
        """Give up what is open for an account, and is not on its way, when it is unlinked. How much
        that was."""
        words, given_up = "The account was unlinked.", 0
        for _ in range(TRIES):
            open = self._owned(by).find(Reply, connection_id=connection_id, status=list(BLOCKABLE))
            if not open:
                break
            for reply in open:
                with suppress(Stale):
                    self._save(reply, reply.skip(words, rule="B3"), by=by)
                    given_up += 1
        return given_up

    def starting_with(self, prefix: str, *, by: str) -> Reply:
        """The one reply whose id begins with `prefix`."""
        found: list[Reply] = []
        after: str | None = None
        while prefix and len(found) < 2:
            part = self.page(by=by, after=after, limit=PART)
            found += [reply for reply in part.items if reply.id.startswith(prefix.lower())]
            after = part.after
            if after is None:
                break
        if not found:
            raise NotFound(f"There is no reply whose id begins with {prefix!r}.")
        if len(found) > 1:
            raise Invalid(f"Several replies begin with {prefix!r}; give more of the id.")
        return found[0]

    def _owned(self, by: str) -> Store:
        return self._parts.database.for_owner(by)

    def _seen(self, reply_id: str, *, by: str, digest: str) -> Reply:
        reply = self.get(reply_id, by=by)
        if reply.status is Status.AWAITING_APPROVAL and digest != reply.digest:
            raise Conflict("The answer has changed since you looked at it. Look again.")
        return reply

    def _rewrite(self, reply: Reply, body: str, *, by: str) -> tuple[Exchange, Exchange, Outgoing]:
        """The answer to the same message, to the same person, in other words."""
        words = body.strip()
        if not words or len(words) > MAX_BODY:
            raise Invalid(f"An answer has between 1 and {MAX_BODY:,} characters.")
        exchange = self.exchange(reply.id, by=by)
        if exchange.message is None:
            raise Conflict("The message has not been read yet. Try again in a moment.")
        connection = self._owned(by).get(Connection, reply.connection_id)
        outgoing = self._build(reply, exchange.message, words, connection=connection)
        self._parts.connections.check(connection, outgoing)
        shown = exchange.draft.product_ids if exchange.draft else ()
        draft = Draft(body=words, author=by, product_ids=shown)
        new = exchange.evolve(draft=draft, outgoing=outgoing, handle="")
        return exchange, new, outgoing
