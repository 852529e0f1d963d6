"""The promises that the Celery application makes to the life-cycle."""

import ast
from pathlib import Path

from core.feeds import POLL_LEASE
from core.replies import SENDING_LEASE
from services.bell import DISPATCH, NEXT_TASK, PING, POLL, SWEEP
from services.inbox import POLL_SECONDS
from services.replies.sending import PREPARING_SECONDS
from tests.conftest import World, Write
from workers import tasks
from workers.app import app, settings


def test_every_task_that_is_asked_for_exists() -> None:
    asked = {*NEXT_TASK.values(), DISPATCH, SWEEP, POLL, PING}
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert tasks
    assert asked | scheduled <= set(app.tasks)


def test_beat_has_two_entries_whatever_the_number_of_bots() -> None:
    schedule = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}

    assert schedule == {DISPATCH: 1.0, SWEEP: 5.0}


def test_nothing_is_repeated_kept_or_timed_by_celery() -> None:
    ours = [task for name, task in app.tasks.items() if name.startswith("orchestre.")]

    assert app.conf.task_acks_late
    assert app.conf.task_ignore_result
    assert app.conf.result_backend is None
    assert app.conf.accept_content == ["json"]
    assert app.conf.worker_disable_prefetch
    assert app.conf.task_time_limit is None
    assert not any(hasattr(task, "autoretry_for") and task.autoretry_for for task in ours)


def test_every_deadline_is_shorter_than_the_lease_it_works_under() -> None:
    assert POLL_LEASE.total_seconds() > POLL_SECONDS
    assert PREPARING_SECONDS + settings.effect_seconds < SENDING_LEASE.total_seconds()


def test_a_task_decides_nothing() -> None:
    functions = [
        node
        for node in ast.parse(Path(tasks.__file__).read_text()).body
        if isinstance(node, ast.FunctionDef)
    ]

    assert len(functions) == 7
    for function in functions:
        assert len(function.body) <= 3
        assert not any(isinstance(node, ast.If) for node in ast.walk(function))


def test_a_task_carries_ids_and_nothing_else(world: World, write: Write) -> None:
    world.start()
    write()
    world.poll()

    for _, arguments in world.bell.called:
        assert all(isinstance(argument, str | list) for argument in arguments)
