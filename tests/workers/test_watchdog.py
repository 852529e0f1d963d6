"""A process that does no good any more ends itself, and only such a one."""

import pytest

from db.memory import MemoryOwners
from services import claims as claims_module
from services.claims import Claims
from workers import watchdog as module
from workers.watchdog import EXIT_CODE, Pulse, Watchdog


class DeafPulse(Pulse):
    def silence(self) -> float:
        return 61.0


def watchdog(claims: Claims, pulse: Pulse | None = None, *, threads: int = 2) -> Watchdog:
    return Watchdog(claims, pulse or Pulse(), threads=threads, deaf_seconds=60)


@pytest.fixture
def owners() -> MemoryOwners:
    return MemoryOwners()


def test_a_healthy_worker_has_no_trouble(owners: MemoryOwners) -> None:
    assert watchdog(Claims(owners)).trouble() == ""


def test_a_hanging_step_is_trouble(owners: MemoryOwners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims_module, "GRACE_SECONDS", 0.0)
    claims = Claims(owners)

    with claims.working("r1", seconds=-1):
        assert "r1" in watchdog(claims).trouble()


def test_a_deaf_worker_is_trouble_unless_all_its_threads_are_busy(owners: MemoryOwners) -> None:
    claims = Claims(owners)

    assert "consumed" in watchdog(claims, DeafPulse()).trouble()
    with claims.working("r1", seconds=60), claims.working("r2", seconds=60):
        assert watchdog(claims, DeafPulse()).trouble() == ""


def test_a_lost_lock_is_trouble(owners: MemoryOwners) -> None:
    claims = Claims(owners)

    owners.close()

    assert "lock" in watchdog(claims).trouble()


def test_silence_counts_from_the_oldest_ping_that_went_unanswered() -> None:
    pulse = Pulse()
    assert pulse.silence() == 0.0

    pulse.asked()
    first = pulse.silence()
    pulse.asked()

    assert pulse.silence() >= first > 0
    pulse.answered()
    assert pulse.silence() == 0.0


def test_trouble_ends_the_process(owners: MemoryOwners, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr("logging.shutdown", lambda: None)
    ended: list[int] = []
    owners.close()
    dog = Watchdog(Claims(owners), Pulse(), threads=1, deaf_seconds=60, end=ended.append)

    dog.start()
    dog.join(5)

    assert ended == [EXIT_CODE]
