"""Keys are replaced while others are at work, by processes that are killed all the time."""

from pathlib import Path

import pytest

from bench.rotation import BAD, LOADS, measure

pytestmark = [pytest.mark.network, pytest.mark.timeout(240)]


def test_no_credential_is_lost_to_a_rotation_that_is_killed_again_and_again(
    tmp_path: Path,
) -> None:
    figures = measure(tmp_path, connections=300, kills=5, seed=1)

    assert {name: figures[name] for name in BAD} == dict.fromkeys(BAD, 0)
    assert figures["killed"] > 0
    assert all(figures[load] > 10 for load in LOADS), figures
