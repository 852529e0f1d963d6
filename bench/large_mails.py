"""What the largest mails cost, of every hostile kind: `python -m bench.fuzz --large`.

Each mail of 25 MB is explained in a process of its own. Time is the processor's; memory is the
process's peak above what it was before, the mail itself among it, as a multiple of the mail.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.providers.mail.hostile_mails import MAILS

BYTES = 25_000_000
LIMIT_SECONDS = 10.0
LIMIT_TIMES = 8.0
PATIENCE = 120
"""Seconds, after which a mail is given up."""
SMALL = b"From: a@b.example\r\nTo: shop@example.com\r\n\r\nHow much?"
ME = "shop@example.com"


class Cost(NamedTuple):
    """Of one mail."""

    mail: str
    seconds: float
    times: float
    """Peak of memory as a multiple of the mail's size."""
    verdict: str

    def is_dear(self) -> bool:
        return self.seconds > LIMIT_SECONDS or self.times > LIMIT_TIMES


def measure() -> list[Cost]:
    with tempfile.TemporaryDirectory(prefix="orchestre-large-") as folder:
        return [_cost(name, Path(folder) / "mail.eml") for name in MAILS]


def _cost(name: str, file: Path) -> Cost:
    file.write_bytes(MAILS[name](BYTES)[:BYTES])
    command = [sys.executable, "-m", "bench.large_mails", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    except subprocess.TimeoutExpired:
        return Cost(name, PATIENCE, 0, "given up")
    return Cost(name, *json.loads(done.stdout))


def explain_alone(file: Path) -> tuple[float, float, str]:
    """Seconds, memory as a multiple of the size, and the verdict on one mail, here and now."""
    from services.explaining import Question, explain

    question = Question(file=str(file), me=(ME,))
    explain(SMALL, question)
    before = _peak()
    raw = file.read_bytes()
    started = time.process_time()
    verdict = explain(raw, question)
    seconds = time.process_time() - started
    return round(seconds, 2), round((_peak() - before) / len(raw), 1), verdict.reason


def _peak() -> int:
    """Bytes: Linux counts in kilobytes, macOS in bytes."""
    unit = 1 if sys.platform == "darwin" else 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    print(json.dumps(explain_alone(Path(sys.argv[1]))))
