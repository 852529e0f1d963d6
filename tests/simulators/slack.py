"""A workspace in Slack, as far as its Web API shows conversations to one bot.

docs.slack.dev/reference/methods. Not kinder than Slack: history has no replies, newest comes
first, the bounds of time are exclusive, metadata is shown only when asked for, and nothing is
written once only.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from core.clock import system_clock
from tests.planted import MARK

from .service import Authority, Fault, Request, Response, Simulator

BOT = "U0ORCHESTRE"
TOKEN = f"xoxb-1-2-{MARK}"
RIGHTS = ("history", "read")
SCOPES = ",".join(
    ["chat:write", "users:read"]
    + [f"{kind}:{right}" for kind in ("channels", "groups", "im", "mpim") for right in RIGHTS]
)


class Sent(NamedTuple):
    """One message of ours, as it arrived."""

    to: str
    """Whom it answers: the other in a direct conversation, else who began the thread."""
    text: str
    """As it is read."""
    key: str
    conversation: str
    thread: str
    ts: str


@dataclass
class Conversation:
    id: str
    name: str
    kind: str
    """public_channel, private_channel, mpim or im."""
    user: str = ""
    """The other one, in an `im`."""
    member: bool = True
    archived: bool = False
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By their time, replies too."""
    replies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By the thread that they are in."""


class Slack(Simulator):
    name = "slack"

    def __init__(
        self,
        authority: Authority,
        *,
        port: int = 0,
        seed: int = 0,
        bot: str = BOT,
        token: str = TOKEN,
        clock: Callable[[], datetime] = system_clock,
    ) -> None:
        super().__init__(authority, port=port, seed=seed)
        self.bot = bot
        self.token = token
        self.clock = clock
        self.conversations: dict[str, Conversation] = {}
        self.names: dict[str, str] = {}
        """What users are called, by id."""
        self.scopes = SCOPES
        self.revoked = ""
        """With which error every request is turned away."""
        self.left: dict[str, int] = {}
        """How many more requests of a method are let through, before it is limited."""
        self.retry_after = 30
        self.page_limit = 1000
        """The most objects in one answer: 15 for apps outside the Marketplace."""
        self.hides_metadata = False
        self.app_token = f"xapp-1-A0SHOP-{MARK}"
        self.line_url = ""
        """Where Socket Mode's lines are opened."""
        self._numbers = itertools.count(1)

    # What people do

    def channel(self, name: str, *, kind: str = "public_channel", member: bool = True) -> str:
        """The id of the channel of this name, made when there is none."""
        with self.lock:
            for one in self.conversations.values():
                if one.name == name:
                    return one.id
            return self._open(kind, name=name, member=member)

    def direct(self, user: str) -> str:
        """The id of the direct conversation with a user, opened when there is none."""
        with self.lock:
            for one in self.conversations.values():
                if one.user == user:
                    return one.id
            return self._open("im", user=user)

    def receive(
        self,
        text: str,
        *,
        sender: str = "U0BOB",
        channel: str = "",
        thread: str = "",
        at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """Let somebody write, directly to the bot unless a channel is named; the new `ts`."""
        with self.lock:
            conversation = self.conversations[channel or self.direct(sender)]
            return self._post(conversation, thread=thread, at=at, user=sender, text=text, **fields)

    def event(self, subtype: str, *, channel: str, **fields: Any) -> str:
        """Let something happen of which the conversation tells."""
        texts = {"text": f"<@U0BOB> did {subtype} with <@{self.bot}>", "user": "U0BOB"}
        with self.lock:
            return self._post(self.conversations[channel], subtype=subtype, **(texts | fields))

    def answer_by_hand(
        self, id: str, text: str = "I have seen to it.", *, by: str = "U0CAROL"
    ) -> str:
        """Let a colleague reply to the message of this id, in its thread."""
        channel, _, ts = id.partition(":")
        thread = self.conversations[channel].messages[ts].get("thread_ts", ts)
        return self.receive(text, sender=by, channel=channel, thread=thread)

    def delete(self, id: str) -> None:
        channel, _, ts = id.partition(":")
        with self.lock:
            conversation = self.conversations[channel]
            gone = conversation.messages.pop(ts)
            if gone in (siblings := conversation.replies.get(gone.get("thread_ts", ""), [])):
                siblings.remove(gone)

    def edit(self, id: str, text: str) -> None:
        channel, _, ts = id.partition(":")
        with self.lock:
            edited = {"user": "U0BOB", "ts": ts}
            self.conversations[channel].messages[ts] |= {"text": text, "edited": edited}

    def sent(self) -> list[Sent]:
        """The workspace's own record of what the bot has said, oldest first."""
        with self.lock:
            said = [
                self._as_sent(conversation, message)
                for conversation in self.conversations.values()
                for message in conversation.messages.values()
                if message.get("user") == self.bot and not message.get("subtype")
            ]
        return sorted(said, key=lambda one: one.ts)

    # What Slack says

    def is_write(self, request: Request) -> bool:
        return request.path.endswith("/chat.postMessage")

    def random_fault(self) -> Fault:
        """Slack's own: status 200, and an error after which nobody knows."""
        if self.random.random() < 0.2:
            doubt = Response.of({"ok": False, "error": self.random.choice(DOUBTS)})
            return Fault("answer", after=self.random.random() < 0.5, response=doubt)
        return super().random_fault()

    def answer(self, request: Request) -> Response:
        method = request.path.rpartition("/")[2]
        if method == "apps.connections.open":
            if request.bearer != self.app_token:
                return _error("invalid_auth")
            return _ok(url=self.line_url)
        if request.bearer != self.token:
            return _error("invalid_auth")
        if self.revoked:
            return _error(self.revoked)
        if self.left.get(method, 1) <= 0:
            return Response(429, b"", {"Retry-After": str(self.retry_after)})
        if method in self.left:
            self.left[method] -= 1
        answers = {
            "auth.test": self._auth_test,
            "users.info": self._users_info,
            "users.conversations": self._list,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "chat.postMessage": self._post_message,
        }
        if method not in answers:
            return _error("unknown_method")
        if (scope := NEEDED.get(method, "")) and scope not in self.scopes.split(","):
            return _error("missing_scope", needed=scope, provided=self.scopes)
        answered = answers[method](request)
        return Response(
            answered.status, answered.body, answered.headers | {"X-OAuth-Scopes": self.scopes}
        )

    def _auth_test(self, request: Request) -> Response:
        known = {"team": "Shop", "team_id": "T0SHOP", "user": "orchestre"}
        return _ok(user_id=self.bot, bot_id="B0ORCHESTRE", url="https://shop.slack.com/", **known)

    def _users_info(self, request: Request) -> Response:
        user = request.first("user")
        if user not in self.names:
            return _error("user_not_found")
        profile = {"display_name": self.names[user], "real_name": self.names[user]}
        return _ok(user={"id": user, "name": user.lower(), "profile": profile})

    def _list(self, request: Request) -> Response:
        kinds = request.first("types", "public_channel").split(",")
        found = [
            {
                "id": one.id,
                "name": one.name,
                "is_im": one.kind == "im",
                "is_mpim": one.kind == "mpim",
            }
            | ({"user": one.user} if one.user else {})
            for one in self.conversations.values()
            if one.member and one.kind in kinds
            if not (one.archived and request.first("exclude_archived") == "true")
        ]
        page, more = self._page(found, request)
        return _ok(channels=page, **more)

    def _history(self, request: Request) -> Response:
        conversation = self._readable(request)
        if isinstance(conversation, Response):
            return conversation
        top = [
            one
            for ts, one in sorted(conversation.messages.items(), reverse=True)
            if (one.get("thread_ts", ts) == ts or one.get("subtype") == "thread_broadcast")
            and within(ts, request)
        ]
        return self._told(conversation, top, request)

    def _replies(self, request: Request) -> Response:
        """Earliest first; the thread's first message always comes along."""
        conversation = self._readable(request)
        if isinstance(conversation, Response):
            return conversation
        first = request.first("ts")
        thread = [
            (ts, one)
            for ts, one in sorted(conversation.messages.items())
            if first in (ts, one.get("thread_ts"))
        ]
        if not thread:
            return _error("thread_not_found")
        said = [one for ts, one in thread if ts == first or within(ts, request)]
        return self._told(conversation, said, request)

    def _told(
        self, conversation: Conversation, found: list[dict[str, Any]], request: Request
    ) -> Response:
        page, more = self._page(found, request)
        shown = [self._shown(conversation, one, request) for one in page]
        return _ok(messages=shown, has_more=bool(more["response_metadata"]["next_cursor"]), **more)

    def _post_message(self, request: Request) -> Response:
        if request.method != "POST":
            return _error("invalid_arguments")
        asked = request.json()
        conversation = self.conversations.get(asked["channel"])
        if conversation is None and asked["channel"] in self.names:
            conversation = self.conversations[self.direct(asked["channel"])]
        if conversation is None:
            return _error("channel_not_found")
        if conversation.archived or not conversation.member:
            return _error("is_archived" if conversation.archived else "not_in_channel")
        text, thread = str(asked.get("text") or ""), asked.get("thread_ts", "")
        if not text:
            return _error("no_text")
        if thread and thread not in conversation.messages:
            return _error("thread_not_found")
        kept = {
            "text": text[:40_000],
            "user": self.bot,
            "bot_id": "B0ORCHESTRE",
            "as_asked": asked,
        } | ({"metadata": asked["metadata"]} if "metadata" in asked else {})
        ts = self._post(conversation, thread=thread, **kept)
        said = self._shown(conversation, conversation.messages[ts], request)
        return _ok(channel=conversation.id, ts=ts, message=said)

    # How it is kept

    def _open(self, kind: str, *, name: str = "", user: str = "", member: bool = True) -> str:
        letter = {"im": "D", "public_channel": "C"}.get(kind, "G")
        id = f"{letter}{next(self._numbers):09d}"
        self.conversations[id] = Conversation(id, name, kind, user=user, member=member)
        if user:
            self.names.setdefault(user, "")
        return id

    def _post(
        self,
        conversation: Conversation,
        *,
        thread: str = "",
        at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """Give it the next free time: exactly `at`, or now, and later than what was said before."""
        number = round((at or self.clock()).astimezone(UTC).timestamp() * 1_000_000)
        if at is None:
            latest = max(conversation.messages, default="0.0").replace(".", "")
            number = max(number, int(latest) + 1)
        while (ts := f"{number // 10**6}.{number % 10**6:06d}") in conversation.messages:
            number += 1
        message = {"type": "message", "ts": ts} | ({"thread_ts": thread} if thread else {}) | fields
        conversation.messages[ts] = message
        if thread and thread != ts:
            conversation.replies.setdefault(thread, []).append(message)
        return ts

    def _readable(self, request: Request) -> Conversation | Response:
        conversation = self.conversations.get(request.first("channel"))
        if conversation is None:
            return _error("channel_not_found")
        if not conversation.member:
            return _error("not_in_channel")
        return conversation

    def _shown(
        self, conversation: Conversation, message: dict[str, Any], request: Request
    ) -> dict[str, Any]:
        hidden = {"as_asked"}
        if request.first("include_all_metadata") != "true" or self.hides_metadata:
            hidden.add("metadata")
        shown = {name: value for name, value in message.items() if name not in hidden}
        ts = message["ts"]
        if replies := conversation.replies.get(ts):
            users = list(dict.fromkeys(str(one.get("user", "")) for one in replies))
            shown |= {
                "thread_ts": ts,
                "reply_count": len(replies),
                "reply_users": users[:5],
                "reply_users_count": len(users),
                "latest_reply": max(one["ts"] for one in replies),
            }
        return shown

    def _page(self, found: list[Any], request: Request) -> tuple[list[Any], dict[str, Any]]:
        limit = min(int(request.first("limit", "100")), self.page_limit)
        start = int(request.first("cursor").removeprefix("next:") or 0)
        cursor = f"next:{start + limit}" if start + limit < len(found) else ""
        return found[start : start + limit], {"response_metadata": {"next_cursor": cursor}}

    def _as_sent(self, conversation: Conversation, message: dict[str, Any]) -> Sent:
        thread = str(message.get("thread_ts", ""))
        first = conversation.messages.get(thread, {})
        mark = message.get("metadata", {}).get("event_payload", {})
        text = message["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return Sent(
            to=conversation.user or str(first.get("user", "")),
            text=text,
            key=str(mark.get("key", "")),
            conversation=conversation.id,
            thread=thread,
            ts=message["ts"],
        )


DOUBTS = ("internal_error", "fatal_error", "service_unavailable")
NEEDED = {
    "users.info": "users:read",
    "users.conversations": "channels:read",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "chat.postMessage": "chat:write",
}


def _ok(**answer: Any) -> Response:
    return Response.of({"ok": True} | answer)


def _error(code: str, **more: str) -> Response:
    return Response.of({"ok": False, "error": code} | more)


def within(ts: str, request: Request) -> bool:
    oldest, latest = request.first("oldest", "0"), request.first("latest", "9" * 12)
    if request.first("inclusive") == "true" and ts in (oldest, latest):
        return True
    return _number(oldest) < _number(ts) < _number(latest)


def _number(ts: str) -> tuple[int, int]:
    whole, _, part = ts.partition(".")
    return int(whole), int(part.ljust(6, "0"))
