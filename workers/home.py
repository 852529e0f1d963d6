"""The home folder of one `orchestre up`: who holds it, and what stands where."""

import errno
import fcntl
import hashlib
import json
import os
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import pids

SOCKET_BYTES = 100
"""A path longer than about this is no address of a UNIX socket."""
LOCK_SECONDS = 1.0
CANNOT_CREATE = 73
"""EX_CANTCREAT, from sysexits.h."""
HELD = 75
"""EX_TEMPFAIL."""


class Trouble(Exception):
    """Why it cannot start, in words for a person, and the exit code that says so."""

    def __init__(self, words: str, *, code: int) -> None:
        super().__init__(words)
        self.code = code


class Home:
    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.run = self.folder / "run"
        self.logs = self.folder / "logs"
        self.first_start = self.folder / "first-start.done"
        """There once the first start has done all that is done once."""
        self._lock = -1

    def hold(self) -> None:
        """Make the folder, and be the only one that serves it; `Trouble` when that cannot be."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.run, self.logs):
                folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(self.run / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
            _prove_room(self.run)
        except OSError as error:
            raise Trouble(_why_not(self.folder, error), code=CANNOT_CREATE) from error
        until = time.monotonic() + LOCK_SECONDS
        while not _taken(self._lock, fcntl.LOCK_EX):
            if time.monotonic() > until:
                raise Trouble(self._who_holds_it(), code=HELD)
            time.sleep(0.05)
        os.truncate(self._lock, 0)

    def say(self, **facts: Any) -> None:
        """Tell those who find it held what it is held for."""
        line = json.dumps(facts).encode()
        os.pwrite(self._lock, line, 0)
        os.truncate(self._lock, len(line))

    def let_go(self) -> None:
        if self._lock >= 0:
            os.truncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1

    def status(self) -> dict[str, Any]:
        """Whether it is served, by which processes and where."""
        facts: dict[str, Any] = {"running": self._is_held(), "home": str(self.folder), "pids": {}}
        if not facts["running"]:
            return facts
        said = self._said()
        supervisor = {"supervisor": said.pop("pid")} if "pid" in said else {}
        return {**facts, **said, "pids": {**pids.alive(self.run), **supervisor}}

    def socket(self) -> Path:
        """Where the embedded broker listens: a short path, in a folder that nobody else enters."""
        digest = hashlib.sha256(str(self.folder.resolve()).encode()).hexdigest()[:10]
        name = f"orchestre-{digest}-{os.getuid()}"
        socket = Path(tempfile.gettempdir()) / name / "v.sock"
        if len(os.fsencode(socket)) > SOCKET_BYTES:
            socket = Path("/tmp") / name / "v.sock"  # noqa: S108
        try:
            socket.parent.mkdir(mode=0o700, exist_ok=True)
            found = socket.parent.lstat()
        except OSError as error:
            raise Trouble(_why_not(socket.parent, error), code=CANNOT_CREATE) from error
        mine = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        if not mine or found.st_mode & 0o077:
            raise Trouble(
                f"{socket.parent} is not ours alone, so the broker cannot listen there. "
                "Remove it, or set BROKER_URL to a broker of your own.",
                code=CANNOT_CREATE,
            )
        return socket

    def _is_held(self) -> bool:
        try:
            descriptor = os.open(self.run / "up.lock", os.O_RDONLY)
        except OSError:
            return False
        try:
            return not _taken(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)

    def _said(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            said = json.loads((self.run / "up.lock").read_text())
            return said if isinstance(said, dict) else {}
        return {}

    def _who_holds_it(self) -> str:
        said = self._said()
        holder = f"process {said['pid']}" if "pid" in said else "another process"
        at = f" at {said['url']}" if "url" in said else ", which is starting"
        stop = f"Stop it with: kill {said['pid']}" if "pid" in said else "Wait for it"
        return (
            f"{self.folder} is served already by {holder}{at}. "
            f"{stop}, or name another folder with --home."
        )


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _prove_room(folder: Path) -> None:
    """Write something, so that a full disk shows before anything depends on it."""
    probe = folder / ".room"
    try:
        with probe.open("wb") as file:
            file.write(bytes(65_536))
            file.flush()
            os.fsync(file.fileno())
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _why_not(folder: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {folder} is full. Free some space there; nothing was lost."
    return (
        f"{folder} cannot be written to: {error.strerror}. "
        "Give yourself the right to it, or name another folder with --home."
    )
