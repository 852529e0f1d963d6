"""Slack and Telegram with many bots."""

import re
from typing import Any

from tests.simulators.service import Authority, Request, Response, Simulator
from tests.simulators.slack import Slack
from tests.simulators.telegram import Telegram

from .boards import Answered, Board
from .letters import Letter
from .weather import Weather


class Slacks(Board):
    name = "slack"

    def __init__(self, authority: Authority, weather: Weather) -> None:
        super().__init__(authority, weather)
        for n in range(weather.accounts(self.name)):
            token = f"xoxb-{n}-secret"
            self.accounts.append(Slack(authority, bot=f"U0SHOP{n}", token=token, seed=n))
        self._by_token = {account.token: account for account in self.accounts}

    def linked(self, number: int) -> dict[str, Any]:
        account: Slack = self.accounts[number]
        return {
            "provider": "slack",
            "handle": account.bot,
            "access_token": account.token,
            "settings": {"timeout": self.weather.patience, "thread_days": 0},
        }

    def deliver(self, letter: Letter) -> str:
        account: Slack = self.accounts[letter.account]
        if letter.direct:
            user = f"U0DIRECT{letter.number}"
            account.receive(letter.words, sender=user)
            return f"{letter.account} {account.direct(user)}"
        channel, user = account.channel("help"), f"U0CUSTOMER{letter.customer}"
        account.names[user] = "Customer"
        ts = account.receive(f"<@{account.bot}> {letter.words}", sender=user, channel=channel)
        return f"{letter.account} {channel}:{ts}"

    def answered(self) -> Answered:
        for number, account in enumerate(self.accounts):
            for one in account.sent():
                thread = f":{one.thread}" if one.thread else ""
                yield f"{number} {one.conversation}{thread}"

    def route(self, request: Request) -> Simulator | None:
        return self._by_token.get(request.bearer)

    def sends(self, request: Request) -> bool:
        return request.path.endswith("/chat.postMessage")

    def busy(self) -> Response:
        return Response(429, b"", {"Retry-After": "1"})


class Telegrams(Board):
    name = "telegram"

    def __init__(self, authority: Authority, weather: Weather) -> None:
        super().__init__(authority, weather)
        for n in range(weather.accounts(self.name)):
            token = f"{7_000_000_001 + n}:AATokenOfABotThatIsNotThere_{n:08d}"
            account = Telegram(authority, token=token, username=f"shop{n}_bot")
            self.accounts.append(account)
        self._by_token = {account.token: account for account in self.accounts}

    def linked(self, number: int) -> dict[str, Any]:
        account: Telegram = self.accounts[number]
        return {
            "provider": "telegram",
            "handle": account.username,
            "access_token": account.token,
            "settings": {"timeout": self.weather.patience},
        }

    def deliver(self, letter: Letter) -> str:
        account: Telegram = self.accounts[letter.account]
        if letter.direct:
            chat = 1_000_000 + letter.number
            account.receive(letter.words, sender=chat)
            return f"{letter.account} {chat}"
        said = account.receive(
            f"@{account.username} {letter.words}",
            sender=500_000 + letter.customer,
            group="Help",
        )
        return f"{letter.account} {said['chat']['id']}:{said['message_id']}"

    def answered(self) -> Answered:
        for number, account in enumerate(self.accounts):
            for one in account.sent():
                asked = f":{one.reply_to}" if one.reply_to else ""
                yield f"{number} {one.to}{asked}"

    def route(self, request: Request) -> Simulator | None:
        found = re.match(r"/bot([^/]+)/", request.path)
        return self._by_token.get(found[1]) if found else None

    def sends(self, request: Request) -> bool:
        return request.path.endswith("/sendMessage")

    def busy(self) -> Response:
        said = {"error_code": 429, "description": "Too Many Requests: retry after 1"}
        wait = {"parameters": {"retry_after": 1}}
        return Response.of({"ok": False, **said, **wait}, status=429)
