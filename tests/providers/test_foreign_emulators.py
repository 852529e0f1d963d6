"""The real providers against emulators that nobody here wrote.

Our own simulators say what we believe of a service; these say what others believe. What an
emulator lacks is listed by the test that shows it, and is expected to fail: one that passes after
all is red, so that the list stays true.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

import pytest

from core.messages import Envelope
from providers import BaseProvider
from providers.http import shared
from providers.plugins.gmail import GmailProvider
from providers.plugins.outlook import OutlookProvider
from providers.plugins.slack import SlackProvider
from tests.planted import MARK
from tests.providers.contract import (
    ALICE,
    BOB,
    KEY,
    NOW,
    Sent,
    an_outgoing,
    minute,
)
from tests.providers.emulated import TOKEN, Emulated, EmulatedMail, a_mail, account, as_sent
from tests.servers.emulators import Emulators
from tests.simulators.foreign import GRAPH, MAIL, ForeignGmail, ForeignGraph, ForeignSlack
from tests.simulators.service import Authority

pytestmark = pytest.mark.network

NO_TIME = "whatever is said to it has the time at which it is said"
CAROL = "carol@shop.example"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


class EmulatedGmail(EmulatedMail):
    by: ClassVar[str]

    @pytest.fixture
    def provider(self, emulators: Emulators, authority: Authority) -> Iterator[BaseProvider]:
        self.gmail = ForeignGmail(authority, address=ALICE)
        self.gmail.behind = emulators.start(
            "google", by=self.by, google={"users": [{"email": ALICE}]}
        )
        with self.gmail.running():
            self.deliver("How much is the tent?", subject="Tent", at=NOW)
            begun = self.put(a_mail("Good morning!", subject="Tent"), minute(-1))
            raw = a_mail("Hello?", subject="Tent")
            self.put(raw, minute(1), "INBOX", "UNREAD", threadId=begun["threadId"])
            provider = GmailProvider(account(authority, gmail_api_url=self.gmail.url))
            yield provider
            provider.close()

    def know(self, method: str, path: str, **body: Any) -> Any:
        return self.gmail.know(method, f"{MAIL}{path}", token=TOKEN, **body)

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        self.put(a_mail(text, subject=subject), at, "INBOX", "UNREAD")

    def put(self, raw: bytes, at: datetime, *labels: str, **more: str) -> Any:
        packed = base64.urlsafe_b64encode(raw).decode()
        when = str(int(at.timestamp() * 1000))
        return self.know(
            "POST", "/messages", raw=packed, internalDate=when, labelIds=labels, **more
        )

    def remove(self, envelope: Envelope) -> None:
        self.know("DELETE", f"/messages/{envelope.id}")

    def sent(self) -> list[Sent]:
        found = self.know("GET", "/messages?labelIds=SENT")["messages"]
        raws = [self.know("GET", f"/messages/{one['id']}?format=raw")["raw"] for one in found]
        return [as_sent(base64.urlsafe_b64decode(raw + "==")) for raw in raws]

    def snapshot(self) -> object:
        found = self.know("GET", "/messages?includeSpamTrash=true")["messages"]
        return [self.know("GET", f"/messages/{one['id']}?format=minimal") for one in found]

    def answer_by_hand(self, envelope: Envelope) -> bool:
        raw = a_mail("It is 99.", subject="Re: Tent", From=ALICE, To=BOB)
        self.put(raw, minute(2), "SENT", threadId=envelope.thread_id)
        return True

    def test_an_answer_joins_the_thread(self, provider: BaseProvider) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        outgoing = an_outgoing(thread_id=envelope.thread_id)

        receipt = provider.send(outgoing, key=KEY, handle=provider.prepare(outgoing, key=KEY))

        thread = self.know("GET", f"/threads/{envelope.thread_id}")
        assert [one["id"] for one in thread["messages"]] == [envelope.id, receipt.id]


class TestGmailByEmulate(EmulatedGmail):
    by = "emulate"


class TestGmailByInboxZero(EmulatedGmail):
    by = "@inbox-zero/emulate"


class TestOutlookByInboxZero(EmulatedMail):
    by = "@inbox-zero/emulate"
    lacks: ClassVar[dict[str, str]] = {
        "test_a_message_that_cannot_be_read_says_so": "what is deleted can still be read",
    }

    @pytest.fixture
    def provider(self, emulators: Emulators, authority: Authority) -> Iterator[BaseProvider]:
        self.graph = ForeignGraph(authority)
        seed = {
            "users": [{"email": ALICE}],
            "messages": [
                a_seed("How much is the tent?", at=NOW, conversation_id="first"),
                a_seed("Good morning!", at=minute(-1), parent_folder_id="another"),
                a_seed("Hello?", at=minute(1)),
            ],
        }
        self.graph.behind = emulators.start("microsoft", by=self.by, microsoft=seed)
        with self.graph.running():
            for one in self.know("GET", "/messages?$top=100")["value"]:
                if one["from"]["emailAddress"]["address"] != BOB:  # it comes with mail of its own
                    self.know("DELETE", f"/messages/{one['id']}")
            url = f"{self.graph.url}/v1.0"
            provider = OutlookProvider(account(authority, graph_api_url=url))
            yield provider
            provider.close()

    def know(self, method: str, path: str, **body: Any) -> Any:
        return self.graph.know(method, f"{GRAPH}{path}", token=TOKEN, **body)

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        """Its time is now: the emulator knows no other."""
        body = {"contentType": "text", "content": text}
        sender = {"emailAddress": {"address": BOB, "name": "Bob"}}
        made = self.know("POST", "/messages", subject=subject, body=body)
        self.know("PATCH", f"/messages/{made['id']}", **{"from": sender})
        inbox = self.know("GET", "/mailFolders/inbox")["id"]
        self.know("POST", f"/messages/{made['id']}/move", destinationId=inbox)

    def remove(self, envelope: Envelope) -> None:
        self.know("DELETE", f"/messages/{envelope.id}")

    def sent(self) -> list[Sent]:
        found = self.know("GET", "/mailFolders/sentitems/messages")["value"]
        return [
            Sent(
                to=",".join(to["emailAddress"]["address"] for to in one["toRecipients"]),
                subject=one["subject"],
                body=one["body"]["content"].removesuffix("\n"),
                key=self.graph.keys.get(one["id"], ""),
            )
            for one in found
            if not one["isDraft"]
        ]

    def snapshot(self) -> object:
        return self.know("GET", "/messages?$top=100")

    def answer_by_hand(self, envelope: Envelope) -> bool:
        self.know("POST", f"/messages/{envelope.id}/reply", comment="It is 99.")
        return True


def a_seed(text: str, *, at: datetime, **more: str) -> dict[str, Any]:
    return {
        "from": {"address": BOB, "name": "Bob"},
        "to_recipients": [{"address": ALICE}],
        "subject": "Tent",
        "body_content": text,
        "body_content_type": "text",
        "conversation_id": "tent",
        "received_date_time": at.isoformat(),
    } | more


class TestSlackByEmulate(Emulated):
    """As with our own simulator, a channel stands for the subject."""

    by = "emulate"
    lacks: ClassVar[dict[str, str]] = {
        "test_what_is_new_comes_oldest_first": NO_TIME,
        "test_a_moment_brings_everything_since": NO_TIME,
    }

    @pytest.fixture
    def provider(self, emulators: Emulators, authority: Authority) -> Iterator[BaseProvider]:
        self.slack = ForeignSlack(authority)
        self.channels: dict[str, str] = {}
        apps = [
            {
                "client_id": handle,
                "client_secret": "-",
                "name": handle,
                "redirect_uris": [],
                "bot_id": f"B{number}",
                "bot_user_id": handle,
            }
            for number, handle in enumerate((ALICE, BOB))
        ]
        tokens = {_token(handle): {"login": handle} for handle in (ALICE, BOB, CAROL)}
        self.slack.behind = emulators.start(
            "slack", by=self.by, slack={"oauth_apps": apps}, tokens=tokens
        )
        with self.slack.running():
            self.deliver("How much is the tent?", subject="Tent", at=NOW)
            self.deliver("Hello?", subject="Tent", at=minute(1))
            provider = SlackProvider(
                account(authority, token=_token(ALICE), slack_api_url=f"{self.slack.url}/api")
            )
            yield provider
            provider.close()

    def say(self, method: str, *, by: str, **body: Any) -> Any:
        told = self.slack.know("POST", f"/api/{method}", token=_token(by), **body)
        assert told["ok"], told
        return told

    def deliver(self, text: str, *, subject: str, at: datetime) -> None:
        """Its time is now: the emulator knows no other."""
        if subject not in self.channels:
            made = self.say("conversations.create", by=BOB, name=subject)
            self.channels[subject] = made["channel"]["id"]
            self.slack.names[self.channels[subject]] = subject
            self.say("conversations.join", by=ALICE, channel=self.channels[subject])
        where = self.channels[subject]
        self.say("chat.postMessage", by=BOB, channel=where, text=f"<@{ALICE}> {text}")

    def remove(self, envelope: Envelope) -> None:
        channel, _, ts = envelope.id.partition(":")
        self.say("chat.delete", by=BOB, channel=channel, ts=ts)

    def history(self) -> list[dict[str, Any]]:
        listed = self.say("conversations.list", by=ALICE, types="public_channel,private_channel,im")
        return [
            {"in": channel.get("user", ""), **message}
            for channel in listed["channels"]
            for message in self.say("conversations.history", by=ALICE, channel=channel["id"])[
                "messages"
            ]
        ]

    def sent(self) -> list[Sent]:
        subject = an_outgoing().subject  # Slack has none
        return [
            Sent(one["in"], subject, one["text"].replace("&amp;", "&"), _key(one))
            for one in self.history()
            if one["user"] == ALICE and not one.get("subtype")
        ]

    def snapshot(self) -> object:
        return self.history()

    def answer_by_hand(self, envelope: Envelope) -> bool:
        channel, _, ts = envelope.id.partition(":")
        self.say("conversations.join", by=CAROL, channel=channel)
        self.say("chat.postMessage", by=CAROL, channel=channel, thread_ts=ts, text="It is 99.")
        return True

    def test_an_answer_joins_the_thread(self, provider: BaseProvider) -> None:
        [envelope, _] = provider.fetch_new(provider.cursor_at(NOW)).envelopes
        outgoing = an_outgoing(to=envelope.sender, thread_id=envelope.thread_id)

        receipt = provider.send(outgoing, key=KEY)

        channel, _, ts = envelope.id.partition(":")
        said = self.say("conversations.replies", by=ALICE, channel=channel, ts=ts)["messages"]
        assert [f"{channel}:{one['ts']}" for one in said] == [envelope.id, receipt.id]
        assert provider.find_sent(KEY, outgoing=outgoing) == receipt


def _token(handle: str) -> str:
    return f"xoxb-{MARK}-{handle.partition('@')[0]}"


def _key(message: dict[str, Any]) -> str:
    return str(message.get("metadata", {}).get("event_payload", {}).get("key", ""))
