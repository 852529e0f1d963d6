"""What is told to the owner is not told to the log."""

import logging

import pytest

from core.alerts import Alert
from db.base import Add
from tests.conftest import World


def test_an_alert_about_somebody_logs_no_address(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    alert = Alert(
        id="c1 cap sender bob@customer.example 2026-01-01",
        owner_id=world.by,
        due_at=world.clock.now,
        connection_id=world.connection.id,
        subject="A limit was reached",
        body="Look.",
    )
    world.database.for_workers().commit(Add(alert))

    assert world.app.alerts.tell_due() == 1

    assert "owner_alerted" in caplog.text
    assert not any("bob@" in str(vars(record)) for record in caplog.records)
