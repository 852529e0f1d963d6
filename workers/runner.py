"""The same steps straight from the store: `orchestre worker --no-celery`."""

import argparse
import logging
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from core.config import Settings
from core.errors import Conflict, OrchestreError
from core.logs import configure
from core.replies import Reply, Status
from services.bell import WakingBell
from services.bootstrap import Orchestre, bootstrap

from .limits import raise_file_limit
from .signals import heed
from .watchdog import Pulse, Watchdog

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
"""How often the store is asked what is due, when nobody rings."""
RELOOK_SECONDS = 2.0
"""While much waits, the store is asked again no sooner than this: what has come in since, or has
become more urgent, waits so long."""
SWEEP_SECONDS = 5.0
YIELD_SECONDS = 1.0
"""What another process works on is left to it for this long, so that the rest has its turn."""
REST_SECONDS = 2.0
"""A step that broke is left alone for this long."""
CONFIG_ERROR = 78


class Runner:
    def __init__(
        self, orchestre: Orchestre, *, threads: int, woken: threading.Event | None = None
    ) -> None:
        """`woken`: set by whoever has something new to do."""
        self._orchestre = orchestre
        self._threads = threads
        self._woken = woken or threading.Event()
        self._line: deque[Reply] = deque()
        self._looked_at = 0.0
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="step")
        self._busy: dict[str, Future[Any]] = {}
        self._resting: dict[str, float] = {}
        self._swept_at = 0.0
        self._steps: dict[Status, Callable[[str], Reply]] = {
            Status.RECEIVED: orchestre.replies.draft,
            Status.APPROVED: orchestre.replies.send,
            Status.UNCERTAIN: orchestre.replies.reconcile,
        }

    def run(self, stopped: threading.Event) -> None:
        """Work until `stopped`; then let what has begun come to its end."""
        while not stopped.is_set():
            self._woken.wait(LOOK_SECONDS)
            self._woken.clear()
            try:
                self.tick()
            except OrchestreError as error:
                log.warning("runner_waits", extra={"error": str(error)})
                stopped.wait(REST_SECONDS)
        self._pool.shutdown(wait=True)

    def tick(self) -> None:
        """Begin everything that is due and not begun yet."""
        self._busy = {key: future for key, future in self._busy.items() if not future.done()}
        now = time.monotonic()
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self._begin("house", self._orchestre.house.keep)
        if len(self._busy) >= self._threads:
            return
        line = self._in_line(now)
        while line and len(self._busy) < self._threads:
            reply = line.popleft()
            self._begin(reply.id, self._steps[reply.status], reply.id)
        if len(self._busy) < self._threads:
            for feed_ids in self._orchestre.inbox.claim_due():
                self._begin(feed_ids[0], self._orchestre.inbox.poll_batch, feed_ids)

    def _in_line(self, now: float) -> deque[Reply]:
        """What waits for its next step. Every step looks for itself whether it still does."""
        if not self._line or now - self._looked_at >= RELOOK_SECONDS:
            self._line = deque(self._orchestre.replies.due())
            self._looked_at = now
        return self._line

    def _begin(self, key: str, step: Callable[..., Any], *arguments: Any) -> None:
        if key not in self._busy and key not in self._resting:
            future = self._pool.submit(self._do, key, step, *arguments)
            self._busy[key] = future
            future.add_done_callback(self._done)

    def _done(self, _: Future[Any]) -> None:
        """There is a thread to spare."""
        if self._line:
            self._woken.set()

    def _do(self, key: str, step: Callable[..., Any], *arguments: Any) -> None:
        try:
            step(*arguments)
        except Conflict:  # another process is at work on it
            self._resting[key] = time.monotonic() + YIELD_SECONDS
        except Exception:  # whatever a step raises, the others go on
            log.exception("step_broken", extra={"key": key})
            self._resting[key] = time.monotonic() + REST_SECONDS


def main() -> int:
    parser = argparse.ArgumentParser(prog="orchestre worker --no-celery", description=__doc__)
    parser.parse_args()
    try:
        settings = Settings.read()
        configure(settings.log_level, file=settings.log_file)
        raise_file_limit()
        bell = WakingBell()
        orchestre = bootstrap(settings, bell=bell)
        orchestre.database.check()
        orchestre.keys.check()
        orchestre.restorations.look()
    except OrchestreError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return CONFIG_ERROR
    stopped = threading.Event()

    def stop(number: int) -> None:
        stopped.set()
        bell.woken.set()

    heed((signal.SIGTERM, signal.SIGINT), stop)
    threads = settings.worker_threads
    Watchdog(orchestre.claims, Pulse(), threads=threads, deaf_seconds=settings.deaf_seconds).start()
    log.info("worker_ready", extra={"holder": orchestre.claims.holder})
    Runner(orchestre, threads=threads, woken=bell.woken).run(stopped)
    orchestre.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
