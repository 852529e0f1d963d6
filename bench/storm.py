"""A storm: real processes, brokers and databases are killed while messages come in.

`python -m bench.storm --messages 10000 --kills 200 --stalls 50 --faults 6` prints one JSON object:
what the services' own record says of every message. Nothing may be lost, answered twice or left
unfinished, and no more may wait for a person than answers were lost. The same seeds strike a
plain worker (`bench.naive`), for comparison.

Everything that a seed decides is decided by it: who writes what and when, which writes go wrong
and how, whom a strike hits, and after which share of the answers. Which process is doing what just
then is up to the machine.
"""

import json
import resource
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import OrchestreError

from .naive import naive_run
from .storming import verdict
from .storming.hammer import Hammer, servers_of
from .storming.system import System, installed
from .storming.truth import Truth, running_truth
from .storming.weather import Weather, parser, weather_of

LOOK_SECONDS = 0.1
QUIET_SECONDS = 2.0
CONFIRM = 2
"""So many looks in a row must find nothing left to do."""
SHOWN = 20


def storm(weather: Weather, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """One storm over an installation of its own; the figures, and what is wrong."""
    began, used = time.monotonic(), _children()
    with running_truth(weather, folder) as truth, installed(weather, truth, folder) as system:
        ready = time.monotonic()
        truth.ask("begin")
        hammer = Hammer(weather, system.processes, servers=servers_of(system))
        rage(weather, truth, hammer)
        calm = time.monotonic()
        settle(weather, truth, system)
        settled = time.monotonic()
        figures, wrong = _judged(system, truth, folder)
        ends = dict(system.processes.ends)
        services = sum(one["cpu"] for one in truth.ask("count").values())
    strikes = hammer.counts
    return {
        **figures,
        "kills": strikes["kills"],
        "stalls": strikes["stalls"],
        "strikes": dict(strikes),
        "restarts": ends,
        "seconds": round(settled - ready, 1),
        "settled_seconds": round(settled - calm, 1),
        "set_up_seconds": round(ready - began, 1),
        "limit_seconds": weather.limit,
        "cpu_seconds": {
            "orchestre": round(_children() - used - services),
            "services": round(services),
        },
    }, wrong


def rage(weather: Weather, truth: Truth, hammer: Hammer) -> None:
    """Let everything come in, and every strike fall."""
    shown = 0.0
    while True:
        counts = truth.ask("count").values()
        progress = sum(one["sent"] for one in counts) / max(1, weather.messages)
        hammer.look(progress)
        if time.monotonic() - shown > 10:
            shown = time.monotonic()
            _tell(f"{progress:.0%} answered, {dict(hammer.counts)}")
        if hammer.is_done and all(one["finished"] for one in counts):
            return
        time.sleep(LOOK_SECONDS)


def settle(weather: Weather, truth: Truth, system: System) -> None:
    """Wait until nothing is in a passing state, or the limit is over."""
    until = time.monotonic() + weather.limit
    quiet = 0
    with system.opened() as app:
        while time.monotonic() < until and quiet < CONFIRM:
            time.sleep(QUIET_SECONDS)
            items = sum(one["items"] for one in truth.ask("count").values())
            try:
                waiting, known = verdict.waits(app.database), verdict.known(app.database)
            except OrchestreError:  # the database has only just been struck
                continue
            feeds = verdict.troubles(app.database)
            _tell(f"{items - known} not received, {waiting} under way, {feeds}")
            quiet = quiet + 1 if not waiting and known >= items else 0


def _judged(system: System, truth: Truth, folder: Path) -> tuple[dict[str, Any], list[str]]:
    reports = truth.ask("report")
    with system.opened() as app:
        ours = verdict.kept(app.database)
        figures, wrong = verdict.judged(reports, ours, died=verdict.interrupted(app.database))
        if wrong:
            (folder / "wrong.txt").write_text("\n".join(wrong))
            marks = [mark for mark in _marks(reports) if any(mark in said for said in wrong)]
            lines = verdict.histories(app.database, ours, marks)
            (folder / "histories.jsonl").write_text("\n".join(lines))
            (folder / "reports.json").write_text(json.dumps(reports))
    return figures, wrong


def _marks(reports: dict[str, Any]) -> list[str]:
    return [mark for report in reports.values() for mark in report["answers"]]


def _children() -> float:
    """The time that all processes have computed which this one has started, and which ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def in_folder(name: str, run: Callable[[Path], tuple[dict[str, Any], list[str]]]) -> Any:
    """Run in a folder of its own, which stays when something is wrong."""
    folder = Path(tempfile.mkdtemp(prefix=f"orchestre-{name}-"))
    figures, wrong = run(folder)
    if not wrong:
        shutil.rmtree(folder, ignore_errors=True)
    return figures, wrong, folder


def main() -> int:
    options = parser("python -m bench.storm", __doc__).parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("It was told to end."))
    weather = weather_of(options, secrets.randbits(32) if options.seed is None else options.seed)
    print(f"seed {weather.seed}", flush=True)
    figures, wrong, folder = in_folder("storm", lambda folder: storm(weather, folder))
    result = {
        **figures,
        "seed": weather.seed,
        "store": weather.store,
        "mode": weather.mode,
        "scaled": weather.scaled,
        "holds": not wrong,
    }
    if options.naive:
        # The comparison takes as long again: what is known already is not lost with it.
        print(json.dumps(result), flush=True)
        result["naive"], *_ = in_folder("naive", lambda folder: naive_run(weather, folder))
    if wrong:
        print(*wrong[:SHOWN], sep="\n")
        kinds = Counter(said.split(": ")[0] for said in wrong)
        print(f"{len(wrong)} things are wrong ({dict(kinds)}). Examine {folder}")
    print(json.dumps(result))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
