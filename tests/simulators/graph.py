"""Microsoft Graph with one mailbox, as far as its documentation and its users describe it.

No kinder than the service: tokens are checked, rounds of a delta query keep no order and their
tokens expire, pages may be short, received mail shows its headers without From, To and Cc and sent
mail shows none, Message-IDs are rewritten on the way out, and the copy of a sent mail may be late.
"""

import base64
import re
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from itertools import count
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlencode

from tests.simulators.graph_mailbox import DRAFTS, FOLDERS, INBOX, SENT, Item, Mailbox, Round
from tests.simulators.graph_shape import (
    Arrived,
    Refusal,
    arrived,
    clauses,
    error,
    extended,
    fits,
    properties,
)
from tests.simulators.graph_subscriptions import Refused, Subscriptions
from tests.simulators.oauth import TokenEndpoint
from tests.simulators.service import Authority, Fault, Request, Response, Simulator

API = "/v1.0"
USER = "https://graph.microsoft.com/User.Read"
READ = "https://graph.microsoft.com/Mail.Read"
WRITE = "https://graph.microsoft.com/Mail.ReadWrite"
SEND = "https://graph.microsoft.com/Mail.Send"
MAX_MIME = 4_000_000


class GraphSimulator(Simulator):
    name: ClassVar[str] = "graph"

    def __init__(self, authority: Authority, *, address: str, port: int = 0, seed: int = 0) -> None:
        super().__init__(authority, port=port, seed=seed)
        self.mailbox = Mailbox(address, seed=seed)
        self.proxies = [f"SMTP:{address}"]
        self.sends_from_aliases = False
        """What an organisation must turn on (`SendFromAliasEnabled`): else the mailbox's own
        address takes an alias's place."""
        self.tokens = TokenEndpoint()
        self.token_url = f"{self.url}/token"
        self.delivered: list[bytes] = []
        """The truth: every mail that went out, in order; the second time of one, too."""
        self.lag_seconds = 0.0
        """How long the copy of what is sent from now on stays out of sight."""
        self.most_in_page = 1_000
        self.api_url = f"{self.url}{API}"
        self.links_at = self.url
        """Where the links in answers lead."""
        self.subscriptions = Subscriptions()
        self._numbers = count(1)

    # What people do

    def link(self, *scopes: str) -> str:
        """The owner consents; the refresh token."""
        return self.tokens.grant(self.mailbox.address, *(scopes or (USER, WRITE, SEND)))

    def receive(self, raw: bytes, *, at: datetime | None = None) -> str:
        """A customer writes; the message's immutable id."""
        with self.lock:
            return self.mailbox.file(raw, INBOX, at=at).immutable

    def answer_by_hand(self, id: str, words: str = "99, as I said on the phone.") -> None:
        """The owner answers a message from another program."""
        with self.lock:
            asked = self.mailbox.items[id]
            mail = EmailMessage()
            writer = asked.mail["Reply-To"] or asked.mail["From"]
            mail["From"], mail["To"] = self.mailbox.address, writer
            mail["Subject"], mail["In-Reply-To"] = f"Re: {asked.mail['Subject']}", asked.message_id
            mail.set_content(words)
            self.mailbox.file(bytes(mail), SENT)

    def sent(self) -> list[Arrived]:
        """What arrived at customers."""
        with self.lock:
            return [arrived(raw) for raw in self.delivered]

    def file_copies(self) -> None:
        """Let the late copies of what was sent appear."""
        with self.lock:
            for item in self.mailbox.items.values():
                item.hidden_until = 0.0

    def throttle(self, *, seconds: int, method: str = "", path: str = "") -> None:
        """Answer the next request that fits with 429."""
        response = error(429, "ApplicationThrottled", Retry_After=str(seconds))
        self.faults.append(Fault("answer", response=response, method=method, path=path))

    def random_fault(self) -> Fault:
        choice = self.random.randrange(6)
        if choice == 0:
            response = error(429, "ApplicationThrottled", Retry_After="1")
            return Fault("answer", response=response)
        if choice == 1:
            return Fault("answer", after=True, response=error(504, "UnknownError"))
        return super().random_fault()

    # What the service says

    def is_write(self, request: Request) -> bool:
        return request.method != "GET" and request.path != "/token"

    def effect(self, request: Request) -> Response:
        if request.path == "/token":
            return self.tokens.answer(request)
        return super().effect(request)

    def answer(self, request: Request) -> Response:
        try:
            access = self.tokens.access(request.bearer)
            if access is None:
                raise Refusal(401, "InvalidAuthenticationToken", WWW_Authenticate="Bearer")
            if access.scopes.isdisjoint(_wanted(request)):
                raise Refusal(403, "ErrorAccessDenied")
            if request.path.startswith(f"{API}/subscriptions"):
                return self._subscribe(request)
            if not request.path.startswith(f"{API}/me"):
                raise Refusal(404, "ResourceNotFound")
            path = re.sub(r"\('([^']+)'\)", r"/\1", request.path.removeprefix(f"{API}/me"))
            return self._route(request, [unquote(part) for part in path.split("/") if part])
        except Refusal as refusal:
            return refusal.response

    def _subscribe(self, request: Request) -> Response:
        id = request.path.removeprefix(f"{API}/subscriptions").lstrip("/")
        if id and id not in self.subscriptions.there:
            raise Refusal(404, "ResourceNotFound")
        try:
            if request.method == "POST" and not id:
                return Response.of(self.subscriptions.make(request.json()), status=201)
            if request.method == "PATCH":
                return Response.of(self.subscriptions.renew(id, request.json()))
            if request.method == "DELETE":
                del self.subscriptions.there[id]
                return Response(204)
        except Refused as refused:
            raise Refusal(400, str(refused)) from None
        raise Refusal(404, "ResourceNotFound")

    def _route(self, request: Request, parts: list[str]) -> Response:
        match (request.method, *parts):
            case ("GET",):
                me: dict[str, Any] = {"displayName": "Alice", "mail": self.mailbox.address}
                asked = request.first("$select").split(",")
                if "proxyAddresses" in asked:
                    me = {"proxyAddresses": self.proxies}
                return Response.of(me)
            case ("GET", "mailFolders", folder):
                return Response.of({"id": _folder(folder)})
            case ("GET", "mailFolders", folder, "messages"):
                return self._list(request, _folder(folder))
            case ("GET", "mailFolders", folder, "messages", "delta"):
                return self._delta(request, _folder(folder))
            case ("GET", "messages"):
                return self._list(request, None)
            case ("GET", "messages", id):
                return Response.of(self._shown(self._item(request, id), request))
            case ("GET", "messages", id, "$value"):
                raw = self._item(request, id).raw
                return Response(200, raw, {"Content-Type": "text/plain"})
            case ("POST", "messages"):
                return self._draft(request)
            case ("PATCH", "messages", id):
                return self._mark(request, self._item(request, id))
            case ("POST", "messages", id, "send"):
                return self._send(request, self._item(request, id))
        raise Refusal(404, "ResourceNotFound")

    def _item(self, request: Request, id: str) -> Item:
        item = self.mailbox.find(id, immutable=_immutable(request))
        if item is None:
            raise Refusal(404, "ErrorItemNotFound")
        return item

    def _draft(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("text/plain"):
            raise Refusal(400, "NotSimulated")
        try:
            raw = base64.b64decode(request.body, validate=True)
        except ValueError:
            raise Refusal(400, "ErrorMimeContentInvalidBase64String") from None
        if len(raw) > MAX_MIME:
            raise Refusal(413, "RequestEntityTooLarge")
        if not message_from_bytes(raw, policy=policy.default)["To"]:
            raise Refusal(400, "ErrorMimeContentInvalid")
        item = self.mailbox.file(raw, DRAFTS, is_draft=True, is_read=True)
        return Response.of(self._shown(item, request), status=201)

    def _mark(self, request: Request, item: Item) -> Response:
        given = request.json()
        for one in given.pop("singleValueExtendedProperties", ()):
            item.properties[one["id"].lower()] = one["value"]
        if given:
            raise Refusal(400, "NotSimulated")
        self.mailbox.note(item, "updated")
        return Response.of(self._shown(item, request))

    def _send(self, request: Request, item: Item) -> Response:
        """Only a draft can be sent: others are "not found in the store"
        (github.com/rlrghb/olkcli/issues/118)."""
        if "content-length" not in request.headers:
            raise Refusal(411, "LengthRequired")
        if not item.is_draft:
            raise Refusal(404, "ErrorItemNotFound")
        [(_, sender)] = getaddresses([str(item.mail["From"])])
        if f"smtp:{sender.lower()}" not in [proxy.lower() for proxy in self.proxies]:
            raise Refusal(403, "ErrorSendAsDenied")
        if not self.sends_from_aliases:
            own = self.mailbox.address.encode()
            item.raw = re.sub(rb"(?im)^From:.*(?:\r\n[ \t].*)*", b"From: " + own, item.raw)
        item.raw = self._rewritten(item)
        item.is_draft, item.sent = False, datetime.now(UTC).replace(microsecond=0)
        item.received = item.sent
        item.hidden_until = time.monotonic() + self.lag_seconds
        self.mailbox.move(item, SENT)
        self.delivered.append(item.raw)
        to = [handle.lower() for _, handle in getaddresses([str(item.mail["To"])])]
        if self.mailbox.address.lower() in to:  # what comes in is a mail of its own
            self.mailbox.file(item.raw, INBOX)
        return Response(202)

    def _rewritten(self, item: Item) -> bytes:
        """With a Message-ID of the service's own."""
        own = f"<{next(self._numbers):08d}@exchange.example>"
        self.mailbox.conversations[own] = item.conversation
        pattern = rb"(?im)^Message-ID:.*(?:\r\n[ \t].*)*\r\n"
        return re.sub(pattern, b"", item.raw).replace(
            b"\r\n\r\n", b"\r\nMessage-ID: " + own.encode() + b"\r\n\r\n", 1
        )

    def _delta(self, request: Request, folder: str) -> Response:
        token = request.first("$skiptoken") or request.first("$deltatoken")
        if token:
            round = self.mailbox.resume(token)
            if round is None:
                raise Refusal(410, "SyncStateNotFound")
        else:
            round = self._begun(request, folder)
        size = self._page_size(request)
        removed, round.removed = round.removed[:size], round.removed[size:]
        room = size - len(removed)
        page, round.left = round.left[:room], round.left[room:]
        items = (self.mailbox.items.get(id) for id in page)
        value = [_brief(item, request) for item in items if item and item.folder == folder]
        value += [{"id": id, "@removed": {"reason": "deleted"}} for id in removed]
        name, query = (
            ("nextLink", "skip") if round.left or round.removed else ("deltaLink", "delta")
        )
        link = f"{self.links_at}{API}/me/mailFolders('{folder}')/messages/delta"
        link += f"?${query}token={self.mailbox.token(round)}"
        return Response.of({"value": value, f"@odata.{name}": link})

    def _begun(self, request: Request, folder: str) -> Round:
        kind, wanted = request.first("changeType"), request.first("$filter")
        found = re.fullmatch(r"receivedDateTime (ge|gt) (\S+)", wanted)
        order = request.first("$orderby", "receivedDateTime desc")
        if (wanted and not found) or order != "receivedDateTime desc":
            raise Refusal(400, "BadRequest")
        since = datetime.fromisoformat(found[2]) if found else None
        strict = bool(found and found[1] == "gt")
        return self.mailbox.begin(folder, kind=kind, since=since, strict=strict)

    def _list(self, request: Request, folder: str | None) -> Response:
        wanted, order = request.first("$filter"), request.first("$orderby")
        if order and wanted and not wanted.startswith(order.split()[0]):
            raise Refusal(400, "InefficientFilter")
        tests = [fits(clause) for clause in clauses(wanted)]
        items = [item for item in self.mailbox.listed(folder) if all(t(item) for t in tests)]
        items.sort(key=lambda item: item.received, reverse=not order.endswith(" asc"))
        top, skip = int(request.first("$top", "10")), int(request.first("$skip", "0"))
        if not 1 <= top <= 1_000:
            raise Refusal(400, "ErrorInvalidParameter")
        end = skip + min(top, self.most_in_page)
        said: dict[str, Any] = {"value": [self._shown(item, request) for item in items[skip:end]]}
        if len(items) > end:
            query = {name: values[0] for name, values in request.query.items()}
            again = urlencode(query | {"$skip": str(end)}, quote_via=quote)
            said["@odata.nextLink"] = f"{self.links_at}{request.path}?{again}"
        return Response.of(said)

    def _page_size(self, request: Request) -> int:
        wanted = re.search(r"odata\.maxpagesize=(\d+)", request.headers.get("prefer", ""))
        return min(int(wanted[1]) if wanted else 10, self.most_in_page)

    def _shown(self, item: Item, request: Request) -> dict[str, Any]:
        everything = properties(item)
        names = [name for name in request.first("$select").split(",") if name]
        if unknown := set(names) - everything.keys() - {"id"}:
            raise Refusal(400, f"BadRequest.{unknown.pop()}")
        if not names:
            names = [name for name in everything if name != "internetMessageHeaders"]
        shown = {name: everything[name] for name in names if everything.get(name) is not None}
        expanded = re.search(r"\$filter=id eq '((?:[^']|'')*)'", request.first("$expand"))
        if expanded and (value := extended(item, expanded[1])) is not None:
            one = {"id": expanded[1], "value": value}
            shown["singleValueExtendedProperties"] = [one]
        return shown | _brief(item, request)


def _wanted(request: Request) -> set[str]:
    """The scopes of which one is enough: learn.microsoft.com/graph/permissions-reference"""
    if request.method == "GET":
        return {USER} if request.path == f"{API}/me" else {READ, WRITE}
    return {SEND} if request.path.endswith("/send") else {WRITE}


def _brief(item: Item, request: Request) -> dict[str, Any]:
    id = item.immutable if _immutable(request) else item.id
    return {"@odata.etag": 'W/"1"', "id": id}


def _immutable(request: Request) -> bool:
    return 'IdType="ImmutableId"' in request.headers.get("prefer", "")


def _folder(name: str) -> str:
    """By its well-known name."""
    if name.lower() not in FOLDERS:
        raise Refusal(404, "ErrorItemNotFound")
    return name.lower()
