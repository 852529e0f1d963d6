"""How a database is connected to, and how careful a commit is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.pool import NullPool

BUSY_SECONDS = 15
"""How long a writer waits for the others on SQLite; less than any lease."""


@dataclass(frozen=True)
class Engines:
    reads: Engine
    writes: Engine
    durable: Engine
    """Its commits survive a power cut."""
    owners: Engine
    """For the one connection whose lock says that its process lives."""

    def close(self) -> None:
        for engine in {self.reads, self.writes, self.durable, self.owners}:
            engine.dispose()


def open_sqlite(url: str, *, pool_size: int) -> Engines:
    """One file, written by one transaction at a time.

    A transaction that first reads and then writes can be told "database is locked" whatever
    the time-out; BEGIN IMMEDIATE takes the lock first. The durability of a commit cannot change
    within a transaction, so there is an engine for each.
    """
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)

    def engine(*, begin: str, synchronous: str) -> Engine:
        made = create_engine(
            url,
            paramstyle="named",
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )

        @event.listens_for(made, "connect")
        def prepare(connection: Any, record: object) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={synchronous}")

        if begin:

            @event.listens_for(made, "begin")
            def begin_now(connection: Any) -> None:
                connection.exec_driver_sql(begin)

        return made

    reads = engine(begin="", synchronous="NORMAL")
    return Engines(
        reads=reads,
        writes=engine(begin="BEGIN IMMEDIATE", synchronous="NORMAL"),
        durable=engine(begin="BEGIN IMMEDIATE", synchronous="FULL"),
        owners=reads,
    )


def open_postgres(url: str, *, pool_size: int) -> Engines:
    """A server; every commit that it acknowledges is durable."""
    url = url.replace("postgres://", "postgresql://", 1)
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    connect_args = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "options": "-c statement_timeout=15000 -c lock_timeout=10000"
        " -c idle_in_transaction_session_timeout=30000",
    }
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        pool_pre_ping=True,
        connect_args=connect_args,
    )
    owners = create_engine(url, poolclass=NullPool, connect_args=connect_args)
    return Engines(reads=engine, writes=engine, durable=engine, owners=owners)
