"""A newcomer starts it, and sees within a minute what was answered, what waits, and what was
left alone, and why."""

import json
import re
import time
from collections.abc import Iterator
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import psutil
import pytest

from core.clock import system_clock
from core.local_mail import folder_name
from core.replies import Reply, Status
from tests.answers import words
from tests.servers.up import Up, letters, running, write
from workers.home import Home
from workers.maildoor import MailDoor
from workers.samples import SAMPLES, Sample, deliver

SECONDS_TO_THE_FIRST_ANSWER = 60
SECONDS_TO_AN_ANSWER = 3

OUTCOMES = {
    "price-english": (Status.SENT, ""),
    "price-german": (Status.SENT, ""),
    "price-french": (Status.SENT, ""),
    "two-products": (Status.SENT, ""),
    "sku-with-a-slip": (Status.SENT, ""),
    "html-only": (Status.SENT, ""),
    "not-sold": (Status.AWAITING_APPROVAL, "D1"),
    "complaint": (Status.AWAITING_APPROVAL, "T2"),
    "instructions": (Status.AWAITING_APPROVAL, "T1"),
    "unreadable": (Status.AWAITING_APPROVAL, "T0"),
    "newsletter": (Status.SKIPPED, "L1"),
    "out-of-office": (Status.SKIPPED, "S1"),
    "bounce": (Status.SKIPPED, "S5"),
    "no-reply-notice": (Status.SKIPPED, "S8"),
}
FACTS = {
    "price-english": ["Alpine 2 Dome Tent", "249", "14"],
    "price-german": ["Kuppelzelt Alpine 2", "249", "14"],
    "price-french": ["Tente dôme Alpine 2", "249", "14"],
    "two-products": ["44.90", "6.90"],
    "sku-with-a-slip": ["39.90"],
    "html-only": ["179", "11"],
}
RESTING = {Status.SENT, Status.AWAITING_APPROVAL, Status.SKIPPED}
BY_NAME = {sample.name: sample for sample in SAMPLES}


class FirstStart:
    """A start that has come to rest: every sample has its outcome."""

    def __init__(self, up: Up) -> None:
        self.up = up
        up.until(lambda: letters(up.home, "anna@customers.example"))
        self.seconds_to_the_first_answer = time.monotonic() - up.began
        up.until(lambda: len(self.resting()) == len(SAMPLES))
        # The door has accepted an answer that was sent, and delivers it a moment later.
        up.until(lambda: all(letters(up.home, address(BY_NAME[name])) for name in FACTS))

    def resting(self) -> list[Reply]:
        return [reply for reply in self.up.replies() if reply.status in RESTING]

    def lines(self) -> list[str]:
        return self.up.output.read_text().splitlines()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstStart]:
    with running(tmp_path_factory.mktemp("first") / "home") as up:
        yield FirstStart(up)


def ask_about_the_headlamp(smtp: str) -> None:
    write(
        smtp,
        sender="nora@customers.example",
        to="shop@localhost",
        subject="Headlamp",
        text="Hello,\n\nwhat does the Beam 400 Headlamp cost?\n\nNora\n",
    )


def address(sample: Sample) -> str:
    return sample.sender.partition("<")[2].rstrip(">")


def test_every_sample_has_an_outcome_to_show() -> None:
    assert set(OUTCOMES) == set(BY_NAME)


def test_the_first_answer_comes_soon(started: FirstStart) -> None:
    assert started.seconds_to_the_first_answer < SECONDS_TO_THE_FIRST_ANSWER


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_sample_ends_where_it_should(started: FirstStart, name: str) -> None:
    status, rule = OUTCOMES[name]

    [reply] = [one for one in started.up.replies() if one.subject == BY_NAME[name].subject]

    assert reply.status is status, (reply.rule, reply.reason)
    assert reply.rule == rule
    assert bool(reply.reason) is (status is not Status.SENT)


@pytest.mark.parametrize("name", OUTCOMES)
def test_whoever_is_answered_finds_one_letter(started: FirstStart, name: str) -> None:
    found = letters(started.up.home, address(BY_NAME[name]))

    assert len(found) == (OUTCOMES[name][0] is Status.SENT)


@pytest.mark.parametrize("name", FACTS)
def test_an_answer_states_the_catalogues_facts(started: FirstStart, name: str) -> None:
    [letter] = letters(started.up.home, address(BY_NAME[name]))

    body = words(message_from_string(letter, EmailMessage, policy=default))

    assert [
        fact for fact in FACTS[name] if fact.replace(".", ",") not in body.replace(".", ",")
    ] == []


def test_nobody_but_the_writers_gets_a_letter(started: FirstStart) -> None:
    writers = {folder_name(address(BY_NAME[name])) for name in FACTS}

    boxes = {path.name for path in (started.up.home / "mail").iterdir()}

    assert boxes - {"nora@customers.example"} == writers | {"shop@localhost"}


def test_what_is_left_alone_is_said_with_its_reason(started: FirstStart) -> None:
    started.up.until(lambda: len(started.lines()) >= len(SAMPLES) + 4)

    for name, (status, rule) in OUTCOMES.items():
        words = {
            Status.SENT: "answered",
            Status.AWAITING_APPROVAL: "waits for you",
            Status.SKIPPED: "left alone",
        }[status]
        [line] = [one for one in started.lines() if f": {BY_NAME[name].subject} (" in one]
        assert line.startswith(words)
        assert re.search(rf"\[{rule}\]\)$" if rule else r"\(From \S+", line), line


def test_a_mail_is_answered_within_three_seconds(started: FirstStart) -> None:
    smtp = next(line for line in started.lines() if "SMTP at" in line).split()[-1]
    began = time.monotonic()

    ask_about_the_headlamp(smtp)
    started.up.until(lambda: letters(started.up.home, "nora@customers.example"))

    assert time.monotonic() - began < SECONDS_TO_AN_ANSWER


def test_after_a_power_cut_nothing_is_left_over_and_no_sample_is_sent_again(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "home") as up:
        FirstStart(up)
        password = json.loads((up.home / "owner.json").read_text())["password"]
        parts = [psutil.Process(pid) for pid in Home(up.home).status()["pids"].values()]
        up.kill()
        psutil.wait_procs(parts, 5)
        assert not any(part.is_running() for part in parts)
        assert not Home(up.home).status()["running"]
    sent = {sample.name: letters(up.home, address(sample)) for sample in SAMPLES}

    with running(tmp_path / "home", "--json") as up:
        facts = up.facts()
        ask_about_the_headlamp(facts["smtp"])
        up.until(lambda: letters(up.home, "nora@customers.example"))

        assert facts["password"] == password
        assert len(up.replies()) == len(SAMPLES) + 1
        assert sent == {sample.name: letters(up.home, address(sample)) for sample in SAMPLES}


def test_a_start_that_was_cut_short_sends_the_samples_that_are_left(tmp_path: Path) -> None:
    door = MailDoor(tmp_path, port=0, on_delivery=lambda address: None)
    door.start()
    try:
        counts = [
            deliver(some, tmp_path, to="shop@localhost", port=door.port, now=system_clock())
            for some in (SAMPLES[:5], SAMPLES, SAMPLES)
        ]
    finally:
        door.stop()

    assert counts == [5, len(SAMPLES) - 5, 0]
    delivered = [
        message_from_string(raw)["Message-ID"] for raw in letters(tmp_path, "shop@localhost")
    ]
    assert sorted(delivered) == sorted(sample.message_id for sample in SAMPLES)
