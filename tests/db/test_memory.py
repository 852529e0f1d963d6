import pytest

from db.base import Database
from db.memory import MemoryDatabase
from tests.db.contract import DatabaseContract


class TestMemoryDatabase(DatabaseContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()
