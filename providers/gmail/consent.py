"""Google's own flow of OAuth 2, which its library writes: the question, and what buys the tokens.

The library does not send them. Its client trusts other authorities than we do, follows redirects
with the code in its hands, and writes what was said into the debug log.
"""

import logging
from typing import Any, NoReturn

from core.deployment import Deployment, Desk
from providers.auth import SECONDS, OAuth, Question, Vouched
from providers.http import Answered, Http

from .tokens import vouch

TALKATIVE = ("requests_oauthlib", "oauthlib")
"""Their debug lines hold codes and secrets."""


class GoogleOAuth(OAuth):
    """developers.google.com/identity/protocols/oauth2/web-server"""

    def address(self, desk: Desk, question: Question) -> str:
        asked = {**self.parameters, "nonce": question.nonce}
        url, _ = self._flow(desk, question).authorization_url(**asked)
        return str(url)

    def redeem(self, desk: Desk, question: Question, *, code: str, http: Http) -> Answered:
        flow = self._flow(desk, question)
        flow.oauth2session.mount("https://", _Wire(http))
        try:
            # Otherwise the client's secret goes into a header.
            flow.fetch_token(code=code, include_client_id=True)
        except _Said as said:
            return said.answered
        raise AssertionError("the library has sent nothing")

    def vouch(self, token: str, deployment: Deployment) -> Vouched:
        return vouch(token, deployment)

    def _flow(self, desk: Desk, question: Question) -> Any:
        """Loaded with the first link, not with the program."""
        from google_auth_oauthlib.flow import (  # type: ignore[import-untyped]  # it brings no types
            Flow,
        )

        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        secret = desk.client.secret
        web = {
            "client_id": desk.client.id,
            "client_secret": secret.get_secret_value() if secret else None,
            "auth_uri": desk.auth_url,
            "token_uri": desk.token_url,
        }
        return Flow.from_client_config(
            {"web": web},
            scopes=self.asked(question.access),
            redirect_uri=question.redirect_uri,
            state=question.state,
            code_verifier=question.verifier,
        )


class _Said(Exception):
    """An answer, on its way past the library, which would raise it in its own words."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(answered.status)
        self.answered = answered


class _Wire:
    """A transport as requests wants one, over a client that writes a request once."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def send(self, request: Any, **_: object) -> NoReturn:
        headers = {
            "Content-Type": request.headers["Content-Type"],
            "Accept": "application/json",
        }
        body = request.body
        raise _Said(
            self._http.request(
                request.method,
                request.url,
                headers=headers,
                body=body.encode() if isinstance(body, str) else body,
                seconds=SECONDS,
            )
        )

    def close(self) -> None: ...
