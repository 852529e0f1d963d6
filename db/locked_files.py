"""Records that processes of one host work on: a locked file for each, and what a death leaves."""

import fcntl
import os
from pathlib import Path
from urllib.parse import quote


class LockedFiles:
    """The kernel lets go of a lock when its holder dies; the file stays, and counts the deaths."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    def take(self, name: str) -> int | None:
        """How many have died holding it before; `None` while somebody holds it."""
        descriptor = self._locked(self._path(name))
        if descriptor is None:
            return None
        deaths = int(os.pread(descriptor, 8, 0) or b"0")
        os.pwrite(descriptor, str(deaths + 1).encode(), 0)
        self._held[name] = descriptor
        return deaths

    def give_back(self, name: str, *, finished: bool) -> None:
        descriptor = self._held.pop(name)
        if finished:
            self._path(name).unlink(missing_ok=True)
        os.close(descriptor)

    def _locked(self, path: Path) -> int | None:
        while True:
            descriptor = self._open(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Its last holder may have removed it after it was opened here.
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    return descriptor
            except BlockingIOError:
                os.close(descriptor)
                return None
            except FileNotFoundError:
                pass
            os.close(descriptor)

    def _open(self, path: Path) -> int:
        flags = os.O_CREAT | os.O_RDWR
        try:
            return os.open(path, flags, 0o600)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o600)

    def _path(self, name: str) -> Path:
        return self._folder / quote(name, safe="")
