"""Two thousand steps of the reply machine; `python -m bench.machine --steps 200000` takes more."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.services.reply_machine import OnSQLite, ReplyMachine

SETTINGS = settings(
    stateful_step_count=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_whatever_happens_in_whatever_order_nothing_is_lost_or_left_twice() -> None:
    run_state_machine_as_test(ReplyMachine, settings=settings(SETTINGS, max_examples=30))


def test_nor_is_it_on_sqlite() -> None:
    run_state_machine_as_test(OnSQLite, settings=settings(SETTINGS, max_examples=10))
