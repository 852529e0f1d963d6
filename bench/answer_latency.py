"""How long a mail to the local door takes to be answered: `python -m bench.answer_latency`.

Starts the embedded default in a folder of its own, sends mails one after the other from people
who never wrote before, and watches their Maildirs. Once with hints and once without: then the
answer waits for the feed's turn. Prints one JSON object; the limit is 3 s at the 95th percentile.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.journeys.deployment import CATALOGUE, Embedded, nothing_left_behind, question

MAILS = 50
LIMIT_SECONDS = 3.0


def measure(*, hints: bool) -> list[float]:
    """Seconds from the 250 of the door to the answer in the sender's Maildir."""
    with tempfile.TemporaryDirectory(prefix="orchestre-bench-") as folder:
        home = Path(folder) / "home"
        with nothing_left_behind(home):
            deployment = Embedded(
                home, environment={"ORCHESTRE_HINTS": str(hints).lower()}, options=[]
            )
            deployment.start()
            (home / "catalogue.csv").write_text(CATALOGUE)
            deployment.run("products", "import", "--replace", str(home / "catalogue.csv"))
            seconds = [answer(deployment, number) for number in range(MAILS)]
            deployment.stop()
    return seconds


def answer(deployment: Embedded, number: int) -> float:
    sender = f"bench{number}@customer.example"
    deployment.send(question(number, sender))
    start = time.monotonic()
    while not deployment.answers_to(sender):
        if time.monotonic() - start > 60:
            raise SystemExit(f"Mail {number} was not answered within a minute.")
        time.sleep(0.005)
    return time.monotonic() - start


def summary(seconds: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(seconds), 3),
        "p95": round(statistics.quantiles(seconds, n=20)[-1], 3),
        "most": round(max(seconds), 3),
    }


def main() -> int:
    with_hints, without = summary(measure(hints=True)), summary(measure(hints=False))
    print(
        json.dumps(
            {
                "mails": MAILS,
                "limit_seconds": LIMIT_SECONDS,
                "with_hints": with_hints,
                "without_hints": without,
                "p95_of_limit": round(with_hints["p95"] / LIMIT_SECONDS, 3),
            }
        )
    )
    return 0 if with_hints["p95"] <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
