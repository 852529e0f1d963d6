"""Whose turn it is, and where to go on from."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.errors import NotFound, Unavailable
from core.feeds import Feed, Hint
from db.base import Add, Swap
from services.inbox import BATCH
from tests.conftest import FrozenClock, World, Write


def feed(world: World) -> Feed:
    return world.database.for_workers().get(Feed, world.connection.id)


def hint(id: str, world: World) -> Hint:
    now = world.clock.now
    return Hint(id=id, owner_id=world.by, hinted_at=now, due_at=now)


def test_a_due_feed_is_given_to_one_caller(world: World, clock: FrozenClock) -> None:
    world.start(interval_seconds=60)

    assert world.app.inbox.claim_due() == [[world.connection.id]]
    assert world.app.inbox.claim_due() == []

    clock.advance(minutes=2)
    assert world.app.inbox.claim_due() == []


def test_many_due_feeds_are_given_once_to_callers_who_race(world: World) -> None:
    world.start()
    store = world.database.for_workers()
    ids = [f"feed{number:03}" for number in range(120)]
    store.commit(
        *(Add(feed(world).model_copy(update={"id": id})) for id in ids),
        *(Add(world.connection.model_copy(update={"id": id})) for id in ids),
        *(Add(hint(id, world)) for id in ids[::3]),
    )

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: world.app.inbox.claim_due(), range(16)))

    batches = [batch for each in given for batch in each]
    assert sorted(id for batch in batches for id in batch) == sorted([*ids, world.connection.id])
    assert max(map(len, batches)) <= BATCH
    assert store.find(Hint) == []


def test_a_hinted_feed_is_due_at_once(world: World, clock: FrozenClock) -> None:
    world.start(interval_seconds=60)
    world.poll()
    assert world.app.inbox.claim_due() == []

    world.app.inbox.hint("dummy", "alice@shop.example")

    assert world.app.inbox.claim_due() == [[world.connection.id]]


def resting(world: World) -> None:
    """The service has said that it wants to be left alone for 50 minutes."""
    world.start(interval_seconds=60)
    world.mailbox.fault = Unavailable("Too many requests.", retry_after=3000)
    world.mailbox.fault_on = "fetch_new"
    world.poll()


@pytest.mark.parametrize("gently", [True, False], ids=["a push", "a person"])
def test_a_rest_that_the_service_asked_for_is_kept_whoever_hurries(
    world: World, clock: FrozenClock, gently: bool
) -> None:
    resting(world)

    for _ in range(9):
        if gently:
            world.app.inbox.hint_feeds([world.connection.id])
        else:
            world.app.inbox.hint("dummy", "alice@shop.example")
        assert world.app.inbox.claim_due() == []
        clock.advance(minutes=5)

    [kept] = world.database.for_workers().find(Hint)
    clock.advance(minutes=5)
    assert world.app.inbox.claim_due() == [[world.connection.id]]
    assert kept.due_at == clock.now
    assert world.database.for_workers().find(Hint) == []


def test_a_hint_from_before_the_rest_waits_for_its_end(world: World, clock: FrozenClock) -> None:
    world.start(interval_seconds=60)
    world.mailbox.fault = Unavailable("Too many requests.", retry_after=3000)
    [[feed_id]] = world.app.inbox.claim_due()
    world.app.inbox.hint_feeds([feed_id])
    world.app.inbox.poll_batch([feed_id])

    assert world.app.inbox.claim_due() == []

    clock.advance(minutes=50)
    assert world.app.inbox.claim_due() == [[feed_id]]


def test_starting_the_bot_again_ends_no_rest(world: World, clock: FrozenClock) -> None:
    resting(world)

    world.stop()
    world.start(interval_seconds=60)

    assert world.app.inbox.claim_due() == []
    clock.advance(minutes=50)
    assert world.app.inbox.claim_due() == [[world.connection.id]]


def test_after_the_rest_everything_is_as_before(world: World, clock: FrozenClock) -> None:
    resting(world)
    clock.advance(minutes=50)
    world.poll()

    world.app.inbox.hint_feeds([world.connection.id])

    assert feed(world).rests_until is None
    assert world.app.inbox.claim_due() == [[world.connection.id]]


def test_batches_are_of_one_provider(world: World) -> None:
    world.start()
    store = world.database.for_workers()
    other = world.connection.model_copy(update={"id": "other", "provider": "imap"})
    store.commit(Add(feed(world).model_copy(update={"id": "other"})), Add(other))

    batches = world.app.inbox.claim_due()

    assert sorted(batches) == sorted([[world.connection.id], ["other"]])


def test_a_feed_without_its_connection_is_given_to_nobody(world: World) -> None:
    world.start()
    store = world.database.for_workers()
    store.commit(Add(feed(world).model_copy(update={"id": "orphan"})))

    assert world.app.inbox.claim_due() == [[world.connection.id]]


def test_the_next_poll_is_one_interval_after_the_last_began(
    world: World, clock: FrozenClock
) -> None:
    world.start(interval_seconds=60)
    began = clock.now
    [[feed_id]] = world.app.inbox.claim_due()
    clock.advance(seconds=20)

    world.app.inbox.poll_batch([feed_id])

    assert feed(world).due_at == began + timedelta(seconds=60)


def test_a_poll_that_took_longer_than_its_interval_is_followed_by_one_more_only(
    world: World, clock: FrozenClock
) -> None:
    world.start(interval_seconds=5)
    [[feed_id]] = world.app.inbox.claim_due()
    clock.advance(seconds=60)
    world.app.inbox.poll_batch([feed_id])

    assert world.app.inbox.claim_due() == [[feed_id]]
    assert world.app.inbox.claim_due() == []


def test_the_cursor_moves_past_what_was_received(world: World, write: Write) -> None:
    world.start()
    before = feed(world).cursor
    write()

    assert world.poll() == 1

    assert feed(world).cursor != before
    assert not feed(world).leased


def test_a_long_backlog_is_read_to_its_end(world: World, write: Write, clock: FrozenClock) -> None:
    world.start()
    for number in range(130):
        write(f"Alpine Tent 2? {number}", thread_id=f"t{number}")

    assert world.poll() == 130


def test_what_a_dead_poller_had_leased_is_given_back(world: World, clock: FrozenClock) -> None:
    world.start()
    store = world.database.for_workers()
    claimed = feed(world).claim(holder="a-dead-worker", now=clock.now)
    store.commit(Swap(feed(world), claimed))
    assert world.app.inbox.claim_due() == []

    world.app.inbox.take_over()

    assert world.app.inbox.claim_due() == [[world.connection.id]]


def test_what_a_living_poller_has_leased_stays_with_it(world: World, clock: FrozenClock) -> None:
    world.start()
    world.app.inbox.claim_due()

    clock.advance(seconds=20)
    world.app.inbox.take_over()

    assert feed(world).leased


def test_a_claim_that_was_lost_on_its_way_is_given_back(world: World, clock: FrozenClock) -> None:
    world.start()
    world.app.inbox.claim_due()

    clock.advance(seconds=31)
    world.app.inbox.take_over()

    assert not feed(world).leased


def test_a_hint_for_nobody_is_no_trouble(world: World) -> None:
    assert world.app.inbox.hint("dummy", "nobody@shop.example") == 0


def test_a_hint_for_a_stopped_bot_is_forgotten(world: World) -> None:
    world.start()
    world.app.inbox.hint("dummy", "alice@shop.example")
    world.stop()

    world.app.inbox.claim_due()

    assert world.database.for_workers().find(Hint) == []


def test_an_account_that_keeps_failing_is_asked_ever_more_rarely(
    world: World, clock: FrozenClock
) -> None:
    world.start(interval_seconds=10)
    waits = []
    for _ in range(8):
        world.mailbox.fault, world.mailbox.fault_on = OSError("no route"), "fetch_new"
        world.poll()
        due = feed(world).due_at
        assert due
        waits.append((due - clock.now).total_seconds())
        clock.now = due

    assert waits == [10, 20, 40, 80, 160, 320, 640, 900]


def test_a_feed_that_is_gone_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        world.app.inbox.poll("nothing")
