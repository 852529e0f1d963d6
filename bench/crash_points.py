"""Kills a process at every step of every script, and judges what others make of it.

`python -m bench.crash_points` dies once at each failpoint, for each kind of service;
`--every` at each passing of it, in every script. `--twice N` kills N successors too. Prints what
is wrong, and one JSON object.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.journeys.crashes import SCRIPTS, Point, crash, points
from tests.simulators.mailboxes import KINDS

LATEST = 40
"""The last failpoint of a take-over at which it may die as well."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.crash_points", description=__doc__)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--twice", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance, started = random.Random(options.seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="orchestre-crashes-") as folder:
        passed = {kind.name: points(Path(folder), kind.name, *SCRIPTS) for kind in KINDS}
        places = [place for found in passed.values() for place in found.values()]
        dying = [one for place in places for one in (place if options.every else place[:1])]
        deaths: list[tuple[Point, int]] = [(point, 0) for point in dying]
        deaths += [(chance.choice(dying), chance.randint(1, LATEST)) for _ in range(options.twice)]
        with ThreadPoolExecutor(options.processes) as pool:
            wrong = [said for found in pool.map(_crash, deaths) for said in found]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    result = {
        "failpoints": len(set().union(*passed.values())),
        "kinds": len(KINDS),
        "scripts": len(SCRIPTS),
        "deaths": len(deaths) + options.twice,
        "wrong": len(wrong),
        "seconds": round(time.monotonic() - started, 1),
        "seed": options.seed,
    }
    print(json.dumps(result))
    return 1 if wrong else 0


def _crash(death: tuple[Point, int]) -> list[str]:
    point, later = death
    said = crash(point, later) if later else crash(point)
    where = f"{point.kind}, {point.script}, {point.at}, {later}"
    return [f"{where}: {one}" for one in said]


if __name__ == "__main__":
    sys.exit(main())
