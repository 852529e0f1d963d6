"""Outlook and Microsoft 365: a mailbox that is read and answered through Microsoft Graph."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from core.clock import system_clock
from core.connections import Access
from core.deployment import Deployment
from core.errors import NotFound, ReauthorizationRequired
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from providers import graph
from providers.auth import OAuth
from providers.base import BaseProvider, Capability
from providers.mail import mime
from providers.notices import Heard, Notice, Watched, Webhook

READ_SECONDS = 150.0
SEND_SECONDS = 60.0
WATCH_SECONDS = 30.0
NO_DRAFT = "/me/messages/orchestre-no-draft"


class OutlookProvider(BaseProvider):
    name = "outlook"
    title = "Outlook"
    description = "A mailbox at Outlook.com or Microsoft 365."
    auth = OAuth(
        service="microsoft",
        title="Microsoft",
        callback="outlook",
        scopes=graph.PERMISSIONS,
        parameters={"prompt": "select_account", "response_mode": "query"},
        # A tenant has an issuer of its own: learn.microsoft.com/entra/identity-platform/issuer
        issuer=r"/[0-9a-f-]{36}/v2\.0",
        clients="https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps",
        permissions="https://account.live.com/consent/Manage or https://myapps.microsoft.com",
    )
    capabilities = (
        Capability.DRAFTS
        | Capability.THREADS
        | Capability.MAIL
        | Capability.PROOF
        | Capability.PUSH
        | Capability.ALIASES
        | Capability.LOOKUP
    )

    def identify(self) -> Address:
        self._graph.allow(READ_SECONDS)
        me = self._graph.get("/me", {"$select": "displayName,mail,userPrincipalName"})
        self._graph.get("/me/mailFolders/inbox", {"$select": "id"})
        if self.account.access is not Access.READ:
            self._graph.prove("PATCH", NO_DRAFT)
        if self.account.access is Access.SEND:
            self._graph.prove("POST", f"{NO_DRAFT}/send")
        handle = me.get("mail") or me.get("userPrincipalName")
        if not handle:
            raise ReauthorizationRequired("Microsoft does not say whose mailbox this is.")
        return Address(handle=str(handle), name=str(me.get("displayName") or ""))

    def aliases(self) -> tuple[Address, ...]:
        """learn.microsoft.com/graph/api/resources/user: `proxyAddresses`. A personal account has
        none that Graph tells of."""
        self._graph.allow(READ_SECONDS)
        me = self._graph.get("/me", {"$select": "proxyAddresses"})
        return graph.proxies(me.get("proxyAddresses"))

    def cursor_at(self, moment: datetime) -> str:
        self._graph.allow(READ_SECONDS)
        return str(graph.begin(self._graph, moment))

    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        self._graph.allow(READ_SECONDS)
        news = graph.read_on(self._graph, graph.Place.read(cursor), limit=limit)
        return Page(envelopes=tuple(row.envelope() for row in news.rows), cursor=str(news.place))

    def fetch(self, envelope: Envelope) -> Message:
        self._graph.allow(READ_SECONDS)
        return self._message(envelope)

    def find(self, id: str) -> Envelope | None:
        self._graph.allow(READ_SECONDS)
        row = graph.lookup.find(self._graph, id)
        return row.envelope() if row else None

    def newest(self) -> Iterator[Envelope]:
        self._graph.allow(READ_SECONDS)
        return (row.envelope() for row in graph.lookup.newest(self._graph))

    def prepare(self, outgoing: Outgoing, *, key: str) -> str:
        raw = mime.write(outgoing, key=key)
        self._graph.allow(SEND_SECONDS)
        return graph.create_draft(self._graph, raw, key=key)

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        self._graph.allow(SEND_SECONDS)
        graph.send_draft(self._graph, handle)
        return Receipt(id=handle, sent_at=system_clock())

    def fetch_thread(self, message: Message) -> tuple[Message, ...]:
        self._graph.allow(READ_SECONDS)
        earlier = graph.conversation(self._graph, message.envelope)
        return (*(self._message(row.envelope()) for row in earlier), message)

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        self._graph.allow(SEND_SECONDS)
        return graph.find_copy(self._graph, key, id=handle)

    def answered_by_hand(self, message: Message, *, key: str = "") -> bool:
        self._graph.allow(SEND_SECONDS)
        return graph.answers_by_hand(self._graph, message, wanted=key)

    def watch(self, webhook: Webhook, *, subscription: str = "") -> Watched:
        self._graph.allow(WATCH_SECONDS)
        return graph.subscriptions.watch(self._graph, webhook, subscription=subscription)

    def unwatch(self, subscription: str) -> None:
        self._graph.allow(WATCH_SECONDS)
        graph.subscriptions.unwatch(self._graph, subscription)

    @classmethod
    def heard(cls, notice: Notice, deployment: Deployment) -> Heard:
        return graph.subscriptions.heard(notice)

    @cached_property
    def _graph(self) -> graph.Graph:
        return graph.Graph(self.account)

    def _message(self, envelope: Envelope) -> Message:
        if envelope.size > mime.MAX_BYTES:
            return Message(envelope=envelope, problem=mime.TOO_BIG)
        try:
            raw = self._graph.mime(graph.one("/me/messages", envelope.id))
        except NotFound:
            return Message(envelope=envelope, problem="It is no longer in the mailbox.")
        return mime.read_message(raw, envelope=envelope)
