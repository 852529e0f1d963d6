"""Notices that the database was put back to an earlier state, so that it forgot what was sent.

Each process that sends notes, outside the database, the last intent that it has committed. A
database that does not know the newest of these notes is older than they are. A restore that this
host has no note of must be told by the operator: `orchestre restored`.
"""

import logging
import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from core.clock import Clock
from core.errors import Conflict
from core.replies import Reply
from core.restorations import Restoration
from db.base import Add, Database, Swap

from .claims import Claims

log = logging.getLogger(__name__)

ID = "restoration"
OPERATOR = "operator"
NEWEST = "newest"
"""The note that outlives the process that made it."""
MARGIN = timedelta(minutes=5)
"""By so much a service's clock may be ahead of ours."""


class Note(NamedTuple):
    at: str
    reply_id: str
    version: int


class Restorations:
    def __init__(self, database: Database, claims: Claims, *, folder: Path, clock: Clock) -> None:
        """`folder` is this host's own, and is not restored together with the database."""
        self._store = database.for_workers()
        self._claims = claims
        self._folder = folder
        self._clock = clock
        self._descriptor = -1

    def note(self, intended: Reply) -> None:
        """Remember an intent that has been committed, before it takes effect."""
        if self._descriptor < 0:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / self._claims.holder
            self._descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
        at = self._clock().isoformat(timespec="microseconds")
        words = f"{at} {intended.id} {intended.version:012d}\n"
        os.pwrite(self._descriptor, words.encode(), 0)

    def look(self) -> bool:
        """Whether the database has forgotten an intent of this host. To be asked before work."""
        notes = self._notes()
        newest = max(notes.values(), default=None)
        forgotten = newest is not None and self._is_forgotten(newest)
        if forgotten:
            self.declare()
        self._tidy(notes, keep_newest=not forgotten)
        return forgotten

    def declare(self) -> None:
        """Ask every service about what came in until now, before it is answered."""
        now = self._clock()
        log.warning("database_restored", extra={"at": now.isoformat()})
        with suppress(Conflict):  # somebody else has just said the same
            if kept := self._last():
                self._store.commit(Swap(kept, kept.evolve(noticed_at=now)), durable=True)
            else:
                made = Restoration(id=ID, owner_id=OPERATOR, noticed_at=now)
                self._store.commit(Add(made), durable=True)

    def may_have_forgotten(self, reply: Reply) -> bool:
        """Whether an answer may have been sent in the time that the database knows nothing of."""
        last = self._last()
        if last is None or min(reply.received_at, reply.created_at) > last.noticed_at + MARGIN:
            return False
        return reply.doubted_at is None or reply.doubted_at < last.noticed_at

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _last(self) -> Restoration | None:
        return next(iter(self._store.find(Restoration, id=ID)), None)

    def _notes(self) -> dict[Path, Note]:
        found = {}
        for path in self._folder.iterdir() if self._folder.exists() else ():
            with suppress(FileNotFoundError, ValueError):
                at, reply_id, version = path.read_text().split()
                found[path] = Note(at, reply_id, int(version))
        return found

    def _is_forgotten(self, note: Note) -> bool:
        known = self._store.find(Reply, id=note.reply_id)
        return not known or known[0].version < note.version

    def _tidy(self, notes: dict[Path, Note], *, keep_newest: bool) -> None:
        """Of the notes of the dead, keep the newest, or none."""
        dead = [p for p in notes if p.name == NEWEST or self._claims.is_dead(p.name)]
        for path in sorted(dead, key=lambda path: notes[path]):
            with suppress(FileNotFoundError):  # another process tidies as well
                path.replace(self._folder / NEWEST)
        if dead and not keep_newest:
            (self._folder / NEWEST).unlink(missing_ok=True)
