"""The services of a storm, seen from the storm: started, asked, ended."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET

from .weather import Weather

STOP_SECONDS = 10.0
URLS = {
    "gmail": {"ORCHESTRE_GMAIL_API_URL": "", "ORCHESTRE_GOOGLE_TOKEN_URL": "/token"},
    "outlook": {"ORCHESTRE_GRAPH_API_URL": "/v1.0", "ORCHESTRE_MICROSOFT_TOKEN_URL": "/token"},
    "slack": {"ORCHESTRE_SLACK_API_URL": "/api"},
    "telegram": {"ORCHESTRE_TELEGRAM_API_URL": ""},
}
CLIENTS = {
    "GOOGLE_CLIENT_ID": CLIENT_ID,
    "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
    "MICROSOFT_CLIENT_ID": CLIENT_ID,
    "MICROSOFT_CLIENT_SECRET": CLIENT_SECRET,
}


class Truth:
    """Every service is a process that nobody kills."""

    def __init__(self, weather: Weather, folder: Path) -> None:
        self.pushes = folder / "pushes"
        self.pushes.touch()
        self.bundle = folder / "authorities.pem"
        self._processes = {name: _spawned(name, weather, folder) for name in weather.services}
        self._said = {name: _line(process) for name, process in self._processes.items()}
        found = sorted(folder.glob("*/test-authority.pem"))
        self.bundle.write_bytes(b"".join(path.read_bytes() for path in found))

    @property
    def accounts(self) -> list[dict[str, Any]]:
        return [account for said in self._said.values() for account in said["accounts"]]

    @property
    def url(self) -> dict[str, str]:
        return {name: said["url"] for name, said in self._said.items()}

    def environment(self) -> dict[str, str]:
        """The settings by which they are found."""
        addresses = {
            setting: self.url[name] + path
            for name, settings in URLS.items()
            if name in self._said
            for setting, path in settings.items()
        }
        return {**addresses, **CLIENTS, "ORCHESTRE_CA_BUNDLE": str(self.bundle)}

    def ask(self, what: str) -> dict[str, dict[str, Any]]:
        """`begin`, `count` or `report`, of every service by its name."""
        for process in self._processes.values():
            assert process.stdin
            process.stdin.write(f"{what}\n")
            process.stdin.flush()
        return {name: _line(process) for name, process in self._processes.items()}

    def close(self) -> None:
        for process in self._processes.values():
            assert process.stdin
            assert process.stdout
            process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def _spawned(name: str, weather: Weather, folder: Path) -> subprocess.Popen[str]:
    with (folder / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "bench.storming.services"),
                *(name, json.dumps(weather.words()), str(folder)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=dict(os.environ),
            start_new_session=True,
        )


def _line(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"A service of the storm has ended: {process.args!r}. See its log.")
    said: dict[str, Any] = json.loads(line)
    return said


@contextmanager
def running_truth(weather: Weather, folder: Path) -> Iterator[Truth]:
    truth = Truth(weather, folder)
    try:
        yield truth
    finally:
        truth.close()
