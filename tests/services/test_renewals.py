"""New refresh tokens are kept before they are used, whichever process got them."""

import json
import threading
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr

from core.clock import system_clock
from core.connections import Connection, Credentials, Health
from core.errors import ReauthorizationRequired, Refused, Unavailable
from db.base import Swap
from db.sql import SqlDatabase
from providers import oauth
from services.bootstrap import Orchestre
from services.linking import unlink
from tests.conftest import FrozenClock
from tests.simulators.linkage import Linkage, Services
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET, refusal
from tests.simulators.service import Fault, Response


@pytest.fixture
def linked(linkage: Linkage, services: Services) -> Linkage:
    """An Outlook account, at a service that takes the old refresh token back at once."""
    assert linkage.link("outlook").connection_id
    services.microsoft.desk.rotates = True
    forget_tokens()
    return linkage


def forget_tokens() -> None:
    """As in a process that has just begun."""
    oauth._KEPT.clear()


def stored(linkage: Linkage) -> str:
    token = linkage.app.connections.credentials_of(linkage.linked()[0]).refresh_token
    assert token
    return token.get_secret_value()


def test_a_rotated_token_is_kept_before_the_account_is_used(
    linked: Linkage, services: Services
) -> None:
    before = stored(linked)
    services.graph.faults.append(Fault("answer", response=Response(503)))

    with pytest.raises(Unavailable):
        linked.app.connections.test(linked.linked()[0].id, by="alice")

    assert stored(linked) != before
    assert stored(linked) in services.microsoft.desk.grants


def test_a_process_that_begins_anew_goes_on_with_it(linked: Linkage, services: Services) -> None:
    id = linked.linked()[0].id
    for _ in range(4):
        linked.app.connections.test(id, by="alice")
        forget_tokens()

    assert services.microsoft.desk.refreshes == 4
    assert linked.app.connections.test(id, by="alice")


def test_the_connection_stays_the_same_one(linked: Linkage) -> None:
    before = linked.linked()[0]

    linked.app.connections.test(before.id, by="alice")

    after = linked.linked()[0]
    kept = {"sealed", "version"}
    assert after.model_dump(exclude=kept) == before.model_dump(exclude=kept)
    assert after.renewing_until is None


def test_a_failed_refresh_gives_the_turn_back(linked: Linkage, services: Services) -> None:
    services.microsoft.faults.append(Fault("answer", path="/token", response=Response(503)))
    id, before = linked.linked()[0].id, stored(linked)

    with pytest.raises(Unavailable):
        linked.app.connections.test(id, by="alice")

    assert linked.linked()[0].renewing_until is None
    assert stored(linked) == before
    assert linked.app.connections.test(id, by="alice")


def test_a_client_that_is_not_known_is_the_operators_fault(
    linked: Linkage, services: Services
) -> None:
    services.microsoft.faults.append(
        Fault("answer", path="/token", response=refusal("invalid_client", "x", status=401))
    )
    id = linked.linked()[0].id

    with pytest.raises(Refused, match="MICROSOFT_CLIENT_ID"):
        linked.app.connections.test(id, by="alice")

    assert linked.linked()[0].health is Health.LINKED


def test_a_turn_that_nobody_gave_back_is_over_in_time(linked: Linkage, clock: FrozenClock) -> None:
    """A process died while it renewed."""
    kept = linked.linked()[0]
    dead = kept.evolve(renewing_until=clock() + timedelta(seconds=40))
    linked.database.for_workers().commit(Swap(kept, dead))
    clock.advance(seconds=41)

    assert linked.app.connections.test(kept.id, by="alice")


def test_who_links_again_meanwhile_wins(linked: Linkage, services: Services) -> None:
    """The refresh is under way while its owner links the account again."""
    id = linked.linked()[0].id
    services.microsoft.desk.slow = 0.5
    thread = threading.Thread(
        target=linked.app.connections.test, args=(id,), kwargs={"by": "alice"}
    )
    thread.start()
    while not services.microsoft.desk.at_once:
        threading.Event().wait(0.01)
    linked.link("outlook")
    newest = stored(linked)
    thread.join()

    assert stored(linked) == newest


def test_unlinking_meanwhile_leaves_nothing(linked: Linkage, services: Services) -> None:
    connection = linked.linked()[0]
    unlink(linked.app, connection.id, by="alice")

    with pytest.raises(ReauthorizationRequired), linked.app.connections.borrow(connection) as open:
        open.identify()

    assert list(linked.database.dump(Connection)) == []


def test_processes_that_renew_at_once_do_not_cut_each_other_off(
    services: Services, tmp_path: Path
) -> None:
    """Two that share a database, and nothing else."""
    databases = [SqlDatabase(f"sqlite:///{tmp_path}/shared.db", run=tmp_path / n) for n in "12"]
    databases[0].migrate()
    linkage = Linkage(services, databases[0], tmp_path / "home", clock=system_clock)
    apps = [linkage.app, linkage.again(databases[1])]
    id = linkage.link("outlook").connection_id
    services.microsoft.desk.rotates = True
    services.microsoft.desk.slow = 0.1
    failed: list[Exception] = []

    def work(app: Orchestre) -> None:
        try:
            for _ in range(3):
                app.connections._renewals.renew(id, lambda held: asked(services, held))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(app,)) for app in apps * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    forget_tokens()

    assert failed == []
    assert services.microsoft.desk.refreshes == 18
    assert services.microsoft.desk.most_at_once == 1
    assert apps[1].connections.test(id, by="alice")
    for app, database in zip(apps, databases, strict=True):
        app.connections.close()
        database.close()


def asked(services: Services, held: Credentials) -> Credentials:
    """One refresh, straight at the service."""
    assert held.refresh_token
    form = {
        "grant_type": "refresh_token",
        "refresh_token": held.refresh_token.get_secret_value(),
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    url = services.microsoft.token_url
    said = json.loads(services.http.request("POST", url, body=urlencode(form).encode()).body)
    return Credentials(
        access_token=SecretStr(said["access_token"]), refresh_token=SecretStr(said["refresh_token"])
    )
