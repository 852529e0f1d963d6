"""Orchestre as somebody deploys it, for each store and mode, linked to the services of a storm."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from core.config import Settings
from core.connections import Credentials
from core.messages import Address
from services.bell import SilentBell
from services.bootstrap import Orchestre, bootstrap
from tests.limits import NO_LIMITS, in_environment
from tests.servers.install import free_port
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.redis import KEEPS, Broker, running_broker, valkey_binary

from .letters import CATALOGUE
from .processes import Processes
from .truth import Truth
from .weather import Weather

OWNER, PASSWORD = "owner@shop.example", "correct horse battery staple"
ORCHESTRE = str(Path(sys.executable).with_name("orchestre"))
ROOT = Path(__file__).resolve().parents[2]
INTERVAL = 5
"""Seconds between two polls: the shortest that the API allows."""
START_SECONDS = 90.0


class System:
    """One installation. `may_die` names what the storm may strike, and how."""

    def __init__(
        self,
        weather: Weather,
        truth: Truth,
        home: Path,
        *,
        broker: Broker | None,
        postgres: Postgres | None,
        database_url: str,
    ) -> None:
        self.weather = weather
        self.home = home
        self.broker = broker
        self.postgres = postgres
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **truth.environment(),
            **in_environment(NO_LIMITS),
            **self._times(),
            "ORCHESTRE_HOME": str(home),
            "ORCHESTRE_PORT": str(self.port),
            "ORCHESTRE_LLM": "composer",
            "ORCHESTRE_LOG_LEVEL": "WARNING",
            "ORCHESTRE_WORKER_THREADS": "8",
            "DATABASE_URL": database_url,
            "BROKER_URL": broker.url if broker else "",
            "PYTHONPATH": str(ROOT),
        }
        self.processes = Processes(home / "logs", self.environment)
        self._truth = truth

    def settings(self) -> Settings:
        """The same that the processes read."""
        names = {name.removeprefix("ORCHESTRE_").lower(): v for name, v in self.environment.items()}
        known = {**{k: v for k, v in names.items() if k in Settings.model_fields}}
        aliased = {k: v for k, v in self.environment.items() if k in CLIENT_NAMES}
        return Settings.model_validate({**known, **aliased})

    def set_up(self) -> None:
        """What an operator does once: the tables, the shop, its accounts."""
        subprocess.run(
            [ORCHESTRE, "migrate"],
            env={**os.environ, **self.environment},
            check=True,
            capture_output=True,
        )
        with self.opened() as app:
            owner = app.users.sign_up(OWNER, PASSWORD, operator=True)
            app.products.import_csv(CATALOGUE, by=owner.id)
            for account in self._truth.accounts:
                _link(app, account, by=owner.id)

    def start(self) -> None:
        """Start every part, and every bot over REST."""
        self.processes.start(self._commands())
        token = self._until("the API", self._sign_in)
        for account in self._truth.accounts:
            self._until("a bot", partial(self._start_bot, account, token))

    @contextmanager
    def opened(self) -> Iterator[Orchestre]:
        """The application in this process. It rings for nothing, and claims nothing."""
        app = bootstrap(self.settings(), bell=SilentBell())
        try:
            yield app
        finally:
            app.close()

    def _times(self) -> dict[str, str]:
        """The waits of production are as long as the world is slow; here nothing is."""
        if not self.weather.scaled:
            return {}
        return {
            "ORCHESTRE_SETTLE_SECONDS": str(self.weather.settle),
            "ORCHESTRE_RETRY_SECONDS": "2",
            "ORCHESTRE_EFFECT_SECONDS": "30",
            "ORCHESTRE_DEAF_SECONDS": "15",
        }

    def _commands(self) -> dict[str, Sequence[str]]:
        api = [ORCHESTRE, "serve"]
        pusher = [sys.executable, "-m", "bench.storming.pusher", str(self._truth.pushes)]
        runner = [ORCHESTRE, "worker", "--no-celery"]
        worker, beat = [ORCHESTRE, "worker"], [ORCHESTRE, "beat"]
        match self.weather.mode:
            case "no-celery":
                return {"api": api, "pusher": pusher, "runner-1": runner, "runner-2": runner}
            case "celery":
                parts = {"worker-1": worker, "worker-2": worker, "beat": beat}
                return {"api": api, "pusher": pusher, **parts}
        deaf = _dropping()
        return {"api": api, "worker-1": deaf, "worker-2": deaf, "beat": beat}

    def _sign_in(self) -> str:
        form = {"username": OWNER, "password": PASSWORD}
        said = httpx2.post(f"{self.url}/users/token", data=form, timeout=10)
        return str(said.raise_for_status().json()["access_token"])

    def _start_bot(self, account: dict[str, Any], token: str) -> bool:
        said = httpx2.post(
            f"{self.url}/bots/start_auto_bot",
            params={
                "provider_name": account["provider"],
                "identifier_name": account["handle"],
                "interval_seconds": INTERVAL,
            },
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        said.raise_for_status()
        return True

    def _until(self, what: str, ready: Callable[[], Any]) -> Any:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with suppress(httpx2.HTTPError, OSError):
                return ready()
            time.sleep(0.2)
        raise SystemExit(f"{what} did not come. See {self.home}/logs.")


CLIENT_NAMES = frozenset(
    {
        *("DATABASE_URL", "BROKER_URL", "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"),
        *("MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET"),
    }
)


def _link(app: Orchestre, account: dict[str, Any], *, by: str) -> None:
    secrets = {
        name: account[name]
        for name in ("password", "access_token", "refresh_token")
        if name in account
    }
    app.connections.link(
        account["provider"],
        Address(handle=account["handle"]),
        by=by,
        settings=account.get("settings", {}),
        credentials=Credentials.model_validate(secrets),
    )


def _dropping() -> list[str]:
    celery = [sys.executable, "-P", "-m", "celery", "-A", "bench.storming.dropping", "worker"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [*celery, *quiet, "-P", "threads", "-c", "8", "--loglevel", "WARNING"]


@contextmanager
def installed(weather: Weather, truth: Truth, folder: Path) -> Iterator[System]:
    """An installation that runs, and is gone afterwards but for its home folder."""
    with ExitStack() as stack:
        broker, postgres, url = None, None, ""
        if weather.mode != "no-celery":
            server = running_broker(valkey_binary(), options=KEEPS)
            broker = stack.enter_context(server)
        if weather.store == "postgresql":
            postgres = stack.enter_context(running_postgres())
            url = stack.enter_context(postgres.database())
        system = System(
            weather, truth, folder / "home", broker=broker, postgres=postgres, database_url=url
        )
        system.set_up()
        stack.callback(system.processes.stop)
        system.start()
        yield system
