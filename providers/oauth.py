"""Access tokens for accounts whose owner has granted us something by OAuth 2 (RFC 6749).

They are kept in this process's memory only, under a hash of the grant, and never written down.
A process asks for a new one once, however many threads want it.
"""

import json
import re
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any, NoReturn
from urllib.parse import urlencode

from pydantic import SecretStr

from core.clock import system_clock
from core.connections import Credentials
from core.deployment import OAuthClient
from core.errors import OrchestreError, ReauthorizationRequired, Refused, Unavailable

from .base import Account
from .http import Answered, Http, NoAnswer, retry_after

MARGIN_SECONDS = 60.0
"""A token is given up so long before it expires: a request takes time, and clocks differ."""
REFRESH_SECONDS = 20.0
SHORT_SECONDS = 300.0
"""How long a token is believed whose service does not say (RFC 6749 5.1 allows that)."""

ENDED = frozenset(
    {"invalid_grant", "interaction_required", "consent_required", "login_required"}
    | {"invalid_refresh_token", "token_revoked", "token_expired", "account_inactive"}
)
UNKNOWN_CLIENT = frozenset(
    {"invalid_client", "unauthorized_client", "deleted_client"}
    | {"invalid_client_id", "bad_client_secret"}
)
PASSING = frozenset(
    {"temporarily_unavailable", "server_error", "internal_failure"}
    | {"ratelimited", "internal_error", "service_unavailable", "fatal_error"}
)
"""As RFC 6749 5.2 has them; Slack has codes of its own, and says them with status 200
(docs.slack.dev/reference/methods/oauth.v2.access)."""
ENDINGS = {
    "Google": (
        "That happens when the password is changed, when the permission is withdrawn in the "
        "Google account, after six months without use, and after 7 days where the consent "
        "screen is still in testing"
    ),
    "Microsoft": (
        "That happens when the password is changed, when the permission is withdrawn by the "
        "owner or an administrator, after 90 days without use, and when the organisation's "
        "rules want a new sign-in"
    ),
}
"""Why a service ends a grant: developers.google.com/identity/protocols/oauth2#expiration,
learn.microsoft.com/entra/identity-platform/refresh-tokens."""

_CODE = re.compile(r"[a-z_]{1,40}")
_AADSTS = re.compile(r"AADSTS\d{4,9}")


@dataclass
class _Kept:
    """One grant's tokens. Everything below the lock is changed under it."""

    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    refresh_token: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    good_until: float = 0.0
    """By the monotonic clock, margin included."""
    flight: Future[str] | None = None
    """The refresh that is under way, for whoever else wants the token meanwhile."""


_KEPT: dict[str, _Kept] = {}
_KEPT_LOCK = threading.Lock()


class Grant:
    """What the owner of an account lets us do at `service`. Opens nothing until it is asked."""

    def __init__(
        self,
        account: Account,
        *,
        service: str,
        token_url: str,
        client: OAuthClient,
        http: Http,
        scope: str = "",
        rotates: bool = False,
    ) -> None:
        """`service` is what people call it, and what its settings begin with: Google,
        GOOGLE_CLIENT_ID. `scope` is asked for where a service wants that with a refresh.
        One that `rotates` gives a new refresh token with each, and may take the old one back."""
        self._credentials = account.credentials
        self._service = service
        self._token_url = token_url
        self._client = client
        self._http = http
        self._scope = scope
        self._renew = account.renew if rotates else None
        self._found: _Kept | None = None

    def access_token(self) -> str:
        """A token that is good for a minute at least, refreshed when there is none.

        A refresh alters nothing that anybody sees, so every failure of it promises that nothing
        was done, before a write as well.
        """
        kept = self._kept()
        with kept.lock:
            if time.monotonic() < kept.good_until:
                return kept.access_token
            flight = kept.flight
            if flight is None:
                kept.flight = mine = Future[str]()
        if flight is not None:
            return self._wait_for(flight)
        return self._fly(kept, mine)

    def forget(self, token: str) -> None:
        """The service no longer takes `token`. A newer one, that another thread got, stays."""
        kept = self._kept()
        with kept.lock:
            if kept.access_token == token:
                kept.access_token, kept.good_until = "", 0.0

    @property
    def rotated(self) -> SecretStr | None:
        """The refresh token that came in the stored one's place, to be stored; usually none."""
        newest = self._kept().refresh_token
        return SecretStr(newest) if newest != _bare(self._credentials.refresh_token) else None

    def _kept(self) -> _Kept:
        self._found = self._found or self._find()
        return self._found

    def _find(self) -> _Kept:
        given = self._credentials
        key = self._key(_bare(given.refresh_token) or _bare(given.access_token))
        with _KEPT_LOCK:
            if key not in _KEPT:
                _KEPT[key] = _Kept(
                    refresh_token=_bare(given.refresh_token),
                    access_token=_bare(given.access_token),
                    good_until=_good_until(given),
                )
            return _KEPT[key]

    def _key(self, secret: str) -> str:
        return sha256(f"{self._token_url}\n{self._scope}\n{secret}".encode()).hexdigest()

    def _wait_for(self, flight: Future[str]) -> str:
        try:
            return flight.result(timeout=REFRESH_SECONDS + 5)
        except TimeoutError as error:
            raise Unavailable(f"{self._service} is slow to renew the access.") from error

    def _fly(self, kept: _Kept, flight: Future[str]) -> str:
        """Refresh for everybody who waits. A failure is theirs, too: it is not tried again."""
        try:
            token = self._refresh(kept)
        except BaseException as error:
            with kept.lock:
                kept.flight = None
            known = isinstance(error, OrchestreError)
            flight.set_exception(error if known else Unavailable("The access was not renewed."))
            raise
        flight.set_result(token)
        return token

    def _refresh(self, kept: _Kept) -> str:
        held = Credentials(refresh_token=SecretStr(kept.refresh_token))
        renewed = self._renew(self._ask_for_more) if self._renew else self._ask_for_more(held)
        with kept.lock:
            kept.access_token = token = _bare(renewed.access_token)
            kept.good_until = _good_until(renewed)
            kept.flight = None
            old, kept.refresh_token = kept.refresh_token, _bare(renewed.refresh_token)
        with _KEPT_LOCK:
            # Whoever stores the new one and opens the account with it finds the same tokens.
            _KEPT[self._key(kept.refresh_token)] = kept
            if self._renew and kept.refresh_token != old:
                _KEPT.pop(self._key(old), None)
        return token

    def _ask_for_more(self, held: Credentials) -> Credentials:
        """What the service gives for these. It is asked once."""
        answered = self._ask(_bare(held.refresh_token))
        said = read_json(answered)
        token, newest = said.get("access_token"), said.get("refresh_token")
        if answered.status != 200 or not isinstance(token, str) or not token:
            self._fail(answered, said)
        rotated = SecretStr(newest) if isinstance(newest, str) and newest else None
        return Credentials(
            access_token=SecretStr(token),
            refresh_token=rotated or held.refresh_token,
            expires_at=system_clock() + timedelta(seconds=_lifetime(said)),
        )

    def _ask(self, refresh_token: str) -> Answered:
        if not refresh_token:
            raise ReauthorizationRequired(
                f"Link the account again: {self._service} has given no lasting permission for it."
            )
        if not self._client.id:
            raise Refused(f"Set {self._settings}: {self._service} wants to know who asks.")
        secret = _bare(self._client.secret)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self._client.id,
            "client_secret": secret,
            "scope": self._scope,
        }
        try:
            return self._http.request(
                "POST",
                self._token_url,
                headers={
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Accept": "application/json",
                },
                body=urlencode({name: value for name, value in form.items() if value}).encode(),
                seconds=REFRESH_SECONDS,
            )
        except NoAnswer as error:
            raise Unavailable(f"{self._service} does not renew the access: {error}") from error

    def _fail(self, answered: Answered, said: Mapping[str, Any]) -> NoReturn:
        """Raise what an error of the token endpoint means (RFC 6749 5.2)."""
        error = str(said.get("error", ""))
        if answered.status == 429 or answered.status >= 500 or error in PASSING:
            raise Unavailable(
                f"{self._service} cannot renew the access now ({answered.status}).",
                retry_after=retry_after(answered),
            )
        told = codes(said)
        if error in ENDED:
            why = ENDINGS.get(self._service, "It was withdrawn, or it has run out")
            raise ReauthorizationRequired(
                f"{self._service} no longer gives access to this account ({told}). {why}. "
                "Link the account again."
            )
        if error in UNKNOWN_CLIENT:
            raise Refused(
                f"{self._service} does not know this deployment ({told}). Correct {self._settings}."
            )
        if told and answered.status in (400, 401, 403):
            raise Refused(f"{self._service} refuses to renew the access ({told}).")
        raise Unavailable(
            f"{self._service} answered {answered.status} where it should renew the access, "
            "in no words that can be read."
        )

    @property
    def _settings(self) -> str:
        name = self._service.upper()
        return f"{name}_CLIENT_ID and {name}_CLIENT_SECRET"


def _good_until(given: Credentials) -> float:
    """Until when the token holds that came with the credentials, if any did."""
    if given.access_token is None:
        return 0.0
    if given.expires_at is None:
        return 0.0 if given.refresh_token else float("inf")
    left = (given.expires_at - system_clock()).total_seconds()
    return time.monotonic() + left - MARGIN_SECONDS


def _bare(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def read_json(answered: Answered) -> dict[str, Any]:
    """What was said; nothing where it cannot be read."""
    try:
        said = json.loads(answered.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _lifetime(said: Mapping[str, Any]) -> float:
    try:
        return float(said["expires_in"])
    except (KeyError, TypeError, ValueError):
        return SHORT_SECONDS


def codes(said: Mapping[str, Any]) -> str:
    """The service's codes, and none of its words: those may name people."""
    given = [str(said.get(name, "")) for name in ("error", "error_subtype")]
    found = [code for code in given if _CODE.fullmatch(code)]
    return ", ".join(found + _AADSTS.findall(str(said.get("error_description", "")))[:1])
