"""Who is at work on what, and whose work was left behind."""

import pytest

from db.memory import MemoryOwners
from services import claims as module
from services.claims import Claims


def test_what_this_process_works_on_is_not_abandoned() -> None:
    claims = Claims(MemoryOwners())

    with claims.working("r1", seconds=60) as holder:
        assert not claims.is_abandoned("r1", holder=holder)
    assert claims.is_abandoned("r1", holder=holder)


def test_a_living_strangers_work_is_not_abandoned_until_it_dies() -> None:
    owners = MemoryOwners()
    owners.alive.add("another")
    claims = Claims(owners)
    assert not claims.is_abandoned("r1", holder="another")

    owners.alive.discard("another")

    assert claims.is_abandoned("r1", holder="another")


def test_a_step_that_raised_is_over() -> None:
    claims = Claims(MemoryOwners())

    with pytest.raises(ValueError, match="x"), claims.working("r1", seconds=60):
        raise ValueError("x")

    assert claims.active() == 0


def test_a_step_past_its_deadline_is_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.0)
    claims = Claims(MemoryOwners())

    with claims.working("r1", seconds=-1), claims.working("r2", seconds=60):
        overdue = claims.overdue()

    assert [step.record_id for step in overdue] == ["r1"]
