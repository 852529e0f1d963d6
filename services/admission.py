"""Says who may link what, and what for."""

from core.connections import Access, Connection
from core.errors import Conflict, Invalid, NotAllowed
from core.users import User
from db.base import Database
from providers import Registry
from providers.auth import OAuth


class Admission:
    def __init__(
        self, database: Database, registry: Registry, *, access: Access, private_hosts: bool
    ) -> None:
        """`access` is what accounts are linked for where nobody says, and `private_hosts` whether
        anybody may name hosts of the network that this machine is in."""
        self._database = database
        self._registry = registry
        self._access = access
        self._private_hosts = private_hosts

    def check_user(self, provider: str, *, by: str) -> None:
        """A stranger who signed up must not read the folders of whoever runs the machine."""
        if self._registry.named(provider).local and not self._is_operator(by):
            raise NotAllowed(
                f"{provider!r} reads folders of this machine. Whoever runs it can link the "
                "account on the command line: orchestre connections add"
            )

    def may_name_private_hosts(self, provider: str, *, by: str) -> bool:
        """Nor find out what listens in there, or read its files by their names."""
        if not self._registry.named(provider).names_hosts:
            return True
        return self._private_hosts or self._is_operator(by)

    def access_for(
        self, provider: str, wanted: Access | None, *, kept: Connection | None
    ) -> Access:
        """What an account is linked for: what was asked for, else what it is linked for already,
        else what is usual.

        A service that has no permissions to choose from can be held to nothing less than sending,
        and what is usual elsewhere does not count there.
        """
        kind = self._registry.named(provider)
        uses: tuple[Access, ...] = (Access.SEND,)
        usual = Access.SEND
        if isinstance(kind.auth, OAuth):
            uses, usual = kind.auth.uses(), kept.access if kept else self._access
        access = wanted or usual
        if access in uses:
            return access
        raise Invalid(
            f"{kind.title} cannot be linked for {access.value!r}. Choose the access: "
            f"{', '.join(uses)}."
        )

    def linked_by_others(self, provider: str, handle: str, *, by: str) -> bool:
        """Whether somebody else here has linked this account."""
        bare = handle.casefold().removeprefix("@")  # chat services show names with it
        everybodys = self._database.for_workers().find(
            Connection, provider=provider, handle=[bare, f"@{bare}"]
        )
        return any(kept.owner_id != by for kept in everybodys)

    def check_others(self, provider: str, handle: str, *, by: str, confirmed: bool) -> None:
        """Raise `Conflict` where somebody else here has linked the account and a second one must
        not, or has yet to say that they want to. It does not say who the first one is."""
        if not self.linked_by_others(provider, handle, by=by):
            return
        kind = self._registry.named(provider)
        if kind.carries:
            raise Conflict(
                f"Somebody else here has linked this account as well. {kind.title} gives each "
                "message to one reader only, so each of you would lose what the other gets. Link "
                "another account, or this one once it is unlinked there."
            )
        if not confirmed:
            raise Conflict(
                "Somebody else here has linked this account as well. Both bots would answer its "
                "messages. To link it too, say confirm=true, or --confirm on the command line."
            )

    def _is_operator(self, id: str) -> bool:
        return any(user.operator for user in self._database.for_owner(id).find(User, id=id))
