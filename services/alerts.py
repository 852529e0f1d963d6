"""Tells the owner of an account, and whoever runs this, what needs them."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from email.utils import make_msgid

from core.alerts import Alert, Channel
from core.clock import Clock
from core.connections import Connection
from core.errors import Conflict, NotFound, NotSupported, OrchestreError, Unavailable
from core.messages import Address, Outgoing
from core.users import User
from db.base import Add, Database, Swap

from .connections import Connections
from .own_mail import MARKS, prepare
from .webhook import Webhook

log = logging.getLogger(__name__)

PAUSE = timedelta(minutes=5)
CALLING = timedelta(minutes=1)
"""Longer than one call of the webhook takes: whoever makes it has the alert until then."""
MOST_TRIES = 288
"""With that pause, a day. Nobody wants to be told later."""


class Alerts:
    def __init__(
        self,
        database: Database,
        connections: Connections,
        *,
        clock: Clock,
        webhook: Webhook | None = None,
    ) -> None:
        self._database = database
        self._store = database.for_workers()
        self._connections = connections
        self._clock = clock
        self._webhook = webhook

    def tell_due(self) -> int:
        """Tell the alerts that wait; how many mails went out.

        An alert is given up before it is sent by mail, so that it is never sent twice; one that
        is certain not to have gone out is taken up again.
        """
        self.call_due()
        due = self._store.due(Alert, self._clock())
        return sum(self._tell(alert) for alert in due if alert.channel is Channel.MAIL)

    def call_due(self) -> int:
        """Call the webhook for what waits; how many calls were taken.

        Any process may do this, also one that sends no mail: it must work when no worker does.
        """
        now = self._clock()
        if self._webhook is None:
            for alert in self._store.due(Alert, now):
                if alert.channel is Channel.WEBHOOK:
                    self._give_up(alert)
            return 0
        for alert in self._store.due(Alert, now):
            if alert.channel is Channel.MAIL:
                self._store.commit(Add(_call_of(alert), keep_first=True))
        due = self._store.due(Alert, now)
        return sum(self._call(alert) for alert in due if alert.channel is Channel.WEBHOOK)

    def _give_up(self, alert: Alert) -> None:
        with suppress(Conflict):
            self._store.commit(Swap(alert, alert.evolve(due_at=None)))

    def _call(self, alert: Alert) -> bool:
        assert self._webhook, "there is one, or nothing would be called"
        now = self._clock()
        claimed = alert.evolve(due_at=now + CALLING, tries=alert.tries + 1)
        try:
            self._store.commit(Swap(alert, claimed))
            self._webhook.call(claimed, self._store.get(Connection, alert.connection_id))
        except Conflict:
            return False
        except OrchestreError as error:
            if not isinstance(error, NotFound) and claimed.tries == 1:
                facts = {"connection_id": alert.connection_id, "error": str(error)}
                log.warning("webhook_failed", extra=facts)
            gone = isinstance(error, NotFound) or claimed.tries >= MOST_TRIES
            self._store.commit(Swap(claimed, claimed.evolve(due_at=None if gone else now + PAUSE)))
            return False
        self._store.commit(Swap(claimed, claimed.evolve(due_at=None)))
        return True

    def _tell(self, alert: Alert) -> bool:
        claimed = alert.evolve(due_at=None, tries=alert.tries + 1)
        try:
            self._store.commit(Swap(alert, claimed))
            connection = self._store.get(Connection, alert.connection_id)
            owner = self._store.get(User, alert.owner_id)
        except (Conflict, NotFound):
            return False
        again = False
        for way in self._ways(connection):
            try:
                return self._write(alert, way, owner)
            except NotSupported:
                continue
            except OrchestreError:
                again = True  # it certainly has not gone out this way
        again = again and claimed.tries < MOST_TRIES
        if again:
            self._store.commit(Swap(claimed, claimed.evolve(due_at=self._clock() + PAUSE)))
        if claimed.tries == 1 or not again:
            facts = {"connection_id": alert.connection_id, "again": again}
            log.warning("owner_not_alerted", extra=facts)
        return False

    def _write(self, alert: Alert, way: Connection, owner: User) -> bool:
        """Whether it has gone out this way, or nobody knows; raises where it certainly has not."""
        key, letter, sending = f"alert {alert.id}", self._letter(alert, way, owner), False
        facts = {"connection_id": alert.connection_id}
        try:
            with self._connections.borrow(way) as provider:
                handle = prepare(provider, letter, key=key, connection=way)
                sending = True
                provider.send(letter, key=key, handle=handle)
        except OrchestreError:
            raise
        except Exception as error:
            if not sending:
                raise Unavailable("It could not be made ready to be sent.") from error
            log.exception("alert_uncertain", extra=facts)  # once is what was promised
            return False
        log.warning("owner_alerted", extra=facts)
        return True

    def _ways(self, connection: Connection) -> Iterator[Connection]:
        """The account itself; then its owner's others, for it may be the one in trouble."""
        yield connection
        for other in self._database.for_owner(connection.owner_id).find(Connection):
            if other.id != connection.id:
                yield other

    def _letter(self, alert: Alert, way: Connection, owner: User) -> Outgoing:
        domain = way.handle.rpartition("@")[2] or "localhost"
        return Outgoing(
            to=Address(handle=owner.email),
            sender=way.account,
            subject=f"[Orchestre] {alert.subject}",
            date=self._clock(),
            message_id=make_msgid(domain=domain),
            headers=MARKS,
            body=alert.body,
        )


def _call_of(alert: Alert) -> Alert:
    """The same for the webhook, told apart from the mail."""
    return alert.model_copy(
        update={"id": f"{alert.id} webhook", "channel": Channel.WEBHOOK, "version": 0, "tries": 0}
    )
