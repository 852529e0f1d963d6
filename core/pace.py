"""How fast one correspondent and a bot write to each other, so that two machines come to an end."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from .records import Record, Value

MOST = 50
"""Messages remembered of one correspondent: more than any pace allows to be answered."""


class Pace(Value):
    """At most so much automatic mail to one correspondent; beyond it, a person decides.

    RFC 3834 2 asks every responder for such a limit. A message counts one point, but more when
    it follows our answer in the same conversation faster than a person reads and writes.
    """

    window: timedelta = timedelta(hours=3)
    per_thread: int = 5
    """Points within the window in one conversation, whoever takes part in it."""
    per_sender: int = 10
    """Points within the window over all conversations with one correspondent."""
    instant: timedelta = timedelta(seconds=30)
    """What answers us sooner than this counts all the points that a conversation may have."""
    quick: timedelta = timedelta(minutes=2)
    """What follows sooner than this counts two."""
    same_text: timedelta = timedelta(days=7)
    """How long the same words are not answered twice."""
    breaker: int = 3
    """So many correspondents too fast within `breaker_window` stop the bot; 0 never does."""
    breaker_window: timedelta = timedelta(hours=1)


PACE = Pace()


class Turn(Value):
    """What of a message tells how fast its conversation goes."""

    sender: str
    thread: str
    subject: str
    """Without what marks an answer: gateways lose the thread, but not this."""
    topic: str
    """The subject without its numbers, too: robots count theirs."""
    words: str
    """A hash of the sender's own words."""
    at: datetime
    answers: bool = True
    """Whether it refers to what was written before. Else its thread begins with it."""
    typed: bool = False
    """Whether it came in a chat, where people answer within seconds."""


class Heard(Value):
    """One message of theirs that was answered, or stopped for its pace."""

    reply_id: str
    turn: Turn
    at: datetime
    """When it was answered or stopped."""
    points: int
    answered: bool = True


class Correspondence(Record):
    """What was lately heard from one correspondent, or in one thread.

    Both are kept: a machine may write into one thread from ever new addresses, and a gateway
    may give every mail of one correspondent a thread of its own.
    """

    indexes: ClassVar[tuple[str, ...]] = ("connection_id",)

    connection_id: str
    heard: tuple[Heard, ...] = ()
    """Oldest first, the latest `MOST`."""

    def add(self, one: Heard, *, forget: datetime) -> Self:
        """With one more message, and without those from before `forget`."""
        kept = [other for other in self.without(one.reply_id) if other.at >= forget]
        return self.evolve(heard=(*kept, one)[-MOST:])

    def take_back(self, reply_id: str) -> Self:
        """Without a message whose answer is certain not to have been sent."""
        return self.evolve(heard=self.without(reply_id))

    def without(self, reply_id: str) -> tuple[Heard, ...]:
        return tuple(one for one in self.heard if one.reply_id != reply_id)
