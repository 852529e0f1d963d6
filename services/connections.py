"""Links accounts, and says which are linked."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import ValidationError

from core.clock import Clock
from core.connections import Access, Connection, Credentials, Health
from core.deployment import Deployment
from core.errors import (
    AlreadyThere,
    Invalid,
    NotFound,
    OrchestreError,
    Stale,
    Unavailable,
)
from core.feeds import Feed, Hint
from core.messages import Address
from core.sealing import Sealer
from db.base import Add, Change, Database, Drop, Store, Swap
from providers import Account, Registry
from providers.auth import ways

from .admission import Admission
from .offers import Offer, offers
from .opening import Opening

TRIES = 8
NAMESPACE = UUID("0d3c6f1e-7f5a-4a53-8d3c-9f0f8b0c2a11")


class Connections(Opening):
    def __init__(
        self,
        database: Database,
        registry: Registry,
        sealer: Sealer,
        *,
        home: Path,
        deployment: Deployment,
        access: Access,
        private_hosts: bool,
        clock: Clock,
    ) -> None:
        admission = Admission(database, registry, access=access, private_hosts=private_hosts)
        super().__init__(
            database, registry, sealer, admission, home=home, deployment=deployment, clock=clock
        )

    def offers(self, *, hidden: bool = False) -> list[Offer]:
        """The providers there are, by name; then the plug-ins that could not be loaded."""
        return offers(self._registry, self._deployment, hidden=hidden)

    def link(
        self,
        provider: str,
        address: Address,
        *,
        by: str,
        settings: dict[str, Any],
        credentials: Credentials,
        access: Access | None = None,
        confirm: bool = False,
    ) -> Connection:
        """Prove that the account can be read and written, then keep it.

        Of one that is linked already, what is not said stays: its settings, its name, and what it
        is linked for. One that somebody else here has linked wants `confirm`.
        """
        provider = self.provider_name(provider)
        self._admission.check_user(provider, by=by)
        if self.ways(provider) == ("consent",) and credentials == Credentials(
            password=credentials.password
        ):
            raise Invalid(
                f"{provider!r} takes no password. Its owner agrees in a browser: "
                f"POST /providers/link_provider, or orchestre connections add {provider}"
            )
        kept = self._kept(provider, address.handle, by=by)
        if kept:
            settings = settings or kept.settings
            address = address if address.name else kept.account
        account = self._account(provider, address, settings, credentials).model_copy(
            update={
                "access": self._admission.access_for(provider, access, kept=kept),
                "private_hosts": self._admission.may_name_private_hosts(provider, by=by),
            }
        )
        self._identify(provider, account)
        self._admission.check_others(provider, address.handle, by=by, confirmed=confirm)
        return self.keep(provider, account, by=by)

    def prove(
        self,
        provider: str,
        credentials: Credentials,
        *,
        by: str,
        access: Access | None = None,
        hint: str = "",
    ) -> Account:
        """The account that these open, with the settings it has where it is linked already.

        Where no `access` is named, it is the one that the account of the name `hint` has, else the
        usual one.
        """
        if access is None:
            kept = self._kept(provider, hint, by=by)
            access = self._admission.access_for(provider, None, kept=kept)
        account = self._account(provider, Address(handle=hint), {}, credentials)
        account = account.model_copy(update={"access": access})
        address = self._identify(provider, account)
        known = self._kept(provider, address.handle, by=by)
        settings = known.settings if known else account.settings
        return account.model_copy(update={"address": address, "settings": settings})

    def linked_by_others(self, provider: str, handle: str, *, by: str) -> bool:
        """Whether somebody else here has linked this account."""
        return self._admission.linked_by_others(provider, handle, by=by)

    def _kept(self, provider: str, handle: str, *, by: str) -> Connection | None:
        found = self._database.for_owner(by).find(
            Connection, provider=provider, handle=handle.strip().casefold()
        )
        return found[0] if found else None

    def keep(self, provider: str, account: Account, *, by: str) -> Connection:
        """Keep an account that was proven. One that is linked already stays the same one: its
        credentials are renewed, and what waited for that goes on."""
        address, credentials = account.address, account.credentials
        handle = address.handle.casefold()
        id = str(uuid5(NAMESPACE, f"{by}/{provider}/{handle}"))
        store = self._database.for_owner(by)
        connection = Connection(
            id=id,
            owner_id=by,
            provider=provider,
            account=address,
            handle=handle,
            settings=account.settings,
            sealed=self._seal(id, credentials, owner_id=by),
            access=account.access,
            promise=self._registry.named(provider)(account).promise,
            linked_at=self._clock(),
        )
        try:
            store.commit(Add(connection))
        except AlreadyThere:
            return self._relink(store, connection)
        return connection

    def _relink(self, store: Store, new: Connection) -> Connection:
        for _ in range(TRIES):
            kept = store.get(Connection, new.id)
            connection = kept.evolve(
                settings=new.settings,
                sealed=new.sealed,
                account=new.account,
                aliases_at=None,
                access=new.access,
                promise=new.promise,
                health=Health.LINKED,
                trouble="",
            )
            changes: list[Change] = [Swap(kept, connection)]
            if kept.health is not Health.LINKED:
                changes += self._go_on(store, connection)
            try:
                store.commit(*changes)
            except Stale:
                continue
            return connection
        raise Stale("The account is in use; try again in a moment.")

    def _go_on(self, store: Store, connection: Connection) -> list[Change]:
        """Its feed rests for long after such trouble: a hint makes it due now."""
        now = self._clock()
        hint = Hint(id=connection.id, owner_id=connection.owner_id, hinted_at=now, due_at=now)
        return [Add(hint, keep_first=True)] if store.find(Feed, id=connection.id) else []

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

    def ways(self, provider: str) -> tuple[str, ...]:
        """How an account may be linked there: `consent`, or the name of what is typed in."""
        return ways(self._registry.named(provider).auth)

    def test(self, connection_id: str, *, by: str) -> Address:
        """Whose account it is, after proving again that it can be read and written."""
        connection = self.get(connection_id, by=by)
        address = self._identify(connection.provider, self._account_of(connection))
        store = self._database.for_owner(by)
        connection = store.get(Connection, connection.id)  # renewing it may have changed it
        if connection.health is not Health.LINKED:
            linked = connection.evolve(health=Health.LINKED, trouble="")
            store.commit(Swap(connection, linked), *self._go_on(store, linked))
        return address

    def drop(self, connection: Connection) -> None:
        self._database.for_workers().commit(Drop(connection))

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
