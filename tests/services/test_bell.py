"""Ringing never raises and never holds anybody up."""

import socket
import time
from collections.abc import Iterator
from statistics import median

import pytest
import redis

from core.replies import Status
from services.bell import CeleryBell
from tests.core.test_replies import NOW, reply
from tests.servers.redis import Broker, redis_server

__all__ = ["redis_server"]

pytestmark = pytest.mark.network


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Somebody accepts the connection there, and then never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def seconds_to_ring(bell: CeleryBell) -> float:
    start = time.monotonic()
    bell.ring(reply(Status.APPROVED).evolve(due_at=NOW))
    return time.monotonic() - start


def test_a_broker_that_is_not_there_holds_nobody_up() -> None:
    bell = CeleryBell("redis://127.0.0.1:1/0")

    assert median(seconds_to_ring(bell) for _ in range(9)) < 0.1


def test_a_broker_that_hangs_holds_nobody_up(silent_port: int) -> None:
    bell = CeleryBell(f"redis://127.0.0.1:{silent_port}/0")

    assert median(seconds_to_ring(bell) for _ in range(100)) < 0.002
    start = time.monotonic()
    bell.flush()
    assert time.monotonic() - start < 3


def test_what_is_rung_reaches_the_broker(redis_server: Broker) -> None:
    bell = CeleryBell(redis_server.url)

    for _ in range(20):
        seconds_to_ring(bell)
    bell.flush(5)

    with redis.Redis(port=redis_server.port) as client:
        assert client.llen("orchestre") == 20


def test_the_bell_rings_again_once_the_broker_is_back(redis_server: Broker) -> None:
    bell = CeleryBell(redis_server.url)
    redis_server.kill()
    seconds_to_ring(bell)
    bell.flush(10)
    redis_server.start()

    seconds_to_ring(bell)
    bell.flush(5)

    with redis.Redis(port=redis_server.port) as client:
        assert client.llen("orchestre") == 1
