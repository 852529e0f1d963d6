"""Has services take back what accounts have there that we left: their permission, and a watch that
could not be ended at once. Nobody waits for that."""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from uuid import uuid4

from core.alerts import Alert
from core.clock import Clock
from core.connections import Attempt, Connection, Credentials, Stage
from core.deployment import Deployment
from core.errors import Conflict, OrchestreError, ReauthorizationRequired
from core.sealing import Sealer
from core.watches import Watch
from db.base import Add, Change, Database, Drop, Swap
from providers import Account, BaseProvider, Registry
from providers.auth import OAuth
from providers.consent import give_back
from providers.http import shared

from .attempts import place_of_attempt
from .connections import Connections

log = logging.getLogger(__name__)

TRIES = 3
PAUSE = timedelta(minutes=5)
CALLING = timedelta(minutes=2)
"""Longer than one call takes: whoever makes it has the errand until then."""
SHOWN = timedelta(days=30)
LEFT = "a permission must be taken back by hand"


class Revocations:
    def __init__(
        self,
        database: Database,
        registry: Registry,
        connections: Connections,
        sealer: Sealer,
        *,
        deployment: Deployment,
        clock: Clock,
    ) -> None:
        self._store = database.for_workers()
        self._registry = registry
        self._connections = connections
        self._sealer = sealer
        self._deployment = deployment
        self._clock = clock

    def plan(self, connection: Connection) -> tuple[list[Change], str]:
        """What is to be committed with the unlinking, and what its owner should know.

        What others here have linked as well is left alone: the service would end theirs, too.
        """
        auth = self._registry.named(connection.provider).auth
        if not isinstance(auth, OAuth):
            return [], ""
        by_hand = f"Take the permission back at {auth.permissions}."
        try:
            credentials = self._connections.credentials_of(connection)
        except OrchestreError:
            return [], f"Its credentials cannot be read any more. {by_hand}"
        if credentials.refresh_token is None and credentials.access_token is None:
            return [], ""
        if not auth.desk(self._deployment).revoke_url:
            return [], f"{auth.title} has no address for that: {by_hand[0].lower()}{by_hand[1:]}"
        if self._connections.linked_by_others(
            connection.provider, connection.handle, by=connection.owner_id
        ):
            return [], "Somebody else here has linked it as well: the permission stays."
        return [Add(self._errand(connection, credentials))], ""

    def plan_unwatch(self, connection: Connection, subscription: str) -> list[Change]:
        """What is to be committed with the end of a watch that the service still knows of."""
        try:
            credentials = self._connections.credentials_of(connection)
        except OrchestreError:
            return []
        errand = self._errand(connection, credentials)
        return [Add(errand.model_copy(update={"subscription": subscription}))]

    def work_due(self) -> int:
        """Run the errands that are due; how many were done."""
        due = self._store.due(Attempt, self._clock())
        return sum(self._run(one) for one in due if one.stage is Stage.LEAVING)

    def _errand(self, connection: Connection, credentials: Credentials) -> Attempt:
        id = hashlib.sha256(uuid4().bytes).hexdigest()
        bare = json.dumps(credentials.reveal(), default=str)
        return Attempt(
            id=id,
            owner_id=connection.owner_id,
            due_at=self._clock(),
            provider=connection.provider,
            access=connection.access,
            stage=Stage.LEAVING,
            account=connection.account,
            sealed=self._sealer.seal(bare, place_of_attempt(id, connection.owner_id)),
            connection_id=connection.id,
            settings=connection.settings,
        )

    def _run(self, errand: Attempt) -> bool:
        mine = errand.evolve(due_at=self._clock() + CALLING, failures=errand.failures + 1)
        try:
            self._store.commit(Swap(errand, mine))
        except Conflict:
            return False  # somebody else runs it
        try:
            if mine.subscription:
                self._unwatch(mine)
            else:
                self._give_back(mine)
        except Exception as error:  # the errand is tried again, whatever went wrong with it
            log.info("revocation_failed", extra={"connection_id": mine.connection_id})
            self._put_off(mine, error)
            return False
        self._store.commit(Drop(mine))
        return True

    def _unwatch(self, errand: Attempt) -> None:
        """Nothing to do where somebody is told by the same again, or the permission has ended."""
        watches = self._store.find(Watch, subscription=errand.subscription)
        if any(watch.provider == errand.provider for watch in watches):
            return
        with suppress(ReauthorizationRequired), self._opened(errand) as provider:
            provider.unwatch(errand.subscription)

    @contextmanager
    def _opened(self, errand: Attempt) -> Iterator[BaseProvider]:
        """The account: as it is linked now, or else as it was."""
        for connection in self._store.find(Connection, id=errand.connection_id):
            with self._connections.borrow(connection) as provider:
                yield provider
            return
        account = self._account(errand).model_copy(update={"private_hosts": False})
        with closing(self._registry.named(errand.provider)(account)) as provider:
            yield provider

    def _account(self, errand: Attempt) -> Account:
        assert errand.account, "an errand knows its account"
        bare = self._sealer.open(errand.sealed, place_of_attempt(errand.id, errand.owner_id))
        return Account(
            id=errand.connection_id,
            address=errand.account,
            credentials=Credentials.model_validate_json(bare),
            settings=errand.settings,
            deployment=self._deployment,
        )

    def _give_back(self, errand: Attempt) -> None:
        """Nothing to do where the account was linked again meanwhile, by anybody here."""
        account = errand.account
        assert account, "an errand knows its account"
        if self._connections.linked_by_others(errand.provider, account.handle, by=""):
            return
        auth = self._registry.named(errand.provider).auth
        assert isinstance(auth, OAuth), "only those have an errand"
        give_back(auth, self._account(errand), http=shared(self._deployment.ca_bundle))

    def _put_off(self, errand: Attempt, error: Exception) -> None:
        """Try again later; after the last time forget the credentials, and say what to do."""
        if errand.failures < TRIES:
            self._store.commit(Swap(errand, errand.evolve(due_at=self._clock() + PAUSE)))
            return
        why = str(error) if isinstance(error, OrchestreError) else "It could not be asked."
        words = f"{why} {self._by_hand(errand)}"
        log.warning("revocation_given_up", extra={"connection_id": errand.connection_id})
        given_up = errand.evolve(
            stage=Stage.FAILED, sealed="", words=words, due_at=self._clock() + SHOWN
        )
        self._store.commit(Swap(errand, given_up), *self._alert(errand, words))

    def _by_hand(self, errand: Attempt) -> str:
        kind = self._registry.named(errand.provider)
        if errand.subscription:
            return (
                f"{kind.title} goes on telling of this account's news, and is turned away. Before "
                "another program reads the account, take the webhook or subscription back there."
            )
        where = kind.auth.permissions if isinstance(kind.auth, OAuth) else "the service"
        return f"The account is unlinked. Take the permission back yourself, at {where}."

    def _alert(self, errand: Attempt, words: str) -> list[Change]:
        """Through an account that is still there, if there is one."""
        others = self._store.find(Connection, owner_id=errand.owner_id)
        if not others or not errand.account:
            return []
        left = "the service still tells of its news" if errand.subscription else LEFT
        alert = Alert(
            id=f"{errand.connection_id} revocation {errand.id}",
            owner_id=errand.owner_id,
            due_at=self._clock(),
            connection_id=others[0].id,
            subject=f"{errand.account.handle}: {left}",
            body=words,
        )
        return [Add(alert, keep_first=True)]
