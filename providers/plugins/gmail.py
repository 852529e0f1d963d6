"""Gmail and Google Workspace mail, over the Gmail API."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec

from core.clock import system_clock
from core.connections import Access
from core.deployment import Deployment
from core.errors import NotSupported, Unavailable
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from providers.auth import Scope
from providers.base import BaseProvider, Capability
from providers.gmail import (
    Calls,
    Deadline,
    Gmail,
    Gone,
    GoogleOAuth,
    Malformed,
    Place,
    Puller,
    Unsure,
    letters,
    lookup,
    place_at,
    read_on,
    sent,
    watch,
)
from providers.http import NoAnswer, shared
from providers.mail import mime
from providers.notices import Heard, Notice, Watched, Webhook, Wire
from providers.oauth import Grant

LIBRARIES = {
    "googleapiclient": "google-api-python-client",
    "google_auth_oauthlib": "google-auth-oauthlib",
}
for module, package in LIBRARIES.items():
    if not find_spec(module):
        raise ModuleNotFoundError("Google's library is missing", name=package)

CALL_SECONDS = 60.0
ALIAS_SECONDS = 15.0
"""What can be done without must not hold up what cannot."""
MOST_EARLIER = 20
"""Earlier mails of a thread that are fetched with it."""
NO_DRAFT = "orchestre-no-draft"
NOT_EARLIER = frozenset({"CHAT", "DRAFT", "SPAM", "TRASH"})

WHOSE = (
    Scope(name="openid", why="see whose mailbox it is", needed=False),
    Scope(name="email", why="see its address"),
)
READ = Scope(
    name="https://www.googleapis.com/auth/gmail.readonly",
    why="read what comes in, and look in the sent mail for proof of an answer",
)
WRITE = Scope(
    name="https://www.googleapis.com/auth/gmail.compose",
    why="put an answer into the drafts, and send it; Google has no permission for drafts alone",
)


class GmailProvider(BaseProvider):
    name = "gmail"
    title = "Gmail"
    description = "A Gmail or Google Workspace mailbox, over Google's own interface."
    auth = GoogleOAuth(
        service="google",
        title="Google",
        callback="google",
        scopes={
            Access.READ: (*WHOSE, READ),
            Access.DRAFT: (*WHOSE, READ, WRITE),
            Access.SEND: (*WHOSE, READ, WRITE),
        },
        # developers.google.com/identity/protocols/oauth2/web-server#creatingclient
        parameters={
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "false",
        },
        openid=True,
        issuers=("https://accounts.google.com",),
        clients="https://console.cloud.google.com/apis/credentials",
        permissions="https://myaccount.google.com/permissions",
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
        deadline = Deadline(CALL_SECONDS)
        profile = self._gmail.ask(self._calls.users.getProfile(userId="me"), deadline)
        self._gmail.ask(self._calls.messages.list(userId="me", maxResults=1), deadline)
        if self.account.access is not Access.READ:
            # Who may delete a draft that is not there may write one that is.
            with suppress(Gone, Malformed):
                self._gmail.ask(self._calls.drafts.delete(userId="me", id=NO_DRAFT), deadline)
        return Address(handle=profile["emailAddress"], name=self.account.address.name)

    def aliases(self) -> tuple[Address, ...]:
        """The addresses that it sends as, and that Google takes for its own.

        developers.google.com/workspace/gmail/api/reference/rest/v1/users.settings.sendAs
        """
        said = self._gmail.ask(self._calls.send_as.list(userId="me"), Deadline(ALIAS_SECONDS))
        return letters.aliases(said)

    def cursor_at(self, moment: datetime) -> str:
        return place_at(self._gmail, moment, Deadline(CALL_SECONDS)).text()

    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        place = Place.read(cursor)
        return read_on(self._gmail, place, limit=limit, deadline=Deadline(CALL_SECONDS))

    def fetch(self, envelope: Envelope) -> Message:
        if envelope.size > mime.MAX_BYTES:
            return Message(envelope=envelope, problem=mime.TOO_BIG)
        try:
            _, mail = self._whole(envelope.id, Deadline(CALL_SECONDS))
        except Gone:
            return Message(envelope=envelope, problem="It is no longer in the mailbox.")
        return mime.read_message(mail, envelope=envelope)

    def find(self, id: str) -> Envelope | None:
        return lookup.find(self._gmail, id, Deadline(CALL_SECONDS))

    def newest(self) -> Iterator[Envelope]:
        return lookup.newest(self._gmail, Deadline(CALL_SECONDS))

    def fetch_thread(self, message: Message) -> tuple[Message, ...]:
        deadline, this = Deadline(CALL_SECONDS), message.envelope
        found = sent.thread(self._gmail, this.thread_id, deadline)
        earlier = sorted(
            (letters.date(one), one["id"])
            for one in found
            if one["id"] != this.id
            and letters.date(one) <= this.received_at
            and NOT_EARLIER.isdisjoint(letters.labels(one))
        )
        before: list[Message] = []
        for _, id in earlier[-MOST_EARLIER:]:
            with suppress(Gone):
                envelope, mail = self._whole(id, deadline)
                before.append(mime.read_message(mail, envelope=envelope))
        return (*before, message)

    def prepare(self, outgoing: Outgoing, *, key: str) -> str:
        """A draft, in the thread where there still is one. The handle names the draft, and the
        thread that Gmail has put it into."""
        try:
            return self._draft(outgoing, key=key, thread_id=outgoing.thread_id)
        except Gone:
            if not outgoing.thread_id:
                raise
        return self._draft(outgoing, key=key, thread_id="")

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        """Gmail sends a draft once, and deletes it: a second time is answered with 404."""
        draft_id, _, _ = (handle or self._prepared(outgoing, key=key)).partition(" ")
        request = self._calls.drafts.send(userId="me", body={"id": draft_id})
        said = self._gmail.order(request, Deadline(CALL_SECONDS))
        if not said.get("id"):
            raise Unsure("Gmail does not say what it has sent.")
        return Receipt(id=str(said["id"]), sent_at=system_clock())

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        """A draft that is still there was not sent. One that is gone was sent, or deleted: only
        the sent mail itself proves which. Without a handle, nothing was ever handed over."""
        deadline = Deadline(CALL_SECONDS)
        draft_id, _, thread_id = handle.partition(" ")
        if draft_id and self._is_there(draft_id, deadline):
            return None
        receipt = sent.find_copy(
            self._gmail,
            key,
            thread_ids=filter(None, (thread_id, outgoing.thread_id)),
            since=outgoing.date,
            deadline=deadline,
        )
        if receipt or not draft_id:
            return receipt
        raise NotSupported(
            "The draft is gone from Gmail, and no sent mail carries its mark: somebody has "
            "deleted it, or has sent it by hand, or Gmail does not show it."
        )

    def answered_by_hand(self, message: Message, *, key: str = "") -> bool:
        """Whether a later mail of the thread was sent that is not ours, or bears this key."""
        return sent.answered_by_hand(self._gmail, message, Deadline(CALL_SECONDS), wanted=key)

    def watch(self, webhook: Webhook, *, subscription: str = "") -> Watched:
        topic = self.account.deployment.gmail_topic
        return watch.watch(self._gmail, topic, Deadline(CALL_SECONDS))

    def unwatch(self, subscription: str) -> None:
        watch.unwatch(self._gmail, Deadline(CALL_SECONDS))

    @classmethod
    def heard(cls, notice: Notice, deployment: Deployment) -> Heard:
        return watch.heard(notice, deployment)

    @classmethod
    def wire(cls, deployment: Deployment) -> Wire | None:
        return Puller(deployment) if deployment.pubsub_subscription else None

    @cached_property
    def _gmail(self) -> Gmail:
        deployment = self.account.deployment
        http = shared(deployment.ca_bundle)
        grant = Grant(
            self.account,
            service="Google",
            token_url=deployment.google_token_url,
            client=deployment.google,
            http=http,
        )
        return Gmail(api_url=deployment.gmail_api_url, grant=grant, http=http)

    @property
    def _calls(self) -> Calls:
        return self._gmail.calls

    def _whole(self, id: str, deadline: Deadline) -> tuple[Envelope, bytes]:
        request = self._calls.messages.get(userId="me", id=id, format="raw")
        found = self._gmail.ask(request, deadline)
        return letters.envelope(found), letters.raw(found)

    def _draft(self, outgoing: Outgoing, *, key: str, thread_id: str) -> str:
        message = {"raw": letters.packed(mime.write(outgoing, key=key))}
        if thread_id:
            message["threadId"] = thread_id
        request = self._calls.drafts.create(userId="me", body={"message": message})
        said = self._gmail.order(request, Deadline(CALL_SECONDS))
        drafted = said.get("message")
        there = drafted.get("threadId") if isinstance(drafted, dict) else ""
        if not said.get("id"):
            raise Unsure("Gmail does not say what it has drafted.")
        return f"{said['id']} {there or thread_id}"

    def _prepared(self, outgoing: Outgoing, *, key: str) -> str:
        """The same before a send: a draft that may or may not be there has not been sent."""
        try:
            return self.prepare(outgoing, key=key)
        except (NoAnswer, Gone) as error:
            raise Unavailable(f"Gmail has not taken the draft: {error}") from error

    def _is_there(self, draft_id: str, deadline: Deadline) -> bool:
        request = self._calls.drafts.get(userId="me", id=draft_id, format="minimal")
        try:
            self._gmail.ask(request, deadline)
        except Gone:
            return False
        return True
