"""The bell: how API, workers and command line ask for the next step of a reply.

A ring may be lost or doubled; the record decides what happens, and the sweep finds what nobody
rang for. So ringing never raises, and never holds its caller up for more than a second or so.
"""

import logging
import threading
import time
from typing import Any, Protocol

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

QUIET_SECONDS = 2.0
"""How long the bell stays silent after the broker did not answer."""
TRANSPORT_OPTIONS: dict[str, Any] = {
    "socket_timeout": 1.0,
    "socket_connect_timeout": 1.0,
    "retry_on_timeout": False,
    "health_check_interval": 10,
    "visibility_timeout": 3600,
}


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
    """Publishes tasks by name, with ids only. Knows nothing of what they do."""

    def __init__(self, broker_url: str) -> None:
        self._url = broker_url
        self._lock = threading.Lock()
        self._celery: Any = None
        self._silent_until = 0.0

    def ring(self, reply: Reply) -> None:
        task = NEXT_TASK.get(reply.status)
        if task and reply.due_at:
            self.call(task, reply.id)

    def call(self, task: str, *arguments: Any) -> None:
        if time.monotonic() < self._silent_until:
            return
        try:
            self._publisher().send_task(
                task,
                args=arguments,
                retry=False,
                ignore_result=True,
                headers={"correlation_id": correlation_id.get()},
            )
        except Exception:
            # Redis, its client and kombu raise many kinds; none of them may stop a step that
            # is already committed.
            self._silent_until = time.monotonic() + QUIET_SECONDS
            log.warning("bell_silent", extra={"task": task})

    def _publisher(self) -> Any:
        with self._lock:
            if self._celery is None:
                self._celery = make_celery(self._url)
            return self._celery


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
