"""Programs that are started, killed, stopped for a while, and started again when they end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from workers.children import TETHER

PAUSE = 0.2
"""Seconds until what has ended is started again."""
STOP_SECONDS = 20.0


class Processes:
    """By name. One thread starts again what ends; any other may kill and stall."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = {**os.environ, **environment}
        self._commands: dict[str, Sequence[str]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, float] = {}
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._stalled: set[str] = set()
        self._watch = threading.Thread(target=self._keep, daemon=True)
        self.ends: dict[str, int] = {}
        """How often each has ended, by whatever cause."""

    def start(self, commands: Mapping[str, Sequence[str]]) -> None:
        self._logs.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self._commands.update(commands)
            for name in commands:
                self._spawn(name)
        if not self._watch.ident:
            self._watch.start()

    @property
    def names(self) -> list[str]:
        return sorted(self._commands)

    def kill(self, name: str) -> bool:
        """SIGKILL; whether there was anything to kill."""
        with self._lock:
            return name not in self._stalled and self._signal(name, signal.SIGKILL)

    def stall(self, name: str, seconds: float) -> bool:
        """SIGSTOP, and SIGCONT after a while, from a thread of its own."""
        with self._lock:
            if name in self._stalled or not self._signal(name, signal.SIGSTOP):
                return False
            self._stalled.add(name)
        timer = threading.Timer(seconds, self._wake, [name])
        timer.daemon = True
        timer.start()
        return True

    def stop(self) -> None:
        """End all of them."""
        self._over.set()
        with self._lock:
            for name, process in self._running.items():
                self._signal(name, signal.SIGCONT)
                process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, until - time.monotonic()))
            process.kill()
            process.wait()

    def _wake(self, name: str) -> None:
        with self._lock:
            self._signal(name, signal.SIGCONT)
            self._stalled.discard(name)

    def _signal(self, name: str, what: signal.Signals) -> bool:
        process = self._running.get(name)
        if process is None or process.poll() is not None:
            return False
        process.send_signal(what)
        return True

    def _spawn(self, name: str) -> None:
        # What is killed with the storm itself must not be left behind.
        tether = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid())]
        with (self._logs / f"{name}.out").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*tether, *self._commands[name]],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _keep(self) -> None:
        while not self._over.wait(PAUSE):
            with self._lock:
                for name in self._commands:
                    if self._running[name].poll() is not None and not self._over.is_set():
                        self.ends[name] = self.ends.get(name, 0) + 1
                        self._spawn(name)
