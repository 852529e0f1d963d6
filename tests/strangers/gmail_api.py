"""The routes of gmail.v1 that a mail client has a use for, over mailboxes in memory."""

import json
import random
import re
import time
from typing import Any

from .gmail_mailbox import Change, Mail, Mailbox
from .gmail_search import found_by
from .gmail_shape import chosen, decoded, encoded, message, stub
from .google_errors import Answer, no_scope, not_found, told, wrong
from .requests import Request

READ = {"gmail.readonly", "gmail.modify"}
WRITE = {"gmail.compose", "gmail.modify"}


class Api:
    """Answers what is asked of one mailbox. The caller holds the lock of the double."""

    def __init__(self, box: Mailbox, dice: random.Random, *, most_records: int = 0) -> None:
        self.box = box
        self.dice = dice
        self.most_records = most_records

    def answer(self, request: Request, scopes: set[str]) -> Answer:
        found = re.fullmatch(r"/gmail/v1/users/([^/]+)/(.+)", request.path)
        if not found:
            return wrong(404, "notFound", "Not Found")
        if found[1] not in ("me", self.box.address):
            return wrong(403, "forbidden", f"Delegation denied for {self.box.address}")
        steps = found[2].split("/")
        name, need = self._route(request.method, steps)
        if not name:
            return wrong(404, "notFound", "Not Found")
        if not need & scopes:
            return no_scope(self.dice)
        try:
            answer: Answer = getattr(self, name)(request, *self._names(steps))
        except (ValueError, KeyError, TypeError) as error:
            return wrong(400, "invalidArgument", f"Invalid value: {error}")
        if answer.status == 200 and request.one("fields"):
            return told(chosen(json.loads(answer.body), request.one("fields")))
        return answer

    def _route(self, method: str, steps: list[str]) -> tuple[str, set[str]]:
        match method, steps:
            case "GET", ["profile"]:
                return "profile", READ | WRITE
            case "GET", ["settings", "sendAs", *rest]:
                return ("send_as_one" if rest else "send_as"), READ
            case "POST", ["watch"] | ["stop"]:
                return steps[0], READ
            case "GET", ["history"] | ["labels"]:
                return steps[0], READ
            case "GET", ["messages", _, "attachments", _]:
                return "attachment", READ
            case "GET", [("messages" | "threads" | "drafts") as kind]:
                return f"list_{kind}", READ | (WRITE if kind == "drafts" else set())
            case "GET", [("messages" | "threads" | "drafts") as kind, _]:
                return f"get_{kind}", READ | (WRITE if kind == "drafts" else set())
            case "POST", ["drafts"] | ["drafts", "send"] | ["messages", "send"]:
                return {"drafts": "create"}.get(steps[-1], f"send_{steps[0]}"), WRITE
            case "PUT", ["drafts", _]:
                return "update_draft", WRITE
            case "DELETE", ["drafts", _]:
                return "delete_draft", WRITE
            case "POST", ["messages", _, "modify"]:
                return "modify", {"gmail.modify"}
        return "", set()

    def _names(self, steps: list[str]) -> list[str]:
        if steps[0] == "settings":
            return steps[2:]
        return [one for one in steps[1:] if one not in ("send", "attachments", "modify")]

    def profile(self, request: Request) -> Answer:
        count = len(self.box.mails)
        threads = len({one.thread for one in self.box.mails.values()})
        return told(
            {
                "emailAddress": self.box.address,
                "messagesTotal": count,
                "threadsTotal": threads,
                "historyId": str(self.box.last),
            }
        )

    def send_as(self, request: Request) -> Answer:
        return told({"sendAs": self._identities()})

    def send_as_one(self, request: Request, address: str) -> Answer:
        found = [one for one in self._identities() if one["sendAsEmail"] == address]
        return told(found[0]) if found else not_found()

    def _identities(self) -> list[dict[str, Any]]:
        own: dict[str, Any] = {"sendAsEmail": self.box.address, "displayName": self.box.name}
        own |= {"isPrimary": True, "isDefault": True, "signature": "", "replyToAddress": ""}
        others = [
            {"sendAsEmail": one, "displayName": "", "verificationStatus": "accepted"}
            for one in self.box.aliases
        ]
        return [*others, own]

    def labels(self, request: Request) -> Answer:
        names = ("INBOX", "SENT", "DRAFT", "SPAM", "TRASH", "UNREAD", "STARRED", "IMPORTANT")
        return told({"labels": [{"id": one, "name": one, "type": "system"} for one in names]})

    def watch(self, request: Request) -> Answer:
        if not request.json().get("topicName"):
            return wrong(400, "invalidArgument", "Invalid topicName")
        until = int((time.time() + 7 * 86_400) * 1000)
        return told({"historyId": str(self.box.last), "expiration": str(until)})

    def stop(self, request: Request) -> Answer:
        return Answer(204)

    def history(self, request: Request) -> Answer:
        start = request.one("startHistoryId")
        if not start.isdigit():
            return wrong(400, "invalidArgument", "Missing/invalid parameter: startHistoryId")
        if int(start) < self.box.oldest:
            return not_found()
        after = int(request.one("pageToken") or start)
        kinds = {
            {"messageAdded": "messagesAdded", "messageDeleted": "messagesDeleted"}.get(
                one, one.replace("label", "labels")
            )
            for one in request.query.get("historyTypes", [])
        }
        most = min(int(request.one("maxResults") or 100), 500)
        most = min(most, self.most_records or self.dice.choice((2, 7, 500)))
        read = [one for one in self.box.history if one.id > after]
        span, rest = read[:most], read[most:]
        records = [record for one in span for record in self._records(one, request, kinds)]
        body: dict[str, Any] = {"historyId": str(self.box.last)}
        if records:
            body["history"] = records
        if rest:
            body["nextPageToken"] = str(span[-1].id)
        return told(body)

    def _records(self, change: Change, request: Request, kinds: set[str]) -> list[dict[str, Any]]:
        """One change, told once or, now and then, twice; `messages` repeats what is told."""
        label = request.one("labelId")
        now = self.box.mails.get(change.message)
        if label and label not in (now.labels if now else change.stands):
            return []
        if kinds and change.kind not in kinds:
            return []
        short = stub(now, self.dice) if now else {"id": change.message, "threadId": change.thread}
        item: dict[str, Any] = {"message": short}
        if change.labels:
            item["labelIds"] = list(change.labels)
        record = {"id": str(change.id), "messages": [short], change.kind: [item]}
        shape = self.dice.random()
        if shape < 0.15:
            return [record, record]
        if shape < 0.3:
            return [{**record, change.kind: [item, item], "messages": [short, short]}]
        return [record]

    def list_messages(self, request: Request) -> Answer:
        return self._listed("messages", self._matching(request), request)

    def list_threads(self, request: Request) -> Answer:
        first = {one.thread: one for one in reversed(self._matching(request))}
        return self._listed("threads", list(first.values()), request)

    def _matching(self, request: Request) -> list[Mail]:
        """The newest first."""
        labels = set(request.query.get("labelIds", []))
        q, now = request.one("q"), time.monotonic()
        hidden = {"SPAM", "TRASH"} if request.one("includeSpamTrash").lower() != "true" else set()
        if re.search(r"(?i)\bin:(anywhere|spam|trash)", q):
            hidden = set()
        found = [
            one
            for one in self.box.mails.values()
            if one.seen_from <= now
            and labels <= set(one.labels)
            and not hidden - labels & set(one.labels)
            and found_by(q, one)
        ]
        return sorted(found, key=lambda one: one.internal_ms, reverse=True)

    def _listed(self, kind: str, found: list[Mail], request: Request) -> Answer:
        most = min(int(request.one("maxResults") or 100), self.dice.choice((3, 20, 500)))
        start = int(request.one("pageToken") or 0)
        span = found[start : start + most]
        body: dict[str, Any] = {"resultSizeEstimate": self.dice.randint(0, 2 * len(found))}
        if span and kind == "messages":
            body[kind] = [{"id": one.id, "threadId": one.thread} for one in span]
        if span and kind == "threads":
            body[kind] = [{"id": one.thread, "historyId": str(one.changed)} for one in span]
        if start + most < len(found):
            body["nextPageToken"] = str(start + most)
        return told(body)

    def get_messages(self, request: Request, id: str) -> Answer:
        mail = self.box.mails.get(id)
        if mail is None or mail.read_from > time.monotonic():
            return not_found()
        return told(self._message(mail, request))

    def _message(self, mail: Mail, request: Request) -> dict[str, Any]:
        form = request.one("format", "full").lower()
        return message(mail, form, self.dice, tuple(request.query.get("metadataHeaders", [])))

    def get_threads(self, request: Request, id: str) -> Answer:
        if request.one("format", "full").lower() == "raw":
            return wrong(400, "invalidArgument", "Invalid value for format")
        members = self.box.thread(id)
        if not members:
            return not_found()
        whole = [self._message(one, request) for one in members]
        newest = max(one.changed for one in members)
        return told({"id": id, "historyId": str(newest), "messages": whole})

    def attachment(self, request: Request, id: str, attachment: str) -> Answer:
        mail = self.box.mails.get(id)
        if mail is None:
            return not_found()
        for piece in mail.parsed().walk():
            if piece.get_filename():
                data = piece.get_payload(decode=True)
                assert isinstance(data, bytes)
                return told({"size": len(data), "data": encoded(data, self.dice)})
        return not_found()

    def list_drafts(self, request: Request) -> Answer:
        q = request.one("q")
        pairs = [
            (draft, self.box.mails[known])
            for draft, known in self.box.drafts.items()
            if known in self.box.mails and found_by(q, self.box.mails[known])
        ]
        listed = [
            {"id": draft, "message": {"id": mail.id, "threadId": mail.thread}}
            for draft, mail in pairs[:500]
        ]
        return told({"resultSizeEstimate": len(pairs), **({"drafts": listed} if listed else {})})

    def get_drafts(self, request: Request, id: str) -> Answer:
        until, ghost = self.box.ghosts.get(id, (0.0, None))
        mail = self.box.mails.get(self.box.drafts.get(id, ""))
        if mail is None and ghost and until > time.monotonic():
            mail = ghost
        if mail is None:
            return not_found()
        return told({"id": id, "message": self._message(mail, request)})

    def create(self, request: Request) -> Answer:
        inner = request.json()["message"]
        raw = decoded(inner["raw"])
        draft, mail = self.box.make_draft(raw, inner.get("threadId", ""))
        short = {"id": mail.id, "threadId": mail.thread, "labelIds": ["DRAFT"]}
        return told({"id": draft, "message": short})

    def update_draft(self, request: Request, id: str) -> Answer:
        lying = self.box.mails.get(self.box.drafts.get(id, ""))
        if lying is None:
            return not_found()
        self.box.drop(lying)
        raw = decoded(request.json()["message"]["raw"])
        mail = self.box.put(raw, ["DRAFT"], thread=lying.thread)
        self.box.drafts[id] = mail.id
        return told({"id": id, "message": stub(mail, self.dice)})

    def delete_draft(self, request: Request, id: str) -> Answer:
        lying = self.box.mails.get(self.box.drafts.pop(id, ""))
        if lying is None:
            return not_found()
        self.box.drop(lying)
        return Answer(204)

    def send_drafts(self, request: Request) -> Answer:
        sent = self.box.send_draft(request.json()["id"], by="api", asked_at=request.at)
        return told(self._sent(sent)) if sent else not_found()

    def send_messages(self, request: Request) -> Answer:
        inner = request.json()
        raw = decoded(inner["raw"])
        thread = self.box.thread_for(raw, inner.get("threadId", ""))
        return told(self._sent(self.box.send(raw, thread, by="api", asked_at=request.at)))

    def _sent(self, mail: Mail) -> dict[str, Any]:
        return {"id": mail.id, "threadId": mail.thread, "labelIds": ["SENT"]}

    def modify(self, request: Request, id: str) -> Answer:
        mail, wanted = self.box.mails.get(id), request.json()
        if mail is None:
            return not_found()
        self.box.relabel(
            mail,
            add=tuple(wanted.get("addLabelIds", ())),
            remove=tuple(wanted.get("removeLabelIds", ())),
        )
        return told(stub(mail, self.dice))
