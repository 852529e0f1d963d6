"""Keeps the attempts to link an account: each is taken once, and forgotten when it is old."""

import hashlib
import hmac
from datetime import timedelta

from core.clock import Clock
from core.connections import Attempt, Stage
from core.errors import Conflict, NotFound, Refused, Stale
from core.sealing import Place, Sealer
from core.users import Session
from db.base import Database, Drop, Swap

LASTS = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""How long what became of an attempt can be looked up."""
AGAIN = "Start again, and stay in one browser."


class Attempts:
    def __init__(self, database: Database, sealer: Sealer, *, clock: Clock) -> None:
        self._store = database.for_workers()
        self._sealer = sealer
        self._clock = clock

    def found(self, link_id: str) -> Attempt:
        try:
            found = self._store.get(Attempt, link_id)
        except NotFound:
            found = None
        if found is None or found.stage is Stage.LEAVING:
            raise NotFound(f"Nothing is known of this link, or it is too old. {AGAIN}")
        return found

    def is_open(self, attempt: Attempt) -> bool:
        return (
            attempt.stage is Stage.ASKED
            and attempt.due_at is not None
            and self._clock() < attempt.due_at
        )

    def take(self, attempt: Attempt) -> Attempt:
        """Nobody takes it after this: not who comes at the same time, and not after a crash."""
        if not self.is_open(attempt):
            raise Conflict(f"This link was used already, or is older than ten minutes. {AGAIN}")
        taken = attempt.evolve(stage=Stage.TAKEN, sealed="", due_at=self._clock() + LASTS)
        try:
            self._store.commit(Swap(attempt, taken), durable=True)
        except Stale:
            raise Conflict(f"This link was used already. {AGAIN}") from None
        return taken

    def check_session(self, attempt: Attempt) -> None:
        if not attempt.session:
            return
        for session in self._store.find(Session, id=attempt.session):
            if session.owner_id == attempt.owner_id and session.expires_at > self._clock():
                return
        raise Refused("You have signed out meanwhile. Sign in, and start again.")

    def end(self, attempt: Attempt, words: str) -> Attempt:
        due = self._clock() + KEPT
        return self.put(attempt, stage=Stage.FAILED, words=words, sealed="", due_at=due)

    def put(self, attempt: Attempt, **changes: object) -> Attempt:
        put = attempt.evolve(**changes)
        self._store.commit(Swap(attempt, put))
        return put

    def sealed(self, id: str, bare: str, *, owner_id: str) -> str:
        return self._sealer.seal(bare, place_of_attempt(id, owner_id))

    def unsealed(self, attempt: Attempt) -> str:
        return self._sealer.open(attempt.sealed, place_of_attempt(attempt.id, attempt.owner_id))

    def sweep(self) -> None:
        """Forget the attempts that nobody came back from, with what was sealed for them."""
        for attempt in self._store.due(Attempt, self._clock()):
            if attempt.stage is not Stage.LEAVING:
                try:
                    self._store.commit(Drop(attempt))
                except Stale:
                    continue  # taken at the last moment


def knows(attempt: Attempt, browser: str) -> bool:
    return bool(browser) and hmac.compare_digest(attempt.browser, hash_of(browser))


def place_of_attempt(id: str, owner_id: str) -> Place:
    return Place(owner_id=owner_id, record_id=id, field="attempt")


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
