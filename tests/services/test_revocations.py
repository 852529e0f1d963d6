"""What is unlinked is given back at the service, however long that takes, and never what others
still use."""

import logging
from typing import Any

import pytest
from pydantic import SecretStr

from core.alerts import Alert
from core.connections import Attempt, Connection, Credentials, Stage
from core.messages import Address
from services.linking import unlink
from tests.conftest import FrozenClock
from tests.simulators.linkage import OWNER, Linkage, Services
from tests.simulators.service import Fault, Response

DOWN = Fault("answer", path="/revoke", response=Response(503))


def unlinked(linkage: Linkage, *, by: str = "alice") -> str:
    return unlink(linkage.app, linkage.linked(by=by)[0].id, by=by)


@pytest.mark.parametrize("provider", ["gmail", "slack"])
def test_the_service_takes_the_permission_back(
    linkage: Linkage, services: Services, provider: str
) -> None:
    linkage.link(provider)

    words = unlinked(linkage)
    done = linkage.app.revocations.work_due()

    desk = services.google.desk if provider == "gmail" else services.slack.desk
    assert (words, done) == ("", 1)
    assert len(desk.revoked) == 1
    assert desk.grants == {}
    assert [one.stage for one in linkage.database.dump(Attempt)] == [Stage.LINKED]
    assert list(linkage.database.dump(Connection)) == []


def test_unlinking_waits_for_no_service(linkage: Linkage, services: Services) -> None:
    linkage.link()
    asked = len(services.google.requests)

    unlinked(linkage)

    assert len(services.google.requests) == asked
    assert linkage.linked() == []


def test_microsoft_has_no_address_for_that_and_it_is_said(linkage: Linkage) -> None:
    linkage.link("outlook")

    words = unlinked(linkage)

    assert "https://myapps.microsoft.com" in words
    assert linkage.app.revocations.work_due() == 0


def test_it_is_tried_three_times_and_then_reported(
    linkage: Linkage,
    services: Services,
    clock: FrozenClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    linkage.link("outlook")
    linkage.link()
    [gmail] = [kept for kept in linkage.linked() if kept.provider == "gmail"]
    services.google.faults.extend([DOWN] * 4)
    unlink(linkage.app, gmail.id, by="alice")

    with caplog.at_level(logging.INFO):
        for _ in range(5):
            linkage.app.revocations.work_due()
            clock.advance(minutes=6)

    tried = [one for one in services.google.requests if one.path == "/revoke"]
    [errand] = [one for one in linkage.database.dump(Attempt) if one.stage is Stage.FAILED]
    [alert] = linkage.database.dump(Alert)
    assert len(tried) == 3
    assert errand.sealed == ""
    assert "https://myaccount.google.com/permissions" in errand.words
    assert "by hand" in alert.subject
    assert alert.connection_id == linkage.linked()[0].id
    told = str([vars(record) for record in caplog.records])
    assert not [secret for secret in [*linkage.given(), OWNER] if secret in told]


def test_a_failure_that_passes_is_made_good(
    linkage: Linkage, services: Services, clock: FrozenClock
) -> None:
    linkage.link()
    unlinked(linkage)
    services.google.faults.extend([DOWN, Fault("reset", path="/revoke")])

    done = []
    for _ in range(3):
        done.append(linkage.app.revocations.work_due())
        clock.advance(minutes=6)

    assert done == [0, 0, 1]
    assert services.google.desk.revoked == [OWNER]


def test_what_is_gone_already_is_no_failure(linkage: Linkage, services: Services) -> None:
    linkage.link()
    services.google.desk.revoke(OWNER)

    unlinked(linkage)

    assert linkage.app.revocations.work_due() == 1


def test_what_somebody_else_has_linked_stays_theirs(linkage: Linkage, services: Services) -> None:
    """Google ends a permission for all who have it through the same client."""
    linkage.link()
    held = linkage.link(by="mallory")
    linkage.app.consents.confirm(held.id, by="mallory")

    words = unlinked(linkage)
    linkage.app.revocations.work_due()

    [theirs] = linkage.linked(by="mallory")
    assert "Somebody else" in words
    assert services.google.desk.revoked == []
    assert linkage.app.connections.test(theirs.id, by="mallory")


def test_what_was_linked_again_meanwhile_is_left_alone(
    linkage: Linkage, services: Services
) -> None:
    linkage.link()
    unlinked(linkage)
    linkage.link()

    linkage.app.revocations.work_due()

    assert services.google.desk.revoked == []
    assert linkage.app.connections.test(linkage.linked()[0].id, by="alice")


def test_two_workers_run_an_errand_once(linkage: Linkage, services: Services) -> None:
    linkage.link()
    unlinked(linkage)
    [errand] = [one for one in linkage.database.dump(Attempt) if one.stage is Stage.LEAVING]

    first, second = (linkage.app.revocations._run(errand) for _ in range(2))

    assert (first, second) == (True, False)
    assert len([one for one in services.google.requests if one.path == "/revoke"]) == 1


def test_a_token_that_its_owner_made_is_not_taken_back(
    linkage: Linkage, services: Services
) -> None:
    token = Credentials(password=SecretStr(services.workspace.token))
    settings: dict[str, Any] = {}
    linkage.app.connections.link(
        "slack",
        Address(handle=services.workspace.bot),
        by="alice",
        settings=settings,
        credentials=token,
    )

    unlinked(linkage)

    assert linkage.app.revocations.work_due() == 0
    assert [one for one in linkage.database.dump(Attempt) if one.stage is Stage.LEAVING] == []


def test_no_credentials_are_left_when_it_is_done(linkage: Linkage) -> None:
    linkage.link()
    unlinked(linkage)
    linkage.app.revocations.work_due()

    kept = [
        one.model_dump_json()
        for kind in (Attempt, Connection)
        for one in linkage.database.dump(kind)
    ]
    assert all('"sealed":""' in text for text in kept)
