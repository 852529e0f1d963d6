"""A process is dead when, and only when, its lock is free."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from db.owners import FileOwners

HOLD = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from db.owners import FileOwners
print(FileOwners(Path(sys.argv[1])).hold(), flush=True)
time.sleep(60)
"""


def test_a_process_is_alive_until_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        holder = process.stdout.readline().strip()
        mine = FileOwners(tmp_path)

        assert not mine.is_dead(holder)
        process.kill()
        process.wait()
        assert mine.is_dead(holder)
        assert mine.is_dead(holder)


def test_a_stopped_process_is_not_dead(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        holder = process.stdout.readline().strip()
        process.send_signal(signal.SIGSTOP)

        assert not FileOwners(tmp_path).is_dead(holder)

        process.kill()
        process.wait()


def test_an_orderly_end_is_a_death(tmp_path: Path) -> None:
    owners = FileOwners(tmp_path)
    holder = owners.hold()

    owners.close()

    assert FileOwners(tmp_path).is_dead(holder)
    assert not owners.is_held()


@pytest.mark.parametrize("name", ["../run/x", "/etc/passwd", "a/b", ".host-1-000000000000"])
def test_a_name_that_is_a_path_proves_nothing(tmp_path: Path, name: str) -> None:
    assert not FileOwners(tmp_path).is_dead(name)


def test_many_may_begin_at_once_and_nobody_is_taken_for_dead(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        owners = [FileOwners(tmp_path) for _ in range(64)]
        names = list(pool.map(FileOwners.hold, owners))

    onlooker = FileOwners(tmp_path)

    assert not any(onlooker.is_dead(name) for name in names)
    for each in owners:
        each.close()


def test_the_files_of_the_dead_do_not_pile_up(tmp_path: Path) -> None:
    (tmp_path / "host-1-000000000000").touch()
    living = FileOwners(tmp_path)
    name = living.hold()

    another = FileOwners(tmp_path).hold()

    assert {file.name for file in tmp_path.iterdir()} >= {name, another}
    assert not (tmp_path / "host-1-000000000000").exists()


TAKE = """
import sys, time
from pathlib import Path
from db.owners import FileOwners
owners = FileOwners(Path(sys.argv[1]))
owners.hold()
print(owners.take("a/record"), flush=True)
time.sleep(60)
"""


def test_a_record_is_let_go_by_death_and_the_death_is_counted(tmp_path: Path) -> None:
    folder = tmp_path / "owners"
    for deaths in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", TAKE, str(folder)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stdout.readline().strip() == str(deaths)
            assert FileOwners(folder).take("a/record") is None
            process.kill()
            process.wait()

    assert FileOwners(folder).take("a/record") == 3


def test_of_many_one_gets_a_record_however_often_it_is_given_back(tmp_path: Path) -> None:
    """Two holders at once would meet in the dictionary; each gives back and takes again."""
    at_work: set[str] = set()
    met: list[str] = []

    def work(name: str) -> int:
        owners, taken = FileOwners(tmp_path / "owners"), 0
        while taken < 40:
            if owners.take("r1") is None:
                time.sleep(0)
                continue
            met.extend(at_work)
            at_work.add(name)
            taken += 1
            at_work.discard(name)
            owners.give_back("r1", finished=True)
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(work, "abcdefgh"))

    assert met == []
    assert taken == [40] * 8
