"""The Gmail API, as far as it is used, with a memory. Never kinder than the real one.

developers.google.com/workspace/gmail/api/reference/rest
"""

import re
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from itertools import groupby
from typing import Any

from tests.simulators.gmail_mailbox import Change, Delivered, Mail, Mailbox, decoded
from tests.simulators.oauth import TokenEndpoint
from tests.simulators.service import Authority, Fault, Request, Response, Simulator

READ = "https://www.googleapis.com/auth/gmail.readonly"
WRITE = "https://www.googleapis.com/auth/gmail.compose"
OWNER = "alice@shop.example"
CUSTOMER = "bob@customer.example"
COSTS = {"drafts/send": 100, "drafts": 10, "threads": 10, "messages": 5, "history": 2, "profile": 1}
"""developers.google.com/workspace/gmail/api/reference/quota"""
CHANGES = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


class GmailSimulator(Simulator):
    """One account, `OWNER`, and the token endpoint beside it."""

    name = "gmail"

    def __init__(self, authority: Authority, *, port: int = 0, seed: int = 0) -> None:
        super().__init__(authority, port=port, seed=seed)
        self.tokens = TokenEndpoint()
        self.token_url = f"{self.url}/token"
        self.mailbox = Mailbox(OWNER)
        self.search_lag = 0.0
        """Seconds until `messages.list` knows a mail."""
        self.shuffles_history = False
        """Give the records of one answer backwards, and some of them twice."""
        self.bare_history = False
        """Name mails in history by their ids alone."""
        self.decodes_headers = True
        """Give the values of headers as people read them, and not as they were written."""
        self.after_is_inclusive = False
        """Whether `after:` finds what came in at that very second."""
        self.page_size = 500
        """The most that one answer lists."""
        self.send_as: list[dict[str, Any]] = [
            {"sendAsEmail": OWNER, "isPrimary": True, "isDefault": True}
        ]
        self.topic = ""
        """Where news is written; nowhere when empty."""
        self.publish: Callable[[dict[str, Any]], None] = lambda data: None
        self.watches = 0
        """How often it was asked to."""
        self.units: float | None = None
        """Quota that is left; without end when `None`."""

    def link(self, *scopes: str) -> str:
        """The owner consents; the refresh token."""
        return self.tokens.grant(OWNER, *(scopes or (READ, WRITE)))

    def receive(
        self,
        text: str = "Hello",
        *,
        subject: str = "Tent",
        sender: str = CUSTOMER,
        at: datetime | None = None,
        headers: Sequence[tuple[str, str]] = (),
        labels: Sequence[str] = ("INBOX", "UNREAD"),
        raw: bytes | None = None,
    ) -> Mail:
        """A customer writes."""
        at = at or datetime.now(UTC)
        with self.lock:
            usual = [
                ("From", sender),
                ("To", OWNER),
                ("Subject", subject),
                ("Date", format_datetime(at)),
                ("Message-ID", f"<{len(self.mailbox.history)}.{_ms(at)}@customer.example>"),
            ]
            letter = raw or _letter([*usual, *headers], text)
            mail = self.mailbox.receive(letter, at=_ms(at), labels=labels)
            if self.topic:
                self.publish({"emailAddress": OWNER, "historyId": self.mailbox.history_id})
            return mail

    def answer_by_hand(self, mail: Mail, *, at: datetime | None = None) -> Mail:
        """The owner answers a mail without us."""
        with self.lock:
            return self.mailbox.answer_by_hand(mail, at=_ms(at or datetime.now(UTC)))

    def sent(self) -> list[Delivered]:
        """What has arrived at customers."""
        with self.lock:
            return list(self.mailbox.delivered)

    # The service

    def is_write(self, request: Request) -> bool:
        return request.method != "GET" and request.path != "/token"

    def random_fault(self) -> Fault:
        if self.random.random() < 0.1:
            return Fault("answer", response=too_many(429))
        return super().random_fault()

    def effect(self, request: Request) -> Response:
        if request.path == "/token":
            return self.tokens.answer(request)
        return super().effect(request)

    def answer(self, request: Request) -> Response:
        found = re.fullmatch(r"/gmail/v1/users/(?:me|alice@shop\.example)/(.+)", request.path)
        access = self.tokens.access(request.bearer)
        if access is None:
            return error(401, "authError", "Invalid Credentials", "UNAUTHENTICATED")
        if not found:
            return missing()
        needed = {WRITE} if request.method != "GET" else {READ}
        if found[1] in ("profile", "watch", "stop"):
            needed = {READ, WRITE}
        if not needed & access.scopes:
            words = "Request had insufficient authentication scopes."
            return error(403, "insufficientPermissions", words, "PERMISSION_DENIED")
        if not self._afford(found[1]):
            return too_many(429)
        return self._route(request, found[1].split("/"))

    def _afford(self, path: str) -> bool:
        cost = next((cost for start, cost in COSTS.items() if path.startswith(start)), 1)
        if self.units is None:
            return True
        if self.units < cost:
            return False
        self.units -= cost
        return True

    def _route(self, request: Request, parts: list[str]) -> Response:
        match request.method, parts:
            case "GET", ["profile"]:
                return Response.of(
                    {"emailAddress": OWNER, "historyId": str(self.mailbox.history_id)}
                )
            case "GET", ["settings", "sendAs"]:
                return Response.of({"sendAs": self.send_as})
            case "POST", ["watch"]:
                return self._watch(request)
            case "POST", ["stop"]:
                self.topic = ""
                return Response(204)
            case "GET", ["messages"]:
                return self._list(request)
            case "GET", ["messages", id] if id in self.mailbox.mails:
                return Response.of(self._mail(self.mailbox.mails[id], request))
            case "GET", ["threads", id] if mails := self.mailbox.thread(id):
                shown = [self._mail(mail, request) for mail in mails]
                return Response.of({"id": id, "messages": shown})
            case "GET", ["history"]:
                return self._history(request)
            case "GET", ["drafts", id] if id in self.mailbox.drafts:
                return Response.of(self._draft(id, request))
            case "POST", ["drafts"]:
                return self._create(request)
            case "POST", ["drafts", "send"]:
                return self._send(request)
            case "DELETE", ["drafts", id] if id in self.mailbox.drafts:
                self.mailbox.delete(self.mailbox.mails[self.mailbox.drafts[id]])
                return Response(204)
        return missing()

    def _watch(self, request: Request) -> Response:
        asked = request.json()
        if not re.fullmatch(r"projects/[^/]+/topics/[^/]+", asked.get("topicName", "")):
            return error(400, "invalidArgument", "Invalid topicName does not match projects/*")
        self.topic, self.watches = asked["topicName"], self.watches + 1
        expires = _ms(datetime.now(UTC)) + 7 * 86_400_000
        said = {"historyId": str(self.mailbox.history_id), "expiration": str(expires)}
        return Response.of(said)

    def _list(self, request: Request) -> Response:
        asked = re.fullmatch(r"after:(\d+)", request.first("q", "after:0"))
        if not asked:
            return error(400, "invalidArgument", "This query is not simulated.")
        wanted, hidden = set(request.query.get("labelIds", ())), {"SPAM", "TRASH"}
        found = [
            mail
            for mail in self.mailbox.mails.values()
            if wanted <= mail.labels
            and not hidden & mail.labels
            and mail.date // 1000 + self.after_is_inclusive > int(asked[1])
            and mail.made + self.search_lag <= time.monotonic()
        ]
        found.sort(key=lambda mail: (mail.date, mail.id), reverse=True)
        shown, more = self._paged(found, request)
        listed = [{"id": mail.id, "threadId": mail.thread_id} for mail in shown]
        said: dict[str, Any] = {"resultSizeEstimate": len(found), **more}
        return Response.of(said | ({"messages": listed} if listed else {}))

    def _history(self, request: Request) -> Response:
        start = request.first("startHistoryId")
        if not start.isdecimal():
            return error(400, "invalidArgument", "Missing/invalid parameter: startHistoryId")
        if not self.mailbox.kept_from <= int(start) <= self.mailbox.history_id:
            return missing()
        kinds = request.query.get("historyTypes", list(CHANGES))
        changes = [change for change in self.mailbox.since(int(start)) if change.kind in kinds]
        found = [list(record) for _, record in groupby(changes, key=lambda change: change.id)]
        shown, more = self._paged(found, request)
        if self.shuffles_history:
            shown = [*shown[::-1], *shown[::2]]
        said: dict[str, Any] = {"historyId": str(self.mailbox.history_id), **more}
        records = [self._record(changes) for changes in shown]
        return Response.of(said | ({"history": records} if records else {}))

    def _record(self, changes: list[Change]) -> dict[str, Any]:
        record: dict[str, Any] = {"id": str(changes[0].id), "messages": []}
        for change in changes:
            message: dict[str, Any] = {"id": change.mail_id, "threadId": change.thread_id}
            record["messages"].append(dict(message))
            kept = self.mailbox.mails.get(change.mail_id)
            if kept and not self.bare_history:
                message["labelIds"] = sorted(kept.labels)
            what = {"message": message} | ({"labelIds": change.labels} if change.labels else {})
            record.setdefault(CHANGES[change.kind], []).append(what)
        return record

    def _paged(self, found: list[Any], request: Request) -> tuple[list[Any], dict[str, str]]:
        start = int(request.first("pageToken", "0"))
        size = min(int(request.first("maxResults", "100")), self.page_size)
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return found[start : start + size], more

    def _mail(self, mail: Mail, request: Request) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": mail.id,
            "threadId": mail.thread_id,
            "labelIds": sorted(mail.labels),
            "historyId": str(mail.history_id),
            "internalDate": str(mail.date),
            "sizeEstimate": len(mail.raw),
            "snippet": "",
        }
        wanted = {name.lower() for name in request.query.get("metadataHeaders", ())}
        match request.first("format", "full"):
            case "raw":
                return shown | {"raw": urlsafe_b64encode(mail.raw).decode().rstrip("=")}
            case "minimal":
                return shown
        headers = [
            {"name": name, "value": self._value(value)}
            for name, value in mail.headers
            if not wanted or name.lower() in wanted
        ]
        return shown | {"payload": {"mimeType": "text/plain", "headers": headers}}

    def _value(self, value: str) -> str:
        return decoded(value) if self.decodes_headers else value

    def _draft(self, id: str, request: Request) -> dict[str, Any]:
        mail = self.mailbox.mails[self.mailbox.drafts[id]]
        return {"id": id, "message": self._mail(mail, request)}

    def _create(self, request: Request) -> Response:
        asked = request.json().get("message", {})
        thread_id, packed = asked.get("threadId", ""), asked.get("raw", "")
        if not packed:
            return error(400, "invalidArgument", "'raw' RFC822 payload message string is required")
        if thread_id and not self.mailbox.thread(thread_id):
            return missing()
        raw = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        id = self.mailbox.draft(raw, thread_id=thread_id, at=_ms(datetime.now(UTC)))
        mail = self.mailbox.mails[self.mailbox.drafts[id]]
        message = {"id": mail.id, "threadId": mail.thread_id, "labelIds": ["DRAFT"]}
        return Response.of({"id": id, "message": message})

    def _send(self, request: Request) -> Response:
        asked = request.json()
        if set(asked) != {"id"}:
            return error(400, "invalidArgument", "Other words than the draft's are not simulated.")
        if asked["id"] not in self.mailbox.drafts:
            return missing()
        mail = self.mailbox.send(asked["id"], at=_ms(datetime.now(UTC)))
        return Response.of({"id": mail.id, "threadId": mail.thread_id, "labelIds": ["SENT"]})


def _letter(headers: Sequence[tuple[str, str]], text: str) -> bytes:
    """A plain mail. The library's own way to write one is too slow for thousands of them."""
    lines = [f"{name}: {_encoded(value)}\r\n" for name, value in headers]
    lines.append("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n")
    body = b64encode(text.encode()).decode()
    return "".join([*lines, "Content-Transfer-Encoding: base64\r\n\r\n", body]).encode()


def _encoded(value: str) -> str:
    if value.isascii():
        return value
    name, handle = parseaddr(value)
    word = Header(name or value, "utf-8").encode(linesep="\r\n")
    return f"{word} <{handle}>" if name else word


def error(status: int, reason: str, message: str, kind: str = "INVALID_ARGUMENT") -> Response:
    """An error, as Google writes it."""
    part = {"message": message, "domain": "global", "reason": reason}
    said = {"code": status, "message": message, "errors": [part], "status": kind}
    return Response.of({"error": said}, status=status)


def missing() -> Response:
    return error(404, "notFound", "Requested entity was not found.", "NOT_FOUND")


def too_many(status: int, reason: str = "rateLimitExceeded") -> Response:
    """Quota is used up: 429, or the older 403."""
    return error(status, reason, "Quota exceeded for quota metric 'Queries'.", "RESOURCE_EXHAUSTED")


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
