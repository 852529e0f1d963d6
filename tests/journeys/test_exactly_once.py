"""200 mails in a burst, while the worker, the broker and then everything is killed."""

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.answers import words
from tests.journeys.deployment import (
    CATALOGUE,
    ORCHESTRE,
    SHOP,
    Deployment,
    Embedded,
    Separate,
    nothing_left_behind,
    question,
    wait_for,
)
from tests.limits import NO_CAPS, in_environment
from tests.servers.install import free_port
from tests.servers.postgres import Postgres, postgres, postgres_url
from tests.servers.redis import Broker, redis_server

__all__ = ["postgres", "postgres_url", "redis_server"]

pytestmark = [pytest.mark.network, pytest.mark.timeout(300)]

MAILS = 200
SENDERS = [f"customer{number}@customer.example" for number in range(100)]
MACHINES = frozenset(range(0, MAILS, 10))
SETTLE = 2
ENVIRONMENT = {"ORCHESTRE_SETTLE_SECONDS": str(SETTLE)} | in_environment(NO_CAPS)
EXPECTED = {
    f"<question.{number}@customer.example>": 1 for number in range(MAILS) if number not in MACHINES
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    with nothing_left_behind(tmp_path / "home"):
        yield tmp_path / "home"


def burst() -> list[EmailMessage]:
    return [
        question(number, SENDERS[number % len(SENDERS)], machine=number in MACHINES)
        for number in range(MAILS)
    ]


def push(deployment: Deployment) -> threading.Thread:
    """Send the burst in the background, from eight clients."""

    def send_all() -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(deployment.send, burst()))

    thread = threading.Thread(target=send_all)
    thread.start()
    return thread


def some_are_answered(deployment: Deployment, count: int) -> None:
    wait_for(
        f"answer number {count}",
        lambda: sum(deployment.answered(SENDERS).values()) >= count,
        seconds=90,
    )


def all_are_answered_once(deployment: Deployment) -> None:
    wait_for(
        "the last answer",
        lambda: len(deployment.answered(SENDERS)) >= len(EXPECTED),
        seconds=120,
        every=0.5,
    )
    time.sleep(3 * SETTLE)
    assert deployment.answered(SENDERS) == EXPECTED
    bodies = [words(mail) for mail in deployment.answers_to(SENDERS[1])]
    assert all("199" in body for body in bodies)


def link_the_shop(deployment: Deployment) -> None:
    """What a newcomer types, once."""
    deployment.run("migrate")
    deployment.run(
        "users", "add", "owner@localhost", "--password-stdin", input="correct horse battery"
    )
    catalogue = deployment.home / "catalogue.csv"
    catalogue.write_text(CATALOGUE)
    deployment.run("products", "import", str(catalogue))
    wait_for("the door", lambda: deployment.smtp_port, seconds=30)
    relay = f"127.0.0.1:{deployment.smtp_port}"
    deployment.run("connections", "add", "maildir", SHOP, "--relay", relay)
    deployment.run("bots", "start", f"maildir/{SHOP}", "--mode", "auto", "--interval", "5")


def test_the_embedded_default(home: Path) -> None:
    deployment = Embedded(home, environment=ENVIRONMENT, options=[])
    deployment.start()
    (home / "catalogue.csv").write_text(CATALOGUE)
    deployment.run("products", "import", "--replace", str(home / "catalogue.csv"))
    pushing = push(deployment)
    some_are_answered(deployment, 10)

    deployment.kill("worker")
    some_are_answered(deployment, 60)
    deployment.kill("broker")
    some_are_answered(deployment, 110)
    deployment.kill_everything()
    deployment.start()

    pushing.join()
    all_are_answered_once(deployment)
    deployment.stop()


def test_without_celery(home: Path) -> None:
    deployment = Embedded(home, environment=ENVIRONMENT, options=["--no-celery"])
    deployment.start()
    (home / "catalogue.csv").write_text(CATALOGUE)
    deployment.run("products", "import", "--replace", str(home / "catalogue.csv"))
    pushing = push(deployment)
    some_are_answered(deployment, 10)

    deployment.kill("runner")
    some_are_answered(deployment, 60)
    deployment.kill_everything()
    deployment.start()

    pushing.join()
    all_are_answered_once(deployment)
    deployment.stop()


def test_separate_processes_on_postgresql_and_redis(
    home: Path, postgres: Postgres, postgres_url: str, redis_server: Broker
) -> None:
    smtp_port = free_port()
    deployment = Separate(
        home,
        environment=ENVIRONMENT
        | {
            "DATABASE_URL": postgres_url,
            "BROKER_URL": redis_server.url,
            "ORCHESTRE_PORT": str(free_port()),
            "ORCHESTRE_SMTP_PORT": str(smtp_port),
        },
        commands={
            "door": [sys.executable, "-m", "workers.door"],
            "api": [*ORCHESTRE, "serve"],
            "worker": [*ORCHESTRE, "worker"],
            "beat": [*ORCHESTRE, "beat"],
        },
    )
    deployment.smtp_port = smtp_port
    deployment.run("migrate")
    deployment.start("door")
    link_the_shop(deployment)
    deployment.start("api", "worker", "beat")
    pushing = push(deployment)
    some_are_answered(deployment, 10)

    deployment.kill("worker")
    deployment.start("worker")
    some_are_answered(deployment, 50)
    redis_server.restart()
    some_are_answered(deployment, 80)
    postgres.kill()
    redis_server.kill()
    deployment.kill("door", "api", "worker", "beat")
    postgres.start()
    redis_server.start()
    deployment.start("door", "api", "worker", "beat")

    pushing.join()
    all_are_answered_once(deployment)
    deployment.stop()
