"""The doors of the smallest world: a client, Alice who owns, and Mallory who must not."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from apis.app import create_app
from core.bots import Mode
from core.replies import Reply, Status
from core.users import Session, User
from db.base import Add
from db.memory import MemoryDatabase
from tests.conftest import FrozenClock, World, Write
from tests.planted import MARK
from tests.simulators.linkage import PUBLIC, Linkage, Services
from tests.simulators.service import Authority

Headers = dict[str, str]


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.app)) as client:
        yield client


@pytest.fixture
def alice(world: World) -> Headers:
    return signed_in(world, world.owner)


@pytest.fixture
def mallory(world: World) -> Headers:
    user = world.owner.model_copy(
        update={"id": "mallory", "owner_id": "mallory", "email": "mallory@evil.example"}
    )
    world.database.for_workers().commit(Add(user))
    return signed_in(world, user)


def signed_in(world: World, user: User) -> Headers:
    """A bearer token, without the second that checking a password takes."""
    token = f"{MARK} of {user.id}"
    session = Session(
        id=hashlib.sha256(token.encode()).hexdigest(),
        owner_id=user.id,
        expires_at=world.clock() + timedelta(hours=12),
    )
    world.database.for_workers().commit(Add(session))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def held(world: World, write: Write) -> Reply:
    """A reply to Bob that waits for Alice's approval."""
    world.start(Mode.ASSIST)
    write()
    world.tick()
    reply = world.reply()
    assert reply.status is Status.AWAITING_APPROVAL
    assert reply.digest
    return reply


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def linkage(authority: Authority, clock: FrozenClock, tmp_path: Path) -> Iterator[Linkage]:
    """Services that are linked by consent, and Alice and Mallory who link accounts there."""
    with Services(authority).running() as services:
        linkage = Linkage(services, MemoryDatabase(), tmp_path / "home", clock=clock)
        yield linkage
        linkage.app.connections.close()


@pytest.fixture
def browser(linkage: Linkage) -> Iterator[TestClient]:
    """A browser at the address that the services know; it follows no redirect by itself."""
    with TestClient(create_app(linkage.app), base_url=PUBLIC, follow_redirects=False) as browser:
        yield browser
