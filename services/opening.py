"""Opens linked accounts for one piece of work. Unsealing what opens them happens here only."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from core.clock import Clock
from core.connections import Connection, Credentials, Health, place_of
from core.deployment import Deployment
from core.errors import Invalid, ReauthorizationRequired, Refused, Stale
from core.messages import Outgoing
from core.sealing import Sealer
from db.base import Add, Database, Swap
from providers import Account, BaseProvider, Registry

from .admission import Admission
from .relinking import must_relink
from .renewals import Renewals


class Opening:
    def __init__(
        self,
        database: Database,
        registry: Registry,
        sealer: Sealer,
        admission: Admission,
        *,
        home: Path,
        deployment: Deployment,
        clock: Clock,
    ) -> None:
        self._database = database
        self._registry = registry
        self._sealer = sealer
        self._admission = admission
        self._home = home
        self._deployment = deployment
        self._clock = clock
        self._renewals = Renewals(
            database,
            unseal=lambda kept: self._open(kept).credentials,
            seal=lambda kept, new: self._seal(
                kept.id, new, owner_id=kept.owner_id, kept=kept.sealed
            ),
            clock=clock,
        )

    @contextmanager
    def borrow(self, connection: Connection) -> Iterator[BaseProvider]:
        """The account, open, for this thread alone. Unsealing happens here only."""
        if connection.health is Health.NEEDS_REAUTHORIZATION:
            raise ReauthorizationRequired(
                connection.trouble or f"The account {connection.handle!r} must be linked again."
            )
        key = f"{connection.id} {connection.version}"
        account = partial(self._account_of, connection)
        with self._registry.borrow(connection.provider, account, key=key) as open:
            yield open

    def check(self, connection: Connection, outgoing: Outgoing) -> None:
        """`Invalid`, with the limit in words, where the service can send no such answer."""
        try:
            self._registry.named(connection.provider).check(outgoing)
        except Refused as refused:
            raise Invalid(str(refused)) from refused

    def credentials_of(self, connection: Connection) -> Credentials:
        """What opens it, to be given back to the service and for nothing else."""
        return self._open(connection).credentials

    def expire(self, connection_id: str, why: str = "") -> None:
        """Its credentials are no longer good: leave it alone until its owner links it again.

        They are told why, once for each time that it was linked.
        """
        store = self._database.for_workers()
        connection = store.get(Connection, connection_id)
        if connection.health is Health.LINKED:
            kind = self._registry.named(connection.provider)
            alert = must_relink(connection, kind, why, now=self._clock())
            try:
                store.commit(Swap(connection, connection.expire(why)), Add(alert, keep_first=True))
            except Stale:
                return  # linked again, or expired, in the meantime

    def close(self) -> None:
        self._registry.close()

    def _open(self, connection: Connection) -> Account:
        place = place_of(connection.id, owner_id=connection.owner_id)
        bare = self._sealer.open(connection.sealed, place)
        return Account(
            id=connection.id,
            address=connection.account,
            aliases=connection.aliases,
            credentials=Credentials.model_validate_json(bare),
            settings=connection.settings,
            home=self._home,
            deployment=self._deployment,
        )

    def _account_of(self, connection: Connection) -> Account:
        """The account with what is its connection's own: what it may do, and how it is renewed."""
        renew = partial(self._renewals.renew, connection.id)
        return self._open(connection).model_copy(
            update={
                "access": connection.access,
                "private_hosts": self._admission.may_name_private_hosts(
                    connection.provider, by=connection.owner_id
                ),
                "renew": renew,
            }
        )

    def _seal(self, id: str, credentials: Credentials, *, owner_id: str, kept: str = "") -> str:
        """`kept` is what is sealed there now, whose data key is then used again."""
        bare = json.dumps(credentials.reveal(), default=str)
        return self._sealer.seal(bare, place_of(id, owner_id=owner_id), kept=kept)
