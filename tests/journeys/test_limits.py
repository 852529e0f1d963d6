"""What a service cannot carry is held or refused before anybody tries to send it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.bots import Mode
from core.config import Settings
from core.connections import Credentials
from core.errors import Invalid
from core.messages import Address
from core.replies import Reply, Status
from providers import Registry
from providers.plugins.telegram import TelegramProvider
from services.bootstrap import bootstrap
from services.llm import Completion, Prompt
from tests.conftest import CHEAP, RecordingBell
from tests.journeys.deployment import CATALOGUE, PRODUCT
from tests.planted import PASSWORD
from tests.simulators.service import Authority
from tests.simulators.telegram import TOKEN, USERNAME, Telegram

LONG = f"The {PRODUCT} is light. " * 200
TOO_LONG = r"Telegram takes 4,096 characters at once, and this answer has \d,\d{3}\. Shorten it\."


class Talkative:
    """A writer that finds no end."""

    def complete(self, prompt: Prompt, *, deadline: float) -> Completion:
        return Completion(text=LONG, model="talkative")


class Chat:
    """Alice's bot at Telegram, which Bob has asked something."""

    def __init__(self, telegram: Telegram, authority: Authority, home: Path, mode: Mode) -> None:
        self.telegram = telegram
        settings = {
            "home": home,
            "push": False,
            "database_url": "memory://",
            "telegram_api_url": telegram.url,
            "ca_bundle": authority.bundle,
        }
        self.app = bootstrap(
            Settings.model_validate(settings),
            registry=Registry([TelegramProvider]),
            llm=Talkative(),
            bell=RecordingBell(),
            hasher=CHEAP,
        )
        self.app.database.migrate()
        self.by = self.app.users.sign_up("alice@home.example", PASSWORD).id
        self.app.products.import_csv(CATALOGUE, by=self.by)
        connection = self.app.connections.link(
            "telegram",
            Address(handle=USERNAME),
            by=self.by,
            settings={},
            credentials=Credentials(access_token=SecretStr(TOKEN)),
        )
        self.app.bots.start(connection.id, by=self.by, mode=mode)
        telegram.receive(f"How much is the {PRODUCT}?")
        for ids in self.app.inbox.claim_due():
            self.app.inbox.poll_batch(ids)
        self.app.replies.draft(self.reply.id)

    @property
    def reply(self) -> Reply:
        [reply] = self.app.replies.page(by=self.by).items
        return reply


@pytest.fixture
def chat(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Chat]:
    authority = Authority(tmp_path)
    telegram = Telegram(authority)
    with telegram.running():
        chat = Chat(telegram, authority, tmp_path / "home", request.param)
        yield chat
        chat.app.close()


@pytest.mark.parametrize("chat", [Mode.AUTO], indirect=True)
def test_a_draft_that_is_too_long_is_held_and_was_never_tried(chat: Chat) -> None:
    reply = chat.app.replies.send(chat.reply.id)

    assert (reply.status, reply.rule) == (Status.AWAITING_APPROVAL, "D3")
    assert "4,096" in reply.reason
    assert not reply.tried
    assert chat.telegram.sent() == []


@pytest.mark.parametrize("chat", [Mode.ASSIST], indirect=True)
def test_a_draft_that_is_too_long_cannot_be_approved_as_it_is(chat: Chat) -> None:
    with pytest.raises(Invalid, match=TOO_LONG):
        chat.app.replies.approve(chat.reply.id, by=chat.by, seen=chat.reply.digest)

    assert chat.reply.status is Status.AWAITING_APPROVAL


@pytest.mark.parametrize("chat", [Mode.ASSIST], indirect=True)
def test_words_that_are_too_long_are_refused_and_shorter_ones_are_sent(chat: Chat) -> None:
    replies, reply = chat.app.replies, chat.reply

    with pytest.raises(Invalid, match=TOO_LONG):
        replies.approve(reply.id, by=chat.by, seen=reply.digest, body="x" * 5_000)
    with pytest.raises(Invalid, match=TOO_LONG):
        replies.edit(reply.id, by=chat.by, seen=reply.digest, body="x" * 5_000)
    replies.approve(reply.id, by=chat.by, seen=reply.digest, body="It is 199 euros.")
    replies.send(reply.id)

    assert [one.text for one in chat.telegram.sent()] == ["It is 199 euros."]
