"""Which process is which part of a home, in a way that a recycled process id cannot fool."""

import json
from contextlib import suppress
from pathlib import Path

import psutil

END_SECONDS = 5.0
CLOCK_SECONDS = 2.0
"""The kernel's idea of when a process began shifts by this much when the clock is corrected."""


def write(folder: Path, part: str, pid: int) -> None:
    """Remember which process is this part."""
    with suppress(psutil.NoSuchProcess):
        line = json.dumps({"pid": pid, "began": psutil.Process(pid).create_time()})
        draft = folder / f".{part}.pid"
        draft.write_text(line)
        draft.rename(folder / f"{part}.pid")


def forget(folder: Path, part: str) -> None:
    (folder / f"{part}.pid").unlink(missing_ok=True)


def alive(folder: Path) -> dict[str, int]:
    """The process id of every part that is alive, by name."""
    return {part: process.pid for part, process in _processes(folder).items()}


def end_all(folder: Path) -> list[str]:
    """End what a supervisor that died has left behind; which parts that were."""
    left = _processes(folder)
    for process in left.values():
        with suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(left.values(), timeout=END_SECONDS)
    for process in stubborn:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=END_SECONDS)
    for path in folder.glob("*.pid"):
        path.unlink(missing_ok=True)
    return sorted(left)


def _processes(folder: Path) -> dict[str, psutil.Process]:
    found = {path.stem: _process(path) for path in sorted(folder.glob("*.pid"))}
    return {part: process for part, process in found.items() if process}


def _process(path: Path) -> psutil.Process | None:
    """The process that a file names, if it is still that one."""
    try:
        named = json.loads(path.read_text())
        process = psutil.Process(named["pid"])
        same = abs(process.create_time() - named["began"]) < CLOCK_SECONDS
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
