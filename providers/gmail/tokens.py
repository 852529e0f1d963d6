"""What Google has signed: who pushes, and who somebody is (OpenID Connect Core 2).

cloud.google.com/pubsub/docs/authenticate-push-subscriptions,
developers.google.com/identity/gsi/web/guides/verify-google-id-token. Google's own library checks
the signature and the times; its certificates are kept for as long as Google says.
"""

import json
import re
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.deployment import Deployment
from core.errors import NotSignedIn, NotSupported, Unavailable
from providers.auth import Vouched
from providers.http import Answered, NoAnswer, shared

ISSUER = "https://accounts.google.com"
ISSUERS = frozenset({ISSUER, "accounts.google.com"})
SKEW_SECONDS = 30
FETCH_SECONDS = 10.0
KEPT_SECONDS = 3600.0
FEWEST_SECONDS = 60.0
"""Made-up key names must not make us ask Google more often than this."""
UNPROVEN = "This is not signed by Google for the service account and the audience that are set."
UNKNOWN = "This is no token of Google's that was made for here, or it has expired."
NOT_SURE = (
    "Google does not run the mailbox of this address, so it cannot know whose it is now. "
    "Sign in with a password."
)


def prove(authorization: str, deployment: Deployment) -> None:
    """`NotSignedIn` unless Google signed it, for us, in the name of our service account."""
    kind, _, token = authorization.partition(" ")
    account = deployment.pubsub_service_account
    if kind.lower() != "bearer" or not account:
        raise NotSignedIn(UNPROVEN)
    claims = _claims(token, deployment, audience=deployment.pubsub_audience, otherwise=UNPROVEN)
    if claims.get("email_verified") is not True or claims.get("email") != account:
        raise NotSignedIn(UNPROVEN)


def vouch(token: str, deployment: Deployment) -> Vouched:
    """Whom Google says that somebody is, in a token that it made for our client."""
    if not deployment.google.id:
        raise NotSupported("Nobody signs in here by Google: set GOOGLE_CLIENT_ID for that.")
    claims = _claims(token, deployment, audience=deployment.google.id, otherwise=UNKNOWN)
    subject, email = claims.get("sub"), claims.get("email")
    if not (isinstance(subject, str) and subject and isinstance(email, str)):
        raise NotSignedIn(UNKNOWN)
    run_by_google = email.casefold().endswith("@gmail.com") or bool(claims.get("hd"))
    if claims.get("email_verified") is not True or not run_by_google:
        raise NotSignedIn(NOT_SURE)
    return Vouched(subject=f"{ISSUER} {subject}", email=email)


def _claims(token: str, deployment: Deployment, *, audience: str, otherwise: str) -> dict[str, Any]:
    """What Google has signed for this audience; `NotSignedIn` with these words otherwise."""
    from google.auth import jwt

    certificates = _certificates(deployment.google_certs_url, deployment.ca_bundle)
    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]  # half of it has types
        key = str(header.get("kid") or "")
        claims: dict[str, Any] = jwt.decode(  # type: ignore[no-untyped-call]  # likewise
            token,
            certs={key: certificates.named(key)},
            audience=audience,
            clock_skew_in_seconds=SKEW_SECONDS,
        )
    except Unavailable:
        raise
    except Exception as error:  # strangers write this: the library raises many kinds over it
        raise NotSignedIn(otherwise) from error
    if claims.get("iss") not in ISSUERS:
        raise NotSignedIn(otherwise)
    return claims


class Certificates:
    """Google's certificates, by the names of their keys."""

    def __init__(self, url: str, ca_bundle: Path | None) -> None:
        self._url = url
        self._http = shared(ca_bundle)
        self._found: dict[str, str] = {}
        self._good_until = 0.0
        self._asked_at = float("-inf")
        self._lock = threading.Lock()

    def named(self, key: str) -> str:
        """The certificate of a key; `KeyError` when Google shows none of that name."""
        with self._lock:
            now = time.monotonic()
            stale = now >= self._good_until or key not in self._found
            if stale and now - self._asked_at >= FEWEST_SECONDS:
                self._fetch(now)
            if not self._found:
                raise Unavailable("Google's certificates cannot be had now.")
            return self._found[key]

    def _fetch(self, now: float) -> None:
        self._asked_at = now
        try:
            answered = self._http.request("GET", self._url, seconds=FETCH_SECONDS)
            found = json.loads(answered.body) if answered.status == 200 else None
        except (NoAnswer, Unavailable, ValueError):
            return  # those that are kept are still good
        if isinstance(found, dict):
            self._found = {str(name): str(text) for name, text in found.items()}
            self._good_until = now + _lifetime(answered)


def _lifetime(answered: Answered) -> float:
    said = re.search(r"max-age=(\d{1,6})", answered.headers.get("cache-control", ""))
    return float(said[1]) if said else KEPT_SECONDS


@lru_cache(maxsize=4)
def _certificates(url: str, ca_bundle: Path | None) -> Certificates:
    """Those of this process."""
    return Certificates(url, ca_bundle)
