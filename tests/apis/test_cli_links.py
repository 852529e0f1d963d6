"""Linking by consent from a terminal, which is a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.clock import system_clock
from core.config import environment_names
from core.connections import Stage
from db.sql import SqlDatabase
from tests.simulators.consent import answer_page
from tests.simulators.linkage import OWNER, PUBLIC, Linkage, Services
from tests.simulators.service import Authority

ORCHESTRE = str(Path(sys.executable).with_name("orchestre"))


@pytest.fixture
def shared_linkage(authority: Authority, tmp_path: Path) -> Iterator[Linkage]:
    """The application as the API's process has it, over a database that the terminal shares."""
    with Services(authority).running() as services:
        database = SqlDatabase(f"sqlite:///{tmp_path}/orchestre.db", run=tmp_path / "run")
        database.migrate()
        linkage = Linkage(services, database, tmp_path, clock=system_clock)
        linkage.user("carol")
        yield linkage
        linkage.app.connections.close()
        database.close()


@contextmanager
def terminal(linkage: Linkage, *arguments: str, **without: str) -> Iterator[subprocess.Popen[str]]:
    names = {name: name for name in environment_names()}
    settings = {**linkage.services.settings(), "public_url": PUBLIC, "home": linkage.settings.home}
    given = {
        names.get(name, f"ORCHESTRE_{name.upper()}"): str(value) for name, value in settings.items()
    }
    process = subprocess.Popen(
        [ORCHESTRE, "--as", "carol@home.example", "connections", *arguments],
        env={"PATH": os.environ["PATH"], **given, **without},
        cwd=linkage.settings.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
        process.wait(20)
    finally:
        process.kill()
        process.communicate()


def printed(process: subprocess.Popen[str]) -> tuple[str, str, str]:
    """What it says until it waits; the link and the ticket in it."""
    assert process.stdout
    told = ""
    while not (found := re.search(r"/links/(\w+)/open\?ticket=(\S+)", told)):
        line = process.stdout.readline()
        assert line, told
        told += line
    return told, found[1], found[2]


def test_it_prints_where_to_go_and_waits(shared_linkage: Linkage) -> None:
    linkage = shared_linkage
    with terminal(linkage, "add", "gmail") as process:
        told, link_id, ticket = printed(process)
        start = linkage.app.consents.enter(link_id, ticket)
        brought = answer_page(start.url, http=linkage.services.http)
        ended = linkage.come_back(start, brought)
        assert process.wait(20) == 0
        assert process.stdout
        last = process.stdout.read()

    assert "gmail.compose: put an answer into the drafts" in told
    assert ended.stage is Stage.LINKED, ended.words
    assert f"Linked gmail/{OWNER}." in last
    assert not [secret for secret in linkage.given() if secret in told + last]


def test_a_no_is_told_in_words(shared_linkage: Linkage) -> None:
    linkage = shared_linkage
    with terminal(linkage, "add", "gmail") as process:
        _, link_id, ticket = printed(process)
        start = linkage.app.consents.enter(link_id, ticket)
        linkage.come_back(start, answer_page(start.url, http=linkage.services.http, allow=False))
        code = process.wait(20)
        assert process.stderr
        told = process.stderr.read()

    assert code == 1
    assert "did not agree" in told


def test_what_is_missing_is_named_with_where_to_get_it(shared_linkage: Linkage) -> None:
    with terminal(shared_linkage, "add", "gmail", GOOGLE_CLIENT_ID="") as process:
        _, told = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET" in told
    assert "https://console.cloud.google.com/apis/credentials" in told
    assert f"{PUBLIC}/providers/google_auth" in told


def test_an_account_with_a_password_wants_an_address(shared_linkage: Linkage) -> None:
    with terminal(shared_linkage, "add", "imap") as process:
        _, told = process.communicate(timeout=20)

    assert "orchestre connections add imap ADDRESS" in told
