"""Telegram, as far as its Bot API shows messages to one bot (core.telegram.org/bots/api).

Not kinder than Telegram: an update is gone for good once a higher offset was asked with, or when
it is a day old; nothing that was said can be asked for again; nothing is written once only.
"""

import itertools
import json
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from core.clock import system_clock
from tests.planted import MARK

from .pushes import Answered, Knock, Pushed
from .service import Authority, Fault, Request, Response, Simulator

TOKEN = f"7000000001:AA{MARK}OfABotThatIsNotThere_0"
USERNAME = "shop_bot"
KEPT = timedelta(hours=24)
BOB = 5001


class Sent(NamedTuple):
    """One message of ours, as it arrived. Telegram keeps no key with it."""

    to: str
    """The chat."""
    text: str
    reply_to: int
    """The message that it answers; 0 for none."""
    topic: int
    id: int


@dataclass
class Update:
    id: int
    kind: str
    body: dict[str, Any]
    at: datetime


class Telegram(Simulator):
    name = "telegram"

    def __init__(
        self,
        authority: Authority,
        *,
        port: int = 0,
        seed: int = 0,
        username: str = USERNAME,
        token: str = TOKEN,
        clock: Callable[[], datetime] = system_clock,
    ) -> None:
        super().__init__(authority, port=port, seed=seed)
        self.username = username
        self.token = token
        self.clock = clock
        self.updates: list[Update] = []
        """What Telegram still holds for the bot."""
        self.forgets = False
        """Whether what is a day old, by `clock`, is lost."""
        self.webhook = ""
        self.secret = ""
        self.last_error = ""
        """What the webhook has said last, when that was no 200."""
        self.other_reader = False
        self.revoked = False
        self.blocked: set[str] = set()
        """Chats whose people do not want to hear from the bot any more."""
        self.limited: set[str] = set()
        """Methods that are asked for too often."""
        self.retry_after = 11
        self.everything: list[dict[str, Any]] = []
        """All messages ever, ours too."""
        self.next_update = 820_000_001
        self._ids = itertools.count(101)
        self._sent: list[Sent] = []

    @property
    def bot_id(self) -> int:
        return int(self.token.partition(":")[0])

    # What people do

    def receive(
        self,
        text: str = "",
        *,
        sender: Any = BOB,
        name: str = "Bob",
        group: str = "",
        reply_to: int = 0,
        at: datetime | None = None,
        kind: str = "message",
        is_bot: bool = False,
        **fields: Any,
    ) -> dict[str, Any]:
        """Let somebody write, to the bot alone unless a group is named; the message.

        A mention in `text` is marked as one, as Telegram's programs do.
        """
        with self.lock:
            chat: dict[str, Any] = {"id": sender, "type": "private", "first_name": name}
            if group:
                chat = {"id": self.group_id(group), "type": "supergroup", "title": group}
            message = {
                "message_id": next(self._ids),
                "from": {"id": sender, "is_bot": is_bot, "first_name": name},
                "chat": chat,
                "date": int((at or self.clock()).timestamp()),
            }
            message |= {"text": text, "entities": self._entities(text)} if text else {}
            if reply_to:
                message["reply_to_message"] = next(
                    one for one in self.everything if one["message_id"] == reply_to
                )
            message |= fields
            self._deliver(kind, message)
            return message

    def group_id(self, title: str) -> int:
        return -1_000_000_000_000 - zlib.crc32(title.encode())

    def answer_by_hand(self, message: dict[str, Any], text: str = "I have seen to it.") -> None:
        """Let a colleague answer in the group: in privacy mode the bot never hears of it."""
        answer = {"message_id": next(self._ids), "chat": message["chat"], "text": text}
        with self.lock:
            self.everything.append(answer)

    def wait_a_week(self) -> None:
        """After a week without updates their numbers go on anywhere, here lower."""
        self.next_update -= 600_000_000

    def sent(self) -> list[Sent]:
        """What arrived from the bot, in the order that it did."""
        with self.lock:
            return list(self._sent)

    # What Telegram says

    def is_write(self, request: Request) -> bool:
        return request.path.endswith("/sendMessage")

    def random_fault(self) -> Fault:
        if self.random.random() < 0.2:
            gateway = Response(502, b"<html>Bad Gateway</html>")
            return Fault("answer", after=self.random.random() < 0.5, response=gateway)
        return super().random_fault()

    def answer(self, request: Request) -> Response:
        _, token, method = request.path.split("/", 2)
        if token != f"bot{self.token}" or self.revoked:
            return _error(401, "Unauthorized")
        if method in self.limited:
            words = f"Too Many Requests: retry after {self.retry_after}"
            return _error(429, words, parameters={"retry_after": self.retry_after})
        answers = {
            "getMe": self._get_me,
            "getWebhookInfo": self._get_webhook_info,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
        }
        if method not in answers:
            return _error(404, "Not Found")
        return answers[method](request)

    def _get_me(self, request: Request) -> Response:
        return _ok(
            {"id": self.bot_id, "is_bot": True, "first_name": "Shop", "username": self.username}
        )

    def _get_webhook_info(self, request: Request) -> Response:
        known = {"url": self.webhook, "pending_update_count": len(self.updates)}
        if self.last_error:
            known |= {"last_error_date": 1, "last_error_message": self.last_error}
        return _ok(known)

    def push(self, knock: Knock) -> Answered:
        """Bring the oldest update to the webhook. It is forgotten once that has said 200."""
        with self.lock:
            update = self.updates[0]
            body = json.dumps({"update_id": update.id, update.kind: update.body}).encode()
            headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        answered = knock(Pushed(self.webhook, headers, body))
        with self.lock:
            if answered.status == 200:
                self.updates = [one for one in self.updates if one is not update]
            else:
                self.last_error = f"Wrong response from the webhook: {answered.status}"
        return answered

    def _set_webhook(self, request: Request) -> Response:
        asked = request.json()
        if not str(asked["url"]).startswith("https://"):
            return _error(400, "Bad Request: bad webhook: An HTTPS URL must be provided")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", asked.get("secret_token", "")):
            return _error(400, "Bad Request: secret token contains unallowed characters")
        self.webhook, self.secret, self.last_error = asked["url"], asked["secret_token"], ""
        if asked.get("drop_pending_updates"):
            self.updates.clear()
        return _ok(True)

    def _delete_webhook(self, request: Request) -> Response:
        if request.json().get("drop_pending_updates"):
            self.updates.clear()
        self.webhook = self.secret = ""
        return _ok(True)

    def _get_updates(self, request: Request) -> Response:
        if self.webhook:
            return _error(
                409,
                "Conflict: can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if self.other_reader:
            return _error(
                409,
                "Conflict: terminated by other getUpdates request; "
                "make sure that only one bot instance is running",
            )
        offset, limit = int(request.first("offset", "0")), int(request.first("limit", "100"))
        if self.forgets:
            oldest = self.clock() - KEPT
            self.updates = [one for one in self.updates if one.at >= oldest]
        if offset < 0:
            self.updates = self.updates[offset:]
        # A number above all that are known confirms nothing that comes later under a lower one.
        elif any(one.id >= offset - 1 for one in self.updates):
            self.updates = [one for one in self.updates if one.id >= offset]
        page = self.updates[: max(1, min(limit, 100))]
        return _ok([{"update_id": one.id, one.kind: one.body} for one in page])

    def _send_message(self, request: Request) -> Response:
        asked = request.json()
        chat, text = str(asked["chat_id"]), str(asked.get("text") or "").strip()
        if chat in self.blocked:
            return _error(403, "Forbidden: bot was blocked by the user")
        if not text:
            return _error(400, "Bad Request: message text is empty")
        if len(text) > 4096:
            return _error(400, "Bad Request: message is too long")
        known = {str(one["chat"]["id"]): one["chat"] for one in self.everything}
        if chat not in known:
            return _error(400, "Bad Request: chat not found")
        reply_to = int(asked.get("reply_parameters", {}).get("message_id", 0))
        if reply_to and reply_to not in {one["message_id"] for one in self.everything}:
            return _error(400, "Bad Request: message to be replied not found")
        message = {
            "message_id": next(self._ids),
            "from": {"id": self.bot_id, "is_bot": True, "first_name": "Shop"},
            "chat": known[chat],
            "date": int(self.clock().timestamp()),
            "text": text,
        }
        self.everything.append(message)
        topic = int(asked.get("message_thread_id", 0))
        self._sent.append(Sent(chat, text, reply_to, topic, message["message_id"]))
        return _ok(message)

    def _deliver(self, kind: str, message: dict[str, Any]) -> None:
        self.everything.append(message)
        self.updates.append(Update(self.next_update, kind, message, self.clock()))
        self.next_update += 1

    def _entities(self, text: str) -> list[dict[str, Any]]:
        return [
            {
                "type": "mention",
                "offset": len(text[: found.start()].encode("utf-16-le")) // 2,
                "length": len(found[0].encode("utf-16-le")) // 2,
            }
            for found in re.finditer(r"@[\w.@]*\w", text)
        ]


def _ok(result: Any) -> Response:
    return Response.of({"ok": True, "result": json.loads(json.dumps(result))})


def _error(code: int, description: str, **more: Any) -> Response:
    answer = {"ok": False, "error_code": code, "description": description} | more
    return Response.of(answer, status=code)
