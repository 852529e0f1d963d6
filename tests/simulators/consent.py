"""Where a service asks for consent: its page, the code that comes of it, and what that buys.

RFC 6749 4.1, RFC 7636, RFC 7009 and RFC 9207, as Google, Microsoft and Slack each do them. Never
kinder than they are: a code is good once, for one client, one redirect address and one verifier,
and whoever uses it twice loses what it bought.
"""

import base64
import hashlib
import html
import json
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from providers.http import Http
from tests.planted import MARK
from tests.simulators.oauth import (
    CLIENT_ID,
    CLIENT_SECRET,
    OAuthSimulator,
    TokenEndpoint,
    refusal,
)
from tests.simulators.service import Authority, Request, Response

PAGE = """<!doctype html><title>Consent</title>
<h1>{account}</h1>
<form method="post" action="/consent">
<input type="hidden" name="asked" value="{asked}">
{boxes}
<button name="answer" value="allow">Allow</button>
<button name="answer" value="deny">Deny</button>
</form>"""
BOX = '<label><input type="checkbox" name="scope" value="{scope}" checked> {scope}</label>'


@dataclass
class Asked:
    """What a browser came with."""

    parameters: dict[str, str]
    account: str
    scopes: tuple[str, ...] = ()
    until: float = 0.0
    bought: str = ""
    """The refresh or access token that the code has bought."""


@dataclass
class Desk(TokenEndpoint):
    """A token endpoint with a consent page before it."""

    style: str = "google"
    issuer: str = ""
    signed_in: str = "alice@shop.example"
    """Whose account the browser is signed in to, at the service."""
    redirect_uris: set[str] = field(default_factory=set)
    """What whoever registered the client has put down."""
    names_issuer: bool = True
    nonce: str = ""
    """What is put into ID tokens in the place of the nonce that was asked with."""
    identifies: bool = True
    """Give an ID token along with the others."""
    verified: bool = True
    bot_token: str = ""
    """The token that a workspace has for its bot; a new one each time when empty."""
    code_seconds: float = 600.0
    asked: dict[str, Asked] = field(default_factory=dict)
    codes: dict[str, Asked] = field(default_factory=dict)
    consented: set[str] = field(default_factory=set)
    revoked: list[str] = field(default_factory=list)

    def issue(self, account: str, *scopes: str, lifetime: float | None = None) -> str:
        token = super().issue(account, *scopes, lifetime=lifetime)
        if self.bot_token:
            self.tokens[self.bot_token] = self.tokens.pop(token)
        return self.bot_token or token

    def _refresh(self, form: dict[str, str]) -> Response:
        said = super()._refresh(form)
        if self.style == "slack" and said.status != 200:
            return self._refuse(json.loads(said.body)["error"])
        return said

    def page(self, request: Request) -> Response:
        given = {name: values[0] for name, values in request.query.items()}
        wrong = given.get("redirect_uri") not in self.redirect_uris
        if wrong or given.get("client_id") != CLIENT_ID:
            return Response(400, b"Error 400: redirect_uri_mismatch or invalid_client")
        if given.get("response_type") != "code" or not given.get("state"):
            return Response(400, b"Error 400: invalid_request")
        if given.get("code_challenge_method", "S256") != "S256":
            return Response(400, b"Error 400: only S256 is taken")
        key = secrets.token_urlsafe(8)
        self.asked[key] = Asked(given, self.signed_in)
        boxes = "\n".join(BOX.format(scope=html.escape(one)) for one in self._scopes(given))
        page = PAGE.format(account=html.escape(self.signed_in), asked=key, boxes=boxes)
        return Response(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def consent(self, request: Request) -> Response:
        form = parse_qsl(request.body.decode())
        asked = self.asked.pop(dict(form)["asked"])
        given = asked.parameters
        back = {"state": given["state"]}
        if dict(form)["answer"] == "deny":
            back["error"] = "access_denied"
        else:
            asked.scopes = tuple(value for name, value in form if name == "scope")
            asked.until = time.monotonic() + self.code_seconds
            back["code"] = f"4/{secrets.token_urlsafe(24)}"
            self.codes[back["code"]] = asked
        if self.names_issuer and self.style == "google":
            back["iss"] = self.issuer
        return Response(302, b"", {"Location": f"{given['redirect_uri']}?{urlencode(back)}"})

    def redeem(self, form: dict[str, str]) -> Response:
        """The tokens for a code (RFC 6749 4.1.3)."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return self._refuse("invalid_client", status=401)
        asked = self.codes.get(form.get("code", ""))
        if asked is None or time.monotonic() > asked.until:
            return self._refuse("invalid_grant")
        if asked.bought:
            self.revoke(asked.account)  # RFC 6749 4.1.2: what it bought is taken back
            return self._refuse("invalid_grant")
        challenge = asked.parameters.get("code_challenge", "")
        proven = not challenge or challenge == _s256(form.get("code_verifier", ""))
        if form.get("redirect_uri") != asked.parameters["redirect_uri"] or not proven:
            return self._refuse("invalid_grant")
        said = self._bought(asked)
        return Response.of(said)

    def take_back(self, request: Request) -> Response:
        """The whole permission of that account goes, as Google has it."""
        token = request.form().get("token", "")
        access = self.tokens.get(token)
        owner = self.grants[token][0] if token in self.grants else access and access.account
        if not owner:
            return self._refuse("token_revoked" if self.style == "slack" else "invalid_token")
        self.revoked.append(owner)
        self.revoke(owner)
        return Response.of({"ok": True, "revoked": True} if self.style == "slack" else {})

    def userinfo(self, request: Request) -> Response:
        access = self.access(request.bearer)
        if access is None or "email" not in access.scopes:
            return Response.of({"error": "invalid_request"}, status=401)
        told = {"sub": _sub(access.account), "email": access.account}
        return Response.of({**told, "email_verified": self.verified})

    def _bought(self, asked: Asked) -> dict[str, Any]:
        given, account, scopes = asked.parameters, asked.account, asked.scopes
        said: dict[str, Any] = {
            "access_token": self.issue(account, *scopes),
            "expires_in": int(self.lifetime),
            "token_type": "Bearer",
            "scope": self._told(scopes),
        }
        if self._lasts(given, account, scopes):
            said["refresh_token"] = self.grant(account, *scopes)
        if "openid" in scopes and self.identifies:
            said["id_token"] = self._id_token(given, account)
        if self.style == "slack":
            said |= {"ok": True, "token_type": "bot", "bot_user_id": account}
            if not self.rotates:
                del said["expires_in"]
        self.consented.add(account)
        asked.bought = said.get("refresh_token", said["access_token"])
        return said

    def _lasts(self, given: dict[str, str], account: str, scopes: Iterable[str]) -> bool:
        """Google gives a refresh token to who asks for it, and without `prompt` only once."""
        if self.style == "google":
            again = given.get("prompt") != "consent" and account in self.consented
            return given.get("access_type") == "offline" and not again
        return self.rotates if self.style == "slack" else "offline_access" in scopes

    def _told(self, scopes: tuple[str, ...]) -> str:
        if self.style == "slack":
            return ",".join(scopes)
        if self.style == "microsoft":
            return " ".join(one for one in scopes if one != "offline_access")
        whole = {"email": "https://www.googleapis.com/auth/userinfo.email"}
        return " ".join(sorted(whole.get(one, one) for one in scopes))

    def _scopes(self, given: dict[str, str]) -> list[str]:
        return given.get("scope", "").replace(",", " ").split()

    def _id_token(self, given: dict[str, str], account: str) -> str:
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": _sub(account),
            "nonce": self.nonce or given.get("nonce"),
            "exp": int(time.time()) + 3600,
        }
        parts = ({"alg": "RS256", "kid": "1"}, claims)
        return ".".join([*(_packed(json.dumps(part).encode()) for part in parts), MARK])

    def _refuse(self, error: str, *, status: int = 400) -> Response:
        if self.style == "slack":
            return Response.of({"ok": False, "error": error})
        return refusal(error, "Bad Request", status=status)


class ConsentSimulator(OAuthSimulator):
    """A desk with all its addresses."""

    name = "consent"

    def __init__(self, authority: Authority, *, style: str = "google") -> None:
        super().__init__(authority)
        self.desk = Desk(style=style, issuer=self.url)
        self.tokens = self.desk
        self.auth_url = f"{self.url}/auth"
        self.revoke_url = f"{self.url}/revoke"
        self.userinfo_url = f"{self.url}/userinfo"

    def effect(self, request: Request) -> Response:
        routes = {
            "/auth": self.desk.page,
            "/consent": self.desk.consent,
            "/revoke": self.desk.take_back,
            "/userinfo": self.desk.userinfo,
        }
        if request.path in routes:
            with self.lock:
                return routes[request.path](request)
        if request.form().get("grant_type") == "authorization_code":
            with self.lock:
                return self.desk.redeem(request.form())
        return self.tokens.answer(request)


def answer_page(
    url: str, *, http: Http, allow: bool = True, untick: Iterable[str] = ()
) -> dict[str, str]:
    """What a browser brings back from the consent page."""
    page = http.request("GET", url).body.decode()
    found = re.search(r'name="asked" value="([^"]+)"', page)
    assert found, page
    boxes = [html.unescape(one) for one in re.findall(r'name="scope" value="([^"]+)"', page)]
    form = [("asked", found[1]), ("answer", "allow" if allow else "deny")]
    form += [("scope", one) for one in boxes if not any(part in one for part in untick)]
    answered = http.request("POST", urljoin(url, "/consent"), body=urlencode(form).encode())
    return dict(parse_qsl(urlsplit(answered.headers["location"]).query))


def _s256(verifier: str) -> str:
    return _packed(hashlib.sha256(verifier.encode()).digest())


def _packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _sub(account: str) -> str:
    return str(int(hashlib.sha256(account.encode()).hexdigest()[:15], 16))
