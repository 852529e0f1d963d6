"""Services that are linked by consent, and two people who link accounts there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.base import Database
from db.memory import MemoryDatabase
from db.sql import SqlDatabase
from tests.conftest import FrozenClock
from tests.simulators.linkage import Linkage, Services
from tests.simulators.service import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def services(authority: Authority) -> Iterator[Services]:
    with Services(authority).running() as services:
        yield services


@pytest.fixture
def linkage(
    services: Services, clock: FrozenClock, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Linkage]:
    """In memory; on SQLite where a test asks for it."""
    database: Database = MemoryDatabase()
    if getattr(request, "param", "memory") == "sqlite":
        database = SqlDatabase(f"sqlite:///{tmp_path}/linkage.db", run=tmp_path / "run")
    database.migrate()
    linkage = Linkage(services, database, tmp_path / "home", clock=clock)
    yield linkage
    linkage.app.connections.close()
    database.close()
