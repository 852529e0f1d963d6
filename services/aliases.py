"""An account's other addresses: what is written to them is written to the account."""

import logging
from datetime import timedelta

from core.clock import Clock
from core.connections import Connection
from core.errors import Stale
from core.messages import Address
from db.base import Database, Swap
from providers import BaseProvider, Capability

from .connections import Connections

log = logging.getLogger(__name__)

LAST = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""When the service is asked again that would not say."""


class Aliases:
    def __init__(self, database: Database, connections: Connections, *, clock: Clock) -> None:
        self._store = database.for_workers()
        self._connections = connections
        self._clock = clock

    def renewed(self, connection: Connection) -> Connection:
        """The connection with the addresses that its account has today, asked for once a day."""
        now = self._clock()
        if connection.aliases_at and now - connection.aliases_at < LAST:
            return connection
        aliases, asked = connection.aliases, now
        try:
            with self._connections.borrow(connection) as provider:
                if Capability.ALIASES not in provider.capabilities:
                    return connection
                aliases = _others(provider)
        except Exception as error:  # what is known is good enough to go on with
            log.warning(
                "aliases_unknown", extra={"connection_id": connection.id, "error": repr(error)}
            )
            asked = now - LAST + AGAIN
        new = connection.evolve(aliases=aliases, aliases_at=asked)
        try:
            self._store.commit(Swap(connection, new))
        except Stale:
            return self._store.get(Connection, connection.id)
        return new


def _others(provider: BaseProvider) -> tuple[Address, ...]:
    """Each of them once, and not the account's first one."""
    others = {alias.handle.casefold(): alias for alias in provider.aliases()}
    others.pop(provider.account.address.handle.casefold(), None)
    return tuple(others.values())
