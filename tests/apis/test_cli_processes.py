"""The commands that become long-lived processes, as processes."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.servers.install import free_port

ORCHESTRE = Path(sys.executable).parent / "orchestre"
START_SECONDS = 40.0

pytestmark = pytest.mark.network


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ORCHESTRE_HOME": str(tmp_path / "home"),
        "ORCHESTRE_LLM": "composer",
        "ORCHESTRE_PORT": str(free_port()),
    }


def orchestre(
    *arguments: str, env: dict[str, str], **options: Any
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ORCHESTRE, *arguments],
        env=env,
        cwd=Path(env["ORCHESTRE_HOME"]).parent,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


def test_the_api_is_served_and_ends_in_order(environment: dict[str, str], tmp_path: Path) -> None:
    assert orchestre("migrate", env=environment).returncode == 0
    with subprocess.Popen(
        [ORCHESTRE, "serve"], env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            url = f"http://127.0.0.1:{environment['ORCHESTRE_PORT']}"
            health = _when_it_answers(f"{url}/health")
            _when_it_answers(f"{url}/version")
        finally:
            process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)

    assert health["status"] == "ok"
    assert process.returncode in (0, -signal.SIGTERM)
    lines = [json.loads(line) for line in log.splitlines()]
    assert "request_served" in {line["event"] for line in lines}


def test_the_api_is_not_served_over_an_old_database(environment: dict[str, str]) -> None:
    served = orchestre("serve", env=environment, timeout=START_SECONDS)

    assert served.returncode == 69
    assert "orchestre migrate" in served.stderr
    assert "Traceback" not in served.stderr


def test_a_worker_works_without_a_broker(environment: dict[str, str], tmp_path: Path) -> None:
    orchestre("migrate", env=environment)
    with subprocess.Popen(
        [ORCHESTRE, "worker", "--no-celery"],
        env=environment,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr
            event = next(line for line in process.stderr if "worker_ready" in line)
        finally:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    assert json.loads(event)["event"] == "worker_ready"
    assert process.returncode == 0


def test_options_of_up_are_passed_on(environment: dict[str, str], tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"

    status = orchestre("--home", str(home), "up", "--status", "--json", env=environment)
    helped = orchestre("up", "--help", env=environment)

    assert status.returncode == 3
    assert "Traceback" not in status.stderr
    assert not Path(environment["ORCHESTRE_HOME"]).exists()
    for option in ("--home", "--port", "--smtp-port", "--empty", "--status", "--no-celery"):
        assert option in helped.stdout


def test_a_reader_that_leaves_early_is_no_trouble(environment: dict[str, str]) -> None:
    left = subprocess.run(
        f"{ORCHESTRE} --help | true", shell=True, env=environment, capture_output=True, check=False
    )

    assert b"Traceback" not in left.stderr


def _when_it_answers(url: str) -> dict[str, Any]:
    limit = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                body: dict[str, Any] = json.load(answer)
                return body
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)


def test_the_listener_stays_and_ends_in_order(environment: dict[str, str], tmp_path: Path) -> None:
    assert orchestre("migrate", env=environment).returncode == 0
    with subprocess.Popen(
        [ORCHESTRE, "listener"], env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        log = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    assert json.loads(log)["event"] == "listener_ready"
    assert process.returncode == 0


def test_the_listener_does_not_start_without_its_tables(environment: dict[str, str]) -> None:
    said = orchestre("listener", env=environment)

    assert said.returncode == 78
    assert "orchestre migrate" in said.stderr
