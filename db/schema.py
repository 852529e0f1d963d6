"""Brings the tables to their newest form, step by step."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

LOCK_KEY = 7_316_018_420
"""Any number, as long as nothing else in the database locks by it."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, *, lock_folder: Path | None) -> None:
    """Apply every step that is missing. Others who try at the same time wait for it."""
    with _alone(engine, lock_folder), engine.connect() as connection:
        if not is_current(connection):
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()


def is_current(connection: Connection) -> bool:
    applied = MigrationContext.configure(connection).get_current_heads()
    return set(applied) == set(ScriptDirectory.from_config(_config()).get_heads())


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
