"""Slack: what is said to a bot in a workspace, and its answers, over the Web API.

Plain requests over the one client that sends nothing twice: slack_sdk's sends again by itself.
"""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from pydantic import ConfigDict, Field

from core.deployment import Deployment
from core.errors import NotSupported, ReauthorizationRequired, Refused
from core.messages import Address, Attachment, Envelope, Message, Outgoing, Page, Receipt
from providers.base import BaseProvider, Capability, Settings
from providers.clocks import moment_there
from providers.http import NoAnswer, shared
from providers.notices import Heard, Notice, Watched, Webhook, Wire
from providers.oauth import Grant
from providers.slack import (
    AUTH,
    Client,
    Conversation,
    Declined,
    Place,
    Reader,
    Socket,
    Writer,
    events,
    id_of,
    is_person,
    moment_of,
    needed,
    number_of,
    place_of,
    plain,
    stamp_of,
    time_of,
    written,
)

MARK = "orchestre_reply"
"""The type of the metadata that our answers carry (docs.slack.dev/messaging/message-metadata)."""
LONGEST = 4_000
"""Slack breaks longer messages into several, or cuts them off
(docs.slack.dev/changelog/2018-04-truncating-really-long-messages)."""
EARLIER = 50
"""Messages of a direct conversation that count as its thread."""
SKEW = timedelta(days=1)
"""How wrong our clock may be."""
GONE = "It was deleted, or the bot may no longer read there."


class SlackSettings(Settings):
    model_config = ConfigDict(use_attribute_docstrings=True)

    channels: str = ""
    """Channels to read, by name or id, parted by commas; empty for all the bot is in."""
    thread_days: int = Field(default=7, ge=0, le=60)
    """For how many days after its first message a thread is watched for further replies; 0 not."""
    timeout: float = Field(default=30, gt=0, le=60)
    """How long one question to Slack may take, in seconds."""


class SlackProvider(BaseProvider):
    name = "slack"
    title = "Slack"
    description = "Direct messages to a bot, and mentions of it, in a Slack workspace."
    auth = AUTH
    settings_type = SlackSettings
    capabilities = Capability.PROOF | Capability.THREADS | Capability.PUSH

    def identify(self) -> Address:
        """docs.slack.dev/reference/methods/auth.test; every answer names the token's scopes."""
        told = self._client().tell("auth.test")
        user, team = str(told.answer.get("user_id") or ""), str(told.answer.get("team") or "")
        if not told.answer.get("bot_id"):
            raise Refused("This is a person's token. Link the bot's own: it begins with xoxb.")
        wanted = needed(self.account.access)
        if missing := [scope for scope in wanted if scope not in told.scopes]:
            raise Refused(
                f"The bot lacks permissions: {', '.join(missing)}. Add them in the app's settings "
                "under OAuth & Permissions, install the app again, and link it with the new token."
            )
        if self._me and self._me.casefold() != user.casefold():
            raise Refused(f"This token belongs to the bot {user!r} in {team!r}: link it as {user}.")
        return Address(handle=self._me or user, name=str(told.answer.get("user") or ""))

    def cursor_at(self, moment: datetime) -> str:
        """Slack names messages by the time of its own clock."""
        since = moment_there(moment, lambda: self._client().tell("auth.test").at)
        return Place(floor=moment_of(since) - 1).cursor()

    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        place = Place.model_validate_json(cursor)
        if place.is_over():
            return Page(envelopes=(), cursor=place.rested().cursor())
        found, place = self._reader().read_on(place, limit=limit)
        if not found and place.is_over():
            place = place.rested()
        return Page(envelopes=tuple(found), cursor=place.cursor())

    def fetch(self, envelope: Envelope) -> Message:
        spot, stamp = place_of(envelope.thread_id), envelope.id.partition(":")[2]
        try:
            said = self._said(spot.conversation, spot.thread, only=stamp)
        except Declined:
            return Message(envelope=envelope, problem=GONE)
        found = [
            one for one in said if one.get("ts") == stamp and one.get("subtype") != "tombstone"
        ]
        return (
            self._message(envelope, found[0]) if found else Message(envelope=envelope, problem=GONE)
        )

    @classmethod
    def check(cls, outgoing: Outgoing) -> None:
        if (length := len(written(outgoing.body))) > LONGEST:
            raise Refused(
                f"Slack keeps {LONGEST:,} characters in one piece, and this answer has {length:,}, "
                "with five for each & and four for each < and >. Shorten it."
            )

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        """docs.slack.dev/reference/methods/chat.postMessage"""
        self.check(outgoing)
        spot = place_of(outgoing.thread_id or outgoing.to.handle)
        body: dict[str, Any] = {
            "channel": spot.conversation,
            "text": written(outgoing.body),
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": MARK, "event_payload": {"key": key}},
        }
        if spot.thread:
            body["thread_ts"] = spot.thread
        sent = self._client().order("chat.postMessage", body)
        stamp = sent.get("ts")
        if not number_of(stamp):
            raise NoAnswer("Slack does not say what it made of the message.")
        return _receipt(str(sent.get("channel") or spot.conversation), str(stamp))

    def fetch_thread(self, message: Message) -> tuple[Message, ...]:
        """The thread; of a direct conversation the latest messages. Only what somebody said."""
        spot, last = place_of(message.envelope.thread_id), message.envelope.id.partition(":")[2]
        try:
            said = self._said(spot.conversation, spot.thread, until=last)
        except Declined:
            return (message,)
        earlier = (one for one in said if number_of(one.get("ts")) < number_of(last))
        spoken = [one for one in earlier if is_person(one) or self._is_mine(one)]
        spoken.sort(key=lambda one: number_of(one.get("ts")))
        writer = Writer(self._client(), me=self._me)
        place = Conversation(spot.conversation, message.envelope.subject, not spot.thread)
        return (
            *(self._message(writer.envelope(place, one), one) for one in spoken[-EARLIER:]),
            message,
        )

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        """The receipt, from the thread or from the conversation since the answer was written.

        Read to its end, it proves absence too, unless the same words of ours are there without
        a mark: then marks are not shown to us, and a person has to look.
        """
        try:
            return self._find(key, outgoing)
        except Declined as declined:
            raise NotSupported(
                f"The conversation can no longer be read ({declined.code}), so Slack cannot tell "
                "whether the answer is there."
            ) from declined

    def answered_by_hand(self, message: Message, *, key: str = "") -> bool:
        """Whether somebody else, neither the asker nor a bot, has said something in the thread
        since. In a direct conversation there is nobody else."""
        envelope = message.envelope
        spot, stamp = place_of(envelope.thread_id), envelope.id.partition(":")[2]
        if message.problem or not spot.thread:
            return False
        return any(
            number_of(one.get("ts")) > number_of(stamp)
            and is_person(one)
            and not self._is_mine(one)
            and one.get("user") != envelope.sender.handle
            for one in self._said(spot.conversation, spot.thread, since=stamp)
        )

    def watch(self, webhook: Webhook, *, subscription: str = "") -> Watched:
        """Slack tells of whatever its app asks for; here it is only found out by which name."""
        if not events.is_set_up(self.account.deployment):
            raise NotSupported("Set SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET for a webhook.")
        told = self._client().ask("auth.test")
        name = events.subscription(str(told.get("team_id")), str(told.get("user_id")))
        return Watched(subscription=name, is_new=False)

    @classmethod
    def heard(cls, notice: Notice, deployment: Deployment) -> Heard:
        return events.heard(notice, deployment.slack_signing_secret)

    @classmethod
    def wire(cls, deployment: Deployment) -> Wire | None:
        return Socket(deployment) if deployment.slack_app_token else None

    @cached_property
    def settings(self) -> SlackSettings:
        return SlackSettings.model_validate(self.account.settings)

    @property
    def _me(self) -> str:
        """The user id of the bot, by which others mention it."""
        return self.account.address.handle

    def _client(self) -> Client:
        deployment = self.account.deployment
        return Client(
            shared(deployment.ca_bundle),
            url=deployment.slack_api_url,
            token=self._token(),
            seconds=self.settings.timeout,
        )

    def _token(self) -> str:
        """The bot's; one that lasts 12 hours is renewed where the app rotates its tokens."""
        given, deployment = self.account.credentials, self.account.deployment
        if given.refresh_token:
            grant = Grant(
                self.account,
                service="Slack",
                token_url=deployment.slack_token_url,
                client=deployment.slack,
                http=shared(deployment.ca_bundle),
                rotates=True,
            )
            return grant.access_token()
        token = given.access_token or given.password
        if token is None:
            raise ReauthorizationRequired(
                "There is no token for this workspace. The bot's own, xoxb-…, is in the app's "
                "settings under OAuth & Permissions: link the bot with it."
            )
        return token.get_secret_value().strip()

    def _reader(self) -> Reader:
        names = self.settings.channels.replace(",", " ").split()
        client = self._client()
        return Reader(
            client,
            Writer(client, me=self._me),
            thread_days=self.settings.thread_days,
            channels=frozenset(name.lstrip("#").lower() for name in names),
        )

    def _said(
        self, conversation: str, thread: str, *, only: str = "", since: str = "", until: str = ""
    ) -> list[dict[str, Any]]:
        """What Slack has of a thread, or, where there is none, of a conversation."""
        oldest, latest = only or since, only or until
        where: dict[str, str | int] = {"channel": conversation, "oldest": oldest, "latest": latest}
        if oldest or latest:
            where["inclusive"] = "true"
        if thread and thread != only:
            return list(
                self._client().pages("conversations.replies", "messages", ts=thread, **where)
            )
        if only or until:
            answer = self._client().ask(
                "conversations.history", **where, limit=1 if only else EARLIER
            )
            return [one for one in answer.get("messages") or () if isinstance(one, dict)]
        return list(self._client().pages("conversations.history", "messages", **where))

    def _find(self, key: str, outgoing: Outgoing) -> Receipt | None:
        client, where = self._client(), {"include_all_metadata": "true"}
        spot = place_of(outgoing.thread_id)
        conversation = spot.conversation or self._direct(client, outgoing.to.handle)
        if not conversation:
            return None  # the first message to somebody opens the conversation
        if spot.thread:
            method, where = "conversations.replies", where | {"ts": spot.thread}
        else:
            since = stamp_of(moment_of(outgoing.date - SKEW))
            method, where = "conversations.history", where | {"oldest": since}
        unmarked = False
        for one in client.pages(method, "messages", channel=conversation, **where):
            if not self._is_mine(one):
                continue
            mark = one.get("metadata") or {}
            if mark.get("event_type") == MARK and mark.get("event_payload", {}).get("key") == key:
                return _receipt(conversation, str(one["ts"]))
            unmarked |= not mark and plain(str(one.get("text"))) == outgoing.body
        if unmarked:
            raise NotSupported("The same words are in the conversation, but Slack shows no mark.")
        return None

    def _direct(self, client: Client, user: str) -> str:
        """The direct conversation with a user; empty where none was ever opened."""
        opened = client.pages("users.conversations", "channels", types="im")
        return next((str(one["id"]) for one in opened if one.get("user") == user), "")

    def _is_mine(self, message: dict[str, Any]) -> bool:
        return str(message.get("user") or "").casefold() == self._me.casefold()

    def _message(self, envelope: Envelope, found: dict[str, Any]) -> Message:
        text = plain(str(found.get("text") or ""), me=self._me)
        return Message(
            envelope=envelope,
            to=(self.account.address,),
            text=text,
            new_text=text,
            attachments=tuple(_attachment(one) for one in found.get("files") or ()),
            problem="" if text.strip() else _needs_person(found),
        )


def _needs_person(found: dict[str, Any]) -> str:
    """Why a message without words is for a person, in words; empty when it is not.

    What somebody passes on comes as `attachments` (docs.slack.dev/reference/events/message).
    """
    what = "file" if found.get("files") else "message" if found.get("attachments") else ""
    return f"It has no words to read: look at the {what} in Slack." if what else ""


def _attachment(found: dict[str, Any]) -> Attachment:
    return Attachment(
        name=str(found.get("name") or found.get("id") or ""),
        media_type=str(found.get("mimetype") or "application/octet-stream"),
        size=int(found.get("size") or 0),
    )


def _receipt(conversation: str, stamp: str) -> Receipt:
    return Receipt(id=id_of(conversation, stamp), sent_at=time_of(stamp))
