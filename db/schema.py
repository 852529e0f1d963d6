"""Brings the tables to their newest form, step by step.

Alembic is loaded only where there is something to bring: every process looks when it starts.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0005"
"""Where the steps lead to."""
LOCK_KEY = 7_316_018_420
"""Any number, as long as nothing else in the database locks by it."""


def configuration() -> "Config":
    """What Alembic has to know."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, *, lock_folder: Path | None) -> None:
    """Apply every step that is missing. Others who try at the same time wait for it."""
    with _alone(engine, lock_folder), engine.connect() as connection:
        if not is_current(connection):
            from alembic import command

            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()


def is_current(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    applied = connection.execute(text("SELECT version_num FROM alembic_version")).scalars()
    return set(applied) == {NEWEST}


@contextmanager
def _alone(engine: Engine, lock_folder: Path | None) -> Iterator[None]:
    if lock_folder is None:
        with engine.connect() as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("SET lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            yield
        return
    lock_folder.mkdir(parents=True, exist_ok=True)
    with (lock_folder / "migrate.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
