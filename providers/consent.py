"""Consent to what an account is to be used for: asked for, turned into tokens, and given back.

RFC 6749 4.1 with RFC 7636 (S256), RFC 9207 (`iss`) and RFC 7009, over the one HTTP client that
writes nothing twice. An answer is a secret: none of its words come into an exception.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from core.clock import system_clock
from core.connections import Access, Credentials
from core.deployment import Desk
from core.errors import Refused, Unavailable
from core.records import Value

from .auth import SECONDS, OAuth, Question, Scope, post_form
from .base import Account
from .http import Answered, Http, NoAnswer
from .oauth import UNKNOWN_CLIENT, Grant, codes, read_json

GONE = frozenset(
    {"invalid_token", "token_revoked", "token_expired", "invalid_auth", "account_inactive"}
)
"""What is said of a token that opens nothing any more: it need not be taken back."""


class Granted(Value):
    """What the owner agreed to."""

    credentials: Credentials
    refused: tuple[Scope, ...] = ()
    """What is needed, and was left unticked."""


def is_issuer(auth: OAuth, desk: Desk, issuer: str) -> bool:
    """Whether an answer that names its issuer is from the service that was asked (RFC 9207 2.4)."""
    parts = urlsplit(desk.auth_url)
    pattern = re.escape(f"{parts.scheme}://{parts.netloc}") + auth.issuer
    return issuer in auth.issuers or re.fullmatch(pattern, issuer) is not None


def exchange(auth: OAuth, desk: Desk, question: Question, *, code: str, http: Http) -> Granted:
    """The tokens for a code. The service gives them once."""
    try:
        answered = auth.redeem(desk, question, code=code, http=http)
    except NoAnswer as error:
        raise _silent(auth) from error
    said = read_json(answered)
    token = said.get("access_token")
    if answered.status != 200 or not isinstance(token, str) or not token:
        raise _failure(auth, answered, said)
    if auth.openid and said.get("id_token") is not None:
        _check_id_token(auth, desk, question, said["id_token"])
    lasting, lifetime = said.get("refresh_token"), said.get("expires_in")
    credentials = Credentials(
        access_token=SecretStr(token),
        refresh_token=SecretStr(lasting) if isinstance(lasting, str) and lasting else None,
        expires_at=system_clock() + timedelta(seconds=lifetime)
        if isinstance(lifetime, int)
        else None,
    )
    return Granted(credentials=credentials, refused=_refused(auth, question.access, said))


def whose(auth: OAuth, desk: Desk, credentials: Credentials, *, http: Http) -> str:
    """The address that the token belongs to, where the service says it apart from the account.

    developers.google.com/identity/openid-connect/openid-connect#obtainuserinfo
    """
    if not desk.userinfo_url:
        return ""
    headers = {"Authorization": f"Bearer {_bare(credentials.access_token)}"}
    try:
        answered = http.request("GET", desk.userinfo_url, headers=headers, seconds=SECONDS)
    except NoAnswer as error:
        raise Unavailable(f"{auth.title} does not say whose account it is. Try again.") from error
    said = read_json(answered)
    email = said.get("email")
    if answered.status != 200 or not isinstance(email, str):
        raise Unavailable(f"{auth.title} does not say whose account it is. Try again.")
    if said.get("email_verified", said.get("verified_email", True)) not in (True, "true"):
        raise Refused(f"{auth.title} has not verified the address of this account.")
    return email


def give_back(auth: OAuth, account: Account, *, http: Http) -> None:
    """Have the service take the permission back (RFC 7009). What is gone already is no error."""
    desk = auth.desk(account.deployment)
    token = _bare(account.credentials.refresh_token)
    if auth.revokes == "access_token":
        token = _current(auth, desk, account, http)
    if not token:
        token = _bare(account.credentials.access_token)
    try:
        answered = post_form(desk.revoke_url, {"token": token}, http)
    except NoAnswer as error:
        raise _silent(auth) from error
    said = read_json(answered)
    if str(said.get("error", "")) in GONE:
        return
    if answered.status != 200 or said.get("ok") is False:
        raise Unavailable(
            f"{auth.title} does not take the permission back "
            f"({answered.status}{', ' if codes(said) else ''}{codes(said)})."
        )


def _current(auth: OAuth, desk: Desk, account: Account, http: Http) -> str:
    if account.credentials.refresh_token is None:
        return ""
    return Grant(
        account, service=auth.title, token_url=desk.token_url, client=desk.client, http=http
    ).access_token()


def _silent(auth: OAuth) -> Unavailable:
    return Unavailable(f"{auth.title} did not answer. Start again.")


def _failure(auth: OAuth, answered: Answered, said: Mapping[str, Any]) -> Exception:
    """What an error of the token endpoint means for somebody who has just agreed."""
    error, told = str(said.get("error", "")), codes(said)
    if error in UNKNOWN_CLIENT:
        return Refused(
            f"{auth.title} does not know this deployment ({told}). That is for whoever runs it: "
            f"correct {auth.settings()}."
        )
    if answered.status == 429 or answered.status >= 500:
        return Unavailable(f"{auth.title} cannot answer now ({answered.status}). Start again.")
    return Refused(
        f"{auth.title} does not take what the browser brought ({told or answered.status}). "
        "Start again, and agree within a few minutes."
    )


def _check_id_token(auth: OAuth, desk: Desk, question: Question, token: object) -> None:
    """It came over TLS from the token endpoint, so its signature need not be checked (OpenID
    Connect Core 3.1.3.7, 6); whom it is for, and in answer to what, must be.

    There is none where `openid` was left unticked. That the code is ours, PKCE has proven."""
    claims = _claims(token)
    issuer = str(claims.get("iss", ""))
    named = issuer if "://" in issuer else f"https://{issuer}"
    audience = claims.get("aud")
    ours = desk.client.id in (audience if isinstance(audience, list) else [audience])
    until = claims.get("exp")
    current = isinstance(until, int | float) and until > system_clock().timestamp() - 60
    answers = claims.get("nonce", question.nonce) == question.nonce
    if not (is_issuer(auth, desk, named) and ours and current and answers):
        raise Refused(f"{auth.title}'s answer belongs to another request. Start again.")


def _claims(token: object) -> dict[str, Any]:
    try:
        part = str(token).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _refused(auth: OAuth, access: Access, said: Mapping[str, Any]) -> tuple[Scope, ...]:
    """Where nothing is said of scopes, what was asked for was granted (RFC 6749 5.1)."""
    told = said.get("scope")
    if not isinstance(told, str):
        return ()
    granted = _plain(told.replace(",", " ").split())
    return tuple(
        scope
        for scope in auth.scopes[access]
        if scope.needed and scope.name != "offline_access" and not _plain([scope.name]) <= granted
    )


def _plain(scopes: Iterable[str]) -> set[str]:
    """Services write the same scope in several ways: with and without its address, in any case,
    and Google says userinfo.email for email."""
    return {
        scope.rpartition("/")[2].casefold().removeprefix("userinfo.") for scope in scopes if scope
    }


def _bare(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
