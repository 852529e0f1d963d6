"""Links accounts whose owners agree at the service: there and back in one and the same browser.

What goes out and comes back is known by `state`, which is taken once. Only its hash is kept, and
with it the hash of what only the browser knows that set out (RFC 9700 4.7): who is made to open
the end of somebody else's link has nothing to show, and nothing is linked.
"""

import json
import secrets

from pydantic import SecretStr

from core.clock import Clock
from core.connections import Access, Attempt, Connection, Credentials, Stage
from core.deployment import Deployment
from core.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    OrchestreError,
    Refused,
)
from core.messages import Address
from core.records import Value
from core.sealing import Sealer
from db.base import Add, Database
from providers import Account, Registry
from providers.auth import OAuth, Question, Scope
from providers.consent import exchange, is_issuer, whose
from providers.http import shared

from .attempts import AGAIN, KEPT, LASTS, Attempts, hash_of, knows
from .connections import Connections
from .desks import Desks
from .offers import Permission
from .redirects import allowed

DENIALS = {
    "access_denied": "You did not agree, so nothing was linked.",
    "consent_required": "You did not agree, so nothing was linked.",
    "temporarily_unavailable": "The service cannot ask you now. Try again later.",
    "server_error": "The service cannot ask you now. Try again later.",
    "admin_policy_enforced": "The organisation that runs the account does not allow this. Ask its "
    "administrator to trust this application.",
}
"""RFC 6749 4.1.2.1, and Google's own."""


class Start(Value):
    """What somebody needs to set out with."""

    link_id: str
    url: str
    """Where the owner of the account is asked. It is opened in the browser that holds `browser`."""
    browser: SecretStr
    asks: tuple[Permission, ...]
    expires_in: int


class Consents:
    def __init__(
        self,
        database: Database,
        registry: Registry,
        connections: Connections,
        sealer: Sealer,
        *,
        deployment: Deployment,
        public_url: str,
        redirect_urls: str,
        access: Access,
        clock: Clock,
    ) -> None:
        self._database = database
        self._desks = Desks(registry, deployment=deployment, public_url=public_url)
        self._connections = connections
        self._attempts = Attempts(database, sealer, clock=clock)
        self._deployment = deployment
        self._public_url = public_url
        self._redirect_urls = redirect_urls
        self._access = access
        self._clock = clock

    def begin(
        self,
        provider: str,
        *,
        by: str,
        session: str,
        access: Access | None = None,
        redirect_url: str = "",
        account: str = "",
    ) -> Start:
        """Set out to link an account. `session` is the sign-in that this is done in; where an
        `account` is named, no other one is linked."""
        name = self._connections.provider_name(provider)
        auth = self._desks.known(name)
        access = access or self._access
        scopes = _asked(auth, access)
        question = Question(
            state=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            nonce=secrets.token_urlsafe(24),
            redirect_uri=self._desks.redirect_uri(name),
            access=access,
        )
        browser = secrets.token_urlsafe(32)
        id = hash_of(question.state)
        attempt = Attempt(
            id=id,
            owner_id=by,
            due_at=self._clock() + LASTS,
            provider=name,
            named=provider.strip(),
            access=access,
            session=session,
            browser=hash_of(browser),
            account=Address(handle=account) if account else None,
            sealed=self._attempts.sealed(id, question.model_dump_json(), owner_id=by),
            redirect_url=allowed(redirect_url, public=self._public_url, listed=self._redirect_urls),
        )
        self._database.for_owner(by).commit(Add(attempt))
        return Start(
            link_id=id,
            url=auth.address(auth.desk(self._deployment), question),
            browser=SecretStr(browser),
            asks=tuple(Permission(name=scope.name, why=scope.why) for scope in scopes),
            expires_in=int(LASTS.total_seconds()),
        )

    def enter(self, link_id: str, ticket: str) -> Start:
        """Set out with what the command line of this machine has printed; once.

        Nobody but who runs the machine can print one, and what the browser knows from then on is
        in no address.
        """
        attempt = self._attempts.found(link_id)
        if attempt.session or not self._attempts.is_open(attempt) or not knows(attempt, ticket):
            raise NotAllowed("This address was opened already, or is too old. Start again.")
        question = Question.model_validate_json(self._attempts.unsealed(attempt))
        auth, browser = self._desks.known(attempt.provider), secrets.token_urlsafe(32)
        self._attempts.put(attempt, browser=hash_of(browser))
        return Start(
            link_id=link_id,
            url=auth.address(auth.desk(self._deployment), question),
            browser=SecretStr(browser),
            asks=(),
            expires_in=int(LASTS.total_seconds()),
        )

    def link_id(self, state: str) -> str:
        """Which attempt a `state` that came back belongs to."""
        return hash_of(state)

    def finish(
        self, callback: str, *, state: str, browser: str, code: str, error: str, issuer: str
    ) -> Attempt:
        """Take what came back to /providers/{callback}_auth, once; what became of it.

        Raises where the browser is not the one that set out: it must learn nothing.
        """
        attempt = self._attempts.found(hash_of(state))
        taken = self._attempts.take(attempt)
        if not knows(attempt, browser):
            self._attempts.end(taken, "Another browser came back than had set out. " + AGAIN)
            raise NotAllowed(
                "This browser did not set out to link an account, so nothing was linked. Begin "
                f"and end in one browser, at {self._public_url}."
            )
        try:
            self._check(attempt, callback, error=error, issuer=issuer, code=code)
            question = Question.model_validate_json(self._attempts.unsealed(attempt))
            return self._link(taken, self._exchanged(attempt, question, code))
        except OrchestreError as trouble:
            return self._attempts.end(taken, str(trouble))

    def confirm(self, link_id: str, *, by: str) -> Attempt:
        """Link an account although somebody else here has linked it as well."""
        return self._confirm(self._database.for_owner(by).get(Attempt, link_id))

    def confirm_in_browser(self, link_id: str, browser: str) -> Attempt:
        """The same for the browser that came back, which carries no bearer token."""
        attempt = self._attempts.found(link_id)
        if not knows(attempt, browser):
            raise NotAllowed("This browser did not set out to link that account.")
        self._attempts.check_session(attempt)
        return self._confirm(attempt)

    def list(self, *, by: str) -> list[Attempt]:
        return self._database.for_owner(by).find(Attempt)

    def get(self, link_id: str, *, by: str) -> Attempt:
        return self._database.for_owner(by).get(Attempt, link_id)

    def sweep(self) -> None:
        """Forget what nobody came back from."""
        self._attempts.sweep()

    def redirect_uri(self, provider: str) -> str:
        """Where the service of a provider sends browsers back to."""
        return self._desks.redirect_uri(provider)

    def _check(
        self, attempt: Attempt, callback: str, *, error: str, issuer: str, code: str
    ) -> None:
        auth = self._desks.known(attempt.provider)
        if callback != auth.callback:
            raise Refused(f"The answer came from another service than was asked. {AGAIN}")
        self._attempts.check_session(attempt)
        if issuer and not is_issuer(auth, auth.desk(self._deployment), issuer):
            raise Refused(f"The answer came from another service than was asked. {AGAIN}")
        if error:
            raise Refused(DENIALS.get(error, f"{auth.title} could not ask you. {AGAIN}"))
        if not code:
            raise Refused(f"{auth.title} sent nothing along. {AGAIN}")

    def _exchanged(self, attempt: Attempt, question: Question, code: str) -> Account:
        """The account that was consented to, proven to be what it should be."""
        auth, http = self._desks.known(attempt.provider), shared(self._deployment.ca_bundle)
        desk = auth.desk(self._deployment)
        granted = exchange(auth, desk, question, code=code, http=http)
        if granted.refused:
            raise Refused(_unticked(auth, granted.refused))
        if auth.lasting and granted.credentials.refresh_token is None:
            raise Refused(
                f"{auth.title} gave no lasting permission. Take it back at {auth.permissions}, and "
                "start again."
            )
        address = whose(auth, desk, granted.credentials, http=http)
        account = self._connections.prove(
            attempt.provider, granted.credentials, by=attempt.owner_id, access=attempt.access
        )
        handle, meant = account.address.handle.casefold(), attempt.account
        if address and address.casefold() != handle:
            raise Refused(f"{auth.title} names two different accounts. {AGAIN}")
        if meant and meant.handle.casefold() != handle:
            raise Refused("You agreed with another account than the one that was named.")
        return account

    def _link(self, attempt: Attempt, account: Account) -> Attempt:
        """Keep the account; hold it where somebody else here has linked it as well."""
        mine, handle = attempt.owner_id, account.address.handle
        if self._connections.linked_by_others(attempt.provider, handle, by=mine):
            bare = json.dumps(account.credentials.reveal(), default=str)
            return self._attempts.put(
                attempt,
                stage=Stage.HELD,
                account=account.address,
                sealed=self._attempts.sealed(attempt.id, bare, owner_id=mine),
                words="Somebody else here has linked this account as well. Both bots would answer "
                "its messages. Confirm that you want to link it too.",
                due_at=self._clock() + LASTS,
            )
        return self._linked(attempt, account)

    def _confirm(self, attempt: Attempt) -> Attempt:
        held = attempt.due_at is not None and self._clock() < attempt.due_at
        if attempt.stage is not Stage.HELD or not held or attempt.account is None:
            raise Conflict(f"There is nothing to confirm here any more. {AGAIN}")
        credentials = Credentials.model_validate_json(self._attempts.unsealed(attempt))
        taken = self._attempts.put(attempt, stage=Stage.TAKEN, sealed="")
        try:
            account = self._connections.prove(
                attempt.provider,
                credentials,
                by=attempt.owner_id,
                access=attempt.access,
                hint=attempt.account.handle,
            )
            return self._linked(taken, account)
        except OrchestreError as trouble:
            return self._attempts.end(taken, str(trouble))

    def _linked(self, attempt: Attempt, account: Account) -> Attempt:
        lasting = account.credentials.refresh_token
        if lasting:
            # What opens the account for an hour is never written down.
            account = account.model_copy(update={"credentials": Credentials(refresh_token=lasting)})
        kept: Connection = self._connections.keep(attempt.provider, account, by=attempt.owner_id)
        return self._attempts.put(
            attempt,
            stage=Stage.LINKED,
            account=kept.account,
            connection_id=kept.id,
            words=f"Linked {kept.provider}.",
            due_at=self._clock() + KEPT,
        )


def _asked(auth: OAuth, access: Access) -> tuple[Scope, ...]:
    try:
        return auth.scopes[access]
    except KeyError:
        uses = ", ".join(auth.uses())
        raise Invalid(f"{auth.title} cannot be asked for {access!r}; ask for: {uses}.") from None


def _unticked(auth: OAuth, refused: tuple[Scope, ...]) -> str:
    wanted = "; ".join(f"{scope.why} ({scope.name})" for scope in refused)
    return (
        f"These permissions were left out, and are needed: {wanted}. Nothing was linked. Start "
        f"again, and tick every box that {auth.title} shows."
    )
