"""What the doctor sees is told with what to do about it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.clock import system_clock
from providers.http import shared
from services.doctor import Finding, Level, clock, examine
from tests.pushing import Post
from tests.simulators import gmail
from tests.simulators.gmail import GmailSimulator
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority, Fault

pytestmark = pytest.mark.network


@pytest.fixture
def service(tmp_path: Path) -> Iterator[GmailSimulator]:
    authority = Authority(tmp_path)
    simulator = GmailSimulator(authority)
    with simulator.running():
        yield simulator
    shared(authority.bundle).close()


@pytest.fixture
def post(service: GmailSimulator, tmp_path: Path) -> Iterator[Post]:
    post = Post(
        tmp_path,
        database_url="",
        ca_bundle=tmp_path / "test-authority.pem",
        gmail_api_url=service.url,
        google_token_url=service.token_url,
        GOOGLE_CLIENT_ID=CLIENT_ID,
        GOOGLE_CLIENT_SECRET=CLIENT_SECRET,
    )
    yield post
    post.app.close()


def linked(post: Post, service: GmailSimulator) -> None:
    post.link("gmail", gmail.OWNER, token=service.link())


def looked(post: Post, *, ahead: float = 0) -> list[Finding]:
    """What is said of a clock that is so many seconds ahead."""
    shifted = replace(post.app, clock=lambda: system_clock() + timedelta(seconds=ahead))
    return clock(shifted)


@pytest.mark.parametrize(("ahead", "words"), [(100, "ahead of"), (-100, "behind")])
def test_a_clock_that_is_wrong_is_told_with_what_to_do(
    post: Post, service: GmailSimulator, ahead: float, words: str
) -> None:
    linked(post, service)

    [finding] = looked(post, ahead=ahead)

    assert finding.level is Level.WARNING
    assert f"seconds {words} the one of Gmail" in finding.words
    assert "timedatectl set-ntp true" in finding.words


@pytest.mark.parametrize("ahead", [0, 25, -25])
def test_a_clock_that_is_nearly_right_is_right(
    post: Post, service: GmailSimulator, ahead: float
) -> None:
    linked(post, service)

    [finding] = looked(post, ahead=ahead)

    assert finding.level is Level.OK
    assert "Gmail" in finding.words


def test_a_service_that_does_not_answer_tells_no_time(post: Post, service: GmailSimulator) -> None:
    linked(post, service)
    service.faults.append(Fault("close"))

    [finding] = looked(post, ahead=100)

    assert finding.level is Level.WARNING
    assert "could not be compared" in finding.words


def test_the_doctor_looks_at_the_clock(post: Post, service: GmailSimulator) -> None:
    linked(post, service)

    found = examine(post.app.settings)

    assert [one.level for one in found.findings if one.name == "clock"] == [Level.OK]


def test_nobody_is_asked_who_keeps_no_account_here(post: Post, service: GmailSimulator) -> None:
    assert looked(post, ahead=100) == []
    assert service.requests == []
