"""The whole way over a real mail server: linked on the command line, read by IMAP, sent by SMTP."""

import os
import secrets
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.config import Settings
from services.bell import WakingBell
from services.bootstrap import bootstrap
from tests.answers import words
from tests.journeys.deployment import CATALOGUE, ORCHESTRE, wait_for
from tests.servers.dovecot import PASSWORD, Box, Dovecot, running_dovecot
from tests.servers.smtp_sink import Sink, running_sink
from workers.runner import Runner

pytestmark = pytest.mark.network

SHOP = "alice@shop.example"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def sink(dovecot: Dovecot) -> Iterator[Sink]:
    with running_sink(PASSWORD, authority=dovecot.authority) as sink:
        yield sink


@pytest.fixture
def user() -> str:
    return f"alice-{secrets.token_hex(6)}"


@pytest.fixture
def box(dovecot: Dovecot, user: str) -> Box:
    box = dovecot.box(user)
    box.create("Sent")
    return box


def orchestre(home: Path, *arguments: str, input: str | None = None) -> str:
    done = subprocess.run(
        [*ORCHESTRE, *arguments],
        env=os.environ | {"ORCHESTRE_HOME": str(home)},
        input=input,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr + f"exit {done.returncode}"


def link(home: Path, dovecot: Dovecot, sink: Sink, user: str, *, password: str) -> str:
    """What the owner of a mailbox types."""
    options = {
        "--host": "localhost",
        "--port": str(dovecot.tls_port),
        "--user": user,
        "--relay": f"localhost:{sink.port}",
        "--set": f"ca_file={dovecot.ca_file}",
    }
    given = [part for pair in options.items() for part in pair]
    return orchestre(
        home, "connections", "add", "imap", SHOP, *given, "--password-stdin", input=password
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.csv").write_text(CATALOGUE)
    orchestre(tmp_path, "migrate")
    orchestre(
        tmp_path, "users", "add", "owner@localhost", "--password-stdin", input="correct horse"
    )
    orchestre(tmp_path, "products", "import", str(tmp_path / "catalogue.csv"))
    return tmp_path


@pytest.fixture
def working(home: Path) -> Iterator[Path]:
    """A worker without Celery is at work in this home."""
    bell, stopped = WakingBell(), threading.Event()
    app = bootstrap(Settings.model_validate({"home": home, "llm": "composer"}), bell=bell)
    runner = Runner(app, threads=4, woken=bell.woken)
    thread = threading.Thread(target=runner.run, args=(stopped,))
    thread.start()
    yield home
    stopped.set()
    thread.join(30)
    app.close()


def question() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Bob <bob@customer.example>"
    mail["To"] = SHOP
    mail["Subject"] = "Tent"
    mail["Message-ID"] = "<q1@customer.example>"
    mail.set_content("How much is the Alpine Tent 2?")
    return mail


def test_a_mail_is_answered_in_its_thread_and_filed_unread_mail_stays_unread(
    working: Path, dovecot: Dovecot, sink: Sink, user: str, box: Box
) -> None:
    assert "exit 0" in link(working, dovecot, sink, user, password=PASSWORD)
    assert "exit 0" in orchestre(
        working, "bots", "start", f"imap/{SHOP}", "--mode", "auto", "--interval", "5"
    )
    box.append(question().as_bytes(), at=datetime.now(UTC))

    wait_for("the answer", lambda: sink.taken, seconds=30)
    wait_for("the copy", lambda: box.mails("Sent"), seconds=10)

    [taken] = sink.taken
    assert taken.recipients == ("bob@customer.example",)
    assert taken.mail["In-Reply-To"] == "<q1@customer.example>"
    assert "199" in words(taken.mail)
    assert box.mails("Sent")[0]["Message-ID"] == taken.mail["Message-ID"]
    assert "Seen" not in "".join(box.flags())


def test_an_account_that_cannot_be_opened_is_not_linked(
    home: Path, dovecot: Dovecot, sink: Sink, user: str, box: Box
) -> None:
    said = link(home, dovecot, sink, user, password="wrong password")

    assert "exit 0" not in said
    assert "Traceback" not in said
    assert SHOP not in orchestre(home, "connections", "list")
