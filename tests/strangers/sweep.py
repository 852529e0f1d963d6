"""`python -m tests.strangers.sweep --seeds 20`: trials one after another, and what they found."""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from .faults import Fault
from .installations import Inside, Processes
from .trial import Outcome, Plan, Trial


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--letters", type=int, default=150)
    parser.add_argument("--weather", type=float, default=25.0, help="seconds of it")
    parser.add_argument("--horizon", type=int, default=3, help="times that history is forgotten")
    parser.add_argument("--calm", action="store_true", help="no faults, and nothing that befalls")
    parser.add_argument("--only", default="", help="only these faults, as in DRIP,LIMIT")
    parser.add_argument("--processes", action="store_true", help="in processes of their own")
    parser.add_argument("--keep", action="store_true", help="keep the homes, to look into")
    given = parser.parse_args()
    logging.disable(logging.ERROR)  # what goes wrong here is meant to
    wrong = 0
    for seed in range(given.first, given.first + given.seeds):
        plan = Plan.of(
            seed,
            letters=given.letters,
            weather=given.weather,
            writing=given.weather / 2,
            horizon=given.horizon,
        )
        if given.calm:
            plan = Plan(seed, letters=given.letters, weather=0, rough=0, horizon=0)
        if given.only:
            only = tuple(Fault[one] for one in given.only.split(","))
            plan = Plan(seed, letters=given.letters, rough=0, horizon=0, only=only)
        folder = Path(tempfile.mkdtemp(prefix=f"stranger-{seed}-"))
        outcome = Trial(plan, folder, Processes if given.processes else Inside).run()
        wrong += tell(outcome)
        if given.keep:
            print(f"   {folder}", flush=True)
    return 1 if wrong else 0


def tell(outcome: Outcome) -> int:
    judged = outcome.judgement
    word = "settled" if outcome.settled else "NOT SETTLED"
    print(f"seed {outcome.plan.seed}: {word}, {outcome.seconds:.0f} s, {dict(judged.figures)}")
    print(f"   faults {sum(outcome.faults.values())}: {outcome.faults}")
    for words, count in judged.waiting.items():
        print(f"   waits {count}: {words[:200]}")
    for finding in judged.findings:
        print(f" ! {finding}")
    sys.stdout.flush()
    return len(judged.findings) + (not outcome.settled)


if __name__ == "__main__":
    sys.exit(main())
