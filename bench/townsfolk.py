"""Who writes to the shop, and its owner, who has habits of all kinds."""

from collections.abc import Callable
from datetime import timedelta

from core.bots import Mode
from core.connections import Health
from core.messages import Message
from core.replies import Reply, Status
from services.replies.receiving import reply_id
from tests.simulators import verdict
from tests.simulators.mailboxes import Kind, letter
from tests.simulators.shop import HANDLE

from .simulation import Town

WRITING_SECONDS = 900.0
PRODUCTS = ("Alpine Tent 2", "Fjord Stove")
PATIENCE = 900.0
"""Seconds before the owner looks into the account and says what became of an answer in doubt."""


class Customers:
    """They write within a quarter of an hour: most once, some again, some as machines."""

    def __init__(self, town: Town, kind: type[Kind], lives: int) -> None:
        self._town = town
        self._kind = kind
        self._lives = lives
        self.finished = False
        self._written: list[Message] = []

    def write(self) -> None:
        town = self._town
        for number in range(self._lives):
            town.hub.sleep(town.chance.uniform(0, 2 * WRITING_SECONDS / self._lives))
            message = self._next(number)
            self._written.append(message)
            town.mailbox.inbox.append(message)
            if town.chance.random() < 0.02:
                town.mailbox.answered_by_hand.add(message.envelope.id)
            if town.chance.random() < 0.3:
                town.rung.append(("hint", ""))
        self.finished = True

    def _next(self, number: int) -> Message:
        chance = self._town.chance
        habit = chance.random()
        if self._written and habit < 0.05:
            return self._copy(number)
        machine = self._kind.has_headers and habit > 0.95
        earlier = chance.choice(self._written).envelope if self._written else None
        again = earlier if 0.05 <= habit < 0.2 else None
        return letter(
            number,
            f"How much is the {chance.choice(PRODUCTS)}? This is letter {number}.",
            to=HANDLE,
            received_at=self._town.hub.wall(),
            sender=again.sender.handle if again else "",
            thread=again.thread_id if again else "",
            headers=(("auto-submitted", "auto-replied"),) if machine else (),
            with_headers=self._kind.has_headers,
        )

    def _copy(self, number: int) -> Message:
        """The same mail once more, as it lies in another folder."""
        message = self._town.chance.choice(self._written)
        changes = {"id": f"copy-{number}", "thread_id": f"copy-{number}"}
        envelope = message.envelope.model_copy(update=changes)
        return message.model_copy(update={"envelope": envelope})


class Owner:
    """Looks in now and then: approves, rejects, stops the bot, and is asked what was sent."""

    def __init__(self, town: Town, by: str) -> None:
        self._town = town
        self._by = by
        self._store = town.database.for_workers()
        self._process = town.begin(works=False)
        town.meddle = self.meddle
        self._doubted: dict[str, float] = {}
        self._intended: set[str] | None = None
        self.vouched: set[str] = set()
        """The replies of which they said what became of them."""
        self.excused: set[str] = set()
        """Messages that came while the bot was stopped."""
        self.complaints: list[str] = []

    def live(self) -> None:
        town = self._town
        while not town.over:
            town.hub.sleep(town.chance.uniform(5, 90))
            if town.draws("clock_jumps"):
                town.hub.skew = timedelta(hours=town.chance.choice((-1, 0, 1)))
            if not town.run_as(self._process, self._look):
                self._process = town.begin(works=False)

    def meddle(self) -> None:
        """Stop the bot, or do whatever else one may, while somebody is in the middle of a step."""
        does = self._stop if self._town.chance.random() < 0.3 else self._look
        self._town.run_as(self._town.begin(works=False), does)

    def set_right(self) -> None:
        """Let the bot and the account go on, whatever was done to them."""
        shop, by = self._town.shop, self._by
        if shop.connection.health is not Health.LINKED:
            shop.link(shop.connection.provider)
        self._start()
        shop.app.bots.resume(shop.connection.id, by=by)

    def _look(self) -> None:
        chance = self._town.chance
        mood = chance.random()
        if self._town.calm or mood < 0.1:
            return self.set_right()
        if mood < 0.14:
            return self._stop()
        seen = self._store.find(
            Reply, status=[Status.AWAITING_APPROVAL, Status.UNCERTAIN, Status.FAILED]
        )
        if seen:
            reply = chance.choice(seen)
            self._react(reply) if reply.status is Status.AWAITING_APPROVAL else self._tell(reply)
        return None

    def _react(self, reply: Reply) -> None:
        replies, by = self._process.replies, self._by
        seen, id = reply.digest, reply.id
        reactions: list[Callable[[], object]] = [
            lambda: replies.approve(id, by=by, seen=seen),
            lambda: replies.approve(id, by=by, seen=seen, body="It is 199 euros."),
            lambda: replies.edit(id, by=by, seen=seen, body="It is 199.00 euros."),
            lambda: replies.redraft(id, by=by),
            lambda: replies.reject(id, by=by),
            lambda: replies.never_answer(id, by=by),
        ]
        self._town.chance.choices(reactions, weights=[10, 5, 5, 5, 3, 1])[0]()

    def _tell(self, reply: Reply) -> None:
        """Say what the account shows, once nothing can be on its way any more."""
        now = self._town.hub.now
        since = self._doubted.setdefault(f"{reply.id} {reply.version}", now)
        if reply.is_parked() and now - since > PATIENCE:
            sent = any(effect.key == reply.id for effect in self._town.mailbox.effects)
            self.vouched.add(reply.id)
            self._process.replies.settle(reply.id, by=self._by, sent=sent)

    def _stop(self) -> None:
        shop = self._town.shop
        if shop.bot.enabled:
            shop.app.bots.stop(shop.connection.id, by=self._by)
            self._intended = set(verdict.unapproved_intents(self._store))

    def _start(self) -> None:
        """Anything that the bot meant to send while it was stopped is a complaint."""
        shop = self._town.shop
        if self._intended is not None:
            meant = set(verdict.unapproved_intents(self._store)) - self._intended
            self.complaints += [f"{id} was meant to be sent by a stopped bot" for id in meant]
            self._intended = None
        if not shop.bot.enabled:
            known = {reply.id for reply in shop.replies()}
            there = (message.envelope.id for message in self._town.mailbox.inbox)
            of = shop.connection.id
            self.excused |= {id for id in there if reply_id(of, id) not in known}
            shop.app.bots.start(of, by=self._by, mode=Mode.AUTO)
