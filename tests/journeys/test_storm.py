"""A small storm: real processes are killed while every kind of service is written to."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.storming.weather import SERVICES
from tests.servers.install import find, missing

pytestmark = [pytest.mark.network, pytest.mark.timeout(280)]

ROOT = Path(__file__).parents[2]
MESSAGES = 60
SECONDS = 240
"""On a machine that is busy with other things; else it takes a fraction of that."""


@pytest.fixture
def parts() -> None:
    if find("dovecot") is None:
        missing("dovecot", install="apt-get install dovecot-imapd")


def storm(*options: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, figures, and all that was said."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.storm", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    said = f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    *_, last = done.stdout.splitlines() or [""]
    assert last.startswith("{"), said
    return done.returncode, json.loads(last), said


@pytest.mark.usefixtures("parts")
def test_nothing_is_lost_or_answered_twice_while_workers_are_killed_and_answers_are_lost() -> None:
    code, figures, said = storm(
        *("--messages", str(MESSAGES), "--rate", "12", "--seed", "5", "--mode", "no-celery"),
        *("--kills", "2", "--stalls", "1", "--faults", "8", "--sends-only", "--no-naive"),
        *("--limit", "120"),
    )

    assert code == 0, said
    assert figures["messages"] == MESSAGES
    assert figures["lost"] == figures["duplicated"] == figures["unfinished"] == 0
    assert figures["kills"] == 2
    assert figures["stalls"] == 1
    assert figures["faults"] > 0
    assert figures["services"].keys() == set(SERVICES)
    assert all(one["messages"] for one in figures["services"].values())
