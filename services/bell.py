"""The bell: how API, workers and command line ask for the next step of a reply.

A ring may be lost or doubled; the record decides what happens, and the sweep finds what nobody
rang for. So ringing never raises, and never holds anybody up.
"""

import atexit
import logging
import queue
import threading
import time
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from core.logs import correlation_id
from core.replies import Reply, Status

log = logging.getLogger(__name__)

DISPATCH = "orchestre.dispatch_due"
SWEEP = "orchestre.sweep"
POLL = "orchestre.poll"
PING = "orchestre.ping"
NEXT_TASK = {
    Status.RECEIVED: "orchestre.draft",
    Status.APPROVED: "orchestre.send",
    Status.UNCERTAIN: "orchestre.reconcile",
}
"""What a reply in this status waits for, once it is due."""

MOST_WAITING = 10_000
"""Rings that wait for the broker; more are dropped, and the sweep finds their work."""
FLUSH_SECONDS = 1.0
TRANSPORT_OPTIONS: dict[str, Any] = {
    "socket_timeout": 1.0,
    "socket_connect_timeout": 1.0,
    "retry_on_timeout": False,
    "health_check_interval": 10,
    "visibility_timeout": 3600,
}


class Ring(NamedTuple):
    task: str
    arguments: tuple[Any, ...]
    correlation_id: str


class Bell(Protocol):
    def ring(self, reply: Reply) -> None:
        """Ask for the next step of a reply, if it waits for one now."""

    def call(self, task: str, *arguments: Any) -> None:
        """Ask for a piece of work by name."""


class SilentBell:
    """Nobody is called: the runner and the sweep find the work in the store."""

    def ring(self, reply: Reply) -> None:
        """Nobody listens."""

    def call(self, task: str, *arguments: Any) -> None:
        """Nobody listens."""


class WakingBell:
    """Wakes the runner of this very process: what there is to do stands in the store."""

    def __init__(self) -> None:
        self.woken = threading.Event()

    def ring(self, reply: Reply) -> None:
        self.woken.set()

    def call(self, task: str, *arguments: Any) -> None:
        self.woken.set()


class CeleryBell:
    """Publishes tasks by name, with ids only. Knows nothing of what they do.

    A thread of its own does the publishing: a broker that hangs holds up nobody who rings.
    """

    def __init__(self, broker_url: str) -> None:
        self._url = broker_url
        self._waiting: queue.Queue[Ring] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def ring(self, reply: Reply) -> None:
        if task := NEXT_TASK.get(reply.status):
            self.call(task, reply.id)

    def call(self, task: str, *arguments: Any) -> None:
        self._begin()
        with suppress(queue.Full):
            self._waiting.put_nowait(Ring(task, arguments, correlation_id.get()))

    def flush(self, seconds: float = FLUSH_SECONDS) -> None:
        """Let what was rung get out, for so long at the most."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.005)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._publish, name="bell", daemon=True)
                self._thread.start()
                atexit.register(self.flush)

    def _publish(self) -> None:
        celery = make_celery(self._url)
        while True:
            ring = self._waiting.get()
            try:
                celery.send_task(
                    ring.task,
                    args=ring.arguments,
                    retry=False,
                    ignore_result=True,
                    headers={"correlation_id": ring.correlation_id},
                )
            except Exception:
                # Redis, its client and kombu raise many kinds. What was rung meanwhile is lost
                # as well: the sweep makes it good.
                log.warning("bell_silent", extra={"task": ring.task})
                self._forget()
            finally:
                self._waiting.task_done()

    def _forget(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()
                self._waiting.task_done()


def make_celery(broker_url: str) -> Any:
    """A Celery application with the settings that every part shares."""
    from celery import Celery

    celery = Celery("orchestre")
    celery.conf.update(
        broker_url=broker_url,
        broker_transport_options=TRANSPORT_OPTIONS,
        broker_connection_timeout=1.0,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=True,
        task_reject_on_worker_lost=False,
        task_default_queue="orchestre",
        task_create_missing_queues=True,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        enable_utc=True,
    )
    return celery
