"""Opens a reply to each message that comes in, or says why there will be none."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from core.bots import Bot
from core.connections import Connection
from core.errors import AlreadyThere
from core.failpoints import failpoint
from core.messages import Envelope, Message
from core.replies import Block, Exchange, Fingerprint, Reply, Status
from db.base import Add, Change

from ..fingerprints import fingerprint
from ..policy import judge
from .moves import WORKER, Moves

NAMESPACE = UUID("6f0c6a52-0f2e-4c53-9b0e-1d8f8d6d3f7a")


def reply_id(connection_id: str, message_id: str) -> str:
    """The id of the one reply that a message may have."""
    return str(uuid5(NAMESPACE, f"{connection_id}/{message_id}"))


def block_id(connection_id: str, sender: str) -> str:
    return f"{connection_id}/{sender.casefold()}"


class Receiving(Moves):
    def open(
        self, envelopes: Iterable[Envelope], *, bot: Bot, connection: Connection
    ) -> tuple[list[Reply], list[Change]]:
        """The replies that are new, and the changes that keep them.

        The caller commits them together with the cursor that lies behind these messages.
        """
        found = {reply_id(connection.id, envelope.id): envelope for envelope in envelopes}
        known = {reply.id for reply in self._store.find(Reply, id=list(found))}
        opened, changes = [], []
        for id, envelope in found.items():
            if id in known:
                continue
            reply, kept = self._open(id, envelope, bot=bot, connection=connection)
            opened.append(reply)
            changes += kept
        failpoint("receive.opened")
        return opened, changes

    def take_up(
        self, message: Message, *, bot: Bot, connection: Connection, reason: str, by: str
    ) -> Reply:
        """Open the reply as a poll does, and hold it for its person in the same commit, so that
        no worker ever sees it as one to be drafted. One that the gate leaves alone is not kept.

        `AlreadyThere` when there is a reply to this message, or to a copy of it.
        """
        opened, _ = self.open([message.envelope], bot=bot, connection=connection)
        if not opened:
            raise AlreadyThere
        [received] = opened
        if received.status is not Status.RECEIVED:
            return received
        held, told = self._told(received, received.hold(reason), chain="", by=by)
        exchange = Exchange(
            id=held.id, owner_id=held.owner_id, envelope=message.envelope, message=message
        )
        mark = Fingerprint(
            id=fingerprint(message, account=connection.id),
            owner_id=held.owner_id,
            reply_id=held.id,
        )
        failpoint("person.take_up")
        self._store.commit(Add(bot, keep_first=True), Add(held), Add(exchange), Add(mark), *told)
        failpoint("person.taken_up")
        return held

    def ring(self, replies: Iterable[Reply]) -> None:
        """Ask for the next step of each reply that has just been kept."""
        for reply in replies:
            self._ring(reply)

    def _open(
        self, id: str, envelope: Envelope, *, bot: Bot, connection: Connection
    ) -> tuple[Reply, list[Change]]:
        now = self._clock()
        sender = envelope.sender.handle.casefold()
        reply = Reply(
            id=id,
            owner_id=connection.owner_id,
            bot_id=bot.id,
            connection_id=connection.id,
            thread=f"{connection.id} {envelope.thread_id} {sender}",
            sender=sender,
            subject=envelope.subject,
            received_at=envelope.received_at,
            created_at=now,
            due_at=now,
        )
        versions = [reply]
        if veto := judge(envelope, me=connection.me, settings=self._parts.policy):
            versions.append(reply.skip(veto.reason, rule=veto.rule))
        elif self._store.find(Block, id=block_id(connection.id, sender)):
            versions.append(reply.skip("You asked never to answer this sender.", rule="B1"))
        exchange = Exchange(id=id, owner_id=reply.owner_id, envelope=envelope)
        reply, told = self._told(*versions, chain="", by=WORKER)
        return reply, [Add(reply), Add(exchange), *told]
