"""An account is linked for what its owner said, or else for what this deployment says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.connections import Access, Connection, Credentials
from core.errors import Invalid
from core.messages import Address
from services.bringing import bring
from tests.pushing import Post, Services
from tests.simulators import gmail, slack, telegram
from tests.simulators.service import Authority

pytestmark = pytest.mark.network

SECRETS = {"slack": (slack.BOT, slack.TOKEN), "telegram": (telegram.USERNAME, telegram.TOKEN)}


class Desk:
    """Where Alice links accounts, with one setting."""

    def __init__(self, services: Services, home: Path, link_access: str) -> None:
        self.services = services
        self.post = Post(home, **services.settings(), link_access=link_access)

    def link(self, provider: str, **said: Any) -> Connection:
        """With the bot's token, typed in."""
        handle, token = SECRETS[provider]
        return self.post.app.connections.link(
            provider,
            Address(handle=handle),
            by=self.post.by,
            settings={},
            credentials=Credentials(password=SecretStr(token)),
            **said,
        )

    def bring(self) -> Connection:
        """With tokens of Google's that another program got."""
        told = {"access_token": "old", "refresh_token": self.services.gmail.link()}
        return bring(self.post.app, "gmail", gmail.OWNER, json.dumps(told), by=self.post.by)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    with Services(Authority(tmp_path)).running() as services:
        desk = Desk(services, tmp_path / "home", getattr(request, "param", "send"))
        yield desk
        desk.post.app.close()


@pytest.mark.parametrize("desk", ["read"], indirect=True)
def test_where_nobody_says_the_deployment_does(desk: Desk) -> None:
    assert desk.link("slack").access is Access.READ
    assert desk.bring().access is Access.READ


@pytest.mark.parametrize("desk", ["read", "draft"], indirect=True)
def test_a_service_that_can_be_held_to_nothing_less_is_linked_to_send(desk: Desk) -> None:
    assert desk.link("telegram").access is Access.SEND


def test_what_was_said_is_kept_when_it_is_linked_again(desk: Desk) -> None:
    assert desk.link("slack", access=Access.READ).access is Access.READ
    assert desk.link("slack").access is Access.READ
    assert desk.link("slack", access=Access.SEND).access is Access.SEND


def test_tokens_that_are_brought_again_widen_nothing(desk: Desk) -> None:
    post = desk.post
    credentials = Credentials(refresh_token=SecretStr(desk.services.gmail.link()))
    proven = post.app.connections.prove("gmail", credentials, by=post.by, access=Access.READ)
    post.app.connections.keep("gmail", proven, by=post.by)

    assert desk.bring().access is Access.READ


@pytest.mark.parametrize(
    ("provider", "access", "choice"),
    [
        ("telegram", Access.READ, "send"),
        ("telegram", Access.DRAFT, "send"),
        ("slack", Access.DRAFT, "read, send"),
    ],
)
def test_what_a_service_does_not_offer_is_refused_with_what_it_does(
    desk: Desk, provider: str, access: Access, choice: str
) -> None:
    with pytest.raises(Invalid, match=f"Choose the access: {choice}\\.$"):
        desk.link(provider, access=access)


@pytest.mark.parametrize("desk", ["draft"], indirect=True)
def test_more_than_the_deployment_says_is_never_taken_in_silence(desk: Desk) -> None:
    with pytest.raises(Invalid, match="Choose the access: read, send"):
        desk.link("slack")
