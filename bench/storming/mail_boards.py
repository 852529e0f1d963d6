"""Gmail and Microsoft Graph with many accounts, and the ways by which others send there."""

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

from tests.simulators import graph as graphs
from tests.simulators import graph_shape
from tests.simulators.gmail import READ, WRITE, GmailSimulator, too_many
from tests.simulators.graph import GraphSimulator
from tests.simulators.oauth import TokenEndpoint
from tests.simulators.service import Authority, Request, Response, Simulator

from .boards import SHOP, Answered, Board, asked_in
from .letters import Letter, mail
from .weather import Weather


class Gmails(Board):
    name = "gmail"
    naive_sends = "/messages/send"

    def __init__(self, authority: Authority, weather: Weather) -> None:
        super().__init__(authority, weather)
        self.tokens = TokenEndpoint()
        for _ in range(weather.accounts(self.name)):
            account = GmailSimulator(authority)
            account.tokens, account.shuffles_history = self.tokens, True
            self.accounts.append(account)
        self._by_handle = {SHOP.format(n, self.name): one for n, one in enumerate(self.accounts)}

    def linked(self, number: int) -> dict[str, Any]:
        handle = SHOP.format(number, self.name)
        token = self.tokens.grant(handle, READ, WRITE)
        return {"provider": "gmail", "handle": handle, "refresh_token": token}

    def deliver(self, letter: Letter) -> str:
        raw = mail(letter, to=SHOP.format(letter.account, self.name))
        self.accounts[letter.account].receive(raw=raw)
        return letter.mark

    def answered(self) -> Answered:
        for account in self.accounts:
            for one in account.sent():
                yield asked_in(one.raw)

    def route(self, request: Request) -> Simulator | None:
        access = self.tokens.access(request.bearer)
        return self._by_handle.get(access.account) if access else None

    def sends(self, request: Request) -> bool:
        return request.path.endswith("/send")

    def busy(self) -> Response:
        return replace(too_many(429), headers={"Retry-After": "1"})

    def effect(self, request: Request) -> Response:
        if request.path == "/token":
            return self.tokens.answer(request)
        if request.path.endswith(self.naive_sends) and (account := self.route(request)):
            return self._send_at_once(account, request)
        return super().effect(request)

    def _send_at_once(self, account: Any, request: Request) -> Response:
        """developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/send"""
        with account.lock:
            made = account.effect(_with(request, body={"message": request.json()}, path="drafts"))
            id = json.loads(made.body)["id"]
            done: Response = account.effect(_with(request, body={"id": id}, path="drafts/send"))
        with self.lock:
            self.tally["sent"] += 1
        return done


def _with(request: Request, *, body: Any, path: str) -> Request:
    return Request(
        method="POST",
        path=f"/gmail/v1/users/me/{path}",
        query={},
        headers=request.headers,
        body=json.dumps(body).encode(),
    )


class Graphs(Board):
    name = "outlook"
    naive_sends = "/me/sendMail"

    def __init__(self, authority: Authority, weather: Weather) -> None:
        super().__init__(authority, weather)
        self.tokens = TokenEndpoint()
        self._by_handle: dict[str, GraphSimulator] = {}
        for number in range(weather.accounts(self.name)):
            handle = SHOP.format(number, self.name)
            account = GraphSimulator(authority, address=handle, seed=number)
            account.tokens, account.links_at = self.tokens, self.url
            self.accounts.append(account)
            self._by_handle[handle] = account

    def linked(self, number: int) -> dict[str, Any]:
        handle = SHOP.format(number, self.name)
        token = self.tokens.grant(handle, graphs.USER, graphs.WRITE, graphs.SEND)
        return {"provider": "outlook", "handle": handle, "refresh_token": token}

    def deliver(self, letter: Letter) -> str:
        account = self.accounts[letter.account]
        account.receive(mail(letter, to=account.mailbox.address))
        return letter.mark

    def answered(self) -> Answered:
        for account in self.accounts:
            yield from map(asked_in, account.delivered)

    def route(self, request: Request) -> Simulator | None:
        return self._account(request)

    def _account(self, request: Request) -> GraphSimulator | None:
        access = self.tokens.access(request.bearer)
        return self._by_handle.get(access.account) if access else None

    def sends(self, request: Request) -> bool:
        return request.path.endswith(("/send", self.naive_sends))

    def busy(self) -> Response:
        return graph_shape.error(429, "ApplicationThrottled", Retry_After="1")

    def effect(self, request: Request) -> Response:
        if request.path == "/token":
            return self.tokens.answer(request)
        if request.path.endswith(self.naive_sends) and (account := self._account(request)):
            with account.lock:
                # learn.microsoft.com/graph/api/user-sendmail, with MIME content
                account.delivered.append(b64decode(request.body))
            with self.lock:
                self.tally["sent"] += 1
            return Response(202)
        return super().effect(request)
