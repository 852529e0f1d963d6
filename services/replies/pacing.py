"""Keeps what was answered to whom, and stops what looks like two machines at each other."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from core.bots import Bot
from core.errors import Stale
from core.failpoints import failpoint
from core.messages import Message
from core.pace import Correspondence, Heard, Turn
from core.replies import Reply, Status
from db.base import Add, Change, Swap

from ..pacing import LOOP_WORDS, Stop, points_of, turn_of, why_stop
from .moves import Moves

TRIES = 5
TRIPPED = "{count} correspondents wrote back too fast for people within {minutes} minutes."


class Pacing(Moves):
    def _why_stop(self, reply: Reply, message: Message) -> Stop | None:
        """Why the pace of this conversation forbids an automatic answer."""
        turn = self._turn(message)
        heard = _merged(self._correspondences(reply, turn).values(), without=reply.id)
        return why_stop(turn, heard, pace=self._parts.pace, now=self._clock())

    def _note(self, reply: Reply, message: Message, *, answered: bool) -> list[Change]:
        """Remember a message, in the commit that answers or stops it.

        What was stopped counts as well: a machine that goes on writing stays stopped.
        """
        now, pace, turn = self._clock(), self._parts.pace, self._turn(message)
        kept = self._correspondences(reply, turn)
        points = points_of(turn, _merged(kept.values(), without=reply.id), pace=pace)
        one = Heard(reply_id=reply.id, turn=turn, at=now, points=points, answered=answered)
        forget = now - max(pace.window, pace.same_text)
        return [
            Swap(found, found.add(one, forget=forget)) if found else self._first(id, reply, one)
            for id, found in kept.items()
        ]

    def _take_back(self, reply: Reply) -> None:
        """Do not count an answer that is certain not to have been sent.

        In a commit of its own: the outcome of a sending must not be lost to somebody else's
        change of these records. An answer that stays counted only makes the bot more careful.
        """
        message = self._exchange(reply).message
        for _ in range(TRIES):
            with suppress(Stale):
                changes = self._taken_back(reply, message) if message else []
                failpoint("pace.take_back")
                self._store.commit(*changes)
                failpoint("pace.taken_back")
                break

    def _taken_back(self, reply: Reply, message: Message) -> list[Change]:
        kept = self._correspondences(reply, self._turn(message)).values()
        return [
            Swap(found, found.take_back(reply.id))
            for found in kept
            if found and len(found.without(reply.id)) < len(found.heard)
        ]

    def _turn(self, message: Message) -> Turn:
        return turn_of(message, delimiter=self._parts.policy.recipient_delimiter)

    def _first(self, id: str, reply: Reply, one: Heard) -> Change:
        return Add(
            Correspondence(
                id=id, owner_id=reply.owner_id, connection_id=reply.connection_id, heard=(one,)
            )
        )

    def _correspondences(self, reply: Reply, turn: Turn) -> dict[str, Correspondence | None]:
        """What is remembered of the sender and of the thread, by the ids of the records."""
        at = reply.connection_id
        ids = [f"{at}/sender/{turn.sender}", f"{at}/thread/{turn.thread}"]
        found = {kept.id: kept for kept in self._store.find(Correspondence, id=ids)}
        return {id: found.get(id) for id in ids}

    def _stopped(self, reply: Reply, message: Message, stop: Stop, bot: Bot) -> list[Change]:
        """Tell the owner of a stop; with the last of too many, hold the whole bot back."""
        noted = self._note(reply, message, answered=False)
        if not stop.circles:
            return noted
        day = self._clock().date().isoformat()
        alert = self._alert(
            reply,
            "A conversation was stopped",
            f"{stop.words} It waits for you: the other side may be a machine.\n"
            f"From: {reply.sender}\nSubject: {reply.subject}\n\n"
            f"Look at it with: orchestre replies show {reply.id}",
            key=f"pace {reply.sender} {day}",
        )
        return [*noted, alert, *self._tripped(reply, bot)]

    def _tripped(self, reply: Reply, bot: Bot) -> list[Change]:
        pace, now = self._parts.pace, self._clock()
        since = now - pace.breaker_window
        waiting = self._store.find(
            Reply, connection_id=reply.connection_id, status=Status.AWAITING_APPROVAL
        )
        recent = [one for one in waiting if one.created_at >= since]
        senders = {one.sender for one in recent if one.reason == LOOP_WORDS}
        count = len(senders | {reply.sender})
        if not pace.breaker or count < pace.breaker or bot.held_back:
            return []
        words = TRIPPED.format(count=count, minutes=pace.breaker_window // timedelta(minutes=1))
        alert = self._alert(
            reply,
            "The bot holds every answer for you",
            f"{words} Nothing is sent without you until you resume it.\n\n"
            "Look at what waits with: orchestre replies list\n"
            "Then resume it with: orchestre bots resume",
            key=f"breaker {bot.version}",
        )
        return [Swap(bot, bot.hold_back(words)), alert]


def _merged(kept: Iterable[Correspondence | None], *, without: str) -> tuple[Heard, ...]:
    """Everything that they remember, once, the oldest first."""
    heard = {one.reply_id: one for found in kept if found for one in found.without(without)}
    return tuple(sorted(heard.values(), key=lambda one: one.at))
