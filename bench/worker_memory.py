"""What a worker's process holds after polling every mailbox twice; started by `bench.poll_gmail`.

The application of a worker with the settings of the environment, and its threads; only the broker
is not there.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil

from core.clock import system_clock
from core.feeds import Feed
from db.base import Swap
from workers import tasks
from workers.app import orchestre, settings

ROUNDS = 2
assert tasks, "a worker has them"


def make_all_due() -> None:
    store = orchestre().database.for_workers()
    now = system_clock()
    store.commit(*(Swap(feed, feed.release(now=now)) for feed in store.find(Feed)))


def poll_all() -> int:
    batches = orchestre().inbox.claim_due()
    with ThreadPoolExecutor(settings.worker_threads) as pool:
        list(pool.map(orchestre().inbox.poll_batch, batches))
    return sum(map(len, batches))


def main() -> int:
    process, polls = psutil.Process(), 0
    orchestre()
    before = process.memory_full_info()
    for _ in range(ROUNDS):
        make_all_due()
        polls += poll_all()
    started = time.process_time()
    make_all_due()
    claimed = poll_all()
    after = process.memory_full_info()
    figures = {
        "mailboxes": polls / ROUNDS,
        "private_mb": _megabytes(after.uss),
        "resident_mb": _megabytes(after.rss),
        "private_mb_before": _megabytes(before.uss),
        "open_files": process.num_fds(),
        "microseconds_of_cpu": round((time.process_time() - started) / claimed * 1_000_000),
    }
    print(json.dumps(figures))
    orchestre().close()
    return 0


def _megabytes(size: int) -> float:
    return round(size / 1_000_000, 1)


if __name__ == "__main__":
    sys.exit(main())
