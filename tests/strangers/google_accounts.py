"""Google's consent and token endpoints, as its OpenID and OAuth pages describe them.

https://developers.google.com/identity/protocols/oauth2/web-server and
https://developers.google.com/identity/openid-connect/openid-connect
"""

import base64
import hashlib
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from .google_errors import Answer, told
from .requests import Request

PREFIX = "https://www.googleapis.com/auth/"
ALL = ("openid", PREFIX + "userinfo.email", PREFIX + "gmail.readonly", PREFIX + "gmail.compose")


@dataclass
class Grant:
    """What one account has allowed. Each consent makes another."""

    account: str
    scopes: tuple[str, ...] = ALL
    revoked: bool = False


@dataclass
class Accounts:
    client_id: str
    client_secret: str
    random: random.Random
    life: float = 3599.0
    """Of an access token, in seconds."""
    issuer: str = "https://accounts.google.com"
    next: str = ""
    """Whose browser comes by."""
    grants: dict[str, Grant] = field(default_factory=dict)
    """By refresh token."""
    tokens: dict[str, tuple[Grant, float]] = field(default_factory=dict)
    codes: dict[str, tuple[Grant, dict[str, str]]] = field(default_factory=dict)

    def grant(self, account: str) -> dict[str, Any]:
        """Tokens as the token endpoint gives them after consent."""
        grant = Grant(account)
        refresh = "1//0" + self._word(60)
        self.grants[refresh] = grant
        return {**self._access(grant), "refresh_token": refresh}

    def whose(self, request: Request) -> Grant | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        grant, until = self.tokens.get(token, (None, 0.0))
        alive = grant and not grant.revoked and until > time.monotonic()
        return grant if alive and kind.lower() == "bearer" else None

    def kill_tokens(self, account: str) -> None:
        """Its access tokens die; what they were got with lives on."""
        self.tokens = {
            token: (grant, 0.0 if grant.account == account else until)
            for token, (grant, until) in self.tokens.items()
        }

    def revoke_all(self, account: str) -> None:
        for grant in self.grants.values():
            grant.revoked = grant.revoked or grant.account == account

    def answer(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/o/oauth2/v2/auth":
                return self._consent(request)
            case "POST", "/token":
                return self._token(self._form(request), request)
            case "POST", "/revoke":
                return self._revoke(
                    {k: v[0] for k, v in request.query.items()} | self._form(request)
                )
            case "GET" | "POST", "/v1/userinfo":
                return self._userinfo(request)
        return told({"error": "not_found"}, 404)

    def _consent(self, request: Request) -> Answer:
        """Everybody says yes at once."""
        asked = {name: values[0] for name, values in request.query.items()}
        if asked.get("client_id") != self.client_id or asked.get("response_type") != "code":
            return told({"error": "invalid_client"}, 400)
        code = "4/0A" + self._word(40)
        wanted = {one.removeprefix(PREFIX) for one in asked.get("scope", "").split()}
        wanted |= {"userinfo.email"} & {f"userinfo.{one}" for one in wanted}
        scopes = tuple(one for one in ALL if one.removeprefix(PREFIX) in wanted)
        self.codes[code] = (Grant(self.next, scopes), asked)
        back = {"state": asked.get("state", ""), "code": code, "scope": " ".join(scopes)}
        back |= {"authuser": "0", "prompt": "consent", "iss": self.issuer}
        where = asked["redirect_uri"] + "?" + urlencode(back)
        return Answer(302, b"", {"Location": where})

    def _token(self, form: dict[str, str], request: Request) -> Answer:
        if not self._is_client(form, request):
            words = "The OAuth client was not found."
            return told({"error": "invalid_client", "error_description": words}, 401)
        if form.get("grant_type") == "refresh_token":
            grant = self.grants.get(form.get("refresh_token", ""))
            if grant is None or grant.revoked:
                words = "Token has been expired or revoked."
                return told({"error": "invalid_grant", "error_description": words}, 400)
            return told(self._access(grant))
        grant, asked = self.codes.pop(form.get("code", ""), (None, {}))
        if grant is None or asked.get("redirect_uri") != form.get("redirect_uri"):
            return told({"error": "invalid_grant", "error_description": "Bad Request"}, 400)
        if challenge := asked.get("code_challenge"):
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
                return told({"error": "invalid_grant", "error_description": "Bad verifier"}, 400)
        refresh = "1//0" + self._word(60)
        self.grants[refresh] = grant
        offline = {"refresh_token": refresh} if asked.get("access_type") == "offline" else {}
        return told({**self._access(grant), **offline, "id_token": self._id_token(grant, asked)})

    def _access(self, grant: Grant) -> dict[str, Any]:
        token = "ya29.a0" + self._word(80)
        self.tokens[token] = (grant, time.monotonic() + self.life)
        scopes = " ".join(self.random.sample(grant.scopes, len(grant.scopes)))
        life = int(self.life)
        return {"access_token": token, "expires_in": life, "scope": scopes, "token_type": "Bearer"}

    def _revoke(self, form: dict[str, str]) -> Answer:
        token = form.get("token", "")
        grant = self.grants.get(token) or self.tokens.get(token, (None, 0))[0]
        if grant is None or grant.revoked:
            return told({"error": "invalid_token"}, 400)
        grant.revoked = True
        return told({})

    def _userinfo(self, request: Request) -> Answer:
        grant = self.whose(request)
        if grant is None:
            return told(
                {"error": "invalid_request", "error_description": "Invalid Credentials"}, 401
            )
        return told(self._claims(grant))

    def _claims(self, grant: Grant) -> dict[str, Any]:
        sub = str(int(hashlib.sha256(grant.account.encode()).hexdigest()[:16], 16))
        return {"sub": sub, "email": grant.account, "email_verified": True, "picture": ""}

    def _id_token(self, grant: Grant, asked: dict[str, str]) -> str:
        """Signed by nobody: a client that got it straight over TLS need not look."""
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            **self._claims(grant),
        }
        claims |= {"iat": int(time.time()), "exp": int(time.time()) + 3599}
        claims |= {"nonce": asked["nonce"]} if "nonce" in asked else {}
        pieces = [{"alg": "RS256", "typ": "JWT"}, claims]
        told_ = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in pieces]
        return b".".join([*told_, b"c2lnbmF0dXJl"]).decode()

    def _is_client(self, form: dict[str, str], request: Request) -> bool:
        basic = request.headers.get("authorization", "")
        if basic.lower().startswith("basic "):
            pair = base64.b64decode(basic[6:]).decode()
            return pair == f"{self.client_id}:{self.client_secret}"
        given = form.get("client_id"), form.get("client_secret")
        return given == (self.client_id, self.client_secret)

    def _form(self, request: Request) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}

    def _word(self, length: int) -> str:
        return "".join(
            self.random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij0123456789_-", k=length)
        )
