"""Renews the credentials of linked accounts: one process at a time, and kept before they are used.

A service that gives a new refresh token may take the old one back at once. Two processes that
renewed with the same one would then cut each other off, and some services take that for theft.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from core.clock import Clock
from core.connections import Connection, Credentials
from core.errors import NotFound, ReauthorizationRequired, Stale, Unavailable
from db.base import Database, Swap

log = logging.getLogger(__name__)

Ask = Callable[[Credentials], Credentials]
TURN = timedelta(seconds=40)
"""How long one process may take. Longer than a service has to answer."""
PATIENCE_SECONDS = 22.0
"""How long another one waits for its own turn."""
LOOK_SECONDS = 0.1
TRIES = 8


class Renewals:
    def __init__(
        self,
        database: Database,
        *,
        unseal: Callable[[Connection], Credentials],
        seal: Callable[[Connection, Credentials], str],
        clock: Clock,
    ) -> None:
        self._store = database.for_workers()
        self._unseal = unseal
        self._seal = seal
        self._clock = clock

    def renew(self, connection_id: str, ask: Ask) -> Credentials:
        """Ask for new credentials with the newest that are kept, and keep what comes of it."""
        mine = self._take_turn(connection_id)
        try:
            held = self._unseal(mine)
            renewed = ask(held)
        except BaseException:
            self._put(mine, mine.sealed)
            raise
        lasting = renewed.refresh_token
        rotated = lasting and lasting != held.refresh_token
        kept = Credentials(refresh_token=lasting)
        self._put(mine, self._seal(mine, kept) if rotated else mine.sealed)
        return renewed

    def _take_turn(self, id: str) -> Connection:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                kept = self._store.get(Connection, id)
            except NotFound:
                raise ReauthorizationRequired("The account was unlinked.") from None
            now = self._clock()
            if kept.renewing_until is None or kept.renewing_until <= now:
                mine = kept.evolve(renewing_until=now + TURN)
                try:
                    self._store.commit(Swap(kept, mine))
                except Stale:
                    continue
                return mine
            if time.monotonic() > until:
                raise Unavailable("Another process is renewing the access; try again.")
            time.sleep(LOOK_SECONDS)

    def _put(self, mine: Connection, sealed: str) -> None:
        """Give the turn back, and put `sealed` where what it was made from still is.

        Where something else is there, the account was linked again meanwhile: that is newer.
        """
        current = mine
        for _ in range(TRIES):
            ours = current.sealed == mine.sealed
            given = current.evolve(sealed=sealed if ours else current.sealed, renewing_until=None)
            try:
                self._store.commit(Swap(current, given), durable=ours and sealed != mine.sealed)
            except Stale:
                try:
                    current = self._store.get(Connection, mine.id)
                except NotFound:
                    return  # unlinked meanwhile, and forgotten with all it had
                continue
            return
        log.error("renewal_not_kept", extra={"connection_id": mine.id})
        raise Unavailable("The account is being changed all the time; try again.")
