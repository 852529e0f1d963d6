"""A deployment whose secrets are told to everybody by the services that it uses.

Each service repeats in its answers whatever it was asked with, its Authorization header and its
body too: in every place of an answer, and with every kind of failure.
"""

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from core.config import Settings
from core.keyring import make_key
from services.bell import SilentBell
from services.bootstrap import Orchestre, bootstrap
from tests.conftest import CHEAP
from tests.journeys.deployment import wait_for
from tests.servers.install import free_port
from tests.simulators.gmail import GmailSimulator
from tests.simulators.graph import GraphSimulator
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority, Fault, Request, Response, Simulator
from tests.simulators.slack import Slack
from tests.simulators.telegram import Telegram

OWNER = "alice@home.example"
MAILBOX = "alice@shop.example"
STATUSES = (500, 302, 400, 403, 429)
SHAPES = ("flat", "nested")
ODD = ("flat 200", "nested 200", "list 200", "words 200", "cut", "reset", "close")
FAILURES = (*(f"{shape} {status}" for status in STATUSES for shape in SHAPES), *ODD)
"""Every way to fail that lets an account stay linked."""
ENDS = ("flat 401", "nested 401", "nested 404")
SECONDS = 90.0
"""For what takes a few on two quiet cores."""
SUPERVISOR = (
    *(sys.executable, "-m", "workers.supervisor"),
    *("--json", "--empty", "--port", "0", "--smtp-port", "0"),
)


def echo(kind: str, request: Request) -> Fault:
    """A failure that repeats the request in every place that somebody might look at."""
    if kind in ("cut", "reset", "close"):
        return Fault(kind, response=Response(500))
    shape, _, status = kind.partition(" ")
    said = " ".join([request.headers.get("authorization", ""), request.path, *_values(request)])
    body = {
        "flat": {"ok": False}
        | dict.fromkeys(("error", "description", "error_description", "needed", "warning"), said),
        "nested": {
            "error": {"code": said, "message": said, "status": said}
            | {"errors": [{"reason": said, "message": said}]}
        },
        "list": [said],
        "words": said,
    }[shape]
    headers = {
        "Location": f"/elsewhere?token={quote(said)}",
        "WWW-Authenticate": f'Bearer error="{said}"',
        "X-Request": said,
    }
    raw = said.encode() if shape == "words" else json.dumps(body).encode()
    return Fault("answer", response=Response(int(status), raw, headers))


def _values(request: Request) -> list[str]:
    """What was sent in a form; the bodies of other requests hold no secrets."""
    is_form = "form" in request.headers.get("content-type", "")
    return list(request.form().values()) if is_form else []


class Talkative:
    """Makes a simulator fail so, in this order, until nothing is left."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.left: deque[str] = deque()
        self.writes_only = False
        self._usual = simulator.next_fault
        simulator.next_fault = self._next  # type: ignore[method-assign]  # of this one alone

    def _next(self, request: Request) -> Fault | None:
        with self.simulator.lock:
            if self.left and (self.simulator.is_write(request) or not self.writes_only):
                return echo(self.left.popleft(), request)
        return self._usual(request)


class Town:
    """The services that talk, and what they saw."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.gmail = GmailSimulator(authority)
        self.graph = GraphSimulator(authority, address=MAILBOX)
        self.slack = Slack(authority)
        self.telegram = Telegram(authority)
        self.services: list[Simulator] = [self.gmail, self.graph, self.slack, self.telegram]
        self.talkative = [Talkative(service) for service in self.services]
        self.key = make_key()
        self.refresh_tokens = {"gmail": self.gmail.link(), "outlook": self.graph.link()}

    @contextmanager
    def open(self) -> Iterator[None]:
        with ExitStack() as stack:
            for service in self.services:
                stack.enter_context(service.running())
            yield

    def environment(self, home: Path) -> dict[str, str]:
        return {
            "ORCHESTRE_HOME": str(home),
            "ORCHESTRE_KEY": self.key,
            "ORCHESTRE_LLM": "composer",
            "ORCHESTRE_LOG_LEVEL": "DEBUG",
            "ORCHESTRE_PRIVATE_HOSTS": "true",
            "ORCHESTRE_CA_BUNDLE": str(self.authority.bundle),
            "ORCHESTRE_GMAIL_API_URL": self.gmail.url,
            "ORCHESTRE_GOOGLE_TOKEN_URL": self.gmail.token_url,
            "ORCHESTRE_GRAPH_API_URL": self.graph.api_url,
            "ORCHESTRE_MICROSOFT_TOKEN_URL": self.graph.token_url,
            "ORCHESTRE_SLACK_API_URL": f"{self.slack.url}/api",
            "ORCHESTRE_TELEGRAM_API_URL": self.telegram.url,
            **{f"{name}_CLIENT_ID": CLIENT_ID for name in ("GOOGLE", "MICROSOFT")},
            **{f"{name}_CLIENT_SECRET": CLIENT_SECRET for name in ("GOOGLE", "MICROSOFT")},
        }

    def nowhere(self) -> dict[str, str]:
        """The services' addresses, at a port where nobody listens."""
        apis = [f"{name}_API" for name in ("GMAIL", "GRAPH", "SLACK", "TELEGRAM")]
        names = [*apis, "GOOGLE_TOKEN", "MICROSOFT_TOKEN"]
        return {f"ORCHESTRE_{name}_URL": f"https://localhost:{free_port()}" for name in names}

    def fail(self, *kinds: str, writes_only: bool = False) -> None:
        for each in self.talkative:
            each.writes_only = writes_only
            each.left.extend(kinds)

    def behave(self) -> None:
        for each in self.talkative:
            each.left.clear()

    def has_failed(self) -> bool:
        return not any(each.left for each in self.talkative)


class Deployed:
    """`orchestre up`, with all that it says kept in files beside its home."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home = home
        self.said = home.with_name("said")
        self.said.mkdir()
        self._environment = os.environ | environment
        with (
            (self.said / "output").open("wb") as output,
            (self.said / "errors").open("wb") as errors,
        ):
            self.process = subprocess.Popen(
                [*SUPERVISOR, "--home", str(home)],
                env=self._environment,
                stdout=output,
                stderr=errors,
            )

    def url(self) -> str:
        """Of the API, once it is there."""
        line = wait_for("the start", lambda: (self.said / "output").read_text(), seconds=90)
        return str(json.loads(line)["url"])

    def commands(self) -> str:
        """The command lines of all its processes."""
        family = [psutil.Process(self.process.pid)]
        family += family[0].children(recursive=True)
        return "\n".join(" ".join(process.cmdline()) for process in family)

    def copied(self) -> Path:
        """Where the database is copied to, with its log, while it is in use.

        By another process: to close a file of SQLite's here would let go of the locks on it
        (sqlite.org/howtocorrupt.html, 2.2).
        """
        folder = self.home.with_name("live")
        folder.mkdir()
        subprocess.run(["cp", *map(str, self.home.glob("orchestre.db*")), str(folder)], check=True)
        return folder

    def run(self, *arguments: str) -> None:
        """One call of the command line, whatever comes of it. What it says is kept."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("orchestre")), *arguments],
            env=self._environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        with (self.said / "commands").open("ab") as file:
            file.write(done.stdout + done.stderr)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)

    @contextmanager
    def worker(self, **elsewhere: str) -> Iterator[None]:
        """A worker that was told otherwise where things are."""
        with (self.said / "workers").open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "workers.runner"],
                env=self._environment | elsewhere,
                stdout=said,
                stderr=said,
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(Authority(tmp_path))
    with town.open():
        yield town


@pytest.fixture
def deployed(town: Town, tmp_path: Path) -> Iterator[Deployed]:
    deployed = Deployed(tmp_path / "home", town.environment(tmp_path / "home"))
    try:
        deployed.url()
        yield deployed
    finally:
        deployed.stop()


@pytest.fixture
def app(town: Town, deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Orchestre]:
    """The same application from within, to do what no door does."""
    for name, value in town.environment(deployed.home).items():
        monkeypatch.setenv(name, value)
    app = bootstrap(Settings.read(), hasher=CHEAP, bell=SilentBell())
    yield app
    app.close()
