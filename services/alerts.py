"""Tells the owner of an account what needs them: one mail for each trouble."""

import logging
from datetime import timedelta
from email.utils import make_msgid

from core.alerts import Alert
from core.clock import Clock
from core.connections import Connection
from core.errors import Conflict, NotFound, OrchestreError
from core.messages import Address, Outgoing
from core.users import User
from db.base import Database, Swap
from providers import Capability

from .connections import Connections

log = logging.getLogger(__name__)

HEADERS = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"))
PAUSE = timedelta(minutes=5)


class Alerts:
    def __init__(self, database: Database, connections: Connections, *, clock: Clock) -> None:
        self._store = database.for_workers()
        self._connections = connections
        self._clock = clock

    def tell_due(self) -> int:
        """Send the alerts that wait; how many went out.

        An alert is given up before it is sent, so that it is never sent twice; one that is
        certain not to have gone out is taken up again.
        """
        return sum(self._tell(alert) for alert in self._store.due(Alert, self._clock()))

    def _tell(self, alert: Alert) -> bool:
        claimed = alert.evolve(due_at=None)
        try:
            self._store.commit(Swap(alert, claimed))
            connection = self._store.get(Connection, alert.connection_id)
            owner = self._store.get(User, alert.owner_id)
        except (Conflict, NotFound):
            return False
        log.warning("owner_alerted", extra={"connection_id": alert.connection_id})
        try:
            with self._connections.borrow(connection) as provider:
                if Capability.MAIL not in provider.capabilities:
                    return False
                provider.send(self._letter(alert, connection, owner), key=f"alert {alert.id}")
        except OrchestreError:
            self._store.commit(Swap(claimed, claimed.evolve(due_at=self._clock() + PAUSE)))
            return False
        except Exception:  # it may have gone out: once is what was promised
            log.exception("alert_uncertain", extra={"connection_id": alert.connection_id})
            return False
        return True

    def _letter(self, alert: Alert, connection: Connection, owner: User) -> Outgoing:
        domain = connection.handle.rpartition("@")[2] or "localhost"
        return Outgoing(
            to=Address(handle=owner.email),
            sender=connection.account,
            subject=f"[Orchestre] {alert.subject}",
            date=self._clock(),
            message_id=make_msgid(domain=domain),
            headers=HEADERS,
            body=alert.body,
        )
