"""Finds the work that was left lying: claims of the dead, and wake-ups that were lost."""

import logging
import time
from collections import defaultdict
from contextlib import suppress
from itertools import zip_longest

from core.errors import Conflict
from core.failpoints import failpoint
from core.replies import Reply, Status

from ..bell import NEXT_TASK
from .moves import WORKER, Moves

log = logging.getLogger(__name__)

PAGE = 500
RUNG_SECONDS = 10.0
"""A reply that was rung for is not rung for again sooner than this: its ring may have died with the
worker that heard it."""
RINGS_PER_SECOND = 20
"""Nor, where many wait, so soon that the broker fills with rings that nobody gets to."""
MOST_RINGS = 2_000
"""In one sweep; the next one goes on with the rest."""


class Sweeping(Moves):
    _rung: dict[str, float]

    def sweep(self) -> int:
        """Take up what the dead left behind, then ring for all that is due; how many rings."""
        self.take_over()
        rings = 0
        for reply in self._not_rung_lately(self.due()):
            failpoint("sweep.ring")
            self._parts.bell.ring(reply)
            failpoint("sweep.rung")
            rings += 1
        return rings

    def take_over(self) -> None:
        """What the dead were sending is in doubt. What they were drafting waits for anybody."""
        for reply in self._store.find(Reply, status=Status.SENDING):
            if self._parts.claims.is_abandoned(reply.id, holder=reply.holder):
                with suppress(Conflict):
                    self._doubt(reply)

    def due(self) -> list[Reply]:
        """What waits for a next step now: answers in doubt first, then fair to every owner."""
        now, found = self._clock(), []
        last: Reply | None = None
        while part := self._store.due(Reply, now, limit=PAGE, after=last):
            found += [reply for reply in part if reply.status in NEXT_TASK]
            last = part[-1]
            if len(part) < PAGE or len(found) >= MOST_RINGS:
                break
        by_owner: defaultdict[str, list[Reply]] = defaultdict(list)
        for reply in found:
            by_owner[reply.owner_id].append(reply)
        fair = [r for turn in zip_longest(*by_owner.values()) for r in turn if r is not None]
        return sorted(fair, key=lambda reply: reply.status is not Status.UNCERTAIN)

    def _doubt(self, reply: Reply) -> None:
        log.warning("claim_taken_over", extra={"reply_id": reply.id, "status": reply.status})
        words = "The worker stopped."
        moved = reply.doubt(words, now=self._clock(), settle=self._parts.settle)
        self._save(reply, moved, by=WORKER)

    def _not_rung_lately(self, replies: list[Reply]) -> list[Reply]:
        """Kept in this process only: a ring too many does no harm."""
        now = time.monotonic()
        rung = getattr(self, "_rung", {})
        pause = max(RUNG_SECONDS, len(replies) / RINGS_PER_SECOND)
        fresh = {key: at for key, at in rung.items() if now - at < pause}
        keys = {f"{reply.id} {reply.version}": reply for reply in replies[:MOST_RINGS]}
        due = [reply for key, reply in keys.items() if key not in fresh]
        self._rung = fresh | dict.fromkeys((k for k in keys if k not in fresh), now)
        return due
