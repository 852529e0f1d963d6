"""What several tests of providers run against."""

from collections.abc import Iterator

import pytest

from tests.servers.emulators import Emulators


@pytest.fixture(scope="session")
def emulators() -> Iterator[Emulators]:
    emulators = Emulators()
    yield emulators
    emulators.stop()
