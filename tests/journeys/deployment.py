"""Orchestre as it is deployed: real processes, killed as hard as can be, counted from Maildirs."""

import email
import email.policy
import email.utils
import json
import os
import signal
import smtplib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2
import psutil

from core.local_mail import mailbox

ORCHESTRE = [str(Path(sys.executable).with_name("orchestre"))]
SHOP = "shop@localhost"
START_SECONDS = 60.0


def wait_for(what: str, ready: Any, *, seconds: float, every: float = 0.1) -> Any:
    """What `ready` returns once it is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with suppress(OSError, ValueError, httpx2.HTTPError):
            if found := ready():
                return found
        time.sleep(every)
    raise AssertionError(f"{what} did not come within {seconds:.0f} s")


def question(number: int, sender: str, *, machine: bool = False) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = SHOP
    mail["Subject"] = f"Question {number}"
    mail["Message-ID"] = f"<question.{number}@customer.example>"
    mail["Date"] = email.utils.localtime()
    if machine:
        mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"Hello, this is letter {number}. How much is the {PRODUCT}?\n")
    return mail


PRODUCT = "Alpine Tent 2"
CATALOGUE = f"""\
sku,name,description,price,currency,stock,url
TENT-2,{PRODUCT},A light tent for two people,199.00,EUR,7,https://shop.example/p/tent-2
"""


class Deployment:
    """The processes of one home, by name."""

    def __init__(self, home: Path, *, environment: dict[str, str]) -> None:
        self.home = home
        self.environment = os.environ | {"ORCHESTRE_HOME": str(home)} | environment
        self.smtp_port = 0

    def pids(self) -> dict[str, int]:
        raise NotImplementedError

    def kill(self, *names: str) -> None:
        """SIGKILL these parts at once."""
        pids = self.pids()
        for name in names:
            with suppress(ProcessLookupError):
                os.kill(pids[name], signal.SIGKILL)

    def run(self, *arguments: str, input: str | None = None) -> str:
        """One call of the command line; what it printed."""
        done = subprocess.run(
            [*ORCHESTRE, *arguments],
            env=self.environment,
            input=input,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def send(self, mail: EmailMessage) -> None:
        """Hand a mail to the door, and again until it says that it has taken it."""

        def hand_over() -> bool:
            smtp = smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20)
            try:
                smtp.send_message(mail, from_addr=str(mail["From"]))
            except smtplib.SMTPException as error:
                raise OSError from error
            finally:
                smtp.close()
            return True

        wait_for("the door", hand_over, seconds=60)

    def answers_to(self, sender: str) -> list[EmailMessage]:
        """What lies in somebody's Maildir."""
        folder = mailbox(self.home, sender) / "new"
        found = []
        for file in sorted(folder.iterdir()) if folder.exists() else []:
            parsed = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            found.append(parsed)
        return found

    def answered(self, senders: list[str]) -> Counter[str]:
        """How often each question was answered, by its Message-ID."""
        return Counter(
            str(mail["In-Reply-To"]) for sender in senders for mail in self.answers_to(sender)
        )


class Embedded(Deployment):
    """`orchestre up`, which supervises all the rest."""

    def __init__(self, home: Path, *, environment: dict[str, str], options: list[str]) -> None:
        super().__init__(home, environment=environment)
        self._options = options
        self.process: subprocess.Popen[str] | None = None
        self.ready: dict[str, str] = {}

    def start(self) -> None:
        options = ["--home", str(self.home), "--port", "0", "--smtp-port", str(self.smtp_port)]
        self.process = subprocess.Popen(
            [*ORCHESTRE, "up", "--json", "--empty", *options, *self._options],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "orchestre up ended before it was ready"
        self.ready = json.loads(line)
        self.smtp_port = int(self.ready["smtp"].rpartition(":")[2])

    def pids(self) -> dict[str, int]:
        status = json.loads(self.run("up", "--status", "--json", "--home", str(self.home)))
        pids: dict[str, int] = status["pids"]
        return pids

    def kill_everything(self) -> None:
        assert self.process
        self.kill(*self.pids())
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()

    def stop(self) -> None:
        assert self.process
        self.process.terminate()
        assert self.process.wait(40) == 0
        if self.process.stdout:
            self.process.stdout.close()


class Separate(Deployment):
    """Every part started by hand, as an init system or a container engine would."""

    def __init__(
        self, home: Path, *, environment: dict[str, str], commands: dict[str, list[str]]
    ) -> None:
        super().__init__(home, environment=environment)
        self._commands = commands
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    def start(self, *names: str) -> None:
        (self.home / "logs").mkdir(parents=True, exist_ok=True)
        for name in names or self._commands:
            with (self.home / "logs" / f"{name}.out").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    self._commands[name],
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                )

    def kill(self, *names: str) -> None:
        super().kill(*names)
        for name in names:
            self._running[name].wait(10)

    def stop(self) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


@contextmanager
def nothing_left_behind(home: Path) -> Iterator[None]:
    """No process of this home outlives the block."""
    try:
        yield
    finally:
        for process in psutil.process_iter(["environ"]):
            with suppress(psutil.Error):
                environment = process.info["environ"] or {}
                if environment.get("ORCHESTRE_HOME") == str(home):
                    process.kill()
