"""Other people's emulators, behind TLS, and what they lack.

An emulator that does not know a call of its service at all is given it here, out of what it does
know, so that the rest can be tested against it. Whatever it knows, it answers itself.
"""

import json
import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any
from urllib.parse import urlencode

import httpx2

from providers.graph.rows import KEY

from .service import Authority, Request, Response, Simulator
from .slack import SCOPES, within

PASSED_ON = ("authorization", "content-type", "prefer", "accept")
PASSED_BACK = ("content-type", "location", "retry-after")


class Foreign(Simulator):
    """An emulator as it is."""

    name = "foreign"

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority)
        self.behind = ""
        """The emulator's own address."""
        self._http = httpx2.Client()

    @contextmanager
    def running(self) -> Iterator["Foreign"]:
        with super().running(), self._http:
            yield self

    def answer(self, request: Request) -> Response:
        query = urlencode(request.query, doseq=True)
        target = f"{request.path}?{query}" if query else request.path
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        return self.ask(request.method, target, body=request.body, **headers)

    def ask(self, method: str, target: str, *, body: bytes = b"", **headers: str) -> Response:
        """What the emulator itself says."""
        answered = self._http.request(
            method, f"{self.behind}{target}", content=body or None, headers=headers
        )
        told = {name: answered.headers[name] for name in PASSED_BACK if name in answered.headers}
        return Response(answered.status_code, answered.content, told)

    def know(self, method: str, target: str, *, token: str, **body: Any) -> Any:
        """The same as a value, for tests."""
        answered = self._http.request(
            method,
            f"{self.behind}{target}",
            json=body or None,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answered.status_code < 300, answered.text
        return answered.json() if answered.content else None


MAIL = "/gmail/v1/users/me"


class ForeignGmail(Foreign):
    """Without `getProfile`, and with no more headers of a mail than the emulator has a use for;
    Gmail shows all, or those that were named
    (developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/get)."""

    def __init__(self, authority: Authority, *, address: str) -> None:
        super().__init__(authority)
        self.address = address

    def answer(self, request: Request) -> Response:
        if request.path == f"{MAIL}/profile":
            told = self.know("GET", f"{MAIL}/history?startHistoryId=1", token=request.bearer)
            return Response.of({"emailAddress": self.address, "historyId": told["historyId"]})
        answered = super().answer(request)
        if request.first("format") != "metadata" or answered.status != 200:
            return answered
        told = json.loads(answered.body)
        for one in told.get("messages", [told]):
            one["payload"]["headers"] = self._headers(one["id"], request)
        return Response.of(told)

    def _headers(self, id: str, request: Request) -> list[dict[str, str]]:
        kept = self.know("GET", f"{MAIL}/messages/{id}?format=raw", token=request.bearer)
        mail = message_from_bytes(urlsafe_b64decode(kept["raw"] + "=="))
        wanted = {name.lower() for name in request.query.get("metadataHeaders", mail.keys())}
        return [
            {"name": name, "value": str(value)}
            for name, value in mail.items()
            if name.lower() in wanted
        ]


GRAPH = "/v1.0/me"


class ForeignGraph(Foreign):
    """Without delta queries, MIME content, and properties of one's own on a message
    (learn.microsoft.com/graph/delta-query-messages, /graph/outlook-send-mime-message,
    /graph/api/resources/extended-properties-overview)."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority)
        self.keys: dict[str, str] = {}
        """Marks on messages, by their ids."""
        self._told: list[set[str]] = []
        """What each round of changes has told of."""

    def answer(self, request: Request) -> Response:
        match (request.method, *request.path.removeprefix(GRAPH).split("/")[1:]):
            case ("GET", "mailFolders", "inbox", "messages", "delta"):
                return self._delta(request)
            case ("GET", "messages", id, "$value"):
                return self._mime(id, request)
            case ("POST", "messages"):
                return self._draft(request)
            case ("PATCH", "messages", id):
                for mark in request.json().get("singleValueExtendedProperties", ()):
                    self.keys[id] = mark["value"]
            case ("GET", "messages") if wanted := _KEY.search(request.first("$filter")):
                ids = [id for id, key in self.keys.items() if key == wanted[1]]
                return Response.of({"value": [self._one(id, request) for id in ids]})
        answered = super().answer(request)
        return self._marked(answered) if request.path.startswith(GRAPH) else answered

    def _marked(self, answered: Response) -> Response:
        told = json.loads(answered.body) if answered.status == 200 and answered.body else {}
        for one in told.get("value", ()):
            if key := self.keys.get(one["id"]):
                one["singleValueExtendedProperties"] = [{"id": KEY, "value": key}]
        return Response.of(told) if "value" in told else answered

    def _delta(self, request: Request) -> Response:
        before = self._told[int(token)] if (token := request.first("$deltatoken")) else set()
        found = self.know(
            "GET", f"{GRAPH}/mailFolders/inbox/messages?$top=1000", token=request.bearer
        )
        new = [one for one in found["value"] if one["id"] not in before]
        size = re.search(r"maxpagesize=(\d+)", request.headers.get("prefer", ""))
        page = new[: int(size[1])] if size else new
        self._told.append(before | {one["id"] for one in page})
        link = f"{self.url}{request.path}?$deltatoken={len(self._told) - 1}"
        name = "nextLink" if len(page) < len(new) else "deltaLink"
        return Response.of({"value": page, f"@odata.{name}": link})

    def _one(self, id: str, request: Request) -> Any:
        return self.know("GET", f"{GRAPH}/messages/{id}", token=request.bearer)

    def _mime(self, id: str, request: Request) -> Response:
        answered = self.ask("GET", f"{GRAPH}/messages/{id}", authorization=_bearer(request))
        if answered.status != 200:
            return answered
        told, mail = json.loads(answered.body), EmailMessage()
        mail["From"] = told["from"]["emailAddress"]["address"]
        mail["To"] = ", ".join(one["emailAddress"]["address"] for one in told["toRecipients"])
        mail["Subject"], mail["Message-ID"] = told["subject"], told["internetMessageId"]
        mail.set_content(told["body"]["content"])
        return Response(200, bytes(mail), {"Content-Type": "text/plain"})

    def _draft(self, request: Request) -> Response:
        mail = message_from_bytes(b64decode(request.body), policy=policy.default)
        part = mail.get_body(("plain",))
        people = [{"emailAddress": {"address": to}} for _, to in getaddresses([str(mail["To"])])]
        words = str(part.get_content()).replace("\r\n", "\n") if part else ""
        body = {"contentType": "text", "content": words}
        draft = {"subject": str(mail["Subject"]), "toRecipients": people, "body": body}
        kind = {"content-type": "application/json", "authorization": _bearer(request)}
        return self.ask("POST", request.path, body=json.dumps(draft).encode(), **kind)


class ForeignSlack(Foreign):
    """Takes questions by POST only, and looks at no bounds of time; has no `users.conversations`;
    and does not say which permissions a token has (docs.slack.dev/apis/web-api,
    /reference/methods/conversations.history, /reference/methods/users.conversations)."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority)
        self.names: dict[str, str] = {}
        """What channels are to be called, by id: Slack knows small letters only."""

    def answer(self, request: Request) -> Response:
        if request.method == "POST" or not request.path.startswith("/api/"):
            return super().answer(request)
        method = request.path.rpartition("/")[2]
        bounded = "oldest" in request.query or "latest" in request.query
        asked = request.query | ({"limit": ["1000"]} if bounded else {})
        form = {"content-type": "application/x-www-form-urlencoded"}
        answered = self.ask(
            "POST",
            f"/api/{'conversations.list' if method == 'users.conversations' else method}",
            body=urlencode(asked, doseq=True).encode(),
            authorization=_bearer(request),
            **form,
        )
        told = json.loads(answered.body)
        if method == "users.conversations":
            told["channels"] = [
                one | {"name": self.names.get(one["id"], one["name"])}
                for one in told["channels"]
                if _is_in(one)
            ]
        if bounded and told["ok"]:
            found = [one for one in told["messages"] if within(one["ts"], request)]
            told["messages"] = found[: int(request.first("limit", "1000"))]
        return Response.of(told, X_OAuth_Scopes=SCOPES)


_KEY = re.compile(r"ep/value eq '([^']+)'")


def _bearer(request: Request) -> str:
    return request.headers.get("authorization", "")


def _is_in(channel: dict[str, Any]) -> bool:
    return bool(channel.get("is_im") or channel.get("is_mpim") or channel.get("is_member"))
