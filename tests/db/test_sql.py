"""The same contract on SQLite and on a real PostgreSQL, and what only they can get wrong."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.bots import Bot
from core.errors import Unavailable
from core.events import Event
from core.feeds import Feed
from db.base import Add, Append, Database, Swap
from db.schema import NEWEST, configuration
from db.sql import SqlDatabase
from db.tables import metadata
from tests.db.contract import BOT, EVENT, FEED, DatabaseContract
from tests.servers.postgres import Postgres, postgres, postgres_url

__all__ = ["postgres", "postgres_url"]


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqlDatabase]:
    database = SqlDatabase(f"sqlite:///{tmp_path}/orchestre.db", run=tmp_path / "run")
    database.migrate()
    yield database
    database.close()


def test_the_newest_form_is_where_the_steps_lead_to() -> None:
    assert ScriptDirectory.from_config(configuration()).get_heads() == [NEWEST]


class TestSQLite(DatabaseContract):
    @pytest.fixture
    def database(self, sqlite: SqlDatabase) -> Database:
        return sqlite


class SqlPromises:
    def test_the_steps_make_exactly_the_declared_tables(self, database: SqlDatabase) -> None:
        with database.engines.reads.connect() as connection:
            difference = compare_metadata(MigrationContext.configure(connection), metadata)

        assert difference == []

    def test_many_may_migrate_at_once(self, database: SqlDatabase) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: database.migrate(), range(8)))

        database.check()

    def test_eight_writers_of_different_records_never_meet_a_lock(
        self, database: SqlDatabase
    ) -> None:
        store = database.for_workers()
        bots = [BOT.model_copy(update={"id": f"b{n}"}) for n in range(8)]
        store.commit(*(Add(bot) for bot in bots))

        def write(bot: Bot) -> None:
            for _ in range(40):
                moved = bot.evolve(interval_seconds=bot.interval_seconds + 1)
                store.commit(Swap(bot, moved))
                bot = moved

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, bots))

        assert {bot.interval_seconds for bot in store.find(Bot)} == {65}

    def test_commits_in_opposite_order_do_not_wait_in_a_circle(self, database: SqlDatabase) -> None:
        store = database.for_workers()
        store.commit(Add(BOT), Add(FEED))

        def both(number: int) -> None:
            for _ in range(30):
                bot, feed = store.get(Bot, "b1"), store.get(Feed, "c1")
                swaps = [Swap(bot, bot.evolve(instructions="x")), Swap(feed, feed.evolve())]
                try:
                    store.commit(*(swaps if number % 2 else reversed(swaps)))
                except Unavailable:
                    raise
                except Exception:  # another thread was first
                    continue

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(both, range(8)))

        assert store.get(Bot, "b1").version == store.get(Feed, "c1").version

    @pytest.mark.parametrize("statement", ["UPDATE events SET version = 7", "DELETE FROM events"])
    def test_a_line_of_history_can_only_be_added(
        self, database: SqlDatabase, statement: str
    ) -> None:
        database.for_workers().commit(Append(EVENT))

        with (
            pytest.raises(DBAPIError, match="append-only"),
            database.engines.writes.begin() as connection,
        ):
            connection.execute(text(statement))

        assert database.for_workers().find(Event) == [EVENT]


class TestSQLitePromises(SqlPromises):
    @pytest.fixture
    def database(self, sqlite: SqlDatabase) -> SqlDatabase:
        return sqlite

    def test_only_durable_commits_wait_for_the_disk(self, sqlite: SqlDatabase) -> None:
        levels = []
        for engine in (sqlite.engines.writes, sqlite.engines.durable):
            with engine.begin() as connection:
                levels.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())

        assert levels == [1, 2]

    def test_tables_that_were_never_made_are_said_to_be_missing(self, tmp_path: Path) -> None:
        database = SqlDatabase(f"sqlite:///{tmp_path}/new.db", run=tmp_path)

        with pytest.raises(Unavailable, match="orchestre migrate"):
            database.check()

        database.close()

    def test_a_file_that_is_no_database_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "bad.db").write_text("this is not a database" * 100)
        database = SqlDatabase(f"sqlite:///{tmp_path}/bad.db", run=tmp_path)

        with pytest.raises(Unavailable, match="not a database"):
            database.check()

        database.close()

    def test_a_full_disk_stops_the_commit_and_says_so(
        self, sqlite: SqlDatabase, tmp_path: Path
    ) -> None:
        store = sqlite.for_workers()
        with sqlite.engines.writes.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            connection.commit()
            large = BOT.model_copy(update={"instructions": "x" * 1_000_000})
            connection.close()

        with pytest.raises(Unavailable, match=r"full.*Free some space"):
            store.commit(Add(large))

        assert store.find(Bot) == []

    def test_a_lock_held_for_too_long_is_unavailable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("db.engines.BUSY_SECONDS", 0.2)
        database = SqlDatabase(f"sqlite:///{tmp_path}/busy.db", run=tmp_path)
        database.migrate()
        other = sqlite3.connect(tmp_path / "busy.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(Unavailable, match="locked"):
            database.for_workers().commit(Add(BOT))

        other.close()
        database.close()


@pytest.fixture
def postgresql(postgres_url: str, tmp_path: Path) -> Iterator[SqlDatabase]:
    database = SqlDatabase(postgres_url, run=tmp_path / "run")
    database.migrate()
    yield database
    database.close()


@pytest.mark.network
class TestPostgreSQL(DatabaseContract):
    @pytest.fixture
    def database(self, postgresql: SqlDatabase) -> Database:
        return postgresql


@pytest.mark.network
class TestPostgreSQLPromises(SqlPromises):
    @pytest.fixture
    def database(self, postgresql: SqlDatabase) -> SqlDatabase:
        return postgresql

    def test_a_killed_server_is_unavailable_and_serves_again_once_it_is_back(
        self, postgres: Postgres, postgresql: SqlDatabase
    ) -> None:
        store = postgresql.for_workers()
        store.commit(Add(BOT))

        postgres.kill()
        with pytest.raises(Unavailable):
            store.get(Bot, "b1")
        with pytest.raises(Unavailable):
            store.commit(Swap(BOT, BOT.evolve()))
        postgres.start()

        assert store.get(Bot, "b1") == BOT

    def test_a_process_that_lost_its_lock_is_told_so(
        self, postgres: Postgres, postgresql: SqlDatabase
    ) -> None:
        owners = postgresql.owners()
        owners.hold()
        assert owners.is_held()

        postgres.restart()

        assert not owners.is_held()

    def test_others_are_alive_while_their_session_is(
        self, postgresql: SqlDatabase, postgres_url: str, tmp_path: Path
    ) -> None:
        other = SqlDatabase(postgres_url, run=tmp_path)
        holder = other.owners().hold()
        assert not postgresql.owners().is_dead(holder)

        other.close()

        assert postgresql.owners().is_dead(holder)
