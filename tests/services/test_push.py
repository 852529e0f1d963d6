"""Services are asked to tell of news, asked again in time, and asked no more when a bot stops."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from core.alerts import Alert
from core.config import Settings
from core.connections import Attempt, Connection, Credentials, Stage
from core.errors import NotSignedIn, NotSupported, ReauthorizationRequired, Unavailable
from core.failpoints import arm, disarm
from core.feeds import Hint
from core.messages import Address
from core.watches import SILENT, Watch
from db.base import Add, Drop, Swap
from db.memory import MemoryDatabase
from providers import Capability, Registry
from providers.notices import Event, Heard, Told, Watched, Webhook
from providers.plugins.dummy import MAILBOXES, DummyProvider
from services.bootstrap import bootstrap
from services.linking import unlink
from services.push import Line
from tests.conftest import ALICE, CHEAP, FrozenClock, RecordingBell, World

WEEK = timedelta(days=7)


class TalkativeProvider(DummyProvider):
    """Tells of news for a week at a time."""

    name = "talkative"
    capabilities = DummyProvider.capabilities | Capability.PUSH
    clock: ClassVar[FrozenClock]
    asked: ClassVar[list[tuple[Webhook, str]]] = []
    ended: ClassVar[list[str]] = []
    fault: ClassVar[Exception | None] = None
    faults_of_ending: ClassVar[list[Exception]] = []

    def watch(self, webhook: Webhook, *, subscription: str = "") -> Watched:
        self.asked.append((webhook, subscription))
        if self.fault:
            raise self.fault
        name = subscription or f"s{len(self.asked)}"
        until = type(self).clock() + WEEK
        return Watched(subscription=name, expires_at=until, is_new=not subscription)

    def unwatch(self, subscription: str) -> None:
        if self.faults_of_ending:
            raise self.faults_of_ending.pop(0)
        self.ended.append(subscription)


class ListeningProvider(DummyProvider):
    """Holds a line open."""

    name = "listening"
    capabilities = DummyProvider.capabilities | Capability.LINE

    def listen(self, told: Any, stopped: threading.Event) -> None:
        told()
        stopped.wait(5)


class Talk(World):
    """The smallest world, at a service that tells of news."""

    def __init__(self, clock: FrozenClock, home: Path, *, push: bool = True) -> None:
        TalkativeProvider.clock, TalkativeProvider.fault = clock, None
        TalkativeProvider.asked.clear()
        TalkativeProvider.ended.clear()
        TalkativeProvider.faults_of_ending.clear()
        self.clock, self.bell, self.database = clock, RecordingBell(), MemoryDatabase()
        settings = {"home": home, "llm": "composer", "public_url": "https://shop.example"}
        self.settings = Settings.model_validate(settings | {"push": push})
        self.app = bootstrap(
            self.settings,
            database=self.database,
            registry=Registry([TalkativeProvider, ListeningProvider]),
            bell=self.bell,
            clock=clock,
            hasher=CHEAP,
        )
        self.owner = self.app.users.sign_up("alice@home.example", "correct horse")
        self.by = self.owner.id
        self.connection = self.link(ALICE)
        self.mailbox = MAILBOXES[ALICE.handle]
        self.store = self.database.for_workers()

    def link(self, address: Address, provider: str = "talkative") -> Connection:
        return self.app.connections.link(
            provider, address, by=self.by, settings={}, credentials=Credentials(), confirm=True
        )

    def renew(self) -> int:
        return self.app.push.renew_due()

    def watch(self) -> Watch:
        [watch] = self.store.find(Watch)
        return watch

    def push(self, event: Event = Event.NEWS, **changes: str) -> None:
        """The service tells of news, with the secret that it keeps."""
        secret = next(one.secret for one, known in reversed(TalkativeProvider.asked) if not known)
        told = Told(subscription=self.watch().subscription, secret=secret, event=event)
        heard = Heard(told=(told.model_copy(update=changes),))
        self.app.push.take("talkative", heard)

    def until_due(self) -> None:
        due_at = self.watch().due_at
        assert due_at
        self.clock.now = due_at


@pytest.fixture
def talk(clock: FrozenClock, tmp_path: Path) -> Iterator[Talk]:
    MAILBOXES.clear()
    talk = Talk(clock, tmp_path)
    yield talk
    talk.app.close()


def test_a_bot_that_starts_is_told_of_news_from_then_on(talk: Talk) -> None:
    talk.start()

    assert talk.renew() == 1

    [(webhook, known)] = TalkativeProvider.asked
    assert webhook.address == f"https://shop.example/webhooks/talkative/{talk.connection.id}"
    assert known == ""
    assert talk.watch().expires_at == talk.clock.now + WEEK


def test_the_secret_itself_is_not_kept(talk: Talk) -> None:
    talk.start()
    talk.renew()

    [(webhook, _)] = TalkativeProvider.asked

    assert len(webhook.secret) >= 32
    assert webhook.secret not in talk.watch().model_dump_json()


def test_it_is_asked_again_before_the_end_and_not_sooner(talk: Talk) -> None:
    talk.start()
    talk.renew()
    assert talk.renew() == 0

    talk.until_due()

    assert talk.clock.now < (talk.watch().expires_at or talk.clock.now)
    assert talk.renew() == 1
    assert TalkativeProvider.asked[-1][1] == "s1"


def test_a_renewal_that_keeps_the_old_secret_goes_on_hearing_it(talk: Talk) -> None:
    talk.start()
    talk.renew()
    talk.until_due()
    talk.renew()
    talk.poll()

    talk.push()

    assert [hint.id for hint in talk.store.find(Hint)] == [talk.connection.id]


def test_two_who_renew_at_once_ask_once(talk: Talk) -> None:
    talk.start()
    due = talk.store.due(Watch, talk.clock.now)

    made = [talk.app.push._see_to(watch) for watch in (*due, *due)]

    assert made == [True, False]
    assert len(TalkativeProvider.asked) == 1


def test_a_service_that_cannot_be_asked_is_asked_ever_more_rarely_and_it_is_said(
    talk: Talk,
) -> None:
    talk.start()
    TalkativeProvider.fault = Unavailable("Talkative is away.")
    waits = []
    for _ in range(4):
        talk.renew()
        waits.append(((talk.watch().due_at or talk.clock.now) - talk.clock.now).total_seconds())
        talk.until_due()

    assert waits == [60, 120, 240, 480]
    assert talk.watch().trouble == "Talkative is away."

    TalkativeProvider.fault = None
    talk.renew()

    assert (talk.watch().trouble, talk.watch().failures) == ("", 0)


def test_an_error_of_the_service_says_nothing_of_itself(talk: Talk) -> None:
    talk.start()
    TalkativeProvider.fault = ValueError("token=xoxb-secret")

    talk.renew()

    assert talk.watch().trouble == "ValueError"


def test_where_nothing_is_set_up_nobody_is_in_trouble(talk: Talk) -> None:
    talk.start()
    TalkativeProvider.fault = NotSupported("Set a topic.")

    talk.renew()

    assert talk.watch().trouble == ""
    assert talk.watch().due_at == talk.clock.now + timedelta(hours=1)


def test_a_bot_that_stops_is_told_no_more(talk: Talk) -> None:
    talk.start()
    talk.renew()

    talk.stop()
    talk.renew()

    assert TalkativeProvider.ended == ["s1"]
    assert talk.store.find(Watch) == []


def test_stopping_what_never_watched_makes_no_watch(talk: Talk) -> None:
    talk.start()
    talk.app.push.end(talk.connection.id)

    talk.stop()

    assert talk.store.find(Watch) == []


def test_an_account_that_is_unlinked_is_told_no_more(talk: Talk) -> None:
    talk.start()
    talk.renew()

    unlink(talk.app, talk.connection.id, by=talk.by)

    assert TalkativeProvider.ended == ["s1"]
    assert talk.store.find(Watch) == []


# What could not be ended at once


def test_what_a_service_cannot_be_asked_to_end_is_asked_for_again(talk: Talk) -> None:
    talk.start()
    talk.renew()
    TalkativeProvider.faults_of_ending += [Unavailable("Away."), OSError("no route")]

    unlink(talk.app, talk.connection.id, by=talk.by)
    done = []
    for _ in range(3):
        done.append(talk.app.revocations.work_due())
        talk.clock.advance(minutes=5)

    assert done == [0, 1, 0]
    assert TalkativeProvider.ended == ["s1"]
    assert talk.store.find(Attempt) == []


def test_what_a_service_never_ends_is_reported_and_its_secrets_are_forgotten(talk: Talk) -> None:
    other = talk.link(Address(handle="other@shop.example"), "listening")
    talk.start()
    talk.renew()
    TalkativeProvider.faults_of_ending += [Unavailable("Away.")] * 9

    unlink(talk.app, talk.connection.id, by=talk.by)
    for _ in range(5):
        talk.app.revocations.work_due()
        talk.clock.advance(minutes=5)

    [errand] = talk.store.find(Attempt)
    [alert] = talk.store.find(Alert)
    assert len(TalkativeProvider.faults_of_ending) == 9 - 1 - 3
    assert (errand.stage, errand.sealed) == (Stage.FAILED, "")
    assert "webhook or subscription" in errand.words
    assert (alert.connection_id, alert.body) == (other.id, errand.words)
    assert "permission" not in alert.subject


def test_a_bot_that_only_stopped_is_told_no_more_either(talk: Talk) -> None:
    talk.start()
    talk.renew()
    TalkativeProvider.faults_of_ending.append(Unavailable("Away."))
    talk.stop()
    talk.renew()

    talk.app.revocations.work_due()

    assert TalkativeProvider.ended == ["s1"]


def test_what_is_used_again_meanwhile_is_not_ended(talk: Talk) -> None:
    talk.start()
    talk.renew()
    TalkativeProvider.faults_of_ending.append(Unavailable("Away."))
    left = talk.watch()
    unlink(talk.app, talk.connection.id, by=talk.by)
    talk.store.commit(Add(left.model_copy(update={"version": 0})))

    talk.app.revocations.work_due()

    assert TalkativeProvider.ended == []
    assert talk.store.find(Attempt) == []


def test_an_account_that_can_be_opened_no_longer_leaves_no_errand(talk: Talk) -> None:
    talk.start()
    talk.renew()
    TalkativeProvider.faults_of_ending.append(ReauthorizationRequired("Gone."))

    unlink(talk.app, talk.connection.id, by=talk.by)

    assert talk.store.find(Attempt) == []


@pytest.mark.parametrize("how", ["stop", "unlink"])
def test_what_begins_while_it_is_given_up_is_ended(talk: Talk, how: str) -> None:
    talk.start()

    def leave(name: str) -> None:
        disarm()
        if how == "stop":
            talk.stop()
        else:
            unlink(talk.app, talk.connection.id, by=talk.by)

    arm("watch.asked", leave)
    made = talk.renew()
    disarm()

    assert made == 0
    assert TalkativeProvider.ended == ["s1"]
    assert talk.store.find(Watch) == []


def test_what_begins_while_it_is_given_up_is_ended_later_where_that_fails(talk: Talk) -> None:
    talk.start()
    TalkativeProvider.faults_of_ending.append(Unavailable("Away."))

    def leave(name: str) -> None:
        disarm()
        unlink(talk.app, talk.connection.id, by=talk.by)

    arm("watch.asked", leave)
    talk.renew()
    disarm()
    talk.app.revocations.work_due()

    assert TalkativeProvider.ended == ["s1"]


def test_what_somebody_else_is_told_by_is_not_ended(talk: Talk) -> None:
    talk.start()
    talk.renew()
    twin = talk.watch().model_copy(update={"id": "twin", "owner_id": "mallory"})
    talk.store.commit(Add(twin))

    talk.app.push.end(talk.connection.id)

    assert TalkativeProvider.ended == []


def test_a_bot_that_ran_before_there_were_watches_gets_one(talk: Talk) -> None:
    talk.start()
    talk.store.commit(Drop(talk.watch()))

    talk.renew()
    talk.renew()

    assert talk.watch().subscription == "s1"


def test_with_pushes_switched_off_nobody_is_asked(clock: FrozenClock, tmp_path: Path) -> None:
    talk = Talk(clock, tmp_path, push=False)
    talk.start()

    talk.renew()

    assert TalkativeProvider.asked == []
    assert talk.store.find(Watch) == []
    assert talk.app.push.lines() == set()
    talk.app.close()


# Notices


def test_a_push_makes_its_poll_due_and_nothing_else(talk: Talk) -> None:
    talk.start()
    talk.renew()
    talk.poll()
    watch = talk.watch()

    talk.push()

    assert talk.app.inbox.claim_due() == [[talk.connection.id]]
    assert talk.watch() == watch


def test_a_push_is_of_one_service_whatever_another_calls_its_accounts(talk: Talk) -> None:
    talk.start()
    talk.renew()
    other = talk.link(Address(handle="other@shop.example"), "listening")
    talk.app.bots.start(other.id, by=talk.by)
    talk.poll()
    watch = talk.store.get(Watch, talk.connection.id)
    twin = talk.store.get(Watch, other.id)
    same = {"subscription": watch.subscription, "secret": watch.secret}
    talk.store.commit(Swap(twin, twin.evolve(**same)))
    secret = TalkativeProvider.asked[0][0].secret
    told = Told(subscription=watch.subscription, secret=secret)

    talk.app.push.take("talkative", Heard(told=(told,)))

    assert [hint.id for hint in talk.store.find(Hint)] == [talk.connection.id]


def test_a_push_that_names_nobody_is_for_nobody(talk: Talk) -> None:
    talk.start()
    talk.poll()
    assert talk.watch().subscription == "", "it has not been made yet"

    talk.app.push.take("talkative", Heard(told=(Told(),)))

    assert talk.store.find(Hint) == []


def test_a_push_with_another_secret_is_turned_away(talk: Talk) -> None:
    talk.start()
    talk.renew()
    talk.poll()

    with pytest.raises(NotSignedIn):
        talk.push(secret="guess")

    assert talk.store.find(Hint) == []


def test_a_subscription_that_is_gone_is_made_anew_with_a_new_secret(talk: Talk) -> None:
    talk.start()
    talk.renew()

    talk.push(Event.GONE)
    talk.renew()

    first, second = TalkativeProvider.asked
    assert second[1] == ""
    assert first[0].secret != second[0].secret
    assert talk.watch().subscription == "s2"


def test_an_account_that_fails_is_not_hurried_by_every_push(talk: Talk) -> None:
    talk.start(interval_seconds=3600)
    talk.renew()
    talk.mailbox.fault, talk.mailbox.fault_on = OSError("no route"), "fetch_new"
    talk.poll()

    talk.push()

    assert talk.app.inbox.claim_due() == []
    talk.clock.advance(seconds=30)
    assert talk.app.inbox.claim_due() == [[talk.connection.id]]


# Silence


def silent(talk: Talk) -> None:
    """A message comes in, and only a poll by the clock finds it."""
    talk.clock.advance(seconds=60)
    talk.mailbox.receive("Alpine Tent 2?", received_at=talk.clock.now)
    assert talk.poll() == 1


def test_pushes_that_do_not_come_are_noticed_within_two_polls(talk: Talk) -> None:
    talk.start(interval_seconds=60)
    talk.renew()
    talk.poll()
    silent(talk)
    talk.renew()
    assert talk.watch().trouble == ""

    talk.clock.advance(seconds=60)
    talk.renew()

    assert talk.watch().trouble == SILENT
    assert len(TalkativeProvider.asked) == 2, "it was asked again"


def test_a_push_that_is_only_late_is_no_silence(talk: Talk) -> None:
    talk.start(interval_seconds=60)
    talk.renew()
    talk.poll()
    silent(talk)

    talk.push()
    talk.clock.advance(seconds=60)
    talk.renew()

    assert (talk.watch().trouble, talk.watch().missed_at) == ("", None)


def test_silence_is_over_when_a_push_comes(talk: Talk) -> None:
    talk.start(interval_seconds=60)
    talk.renew()
    talk.poll()
    silent(talk)
    talk.clock.advance(seconds=60)
    talk.renew()

    talk.push()

    assert (talk.watch().trouble, talk.watch().failures) == ("", 0)


def test_a_poll_that_a_push_asked_for_misses_nothing(talk: Talk) -> None:
    talk.start(interval_seconds=60)
    talk.renew()
    talk.poll()
    talk.clock.advance(seconds=10)
    talk.mailbox.receive("Alpine Tent 2?", received_at=talk.clock.now)
    talk.push()

    assert talk.poll() == 1

    assert talk.watch().missed_at is None


def test_a_push_that_comes_during_the_poll_is_no_silence(talk: Talk) -> None:
    talk.start(interval_seconds=60)
    talk.renew()
    talk.poll()
    talk.clock.advance(seconds=60)
    [[feed_id]] = talk.app.inbox.claim_due()
    talk.mailbox.receive("Alpine Tent 2?", received_at=talk.clock.now)

    talk.push()

    assert talk.app.inbox.poll_batch([feed_id]) == 1
    assert talk.watch().missed_at is None


def test_a_message_that_shows_later_than_its_push_is_no_silence(talk: Talk) -> None:
    talk.start(interval_seconds=60)
    talk.renew()
    talk.poll()
    talk.clock.advance(seconds=10)
    came_at = talk.clock.now
    talk.push()
    assert talk.poll() == 0, "the service tells of it, and does not show it yet"

    talk.mailbox.receive("Alpine Tent 2?", received_at=came_at)
    talk.clock.advance(seconds=60)

    assert talk.poll() == 1
    assert talk.watch().missed_at is None


def test_what_came_before_the_service_was_asked_is_no_silence(talk: Talk) -> None:
    talk.mailbox.receive("Alpine Tent 2?", received_at=talk.clock.now)
    talk.clock.advance(hours=1)
    talk.start(interval_seconds=60, since_hours=2)
    talk.renew()

    assert talk.poll() == 1

    assert talk.watch().missed_at is None


def test_a_long_silence_is_answered_ever_more_rarely(talk: Talk) -> None:
    talk.start(interval_seconds=60)
    talk.renew()
    talk.poll()
    for _ in range(6):
        silent(talk)
        talk.clock.advance(seconds=60)
        talk.renew()

    assert talk.watch().trouble == SILENT
    assert len(TalkativeProvider.asked) <= 6


# Lines


def test_only_what_runs_and_is_linked_is_listened_to(talk: Talk) -> None:
    connection = talk.link(Address(handle="line@shop.example"), "listening")
    assert talk.app.push.lines() == set()

    talk.app.bots.start(connection.id, by=talk.by)

    assert talk.app.push.lines() == {Line(connection.id, connection.version)}
    talk.app.connections.expire(connection.id)
    assert talk.app.push.lines() == set()


def test_a_line_that_stands_hurries_a_poll_and_shows(talk: Talk) -> None:
    connection = talk.link(Address(handle="line@shop.example"), "listening")
    talk.app.bots.start(connection.id, by=talk.by)
    talk.renew()
    talk.poll()
    stopped, stands = threading.Event(), threading.Event()
    stopped.set()

    talk.app.push.hold(Line(connection.id, 0), stopped, held=stands.set)

    assert stands.is_set()
    assert [hint.id for hint in talk.store.find(Hint)] == [connection.id]
    assert talk.watch().line


def test_a_line_hurries_its_own_account_and_no_namesake_of_somebody_else(talk: Talk) -> None:
    mine = talk.link(Address(handle="line@shop.example"), "listening")
    talk.app.bots.start(mine.id, by=talk.by)
    alice, talk.by = talk.by, talk.app.users.sign_up("mallory@home.example", "correct horse").id
    hers = talk.link(Address(handle="line@shop.example"), "listening")
    talk.app.bots.start(hers.id, by=talk.by)
    talk.poll()
    stopped = threading.Event()
    stopped.set()

    talk.app.push.hold(Line(hers.id, 0), stopped, held=stopped.set)

    assert [hint.id for hint in talk.store.find(Hint)] == [hers.id]
    assert talk.database.for_owner(alice).find(Watch, id=hers.id) == []


def test_a_lost_line_is_said_until_it_stands_again(talk: Talk) -> None:
    connection = talk.link(Address(handle="line@shop.example"), "listening")
    talk.app.bots.start(connection.id, by=talk.by)
    stopped = threading.Event()
    stopped.set()
    line = Line(connection.id, 0)
    talk.app.push.hold(line, stopped, held=stopped.set)

    talk.app.push.lost(line, "The mail server is away.")
    assert talk.watch().trouble == "The mail server is away."

    talk.app.push.hold(line, stopped, held=stopped.set)
    assert talk.watch().trouble == ""


def test_a_line_over_which_nothing_comes_is_noticed(talk: Talk) -> None:
    connection = talk.link(Address(handle="line@shop.example"), "listening")
    talk.app.bots.start(connection.id, by=talk.by, interval_seconds=60)
    stopped = threading.Event()
    stopped.set()
    talk.app.push.hold(Line(connection.id, 0), stopped, held=stopped.set)
    talk.poll()
    talk.clock.advance(seconds=60)
    MAILBOXES["line@shop.example"].receive("Tent?", received_at=talk.clock.now)
    assert talk.poll() == 1

    talk.clock.advance(seconds=60)
    talk.renew()

    assert talk.watch().trouble == SILENT


def test_a_bot_that_stops_has_no_line_any_more(talk: Talk) -> None:
    connection = talk.link(Address(handle="line@shop.example"), "listening")
    talk.app.bots.start(connection.id, by=talk.by)
    stopped = threading.Event()
    stopped.set()
    talk.app.push.hold(Line(connection.id, 0), stopped, held=stopped.set)

    talk.app.bots.stop(connection.id, by=talk.by)
    talk.renew()

    assert talk.store.find(Watch) == []
    assert talk.app.push.lines() == set()
