"""A worker that hears nothing ends itself; one that hears goes on, also when nothing is to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import Settings
from services.bootstrap import open_database
from tests.servers.redis import Broker, redis_server
from workers.watchdog import EXIT_CODE

__all__ = ["redis_server"]

pytestmark = pytest.mark.network

DEAF_SECONDS = 2


def worker(home: Path, broker: Broker, *options: str) -> "subprocess.Popen[bytes]":
    """A real worker that believes itself deaf after two seconds."""
    database = open_database(Settings.model_validate({"home": home}))
    database.migrate()
    database.close()
    return subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "workers.app", "worker", "-P", "threads", *options],
        env=os.environ
        | {
            "ORCHESTRE_HOME": str(home),
            "BROKER_URL": broker.url,
            "ORCHESTRE_DEAF_SECONDS": str(DEAF_SECONDS),
            "ORCHESTRE_LOG_FILE": str(home / "worker.log"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_a_worker_that_consumes_nothing_ends_itself(tmp_path: Path, redis_server: Broker) -> None:
    """It listens to a queue that nobody writes to, as after a lost subscription."""
    with worker(tmp_path, redis_server, "-Q", "nobody-writes-here") as process:
        assert process.wait(30) == EXIT_CODE

    assert "no task was consumed" in (tmp_path / "worker.log").read_text()


def test_a_worker_that_hears_goes_on(tmp_path: Path, redis_server: Broker) -> None:
    with worker(tmp_path, redis_server) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(6 * DEAF_SECONDS)

        process.terminate()
        assert process.wait(20) == 0
