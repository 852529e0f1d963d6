"""Outlook and Microsoft 365: a mailbox that is read and answered through Microsoft Graph."""

from datetime import datetime
from functools import cached_property

from core.clock import system_clock
from core.errors import NotFound, ReauthorizationRequired
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from providers import graph
from providers.base import BaseProvider, Capability
from providers.mail import mime

READ_SECONDS = 150.0
SEND_SECONDS = 60.0
NO_DRAFT = "/me/messages/orchestre-no-draft"


class OutlookProvider(BaseProvider):
    name = "outlook"
    title = "Outlook"
    description = "A mailbox at Outlook.com or Microsoft 365."
    capabilities = Capability.DRAFTS | Capability.THREADS | Capability.MAIL | Capability.PROOF

    def identify(self) -> Address:
        self._graph.allow(READ_SECONDS)
        me = self._graph.get("/me", {"$select": "displayName,mail,userPrincipalName"})
        self._graph.get("/me/mailFolders/inbox", {"$select": "id"})
        self._graph.prove("PATCH", NO_DRAFT)
        self._graph.prove("POST", f"{NO_DRAFT}/send")
        handle = me.get("mail") or me.get("userPrincipalName")
        if not handle:
            raise ReauthorizationRequired("Microsoft does not say whose mailbox this is.")
        return Address(handle=str(handle), name=str(me.get("displayName") or ""))

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

    def answered_by_hand(self, message: Message) -> bool:
        self._graph.allow(SEND_SECONDS)
        return graph.answers_by_hand(self._graph, message)

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
