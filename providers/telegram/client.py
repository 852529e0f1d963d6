"""Asks the Bot API, and says what its answers mean (core.telegram.org/bots/api#making-requests).

The token is part of every address, so no address may come into an error or a log.
python-telegram-bot is not used: it is asynchronous, and its updater confirms what was not kept.
"""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from core.errors import ReauthorizationRequired, Refused, Unavailable
from providers.http import Answered, Http, NoAnswer, told_at

PATIENCE = 30.0
"""Seconds to leave Telegram alone for when it does not say how many."""
MOST_PATIENCE = 3600.0

_TOKEN = re.compile(r"\d{1,20}:[\w-]{10,200}", re.ASCII)
_WORDS = re.compile(r"[A-Za-z ,;:'()-]{1,120}")


class Brought(Refused):
    """Telegram delivers this bot's messages to a webhook, so they cannot be asked for."""


class Migrated(Refused):
    """The group has become another chat, and nothing was done in this one."""

    def __init__(self, chat: int) -> None:
        super().__init__("Telegram refused this: the group has become another chat once more.")
        self.chat = chat


class Client:
    def __init__(self, http: Http, *, url: str, token: str, seconds: float) -> None:
        if not _TOKEN.fullmatch(token):
            raise ReauthorizationRequired(
                "This is no bot token. @BotFather tells it: digits, a colon, and letters."
            )
        self._http = http
        self._prefix = f"{url.rstrip('/')}/bot{token}"
        self._seconds = seconds

    def ask(self, method: str, **parameters: Any) -> Any:
        """The result of a question."""
        return self._tell(method, **parameters)[0]

    def time(self) -> datetime | None:
        """What Telegram's clock says, in whole seconds."""
        return told_at(self._tell("getMe")[1])

    def _tell(self, method: str, **parameters: Any) -> tuple[Any, Answered]:
        given = {name: value for name, value in parameters.items() if value is not None}
        url = f"{self._prefix}/{method}?{urlencode(given)}"
        try:
            answered = self._http.request("GET", url, seconds=self._seconds)
            return _result(answered), answered
        except NoAnswer as error:
            raise Unavailable(f"Telegram cannot answer now: {error}") from error

    def order(self, method: str, body: dict[str, Any]) -> Any:
        """Write once. `NoAnswer` when nobody knows what became of it."""
        return _result(
            self._http.request(
                "POST",
                f"{self._prefix}/{method}",
                headers={"Content-Type": "application/json"},
                body=json.dumps(body).encode(),
                seconds=self._seconds,
            )
        )


def _result(answered: Answered) -> Any:
    status, answer = answered.status, _read(answered)
    if status == 200 and answer.get("ok") is True:
        return answer.get("result")
    if status in (401, 404):  # 404 is what a token that never was is answered with
        raise ReauthorizationRequired(
            "Telegram no longer takes the token: ask @BotFather for it, and link the bot again."
        )
    if status == 429:
        raise Unavailable("Telegram wants fewer requests.", retry_after=_wait(answer))
    if status == 409:
        raise _conflict(answer)
    if status == 400 and (chat := _parameter(answer, "migrate_to_chat_id")):
        raise Migrated(chat)
    if status in (400, 403, 413):
        raise Refused(f"Telegram refused this: {_words(answer)}.")
    raise NoAnswer(f"Telegram answered with status {status}.")


def _read(answered: Answered) -> dict[str, Any]:
    try:
        answer = json.loads(answered.body)
    except ValueError as error:
        if answered.status == 200:
            raise NoAnswer("Telegram's answer cannot be read.") from error
        return {}
    return answer if isinstance(answer, dict) else {}


def _conflict(answer: dict[str, Any]) -> Exception:
    if "webhook" in str(answer.get("description") or ""):
        return Brought()
    return Unavailable("Another program is reading this bot's messages.", retry_after=PATIENCE)


def _wait(answer: dict[str, Any]) -> float:
    seconds = _parameter(answer, "retry_after")
    return min(float(seconds), MOST_PATIENCE) if seconds is not None else PATIENCE


def _parameter(answer: dict[str, Any], name: str) -> int | None:
    """core.telegram.org/bots/api#responseparameters"""
    parameters = answer.get("parameters")
    value = parameters.get(name) if isinstance(parameters, dict) else None
    return value if isinstance(value, int) else None


def _words(answer: dict[str, Any]) -> str:
    said = str(answer.get("description") or "")
    return said if _WORDS.fullmatch(said) else "it does not say why"
