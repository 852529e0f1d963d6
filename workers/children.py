"""Keeps other programs running: starts them, starts them again when they end, and stops them."""

import logging
import logging.handlers
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import pids

TETHER = Path(__file__).with_name("tether.py")
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
HEALTHY_SECONDS = 10.0
"""A part that has lived for so long starts again as if it had never failed: what dies again and
again so late costs less than the messages that would wait for it."""
RESTART_ME = 70
"""EX_SOFTWARE: a watchdog has ended its own process, to be started again at once."""
LOG_BYTES = 5_000_000
KEPT_LOGS = 2
LINE_BYTES = 65_536
TAIL_BYTES = 16_384

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Part:
    """One program, and what is to be known about it."""

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool]
    """Whether it serves. Asked again and again until it does, so it must not wait for long."""
    stop_seconds: float = 10.0
    """How long it may take to stop before it is killed."""
    files: tuple[int, ...] = ()
    """Open files that it inherits, by number."""
    mend: Callable[[], None] = lambda: None
    """Called before it is started again when it has never become ready."""


class Child:
    """One part as a process. To be used by one thread, which must outlive the process."""

    def __init__(
        self, part: Part, *, run: Path, logs: Path, environment: Mapping[str, str]
    ) -> None:
        self.part = part
        self.ready = False
        """It has been ready since it was last started."""
        self.failures = 0
        """How often in a row it has ended before it was ready."""
        self._run = run
        self._environment = environment
        self._log = logs / f"{part.name}.log"
        self._output = logs / f"{part.name}.out.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._pump: threading.Thread | None = None
        self._started_at = 0.0
        self._start_at = 0.0
        self._pause = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        tether = (sys.executable, "-I", "-S", str(TETHER), str(os.getpid()))
        self._started_at = time.monotonic()
        self.ready = False
        self._process = subprocess.Popen(  # noqa: S603
            [*tether, *self.part.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self._environment, "ORCHESTRE_LOG_FILE": str(self._log)},
            pass_fds=self.part.files,
            start_new_session=True,
        )
        pids.write(self._run, self.part.name, self._process.pid)
        assert self._process.stdout, "it was asked for"
        self._pump = threading.Thread(
            target=_pump, args=(self._process.stdout, self._output), daemon=True
        )
        self._pump.start()

    def watch(self) -> str:
        """Start it again if it has ended and its pause is over; what happened, in words."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                if self.failures:
                    self.part.mend()
                self.start()
            return ""
        code = self._process.poll()
        if code is None:
            return ""
        lived = time.monotonic() - self._started_at
        self.failures = 0 if self.ready else self.failures + 1
        self._pause = next_pause(self._pause, lived=lived, code=code)
        self._start_at = time.monotonic() + self._pause
        self._let_go()
        return f"The {self.part.name} {_ending(code)}; it starts again in {self._pause:.1f} s."

    def look(self) -> bool:
        """Whether it is ready, or has been since it was last started."""
        if self._process is not None and not self.ready:
            self.ready = self.part.is_ready()
        return self.ready

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        """End it: orderly, or by force when it takes too long or there is a hurry."""
        if self._process is None:
            return
        self._process.terminate()
        until = time.monotonic() + self.part.stop_seconds
        while self._process.poll() is None:
            if hurry() or time.monotonic() > until:
                self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.1)
        self._let_go()

    def tail(self, lines: int = 15) -> str:
        """The end of what it has written, for somebody who wants to know what went wrong."""
        found = _tail(self._output, lines) or _tail(self._log, lines)
        return f"{self._log.parent}/{self.part.name}*.log ends with:\n" + "\n".join(
            f"  {line}" for line in found
        )

    def _let_go(self) -> None:
        if self._pump:
            self._pump.join(timeout=1)
        pids.forget(self._run, self.part.name)
        self._process = self._pump = None


class Children:
    """Several parts, started in one order and stopped in another.

    Each finds `environment` as it is when it starts, or starts again.
    """

    def __init__(
        self, *, run: Path, logs: Path, environment: Mapping[str, str], tell: Tell
    ) -> None:
        self._run = run
        self._logs = logs
        self._environment = environment
        self._tell = tell
        self._all: dict[str, Child] = {}

    def start(self, *parts: Part) -> None:
        for part in parts:
            child = Child(part, run=self._run, logs=self._logs, environment=self._environment)
            self._all[part.name] = child
            child.start()

    def watch(self) -> None:
        """Start again what has ended. To be called several times in a second."""
        for child in self._all.values():
            if words := child.watch():
                self._tell(words)

    def late(self) -> list[Child]:
        """Those that are not ready yet."""
        return [child for child in self._all.values() if not child.look()]

    def stop(self, order: Sequence[str], *, hurry: Callable[[], bool]) -> None:
        """End each of them in this order."""
        for name in order:
            if child := self._all.pop(name, None):
                child.stop(hurry=hurry)


def next_pause(pause: float, *, lived: float, code: int) -> float:
    """How long to wait before a part starts again, after a wait of `pause` the last time."""
    if code == RESTART_ME and lived > 1:
        return 0.0
    if lived >= HEALTHY_SECONDS:
        return FIRST_PAUSE
    return min(LONGEST_PAUSE, max(FIRST_PAUSE, 2 * pause))


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


class _Output(logging.handlers.RotatingFileHandler):
    """A file that cannot grow without end. What it cannot take is dropped."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """The disk may be full: whoever reads the log will see the gap."""


def _pump(stream: IO[bytes], path: Path) -> None:
    """Write down what a process says, until it and its children have nothing more to say."""
    output = _Output(path, maxBytes=LOG_BYTES, backupCount=KEPT_LOGS, delay=True)
    with stream:
        while line := stream.readline(LINE_BYTES):
            text = line.decode("utf-8", "backslashreplace").rstrip()
            output.emit(logging.makeLogRecord({"msg": text}))
    output.close()


def _tail(path: Path, lines: int) -> list[str]:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        return file.read().decode("utf-8", "replace").splitlines()[-lines:]
    return []
