"""A line that says at once when mail comes, notices when it is dead or deaf, and never loses."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from core.connections import Credentials
from core.errors import NotSupported, Unavailable
from core.messages import Address
from providers.base import Account
from providers.imap import Mailbox, wait_for_mail
from providers.plugins.imap import ImapProvider
from tests.providers.scripted_imap import DROP, Script, scripted_imap
from tests.servers.dovecot import PASSWORD, Dovecot, running_dovecot

pytestmark = pytest.mark.network

MAIL = b"From: bob@customer.example\r\nSubject: Tent\r\n\r\nHow much?\r\n"
OFFERS_IDLE = "* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n{tag} OK done"
LETS_WAIT = "+ idling"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


class Told:
    """Counts what a line says, and waits for it."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._heard = threading.Condition()

    def __call__(self) -> None:
        with self._heard:
            self.times.append(time.monotonic())
            self._heard.notify_all()

    def wait_for(self, number: int, *, seconds: float = 10.0) -> float:
        with self._heard:
            assert self._heard.wait_for(lambda: len(self.times) >= number, seconds), (
                f"it was told {len(self.times)} times, not {number}"
            )
            return self.times[number - 1]


def provider(dovecot: Dovecot, user: str) -> ImapProvider:
    settings = {
        "host": "localhost",
        "port": dovecot.tls_port,
        "user": user,
        "relay_host": "localhost",
        "ca_file": str(dovecot.ca_file),
    }
    return ImapProvider(
        Account(
            address=Address(handle="alice@shop.example"),
            credentials=Credentials(password=SecretStr(PASSWORD)),
            settings=settings,
        )
    )


@contextmanager
def listening(
    hold: Callable[[Told, threading.Event], None],
) -> Iterator[tuple[Told, list[Exception]]]:
    """Hold a line in a thread of its own, as the listener does."""
    told, stopped, broken = Told(), threading.Event(), []

    def run() -> None:
        try:
            hold(told, stopped)
        except Exception as error:
            broken.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield told, broken
    finally:
        stopped.set()
        thread.join(10)
        assert not thread.is_alive()


def hold(script: Script, told: Told, stopped: threading.Event, *, renew: float = 60.0) -> None:
    mailbox = Mailbox(
        host="127.0.0.1", port=script.port, tls="none", user="u", password="p", seconds=5
    )
    try:
        mailbox.ask(
            lambda session: wait_for_mail(
                session, "INBOX", told, stopped, renew_seconds=renew, answer_seconds=0.5
            )
        )
    finally:
        mailbox.close()


def test_it_says_at_once_when_a_mail_has_come(dovecot: Dovecot) -> None:
    account = provider(dovecot, "at-once")
    with listening(account.listen) as (told, _):
        told.wait_for(1)
        for number in range(2, 5):
            delivered = time.monotonic()
            dovecot.box("at-once").append(MAIL, at=datetime.now(UTC))
            assert told.wait_for(number) - delivered < 1.0
    account.close()


def test_marks_and_deletions_are_no_news() -> None:
    noise = "* 3 FETCH (FLAGS (\\Seen))\r\n* 2 EXPUNGE\r\n* OK Still here\r\n"
    words = {
        "CAPABILITY": OFFERS_IDLE,
        "IDLE": f"{noise}{LETS_WAIT}\r\n{noise}* OK and again",
        "DONE": noise + "{tag} OK done",
    }
    with (
        scripted_imap(words) as script,
        listening(lambda t, s: hold(script, t, s, renew=0.05)) as (told, broken),
    ):
        wait_until(lambda: script.commands.count("DONE") > 3)

    assert (len(told.times), broken) == (1, [])


def test_listening_leaves_no_mark(dovecot: Dovecot) -> None:
    box = dovecot.box("no-mark")
    account = provider(dovecot, "no-mark")
    with listening(account.listen) as (told, _):
        told.wait_for(1)
        box.append(MAIL, at=datetime.now(UTC))
        told.wait_for(2)
    account.close()

    assert "Seen" not in "".join(box.flags())


def test_a_server_that_dies_is_noticed(dovecot: Dovecot) -> None:
    account = provider(dovecot, "dies")
    with listening(account.listen) as (told, broken):
        told.wait_for(1)
        dovecot.stop()
        wait(broken)
        dovecot.start()

    assert isinstance(broken[0], Unavailable)
    account.close()


def test_a_line_is_renewed_and_what_came_meanwhile_is_said(dovecot: Dovecot) -> None:
    account = provider(dovecot, "renewed")

    def renewing(told: Told, stopped: threading.Event) -> None:
        account._box.ask(
            lambda session: wait_for_mail(session, "INBOX", told, stopped, renew_seconds=0.05)
        )

    with listening(renewing) as (told, broken):
        told.wait_for(1)
        for number in range(2, 12):
            dovecot.box("renewed").append(MAIL, at=datetime.now(UTC))
            told.wait_for(number)
        assert broken == []
    account.close()


@pytest.mark.parametrize(
    "words",
    [{"DONE": "* 4 EXISTS\r\n{tag} OK done"}, {"IDLE": f"* 4 EXISTS\r\n{LETS_WAIT}"}],
    ids=["at the end", "at the beginning"],
)
def test_what_comes_just_while_a_line_is_renewed_is_said(words: dict[str, str]) -> None:
    usual = {"CAPABILITY": OFFERS_IDLE, "IDLE": LETS_WAIT, "DONE": "{tag} OK done"}
    with (
        scripted_imap(usual | words) as script,
        listening(lambda t, s: hold(script, t, s, renew=0.05)) as (told, broken),
    ):
        told.wait_for(3)

    assert broken == []


def test_a_server_that_does_not_offer_it_is_asked_by_the_clock() -> None:
    with scripted_imap({}) as script, listening(lambda t, s: hold(script, t, s)) as (told, broken):
        wait(broken)

    assert isinstance(broken[0], NotSupported)
    assert told.times == []


def test_a_server_that_refuses_to_wait_is_asked_by_the_clock() -> None:
    words = {"CAPABILITY": OFFERS_IDLE, "IDLE": "{tag} NO not now"}
    with scripted_imap(words) as script, listening(lambda t, s: hold(script, t, s)) as (_, broken):
        wait(broken)

    assert isinstance(broken[0], NotSupported)


def test_a_deaf_line_is_given_up_when_it_is_renewed() -> None:
    words = {"CAPABILITY": OFFERS_IDLE, "IDLE": LETS_WAIT, "DONE": "* OK what did you say?"}
    with (
        scripted_imap(words) as script,
        listening(lambda t, s: hold(script, t, s, renew=0.1)) as (told, broken),
    ):
        wait(broken)

    assert isinstance(broken[0], Unavailable)
    assert "timed out" in str(broken[0])
    assert len(told.times) == 1


@pytest.mark.parametrize("last", [DROP, "* BYE going down"])
def test_a_server_that_hangs_up_is_noticed_at_once(last: str) -> None:
    words = {"CAPABILITY": OFFERS_IDLE, "IDLE": LETS_WAIT, "DONE": last}
    with (
        scripted_imap(words) as script,
        listening(lambda t, s: hold(script, t, s, renew=0.1)) as (_, broken),
    ):
        wait(broken)

    assert isinstance(broken[0], Unavailable)


def wait(broken: list[Exception]) -> None:
    wait_until(lambda: broken)


def wait_until(ready: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not ready() and time.monotonic() < until:
        time.sleep(0.01)
