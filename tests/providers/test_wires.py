"""Lines for all accounts at once: nothing is acknowledged before it was kept."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.deployment import Deployment
from core.errors import Refused, Unavailable
from providers.gmail import Puller
from providers.http import shared
from providers.notices import Heard, Told
from providers.slack import Socket
from tests.simulators import pubsub, slack, slack_events
from tests.simulators.service import Authority, Fault
from tests.simulators.slack_events import callback, said

pytestmark = pytest.mark.network

NAME = Told(subscription=f"{slack_events.TEAM}/{slack.BOT}")


class Ear:
    """Hears what a line says, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.failures = 0
        self._changed = threading.Condition()

    def __call__(self, heard: Heard) -> None:
        with self._changed:
            if heard.told and self.failures:
                self.failures -= 1
                self._changed.notify_all()
                raise Unavailable("The database does not answer.")
            self.heard.append(heard)
            self._changed.notify_all()

    def told(self) -> list[Told]:
        return [one for heard in self.heard for one in heard.told]

    def wait_for(self, ready: Callable[[], object]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: bool(ready()), 10), self.heard


def until(ready: Callable[[], object]) -> None:
    """Wait for what the service itself has seen."""
    limit = time.monotonic() + 10
    while not ready():
        assert time.monotonic() < limit
        time.sleep(0.005)


@contextmanager
def listening(wire: Any, ear: Ear) -> Iterator[list[Exception]]:
    """Hold the line, and open it again when it breaks, as the listener does."""
    stopped, broken = threading.Event(), []

    def run() -> None:
        while not stopped.is_set():
            try:
                wire.listen(ear, stopped)
            except Exception as error:
                broken.append(error)
                stopped.wait(0.05)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield broken
    finally:
        stopped.set()
        thread.join(15)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


# Slack's Socket Mode


@pytest.fixture
def workspace(authority: Authority) -> Iterator[slack.Slack]:
    with slack.Slack(authority).running() as running:
        assert isinstance(running, slack.Slack)
        yield running


@pytest.fixture
def lines(authority: Authority, workspace: slack.Slack) -> Iterator[slack_events.SocketMode]:
    with slack_events.SocketMode(authority).running() as running:
        workspace.line_url = running.url
        yield running


def socket(workspace: slack.Slack, authority: Authority, *, token: str = "") -> Socket:
    return Socket(
        Deployment(
            slack_api_url=f"{workspace.url}/api",
            slack_app_token=SecretStr(token or workspace.app_token),
            ca_bundle=authority.bundle,
        )
    )


def test_slack_says_over_its_line_who_has_news(
    workspace: slack.Slack, lines: slack_events.SocketMode, authority: Authority
) -> None:
    ear = Ear()
    with listening(socket(workspace, authority), ear) as broken:
        lines.tell(callback(said("How much?"), bot=slack.BOT))
        ear.wait_for(ear.told)

    assert ear.told() == [NAME]
    assert ear.heard[0] == Heard(begins=True)
    assert broken == []


def test_what_was_not_kept_is_not_acknowledged_and_comes_again(
    workspace: slack.Slack, lines: slack_events.SocketMode, authority: Authority
) -> None:
    ear = Ear()
    ear.failures = 1
    with listening(socket(workspace, authority), ear):
        id = lines.tell(callback(said("How much?"), bot=slack.BOT))
        ear.wait_for(lambda: not ear.failures)
        assert lines.acknowledged == []
        ear.wait_for(ear.told)
        until(lambda: lines.acknowledged)

    assert lines.acknowledged == [id]


def test_slack_renews_its_line_and_nothing_is_lost(
    workspace: slack.Slack, lines: slack_events.SocketMode, authority: Authority
) -> None:
    ear = Ear()
    with listening(socket(workspace, authority), ear) as broken:
        lines.refresh()
        lines.tell(callback(said("How much?"), bot=slack.BOT))
        ear.wait_for(ear.told)

    assert lines.opened == 2
    assert broken == []


def test_a_line_that_breaks_says_so_to_who_holds_it(
    workspace: slack.Slack, lines: slack_events.SocketMode, authority: Authority
) -> None:
    ear = Ear()

    def cut(what: Heard) -> None:
        ear(what)
        lines.cut()

    with pytest.raises(Unavailable, match="Slack's line broke"):
        socket(workspace, authority).listen(cut, threading.Event())

    assert ear.heard == [Heard(begins=True)]


def test_a_token_that_slack_does_not_take_is_named(
    workspace: slack.Slack, authority: Authority
) -> None:
    with pytest.raises(Refused, match="SLACK_APP_TOKEN") as caught:
        socket(workspace, authority, token="xapp-guess").listen(Ear(), threading.Event())

    assert "guess" not in str(caught.value)


def test_a_line_that_cannot_be_opened_is_for_later(
    workspace: slack.Slack, authority: Authority
) -> None:
    workspace.line_url = "wss://localhost:1/link/?ticket=secret"

    with pytest.raises(Unavailable) as caught:
        socket(workspace, authority).listen(Ear(), threading.Event())

    assert "secret" not in str(caught.value)


# Pub/Sub


@pytest.fixture
def topic(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[pubsub.PubSub]:
    with pubsub.PubSub(authority).running() as running:
        assert isinstance(running, pubsub.PubSub)
        path = running.credentials(tmp_path)
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        yield running


def puller(topic: pubsub.PubSub, authority: Authority, **changes: str) -> Puller:
    settings = {"pubsub_subscription": pubsub.SUBSCRIPTION} | changes
    return Puller(
        Deployment(pubsub_api_url=topic.url, ca_bundle=authority.bundle).model_copy(update=settings)
    )


def test_pubsub_says_which_mailbox_has_news(topic: pubsub.PubSub, authority: Authority) -> None:
    ear = Ear()
    with listening(puller(topic, authority), ear) as broken:
        topic.publish({"emailAddress": "Alice@shop.example", "historyId": 7})
        ear.wait_for(ear.told)
        until(lambda: not topic.messages)

    assert ear.told() == [Told(subscription="alice@shop.example")]
    assert topic.messages == {}
    assert broken == []


def test_a_message_that_was_not_kept_comes_again(
    topic: pubsub.PubSub, authority: Authority
) -> None:
    ear = Ear()
    ear.failures = 1
    with listening(puller(topic, authority), ear) as broken:
        topic.publish({"emailAddress": "alice@shop.example", "historyId": 7})
        ear.wait_for(lambda: not ear.failures)
        assert topic.messages
        ear.wait_for(ear.told)

    assert [type(error) for error in broken] == [Unavailable]


def test_messages_that_come_twice_and_in_any_order_name_each_mailbox(
    topic: pubsub.PubSub, authority: Authority
) -> None:
    ear, topic.gives_twice = Ear(), True
    names = {f"box{number}@shop.example" for number in range(20)}
    for name in sorted(names):
        topic.publish({"emailAddress": name, "historyId": 7})

    with listening(puller(topic, authority), ear):
        ear.wait_for(lambda: {one.subscription for one in ear.told()} == names)


def test_a_message_of_somebody_else_is_taken_and_says_nothing(
    topic: pubsub.PubSub, authority: Authority
) -> None:
    ear = Ear()
    topic.messages["odd"] = {"data": "bm90aGluZw==", "messageId": "odd"}
    topic.messages["empty"] = {"messageId": "empty"}

    with listening(puller(topic, authority), ear) as broken:
        until(lambda: not topic.messages)

    assert (ear.told(), broken) == ([], [])


def test_an_acknowledgement_that_was_lost_brings_the_message_again(
    topic: pubsub.PubSub, authority: Authority
) -> None:
    ear = Ear()
    topic.faults.append(Fault("close", path=":acknowledge"))
    with listening(puller(topic, authority), ear):
        topic.publish({"emailAddress": "alice@shop.example", "historyId": 7})
        ear.wait_for(lambda: len(ear.told()) == 2)


def test_a_subscription_that_is_not_there_is_named(
    topic: pubsub.PubSub, authority: Authority
) -> None:
    wrong = puller(topic, authority, pubsub_subscription="projects/shop/subscriptions/none")

    with pytest.raises(Refused, match="ORCHESTRE_PUBSUB_SUBSCRIPTION"):
        wrong.listen(Ear(), threading.Event())


def test_without_an_identity_it_says_what_to_set(
    topic: pubsub.PubSub, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))

    with pytest.raises(Unavailable, match="GOOGLE_APPLICATION_CREDENTIALS"):
        puller(topic, authority).listen(Ear(), threading.Event())
