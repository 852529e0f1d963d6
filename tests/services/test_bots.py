"""Starting and stopping."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.bots import Bot, Mode
from core.errors import Invalid, NotFound, ReauthorizationRequired
from core.feeds import Feed
from services.bots import State
from services.llm import Completion, Prompt
from services.llm.composer import Composer
from tests.conftest import FrozenClock, World, Write


def bot(world: World) -> Bot:
    return world.database.for_workers().get(Bot, world.connection.id)


def test_starting_twice_changes_the_interval_and_nothing_else(
    world: World, clock: FrozenClock
) -> None:
    world.start(interval_seconds=60)
    first, feed = bot(world), world.database.for_workers().get(Feed, world.connection.id)
    clock.advance(hours=1)

    world.start(mode=Mode.ASSIST, interval_seconds=30)

    changed = bot(world)
    assert changed.interval_seconds == 30
    assert (changed.mode, changed.started_at) == (first.mode, first.started_at)
    assert world.database.for_workers().get(Feed, world.connection.id) == feed


@pytest.mark.parametrize("seconds", [0, -1, 4, 86_401, 10**9])
def test_an_interval_out_of_bounds_starts_nothing(world: World, seconds: int) -> None:
    with pytest.raises(Invalid, match="from 5 to 86400"):
        world.start(interval_seconds=seconds)

    assert world.app.bots.status(world.connection.id, by=world.by).state is State.STOPPED


def test_many_may_start_it_at_once(world: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.start(), range(8)))

    assert len(world.database.for_workers().find(Bot)) == 1
    assert bot(world).enabled


def test_stopping_twice_is_no_trouble(world: World) -> None:
    world.start()
    world.stop()

    world.stop()

    assert not bot(world).enabled


def test_a_bot_that_was_never_started_cannot_be_stopped(world: World) -> None:
    with pytest.raises(NotFound):
        world.stop()


def test_an_account_that_cannot_be_opened_is_not_started(world: World) -> None:
    world.mailbox.fault = ReauthorizationRequired("Wrong password.")
    world.app.connections.expire(world.connection.id)

    with pytest.raises(ReauthorizationRequired):
        world.start()
    assert (
        world.app.bots.status(world.connection.id, by=world.by).state is State.NEEDS_REAUTHORIZATION
    )


def test_somebody_elses_bot_is_not_there(world: World) -> None:
    world.start()
    mallory = world.app.users.sign_up("mallory@evil.example", "correct horse").id

    with pytest.raises(NotFound):
        world.app.bots.stop(world.connection.id, by=mallory)
    with pytest.raises(NotFound):
        world.app.bots.start(world.connection.id, by=mallory)
    assert world.app.bots.list(by=mallory) == []
    assert bot(world).enabled


def test_the_red_button_stops_everybodys(world: World) -> None:
    world.start()

    stopped = world.app.bots.stop_everybodys()

    assert [one.id for one in stopped] == [world.connection.id]
    assert not bot(world).enabled


def instruct(world: World, words: str) -> None:
    world.app.bots.instruct(world.connection.id, by=world.by, instructions=words)


@pytest.mark.parametrize("first", ["start", "instruct"])
def test_a_writer_is_told_what_the_bot_was_told(
    world: World, write: Write, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    prompts, complete = [], Composer.complete

    def noted(self: Composer, prompt: Prompt, *, deadline: float) -> Completion:
        prompts.append(prompt)
        return complete(self, prompt, deadline=deadline)

    monkeypatch.setattr(Composer, "complete", noted)
    if first == "start":
        world.start()
    instruct(world, "\n Sign as Anna. ")
    if first == "instruct":
        world.start()

    write()
    world.tick()

    assert world.app.bots.status(world.connection.id, by=world.by).instructions == "Sign as Anna."
    [prompt] = prompts
    assert "\n\nSign as Anna.\n\n" in prompt.instructions
    assert "Sign as Anna." not in prompt.material


def test_what_a_bot_was_told_is_taken_back_with_no_words(world: World) -> None:
    instruct(world, "Be brief.")

    instruct(world, "")

    assert bot(world).instructions == ""


def test_what_a_bot_is_told_has_an_end(world: World) -> None:
    instruct(world, "x" * 4_000)

    with pytest.raises(Invalid, match="4,001 characters long; give 4,000 at most"):
        instruct(world, "x" * 4_001)
    assert bot(world).instructions == "x" * 4_000


def test_what_a_bot_is_told_waits_for_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.start()
    told = Bot.instruct

    def late(self: Bot, words: str) -> Bot:
        monkeypatch.setattr(Bot, "instruct", told)
        world.app.bots.stop(world.connection.id, by=world.by)
        return told(self, words)

    monkeypatch.setattr(Bot, "instruct", late)
    instruct(world, "Be brief.")

    assert (bot(world).instructions, bot(world).enabled) == ("Be brief.", False)
