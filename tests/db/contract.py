"""What every database must do. Subclass it, supply one, and inherit the tests."""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from core.bots import Bot
from core.caps import Budget
from core.errors import AlreadyThere, Exhausted, Invalid, NotFound, Stale
from core.events import Event
from core.feeds import Feed, Hint
from core.replies import Status
from db.base import Add, Append, Database, Drop, Expect, Swap, Take

NOW = datetime(2026, 1, 1, 9, 0, 0, 123456, tzinfo=UTC)
BOT = Bot(id="b1", owner_id="alice", connection_id="c1")
FEED = Feed(id="c1", owner_id="alice", bot_id="b1", cursor="0")
EVENT = Event(id="r1/000001", owner_id="alice", reply_id="r1", at=NOW, status=Status.SENT, by="bot")
DAY = Budget(name="sender", key="bob 2026-01-01", limit=3)


class DatabaseContract(ABC):
    @pytest.fixture
    @abstractmethod
    def database(self) -> Database:
        """An empty database, migrated."""

    def test_what_was_added_is_read_back_as_it_was(self, database: Database) -> None:
        store = database.for_workers()
        bot = BOT.model_copy(update={"due_at": NOW, "started_at": NOW, "instructions": "é\u2028"})

        store.commit(Add(bot))

        assert store.get(Bot, "b1") == bot

    def test_an_added_record_must_be_new(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT))

        with pytest.raises(AlreadyThere):
            store.commit(Add(BOT.evolve(connection_id="c2")))

        assert store.get(Bot, "b1") == BOT

    def test_the_first_is_kept_when_that_is_asked_for(self, database: Database) -> None:
        store = database.for_workers()

        store.commit(Add(BOT, keep_first=True))
        store.commit(Add(BOT.evolve(connection_id="c2"), keep_first=True), Add(FEED))

        assert store.get(Bot, "b1") == BOT
        assert store.get(Feed, "c1") == FEED

    def test_of_two_changes_to_the_same_version_one_wins(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT))
        store.commit(Swap(BOT, BOT.evolve(connection_id="c2")))

        with pytest.raises(Stale):
            store.commit(Swap(BOT, BOT.evolve(connection_id="c3")))

        assert store.get(Bot, "b1").connection_id == "c2"

    @pytest.mark.parametrize("durable", [False, True])
    def test_of_64_racing_commits_one_wins(self, database: Database, durable: bool) -> None:
        store = database.for_workers()
        store.commit(Add(BOT), Add(FEED))

        def claim(worker: int) -> int:
            moved = BOT.evolve(connection_id=f"c{worker}")
            advanced = FEED.evolve(cursor=str(worker))
            try:
                store.commit(Swap(FEED, advanced), Swap(BOT, moved), durable=durable)
            except Stale:
                return 0
            return 1

        with ThreadPoolExecutor(16) as pool:
            wins = sum(pool.map(claim, range(64)))

        assert wins == 1
        assert store.get(Bot, "b1").connection_id == f"c{store.get(Feed, 'c1').cursor}"

    def test_a_commit_is_all_or_nothing(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT), Add(FEED))
        stale = FEED.evolve(cursor="1")

        with pytest.raises(Stale):
            store.commit(
                Swap(BOT, BOT.start(mode=BOT.mode, interval_seconds=5, now=NOW)),
                Append(EVENT),
                Take("alice", DAY),
                Add(BOT.model_copy(update={"id": "b2"})),
                Swap(stale, stale.evolve(cursor="2")),
            )

        assert store.get(Bot, "b1") == BOT
        assert store.find(Bot) == [BOT]
        assert store.find(Event) == []
        store.commit(Take("alice", DAY, 3))

    def test_of_many_alike_one_that_is_stale_stops_all(self, database: Database) -> None:
        store = database.for_workers()
        bots = [BOT.model_copy(update={"id": f"b{number}"}) for number in range(20)]
        store.commit(*map(Add, bots))
        store.commit(Swap(bots[7], bots[7].evolve(connection_id="c7")))

        with pytest.raises(Stale):
            store.commit(*(Swap(bot, bot.evolve(connection_id="c2")) for bot in bots))

        assert store.count(Bot, connection_id="c2") == 0

    def test_of_many_alike_one_that_is_there_stops_all(self, database: Database) -> None:
        store = database.for_workers()
        bots = [BOT.model_copy(update={"id": f"b{number}"}) for number in range(20)]
        store.commit(Add(bots[7]))

        with pytest.raises(AlreadyThere):
            store.commit(*map(Add, bots))

        assert store.find(Bot) == [bots[7]]

    def test_of_many_drops_one_that_is_stale_stops_all(self, database: Database) -> None:
        store = database.for_workers()
        bots = [BOT.model_copy(update={"id": f"b{number}"}) for number in range(3)]
        store.commit(*map(Add, bots[1:]))

        with pytest.raises(Stale):
            store.commit(*map(Drop, bots))

        assert store.find(Bot) == bots[1:]

    def test_of_many_expectations_each_must_hold(self, database: Database) -> None:
        store = database.for_workers()
        bots = [BOT.model_copy(update={"id": f"b{number}"}) for number in range(3)]
        store.commit(*map(Add, bots), Add(FEED))
        store.commit(Swap(bots[1], bots[1].evolve()))

        with pytest.raises(Stale):
            store.commit(*map(Expect, bots), Swap(FEED, FEED.evolve(cursor="1")))

        assert store.get(Feed, "c1") == FEED

    def test_a_changed_record_is_found_by_what_it_is_now(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT))
        moved = BOT.evolve(connection_id="c2", enabled=True, due_at=NOW)

        store.commit(Swap(BOT, moved))

        assert store.find(Bot, connection_id="c2", enabled=True) == [moved]
        assert store.find(Bot, connection_id="c1") == []
        assert store.due(Bot, NOW) == [moved]

    def test_an_expectation_that_no_longer_holds_stops_the_commit(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT), Add(FEED))
        store.commit(Swap(BOT, BOT.evolve(enabled=True)))

        with pytest.raises(Stale):
            store.commit(Expect(BOT), Swap(FEED, FEED.evolve(cursor="1")))

        assert store.get(Feed, "c1") == FEED

    def test_an_expectation_that_holds_changes_nothing(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT), Add(FEED))

        store.commit(Expect(BOT), Swap(FEED, FEED.evolve(cursor="1")))

        assert store.get(Bot, "b1") == BOT

    def test_a_dropped_record_is_gone_once(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT))

        store.commit(Drop(BOT))

        with pytest.raises(NotFound):
            store.get(Bot, "b1")
        with pytest.raises(Stale):
            store.commit(Drop(BOT))

    def test_a_line_of_history_is_written_once(self, database: Database) -> None:
        store = database.for_workers()

        store.commit(Append(EVENT))
        store.commit(Append(EVENT.model_copy(update={"by": "mallory"})))

        assert store.find(Event, reply_id="r1") == [EVENT]

    def test_a_budget_is_exact_under_16_takers(self, database: Database) -> None:
        store = database.for_workers()
        limited = Budget(name="day", key="2026-01-01", limit=20)

        def take(_: int) -> int:
            try:
                store.commit(Take("alice", limited))
            except Exhausted:
                return 0
            return 1

        with ThreadPoolExecutor(16) as pool:
            taken = sum(pool.map(take, range(64)))

        assert taken == 20

    def test_a_budget_that_was_given_back_can_be_taken_again(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Take("alice", DAY, 3))
        with pytest.raises(Exhausted) as refusal:
            store.commit(Take("alice", DAY))

        store.commit(Take("alice", DAY, -1))

        store.commit(Take("alice", DAY))
        assert refusal.value.budget == "sender"

    def test_the_budget_that_is_used_up_is_named(self, database: Database) -> None:
        store = database.for_workers()
        narrow = Budget(name="thread", key="t", limit=1)
        store.commit(Take("alice", narrow))

        with pytest.raises(Exhausted) as refusal:
            store.commit(Take("alice", DAY), Take("alice", narrow), Take("alice", DAY))

        assert refusal.value.budget == "thread"
        store.commit(Take("alice", DAY, 3))

    @pytest.mark.parametrize("taken", [0, 1])
    def test_giving_back_never_makes_a_budget_larger(self, database: Database, taken: int) -> None:
        store = database.for_workers()
        store.commit(Take("alice", DAY, taken))

        store.commit(Take("alice", DAY, -5))

        store.commit(Take("alice", DAY, 3))
        with pytest.raises(Exhausted):
            store.commit(Take("alice", DAY))

    def test_a_budget_of_nothing_is_never_taken(self, database: Database) -> None:
        store = database.for_workers()

        with pytest.raises(Exhausted):
            store.commit(Take("alice", Budget(name="day", key="k", limit=0)))

    def test_somebody_elses_is_not_there(self, database: Database) -> None:
        database.for_workers().commit(Add(BOT))
        mallory = database.for_owner("mallory")

        with pytest.raises(NotFound):
            mallory.get(Bot, "b1")
        with pytest.raises(NotFound):
            mallory.commit(Swap(BOT, BOT.evolve(enabled=True)))
        with pytest.raises(NotFound):
            mallory.commit(Swap(BOT, BOT.evolve(owner_id="mallory")))
        with pytest.raises(NotFound):
            mallory.commit(Add(BOT.model_copy(update={"id": "b2"})))
        with pytest.raises(NotFound):
            mallory.commit(Take("alice", DAY))
        assert mallory.find(Bot) == []
        assert mallory.find(Bot, owner_id="alice") == []
        assert mallory.find(Bot, owner_id=["alice", "mallory"]) == []
        assert mallory.page(Bot).items == []
        assert mallory.count(Bot) == 0
        assert mallory.due(Bot, NOW) == []
        assert database.for_owner("alice").get(Bot, "b1") == BOT

    def test_due_ones_come_most_overdue_first(self, database: Database) -> None:
        store = database.for_workers()
        for id, seconds in [("late", -2), ("later", -9), ("now", 0), ("future", 0.000001)]:
            due_at = NOW + timedelta(seconds=seconds)
            store.commit(Add(BOT.model_copy(update={"id": id, "due_at": due_at})))
        store.commit(Add(BOT))

        due = store.due(Bot, NOW)

        assert [bot.id for bot in due] == ["later", "late", "now"]
        assert store.due(Bot, NOW, limit=1, after=due[0]) == [due[1]]
        assert store.due(Bot, NOW, after=due[2]) == []

    def test_found_by_its_fields(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT), Add(BOT.model_copy(update={"id": "b0", "enabled": True})))

        assert store.find(Bot, connection_id="c1", enabled=False) == [BOT]
        assert [bot.id for bot in store.find(Bot, enabled=[True, False])] == ["b0", "b1"]
        assert store.find(Bot, connection_id="c2") == []
        assert store.count(Bot, enabled=True) == 1

    @pytest.mark.parametrize("id", ['"', "'", "\\", "é\u2028", "a,b", "[1]", "%s", ":id", "?"])
    def test_found_among_several_whatever_they_are_called(
        self, database: Database, id: str
    ) -> None:
        store = database.for_workers()
        named = BOT.model_copy(update={"id": id})
        store.commit(Add(BOT), Add(named))

        assert store.get(Bot, id) == named
        assert store.find(Bot, id=[id, "b2"]) == [named]
        assert store.count(Bot, id=(id, "b1")) == 2
        assert store.page(Bot, id={id}).items == [named]

    def test_found_among_none_and_among_thousands(self, database: Database) -> None:
        store = database.for_workers()
        store.commit(Add(BOT))

        assert store.find(Bot, id=[]) == []
        assert store.find(Bot, id=[f"b{number}" for number in range(50_000)]) == [BOT]

    def test_a_field_without_an_index_is_a_mistake(self, database: Database) -> None:
        with pytest.raises(ValueError, match="instructions"):
            database.for_workers().find(Bot, instructions="")

    @pytest.mark.parametrize("order", ["at", "-at", "id", "-id"])
    def test_pages_follow_on_without_gap_or_repetition(
        self, database: Database, order: str
    ) -> None:
        store = database.for_workers()
        for number in range(7):
            at = NOW + timedelta(seconds=number // 2)
            store.commit(Append(EVENT.model_copy(update={"id": f"r1/{number}", "at": at})))

        seen: list[str] = []
        after = None
        while True:
            part = store.page(Event, order=order, after=after, limit=3, reply_id="r1")
            seen += [event.id for event in part.items]
            after = part.after
            if after is None:
                break

        expected = [f"r1/{number}" for number in range(7)]
        assert seen == (expected[::-1] if order.startswith("-") else expected)

    @pytest.mark.parametrize("cursor", ["", "x", "e30=", "WzEsIDJd", "W1tdLCAiYSJd"])
    def test_a_cursor_from_elsewhere_is_refused(self, database: Database, cursor: str) -> None:
        with pytest.raises(Invalid):
            database.for_workers().page(Event, after=cursor)

    def test_everything_of_one_kind_can_be_dumped(self, database: Database) -> None:
        hint = Hint(id="c1", owner_id="alice", hinted_at=NOW)
        database.for_workers().commit(Add(BOT), Add(FEED), Add(hint))

        assert list(database.dump(Hint)) == [hint]

    def test_everything_of_one_kind_can_be_counted(self, database: Database) -> None:
        store = database.for_workers()
        assert store.count(Bot) == 0

        store.commit(Add(BOT), Add(FEED))

        assert store.count(Bot) == 1
        assert database.for_owner("nobody").count(Bot) == 0

    def test_this_process_is_alive_and_a_stranger_is_not(self, database: Database) -> None:
        owners = database.owners()

        name = owners.hold()

        assert owners.hold() == name
        assert owners.is_held()
        assert not owners.is_dead(name)
        assert owners.is_dead("a-host-1-000000000000")

    def test_a_record_is_one_workers_alone_until_it_is_given_back(self, database: Database) -> None:
        owners = database.owners()
        owners.hold()

        assert owners.take("r1") == 0
        owners.give_back("r1", finished=True)

        assert owners.take("r1") == 0
        owners.give_back("r1", finished=False)

        assert owners.take("r1") == 1
        owners.give_back("r1", finished=True)
