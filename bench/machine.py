"""The reply machine for as long as wanted: `python -m bench.machine --steps 200000`.

Prints the smallest example of what went wrong, and one JSON object: steps, steps a second, seed.
20,000 steps are good before a push; `--sqlite` keeps the records in a file.
"""

import argparse
import json
import logging
import secrets
import sys
import time
import traceback

from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.services.machine_ground import Ground
from tests.services.reply_machine import OnSQLite, ReplyMachine

LENGTH = 60
"""Steps of one example at most."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.machine", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--sqlite", action="store_true")
    options = parser.parse_args()
    logging.disable()
    machine = OnSQLite if options.sqlite else ReplyMachine
    wanted = settings(
        max_examples=-(-options.steps // LENGTH),
        stateful_step_count=LENGTH,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    started, holds = time.perf_counter(), True
    try:
        run_state_machine_as_test(seed(options.seed)(machine), settings=wanted)
    except AssertionError:
        traceback.print_exc()
        holds = False
    seconds = time.perf_counter() - started
    figures = {
        "steps": Ground.steps,
        "holds": holds,
        "seconds": round(seconds, 1),
        "steps_per_second": round(Ground.steps / seconds, 1),
        "seed": options.seed,
    }
    print(json.dumps(figures))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
