"""What an account remembers from one mail to the next: the rules P1, P3 and P4 in a story."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from core.messages import KEY_HEADER, Message
from core.pace import Heard, Pace
from providers.mail.headers import message_ids

from .fingerprints import fingerprint
from .pacing import RULE, points_of, turn_of, why_stop
from .policy import Veto
from .questions import Step

ANSWERED_FLAGS = frozenset({"answered", "forwarded"})
ACCOUNT = "explained"
COPY = Veto(rule="P1", reason="It is a copy of a message that was taken up before.")
BY_HAND = Veto(rule="P4", reason="You have answered it yourself.")
OWN = Veto(rule="R3", reason="It came from this account itself.")


class Scenario:
    """The memory of one account, empty at first."""

    def __init__(self, pace: Pace) -> None:
        self._start = datetime.now(UTC)
        self._pace = pace
        self._seen: set[str] = set()
        self._heard: tuple[Heard, ...] = ()
        self._answered_by_hand: set[str] = set()
        self._sent_by_hand: dict[str, datetime] = {}

    def time_of(self, step: Step) -> datetime:
        return self._start + timedelta(minutes=step.minute)

    def veto(self, message: Message, step: Step) -> Veto | None:
        """What forbids an answer because of what came before. Remembers the message."""
        if step.is_sent():
            return OWN
        if self._is_answered(message, step):
            return BY_HAND
        mark = fingerprint(message, account=ACCOUNT)
        if mark in self._seen:
            return COPY
        self._seen.add(mark)
        now = self.time_of(step)
        if stop := why_stop(turn_of(message), self._heard, pace=self._pace, now=now):
            self._hear(message, now=now, answered=False)
            return Veto(rule=RULE, reason=stop.words)
        return None

    def answer(self, message: Message, *, now: datetime) -> None:
        """Remember that this message was answered."""
        self._hear(message, now=now, answered=True)

    def note_sent(self, message: Message) -> None:
        """Remember what the owner wrote by hand."""
        envelope = message.envelope
        if envelope.first(KEY_HEADER.lower()):
            return
        named = message_ids(
            " ".join(envelope.values("in-reply-to") + envelope.values("references"))
        )
        self._answered_by_hand.update(named)
        if envelope.first("auto-submitted"):
            return
        written = _date(message) or envelope.received_at
        latest = self._sent_by_hand.get(envelope.thread_id, written)
        self._sent_by_hand[envelope.thread_id] = max(latest, written)

    def _hear(self, message: Message, *, now: datetime, answered: bool) -> None:
        turn = turn_of(message)
        points = points_of(turn, self._heard, pace=self._pace)
        one = Heard(reply_id=ACCOUNT, turn=turn, at=now, points=points, answered=answered)
        self._heard = (*self._heard, one)

    def _is_answered(self, message: Message, step: Step) -> bool:
        flags = {flag.lower().lstrip("\\$") for flag in step.flags}
        named = message_ids(message.envelope.first("message-id") or "")
        if flags & ANSWERED_FLAGS or self._answered_by_hand.intersection(named):
            return True
        sent, written = self._sent_by_hand.get(message.envelope.thread_id), _date(message)
        return sent is not None and written is not None and written < sent


def _date(message: Message) -> datetime | None:
    """When it says that it was written."""
    try:
        date = parsedate_to_datetime(message.envelope.first("date") or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
