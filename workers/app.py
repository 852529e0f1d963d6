"""The Celery application: two beat entries, whatever the number of bots."""

import logging
import os
import socket
import sys
import threading
from contextlib import suppress
from functools import cache
from typing import Any

from celery.signals import (
    beat_init,
    setup_logging,
    task_prerun,
    worker_init,
    worker_ready,
    worker_shutdown,
)
from kombu.entity import Exchange, Queue

from core.config import Settings
from core.errors import OrchestreError
from core.logs import configure, correlation_id
from services.bell import DISPATCH, PING, SWEEP, make_celery
from services.bootstrap import Orchestre, bootstrap

from .limits import raise_file_limit
from .watchdog import Pulse, Watchdog

log = logging.getLogger(__name__)

DISPATCH_SECONDS = 1.0
SWEEP_SECONDS = 5.0
PING_SECONDS = 5.0
CONFIG_ERROR = 78
"""EX_CONFIG, from sysexits.h."""

settings = Settings.read()
queue = f"orchestre.worker.{socket.gethostname()}.{os.getpid()}"
"""This process's own: its pings come this way, and nothing else does."""
pulse = Pulse()

app = make_celery(settings.broker())
app.conf.update(
    include=["workers.tasks"],
    beat_schedule={
        "dispatch": {
            "task": DISPATCH,
            "schedule": DISPATCH_SECONDS,
            "options": {"expires": DISPATCH_SECONDS * 2},
        },
        "sweep": {
            "task": SWEEP,
            "schedule": SWEEP_SECONDS,
            "options": {"expires": SWEEP_SECONDS * 2},
        },
    },
    beat_schedule_filename=str(settings.home / "run" / "beat-schedule"),
    beat_max_loop_interval=DISPATCH_SECONDS,
    worker_concurrency=settings.worker_threads,
    worker_pool="threads",
    worker_disable_prefetch=True,
    worker_prefetch_multiplier=1,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_queues=[
        Queue("orchestre", Exchange("orchestre"), routing_key="orchestre"),
        Queue(queue, Exchange("orchestre.workers"), routing_key=queue),
    ],
)


@cache
def orchestre() -> Orchestre:
    return bootstrap(settings)


@setup_logging.connect(weak=False)
def _log(**_: Any) -> None:
    configure(settings.log_level, file=settings.log_file)


@beat_init.connect(weak=False)
def _check_broker(**_: Any) -> None:
    """Refuse to start without anybody to talk to."""
    (settings.home / "run").mkdir(parents=True, exist_ok=True)
    if not settings.broker():
        _refuse("There is no broker. Set BROKER_URL, or use: orchestre worker --no-celery")


@worker_init.connect(weak=False)
def _check_store(**_: Any) -> None:
    """Refuse to start with words, before anything is consumed."""
    _check_broker()
    raise_file_limit()
    try:
        orchestre().database.check()
        orchestre().keys.check()
        orchestre().restorations.look()
    except OrchestreError as error:
        _refuse(str(error))


def _refuse(words: str) -> None:
    print(words, file=sys.stderr)  # noqa: T201
    raise SystemExit(CONFIG_ERROR)


@worker_ready.connect(weak=False)
def _watch(**_: Any) -> None:
    claims = orchestre().claims
    log.info("worker_ready", extra={"holder": claims.holder})
    Watchdog(
        claims, pulse, threads=settings.worker_threads, deaf_seconds=settings.deaf_seconds
    ).start()
    threading.Thread(target=_ping_for_ever, name="pinger", daemon=True).start()


def _ping_for_ever() -> None:
    """Ask this worker, through the broker, whether it still hears."""
    pause = threading.Event()
    while not pause.wait(min(PING_SECONDS, settings.deaf_seconds / 4)):
        with suppress(Exception):  # a broker that does not answer is no sign of deafness
            app.send_task(PING, queue=queue, expires=settings.deaf_seconds, retry=False)
            pulse.asked()


@task_prerun.connect(weak=False)
def _hear(task: Any = None, **_: Any) -> None:
    pulse.answered()
    correlation_id.set((task.request.headers or {}).get("correlation_id") or "")


@worker_shutdown.connect(weak=False)
def _close(**_: Any) -> None:
    """Leave the lock to the kernel: a thread may still be at work when this runs."""
    log.info("worker_stopped")
