"""Every store, every mode, several seeds: a storm for each, and one with the waits of production.

`python -m bench.storm_matrix` keeps one JSON file for each cell below `bench/results/storm`, named
after the cell and the last commit that changed what is tested, and goes on where it was broken off.
It prints a table at the end.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .naive import naive_run
from .storm import in_folder
from .storming.weather import MODES, STORES, Weather

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results" / "storm"
TESTED = (
    *("apis", "core", "db", "products", "providers", "services", "workers", "requirements"),
    *("bench/storm.py", "bench/naive.py", "bench/storming", "tests/simulators", "tests/servers"),
)
"""A result holds for as long as nothing of this is changed."""
SEEDS = (1, 2, 3)
COLUMNS = (
    *("messages", "sent", "lost", "duplicated", "parked", "unfinished"),
    *("kills", "stalls", "faults", "answers_lost", "seconds"),
)


class Cell(NamedTuple):
    store: str
    mode: str
    seed: int
    scaled: bool = True

    @property
    def name(self) -> str:
        waits = "" if self.scaled else "-unscaled"
        return f"{self.store}-{self.mode}-{self.seed}{waits}"


def cells() -> Iterator[Cell]:
    for store in STORES:
        for mode in MODES:
            for seed in SEEDS:
                yield Cell(store, mode, seed)
    yield Cell(STORES[0], MODES[0], SEEDS[0], scaled=False)


def run(cell: Cell, options: argparse.Namespace, commit: str) -> dict[str, Any]:
    """The figures of one cell, from its file where it was run already."""
    file: Path = options.results / f"{cell.name}-{commit}.json"
    if file.exists():
        kept: dict[str, Any] = json.loads(file.read_text())
        return kept
    wanted = ["--store", cell.store, "--mode", cell.mode, "--seed", str(cell.seed)]
    wanted += ["--no-naive"] if cell.scaled else ["--no-naive", "--unscaled"]
    for name in ("messages", "kills", "stalls", "faults"):
        wanted += [f"--{name}", str(getattr(options, name))]
    done = subprocess.run(
        [sys.executable, "-m", "bench.storm", *wanted],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    try:
        figures: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        return {"holds": False, "broke": done.returncode}
    if not figures["holds"]:
        print(*lines[:-1], sep="\n")
    return _keep(file, figures, commit)


def compare(seed: int, options: argparse.Namespace, commit: str) -> dict[str, Any]:
    """What becomes of a plain worker in the same storm. It knows neither stores nor modes."""
    file: Path = options.results / f"naive-{seed}-{commit}.json"
    if file.exists():
        kept: dict[str, Any] = json.loads(file.read_text())
        return kept
    weather = Weather(
        messages=options.messages,
        kills=options.kills,
        stalls=options.stalls,
        faults=options.faults,
        store=STORES[0],
        mode=MODES[0],
        seed=seed,
    )
    figures, *_ = in_folder("naive", lambda folder: naive_run(weather, folder))
    return _keep(file, figures, commit)


def _keep(file: Path, figures: dict[str, Any], commit: str) -> dict[str, Any]:
    figures = {**figures, "commit": commit}
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(figures, indent=1) + "\n")
    draft.rename(file)
    return figures


def table(results: dict[str, dict[str, Any]]) -> str:
    lines = [f"| cell | {' | '.join(COLUMNS)} | holds |", "|---" * (len(COLUMNS) + 2) + "|"]
    for name, figures in results.items():
        shown = [str(figures.get(column, "-")) for column in COLUMNS]
        lines.append(f"| {name} | {' | '.join(shown)} | {figures.get('holds', '-')} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.storm_matrix", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--stalls", type=int, default=50)
    parser.add_argument("--faults", type=float, default=6.0)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--only", nargs="+", default=[], metavar="CELL", help="by their names")
    parser.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    commit = _commit()
    results: dict[str, dict[str, Any]] = {}
    for cell in cells():
        if not options.only or cell.name in options.only:
            results[cell.name] = figures = run(cell, options, commit)
            print(f"{cell.name}: {'holds' if figures['holds'] else 'BROKEN'}", flush=True)
    for seed in SEEDS if options.naive else ():
        results[f"naive-{seed}"] = compare(seed, options, commit)
    print(table(results))
    return 0 if all(figures.get("holds", True) for figures in results.values()) else 1


def _commit() -> str:
    """The last commit that changed what a storm runs; what has been changed since shows."""
    last = _git("log", "-1", "--format=%h", "--abbrev=12", "--", *TESTED)
    changed = _git("status", "--porcelain", "--", *TESTED)
    return f"{last or 'unknown'}{'-dirty' if changed else ''}"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
