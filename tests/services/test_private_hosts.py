"""Whoever signed up learns nothing of the machine that this runs on, and nothing of its network."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.connections import Credentials
from core.errors import OrchestreError, Refused, Unavailable
from core.messages import Address, Outgoing
from providers import Account
from providers.plugins.imap import ImapProvider
from tests.pushing import Post

MAILBOX = Address(handle="shop@shop.example")
PASSWORD = Credentials(password=SecretStr("hunter2"))
HERE = {"host": "127.0.0.1", "tls": "none", "relay_host": "127.0.0.1", "relay_tls": "none"}
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CLOSED = 1
"""Nobody listens there."""


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    post = Post(tmp_path)
    yield post
    post.app.close()


def answer(post: Post, *, by: str = "", **settings: Any) -> OrchestreError:
    """What somebody is told who wants to link a mailbox there."""
    with pytest.raises(OrchestreError) as told:
        post.app.connections.link(
            "imap",
            MAILBOX,
            by=by or post.by,
            settings=HERE | settings,
            credentials=PASSWORD,
        )
    return told.value


def nobody_came(server: socket.socket) -> bool:
    with pytest.raises(TimeoutError):
        server.accept()
    return True


def operator(post: Post) -> str:
    return post.app.users.sign_up("root@home.example", "correct horse", operator=True).id


def test_an_open_port_and_a_closed_one_are_told_alike(post: Post, listening: socket.socket) -> None:
    opened = answer(post, port=listening.getsockname()[1])
    closed = answer(post, port=CLOSED)

    assert isinstance(opened, Refused)
    assert str(opened) == str(closed)
    assert "ORCHESTRE_PRIVATE_HOSTS" in str(opened)
    assert nobody_came(listening)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize("host", ["localhost", "127.1", "::1", "169.254.169.254", "10.0.0.1"])
def test_no_host_inside_is_connected_to(post: Post, host: str, tls: str) -> None:
    assert isinstance(answer(post, host=host, port=CLOSED, tls=tls), Refused)


def test_a_file_is_not_looked_for(post: Post, tmp_path: Path) -> None:
    there = tmp_path / "there.pem"
    there.write_text("It is none.")

    told = [str(answer(post, ca_file=str(file), tls="tls")) for file in (there, "/nope", "/etc")]

    assert len(set(told)) == 1
    assert "whoever runs it" in told[0]


def test_no_answer_leaves_by_a_relay_inside(listening: socket.socket) -> None:
    settings = HERE | {"host": "mail.example", "tls": "tls"}
    provider = ImapProvider(
        Account(
            address=MAILBOX,
            credentials=PASSWORD,
            settings=settings | {"relay_port": listening.getsockname()[1]},
            private_hosts=False,
        )
    )
    outgoing = Outgoing(to=MAILBOX, sender=MAILBOX, subject="Hello", body="Hello", date=NOW)

    with pytest.raises(Refused, match="whoever runs it"):
        provider.send(outgoing, key="r1")

    assert nobody_came(listening)


def test_an_account_from_before_is_not_opened_there_either(
    post: Post, listening: socket.socket
) -> None:
    settings = HERE | {"port": listening.getsockname()[1]}
    account = Account(address=MAILBOX, credentials=PASSWORD, settings=settings)
    kept = post.app.connections.keep("imap", account, by=post.by)

    with post.app.connections.borrow(kept) as provider, pytest.raises(Refused):
        provider.cursor_at(post.app.clock())

    assert nobody_came(listening)


def test_who_runs_the_machine_may(post: Post) -> None:
    assert isinstance(answer(post, by=operator(post), port=CLOSED), Unavailable)


def test_who_runs_the_machine_may_name_a_file(post: Post) -> None:
    told = answer(post, by=operator(post), ca_file="/nope", tls="tls")

    assert "cannot be read" in str(told)


def test_an_account_of_who_runs_the_machine_is_opened(post: Post) -> None:
    account = Account(address=MAILBOX, credentials=PASSWORD, settings=HERE | {"port": CLOSED})
    kept = post.app.connections.keep("imap", account, by=operator(post))

    with post.app.connections.borrow(kept) as provider, pytest.raises(Unavailable):
        provider.cursor_at(post.app.clock())


def test_everybody_may_where_a_setting_says_so(tmp_path: Path) -> None:
    post = Post(tmp_path, private_hosts=True)

    assert isinstance(answer(post, port=CLOSED), Unavailable)

    post.app.close()
