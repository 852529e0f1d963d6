"""Keeps what was answered to whom, and stops what looks like two machines at each other."""

from contextlib import suppress
from datetime import timedelta

from core.bots import Bot
from core.errors import Stale
from core.messages import Message
from core.pace import Correspondence, Heard
from core.replies import Reply, Status
from db.base import Add, Change, Swap

from ..pacing import LOOP_WORDS, Stop, points_of, turn_of, why_stop
from .moves import Moves

TRIES = 5
TRIPPED = "{count} correspondents wrote back too fast for people within {minutes} minutes."


def correspondence_id(reply: Reply) -> str:
    return f"{reply.connection_id}/{reply.sender}"


class Pacing(Moves):
    def _why_stop(self, reply: Reply, message: Message) -> Stop | None:
        """Why the pace of this conversation forbids an automatic answer."""
        found = self._correspondence(reply)
        return why_stop(
            turn_of(message, thread=reply.thread),
            found.without(reply.id) if found else (),
            pace=self._parts.pace,
            now=self._clock(),
        )

    def _note(self, reply: Reply, message: Message, *, answered: bool) -> Change:
        """Remember a message, in the commit that answers or stops it.

        What was stopped counts as well: a machine that goes on writing stays stopped.
        """
        now, pace = self._clock(), self._parts.pace
        turn = turn_of(message, thread=reply.thread)
        found = self._correspondence(reply)
        earlier = found.without(reply.id) if found else ()
        points = points_of(turn, earlier, pace=pace)
        one = Heard(reply_id=reply.id, turn=turn, at=now, points=points, answered=answered)
        forget = now - max(pace.window, pace.same_text)
        if found:
            return Swap(found, found.add(one, forget=forget))
        return Add(
            Correspondence(
                id=correspondence_id(reply),
                owner_id=reply.owner_id,
                connection_id=reply.connection_id,
                heard=(one,),
            )
        )

    def _take_back(self, reply: Reply) -> None:
        """Do not count an answer that is certain not to have been sent.

        In a commit of its own: the outcome of a sending must not be lost to somebody else's
        change of this record. An answer that stays counted only makes the bot more careful.
        """
        for _ in range(TRIES):
            found = self._correspondence(reply)
            if not found or len(found.without(reply.id)) == len(found.heard):
                return
            with suppress(Stale):
                self._store.commit(Swap(found, found.take_back(reply.id)))

    def _stopped(self, reply: Reply, message: Message, stop: Stop, bot: Bot) -> list[Change]:
        """Tell the owner of a stop; with the last of too many, hold the whole bot back."""
        noted = self._note(reply, message, answered=False)
        if not stop.circles:
            return [noted]
        day = self._clock().date().isoformat()
        alert = self._alert(
            reply,
            "A conversation was stopped",
            f"{stop.words} It waits for you: the other side may be a machine.\n"
            f"From: {reply.sender}\nSubject: {reply.subject}\n\n"
            f"Look at it with: orchestre replies show {reply.id}",
            key=f"pace {reply.sender} {day}",
        )
        return [noted, alert, *self._tripped(reply, bot)]

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

    def _correspondence(self, reply: Reply) -> Correspondence | None:
        return next(iter(self._store.find(Correspondence, id=correspondence_id(reply))), None)
