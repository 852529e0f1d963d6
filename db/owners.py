"""Proof of death: a lock that the kernel, or PostgreSQL, lets go of when its holder dies.

A lease that ran out proves nothing: its holder may only be slow. A lock that can be taken does.
"""

import fcntl
import hashlib
import os
import secrets
import socket
import threading
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from core.errors import Unavailable

from .locked_files import LockedFiles


def new_name() -> str:
    """A name that no other process has ever had."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(6)}"


class FileOwners:
    """Kernel locks on files, for processes of one host that share a folder.

    A name whose file is gone is dead: the file is made before the name is used, and removed
    only by its holder's orderly end or by whoever proved its death.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = LockedFiles(folder.with_name("claims"))
        self._name = ""
        self._descriptor = -1
        self._lock = threading.Lock()

    def hold(self) -> str:
        with self._lock:
            if not self._name:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._bury()
                name = new_name()
                # It gets its name only once it is locked: nobody may find it free before.
                draft = self._folder / f".{name}"
                self._descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
                draft.rename(self._folder / name)
                self._name = name
            return self._name

    def is_held(self) -> bool:
        return bool(self._name) and (self._folder / self._name).exists()

    def is_dead(self, holder: str) -> bool:
        if holder == self._name or "/" in holder or holder.startswith("."):
            return False
        try:
            descriptor = os.open(self._folder / holder, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        (self._folder / holder).unlink(missing_ok=True)
        return True

    def take(self, record_id: str) -> int | None:
        return self._files.take(record_id)

    def give_back(self, record_id: str, *, finished: bool) -> None:
        self._files.give_back(record_id, finished=finished)

    def _bury(self) -> None:
        """Remove the files of the dead, so that restarts do not pile them up."""
        for file in self._folder.iterdir():
            self.is_dead(file.name)

    def close(self) -> None:
        with self._lock:
            if self._name:
                (self._folder / self._name).unlink(missing_ok=True)
                os.close(self._descriptor)
            self._name, self._descriptor = "", -1


class AdvisoryOwners:
    """Session advisory locks, for processes anywhere that share a PostgreSQL.

    When the server restarts, the lock is lost though its holder lives: `is_held` says so, and
    the holder must end itself. What it was doing is settled by proof, as after any death.
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        """`folder` is this host's own: there it is counted who died."""
        self._engine = engine
        self._files = LockedFiles(folder)
        self._name = ""
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def hold(self) -> str:
        with self._lock:
            if not self._name:
                name = new_name()
                connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(name)})
                connection.detach()
                self._name, self._connection = name, connection
            return self._name

    def is_held(self) -> bool:
        with self._lock:
            if self._connection is None:
                return False
            try:
                self._connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                return False
            return True

    def is_dead(self, holder: str) -> bool:
        if holder == self._name:
            return False
        with self._engine.begin() as connection:
            free = connection.execute(
                text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _key(holder)}
            )
            return bool(free.scalar())

    def take(self, record_id: str) -> int | None:
        self.hold()
        try:
            if not self._ask("SELECT pg_try_advisory_lock(:key)", record_id):
                return None
        except SQLAlchemyError as error:
            raise Unavailable("The database did not answer.", retry_after=5) from error
        deaths = self._files.take(record_id)
        if deaths is None:
            self._unlock(record_id)
        return deaths

    def give_back(self, record_id: str, *, finished: bool) -> None:
        self._files.give_back(record_id, finished=finished)
        self._unlock(record_id)

    def _unlock(self, record_id: str) -> None:
        with suppress(SQLAlchemyError):  # a connection that is gone holds no lock
            self._ask("SELECT pg_advisory_unlock(:key)", record_id)

    def _ask(self, statement: str, record_id: str) -> bool:
        with self._lock:
            assert self._connection, "it is held"
            found = self._connection.execute(text(statement), {"key": _key(record_id)})
            return bool(found.scalar())

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._name, self._connection = "", None


def _key(name: str) -> int:
    """A signed 64-bit number, as advisory locks are named."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
