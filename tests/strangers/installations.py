"""The product before the double: in processes of its own over REST, or inside this one.

Both know the double by their settings alone. Inside is for many trials on a slow machine: the
runner of `orchestre worker --no-celery` and the services are the same.
"""

import json
import ssl
import threading
from abc import ABC, abstractmethod
from http.client import HTTPConnection, HTTPMessage, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2

from core.bots import Mode
from core.config import Settings, environment_names
from core.connections import Health
from core.replies import Status
from services.bell import WakingBell
from services.bootstrap import Orchestre, bootstrap
from services.bringing import bring
from tests.journeys.deployment import ORCHESTRE, Separate, nothing_left_behind, wait_for
from tests.servers.install import free_port
from workers.runner import Runner

from .gmail import Gmail
from .letters import CATALOGUE

OWNER, PASSWORD = "owner@shop.example", "correct horse battery"
START_SECONDS = 240.0
"""On a machine that is busy with other things; else it takes a hundredth of that."""
INTERVAL = 5
"""The shortest between two polls that there is, in seconds."""


class Shown(NamedTuple):
    """What a browser is answered."""

    headers: HTTPMessage
    said: str


class Installation(ABC):
    """One home, with a shop, its accounts and their bots."""

    def __init__(self, gmail: Gmail, home: Path, environment: dict[str, str]) -> None:
        self.gmail = gmail
        self.home = home
        self.environment = {**gmail.settings(), **environment, "DATABASE_URL": "", "BROKER_URL": ""}

    @abstractmethod
    def start(self) -> None:
        """With a shop that sells something, and an owner who is signed in."""

    @abstractmethod
    def link(self, address: str, *, consent: bool = False) -> None: ...

    @abstractmethod
    def answer(self, address: str) -> None:
        """Start the bot of an account."""

    @abstractmethod
    def accounts(self) -> dict[str, tuple[str, bool]]:
        """The address of each connection, and whether it must be linked again."""

    @abstractmethod
    def replies(self) -> list[dict[str, Any]]:
        """As GET /replies has them."""

    @abstractmethod
    def stop(self) -> None: ...

    def tokens(self, address: str) -> str:
        with self.gmail.lock:
            return json.dumps(self.gmail.accounts.grant(address))


class Processes(Installation):
    """`orchestre serve` and `orchestre worker --no-celery`."""

    def __init__(self, gmail: Gmail, home: Path, environment: dict[str, str]) -> None:
        super().__init__(gmail, home, environment)
        self._port = free_port()
        self._product = Separate(
            home,
            environment={**self.environment, "ORCHESTRE_PORT": str(self._port)},
            commands={
                "serve": [*ORCHESTRE, "serve"],
                "worker": [*ORCHESTRE, "worker", "--no-celery"],
            },
        )
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=60)
        self._kept = nothing_left_behind(home)

    def start(self) -> None:
        self._kept.__enter__()
        self._product.run("migrate")
        self._product.start()

        def is_up() -> bool:
            return self._client.get("/docs").status_code == 200

        wait_for("the API", is_up, seconds=START_SECONDS)
        self._call("POST", "/users/signup", data={"email": OWNER, "password": PASSWORD})
        sign_in = {"username": OWNER, "password": PASSWORD}
        bearer = self._call("POST", "/users/token", data=sign_in)["access_token"]
        self._client.headers["Authorization"] = f"Bearer {bearer}"
        kind = {"Content-Type": "text/csv"}
        self._call("POST", "/products/import", content=CATALOGUE, headers=kind)

    def link(self, address: str, *, consent: bool = False) -> None:
        if consent:
            self._consent(address)
            return
        path = f"/providers/update_provider_info?{_named(address)}"
        self._call("POST", path, data={"social_info": self.tokens(address)})

    def _consent(self, address: str) -> None:
        """As a browser goes: out with a cookie, through Google, and back."""
        self.gmail.accounts.next = address
        ours, bearer = f"http://127.0.0.1:{self._port}", self._client.headers["Authorization"]
        path = f"{ours}/providers/link_provider?provider_name=gmail"
        start = self._browse("POST", path, {"Authorization": bearer})
        cookie = str(start.headers["set-cookie"]).partition(";")[0]
        away = self._browse("GET", json.loads(start.said)["data"]["url"], {})
        back = self._browse("GET", str(away.headers["location"]), {"Cookie": cookie})
        assert "is linked" in back.said, back.said[-2000:]

    def _browse(self, method: str, url: str, headers: dict[str, str]) -> "Shown":
        target = urlsplit(url)
        trust = ssl.create_default_context(cafile=str(self.gmail.bundle))
        line = (
            HTTPSConnection(target.netloc, context=trust, timeout=60)
            if target.scheme == "https"
            else HTTPConnection(target.netloc, timeout=60)
        )
        line.request(method, f"{target.path}?{target.query}", headers=headers)
        answer = line.getresponse()
        said = answer.read().decode()
        line.close()
        return Shown(answer.headers, said)

    def answer(self, address: str) -> None:
        path = f"/bots/start_auto_bot?{_named(address)}&interval_seconds={INTERVAL}"
        self._call("POST", path)

    def accounts(self) -> dict[str, tuple[str, bool]]:
        found = self._call("GET", "/connections")
        return {
            one["id"]: (one["address"], one["health"] == Health.NEEDS_REAUTHORIZATION)
            for one in found
        }

    def replies(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self._call("GET", f"/replies?limit=200{cursor}")
            found += page["items"]
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def stop(self) -> None:
        self._product.stop()
        self._client.close()
        self._kept.__exit__(None, None, None)

    def _call(self, method: str, path: str, **more: Any) -> Any:
        answer = self._client.request(method, path, **more)
        data = answer.json()
        assert answer.status_code < 400, f"{method} {path}: {data}"
        return data.get("data", data)


class Inside(Installation):
    """The runner in a thread."""

    app: Orchestre

    def start(self) -> None:
        self.home.mkdir(parents=True)
        vendors = environment_names()
        given = {
            name if name in vendors and not name.startswith("ORCHESTRE_") else _field(name): value
            for name, value in self.environment.items()
            if value
        }
        settings = Settings.model_validate({**given, "home": self.home, "port": 0})
        bell = WakingBell()
        self.app = bootstrap(settings, bell=bell)
        self.app.database.migrate()
        self._owner = self.app.users.sign_up(OWNER, PASSWORD, operator=True).id
        self.app.products.import_csv(CATALOGUE, by=self._owner)
        self._stopped = threading.Event()
        runner = Runner(self.app, threads=settings.worker_threads, woken=bell.woken)
        self._thread = threading.Thread(target=runner.run, args=(self._stopped,))
        self._thread.start()

    def link(self, address: str, *, consent: bool = False) -> None:
        bring(self.app, "gmail", address, self.tokens(address), by=self._owner)

    def answer(self, address: str) -> None:
        connection = self.app.connections.named("gmail", address, by=self._owner)
        self.app.bots.start(
            connection.id, by=self._owner, mode=Mode.AUTO, interval_seconds=INTERVAL
        )

    def accounts(self) -> dict[str, tuple[str, bool]]:
        return {
            one.id: (one.handle, one.health is Health.NEEDS_REAUTHORIZATION)
            for one in self.app.connections.list(by=self._owner)
        }

    def replies(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = None
        while True:
            page = self.app.replies.page(by=self._owner, after=after, limit=200)
            for reply in page.items:
                waits = reply.status is Status.AWAITING_APPROVAL or reply.is_parked()
                found.append({**reply.model_dump(mode="json"), "needs_you": waits})
            if not page.after:
                return found
            after = page.after

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(60)
        self.app.close()


def _field(name: str) -> str:
    return name.removeprefix("ORCHESTRE_").lower()


def _named(address: str) -> str:
    return f"provider_name=gmail&identifier_name={address}"
