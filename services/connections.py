"""Links accounts, and opens them for one piece of work."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from core.clock import Clock
from core.connections import Connection, Credentials, Health
from core.deployment import Deployment
from core.errors import (
    AlreadyThere,
    Invalid,
    NotAllowed,
    NotFound,
    OrchestreError,
    ReauthorizationRequired,
    Stale,
    Unavailable,
)
from core.messages import Address
from core.records import Value
from core.sealing import Sealer
from core.users import User
from db.base import Add, Database, Drop, Swap
from providers import Account, BaseProvider, Registry

NAMESPACE = UUID("0d3c6f1e-7f5a-4a53-8d3c-9f0f8b0c2a11")


class Offer(Value):
    """A provider that an account can be linked at, or why it cannot."""

    name: str
    title: str
    description: str = ""
    settings: dict[str, Any] = {}
    """JSON schema of what it asks for besides credentials."""
    problem: str = ""


class Connections:
    def __init__(
        self,
        database: Database,
        registry: Registry,
        sealer: Sealer,
        *,
        home: Path,
        deployment: Deployment,
        clock: Clock,
    ) -> None:
        self._database = database
        self._registry = registry
        self._sealer = sealer
        self._home = home
        self._deployment = deployment
        self._clock = clock

    def offers(self, *, hidden: bool = False) -> list[Offer]:
        """The providers there are, by name; then the plug-ins that could not be loaded."""
        there = [
            Offer(
                name=provider.name,
                title=provider.title,
                description=provider.description,
                settings=provider.settings_type.model_json_schema(),
            )
            for provider in sorted(self._registry, key=lambda provider: provider.name)
            if hidden or not provider.hidden
        ]
        broken = [
            Offer(name=name, title=name, problem=why)
            for name, why in sorted(self._registry.broken.items())
        ]
        return there + broken

    def link(
        self,
        provider: str,
        address: Address,
        *,
        by: str,
        settings: dict[str, Any],
        credentials: Credentials,
    ) -> Connection:
        """Prove that the account can be read and written, then keep it."""
        provider = self.provider_name(provider)
        handle = address.handle.casefold()
        id = str(uuid5(NAMESPACE, f"{by}/{provider}/{handle}"))
        self._allow(provider, by=by)
        account = self._account(provider, address, settings, credentials)
        self._identify(provider, account)
        store = self._database.for_owner(by)
        connection = Connection(
            id=id,
            owner_id=by,
            provider=provider,
            account=address,
            handle=handle,
            settings=account.settings,
            sealed=self._seal(id, credentials),
            linked_at=self._clock(),
        )
        try:
            store.commit(Add(connection))
        except AlreadyThere:
            kept = store.get(Connection, id)
            connection = kept.evolve(
                settings=account.settings,
                sealed=connection.sealed,
                account=address,
                health=Health.LINKED,
            )
            store.commit(Swap(kept, connection))
        return connection

    def list(self, *, by: str) -> list[Connection]:
        return self._database.for_owner(by).find(Connection)

    def get(self, connection_id: str, *, by: str) -> Connection:
        return self._database.for_owner(by).get(Connection, connection_id)

    def named(self, provider: str, handle: str, *, by: str) -> Connection:
        """The connection to one account, or `NotFound` with what there is."""
        name = self.provider_name(provider)
        there = [kept for kept in self.list(by=by) if kept.provider == name]
        for kept in there:
            if kept.handle == handle.strip().casefold():
                return kept
        linked = ", ".join(sorted(kept.handle for kept in there)) or "none"
        raise NotFound(f"You have linked no {name!r} account {handle!r}. Linked: {linked}.")

    def provider_name(self, text: str) -> str:
        """The provider that `text` names: case is no matter, nor is `provider` at its end."""
        folded = text.strip().casefold()
        names = {provider.name for provider in self._registry}
        short = folded.removesuffix("provider")
        return short if short in names else self._registry.named(folded).name

    def test(self, connection_id: str, *, by: str) -> Address:
        """Whose account it is, after proving again that it can be read and written."""
        connection = self.get(connection_id, by=by)
        address = self._identify(connection.provider, self._open(connection))
        if connection.health is not Health.LINKED:
            store = self._database.for_owner(by)
            store.commit(Swap(connection, connection.evolve(health=Health.LINKED)))
        return address

    def drop(self, connection: Connection) -> None:
        self._database.for_workers().commit(Drop(connection))

    @contextmanager
    def borrow(self, connection: Connection) -> Iterator[BaseProvider]:
        """The account, open, for this thread alone. Unsealing happens here only."""
        if connection.health is Health.NEEDS_REAUTHORIZATION:
            raise ReauthorizationRequired(
                f"The account {connection.handle!r} must be linked again."
            )
        key = f"{connection.id} {connection.version}"
        with self._registry.borrow(connection.provider, self._open(connection), key=key) as open:
            yield open

    def expire(self, connection_id: str) -> None:
        """Its credentials are no longer good: leave it alone until its owner links it again."""
        store = self._database.for_workers()
        connection = store.get(Connection, connection_id)
        if connection.health is Health.LINKED:
            try:
                store.commit(Swap(connection, connection.expire()))
            except Stale:
                return  # linked again, or expired, in the meantime

    def close(self) -> None:
        self._registry.close()

    def _allow(self, provider: str, *, by: str) -> None:
        """A stranger who signed up must not read the folders of whoever runs the machine."""
        if self._registry.named(provider).local:
            user = self._database.for_owner(by).get(User, by)
            if not user.operator:
                raise NotAllowed(
                    f"{provider!r} reads folders of this machine. Whoever runs it can link the "
                    "account on the command line: orchestre connections add"
                )

    def _account(
        self, provider: str, address: Address, settings: dict[str, Any], credentials: Credentials
    ) -> Account:
        try:
            checked = self._registry.named(provider).settings_type.model_validate(settings)
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, part['loc'])) or 'settings'}: {part['msg']}"
                for part in error.errors()
            )
            raise Invalid(f"These settings do not fit {provider!r}: {wrong}") from None
        return Account(
            address=address,
            credentials=credentials,
            settings=checked.model_dump(mode="json"),
            home=self._home,
            deployment=self._deployment,
        )

    def _open(self, connection: Connection) -> Account:
        bare = self._sealer.open(connection.sealed, context=connection.id)
        return Account(
            address=connection.account,
            credentials=Credentials.model_validate_json(bare),
            settings=connection.settings,
            home=self._home,
            deployment=self._deployment,
        )

    def _seal(self, id: str, credentials: Credentials) -> str:
        return self._sealer.seal(json.dumps(credentials.reveal(), default=str), context=id)

    def _identify(self, provider: str, account: Account) -> Address:
        opened = self._registry.named(provider)(account)
        try:
            return opened.identify()
        except OrchestreError:
            raise
        except Exception as error:  # a plug-in's own error: nothing was stored, and it says so
            raise Unavailable(f"{opened.title} could not be reached: {error!r}") from error
        finally:
            opened.close()
