"""Programs are kept running by whoever started them, and do not outlive them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from workers import pids
from workers.children import (
    FIRST_PAUSE,
    HEALTHY_SECONDS,
    LOG_BYTES,
    LONGEST_PAUSE,
    RESTART_ME,
    Children,
    Part,
    next_pause,
)

WAIT_SECONDS = 15.0
SLEEP = "import time; time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); "


def until(true: Callable[[], object]) -> None:
    limit = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < limit, "It took too long."
        time.sleep(0.02)


def watch_until(children: Children, true: Callable[[], object]) -> None:
    def done() -> object:
        children.watch()
        return true()

    until(done)


def python(name: str, program: str, **more: object) -> Part:
    return Part(
        name=name,
        command=[sys.executable, "-S", "-c", program],
        is_ready=lambda: True,
        **more,  # type: ignore[arg-type]  # the fields of a Part
    )


def inode_of(path: Path) -> int:
    return path.stat().st_ino if path.exists() else 0


def never() -> bool:
    return False


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def environment() -> dict[str, str]:
    return {}


@pytest.fixture
def children(tmp_path: Path, told: list[str], environment: dict[str, str]) -> Iterator[Children]:
    children = Children(run=tmp_path, logs=tmp_path, environment=environment, tell=told.append)
    yield children
    children.stop(["a", "b", "c"], hurry=lambda: True)


def test_a_killed_child_comes_back(children: Children, tmp_path: Path, told: list[str]) -> None:
    children.start(python("a", SLEEP))
    first = pids.alive(tmp_path)["a"]

    os.kill(first, signal.SIGKILL)

    watch_until(children, lambda: pids.alive(tmp_path).get("a", first) != first)
    assert told == [f"The a was ended by SIGKILL; it starts again in {FIRST_PAUSE} s."]


def test_a_child_that_ends_at_once_is_started_ever_more_rarely() -> None:
    pauses = [0.0]

    while len(pauses) < 9:
        pauses.append(next_pause(pauses[-1], lived=0.1, code=1))

    assert pauses[1:] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, LONGEST_PAUSE, LONGEST_PAUSE]


def test_some_health_forgives_every_failure() -> None:
    assert next_pause(LONGEST_PAUSE, lived=HEALTHY_SECONDS, code=1) == FIRST_PAUSE


def test_a_child_whose_watchdog_ended_it_is_started_at_once() -> None:
    assert next_pause(LONGEST_PAUSE, lived=30, code=RESTART_ME) == 0


def test_one_that_is_ended_by_its_watchdog_over_and_over_is_not() -> None:
    assert next_pause(0, lived=0.1, code=RESTART_ME) == FIRST_PAUSE


def test_a_child_finds_the_environment_as_it_is_when_it_starts_again(
    children: Children, environment: dict[str, str], tmp_path: Path
) -> None:
    environment["PORT"] = "first"
    show = "import os, time; print(os.environ['PORT'], flush=True); time.sleep(60)"
    children.start(python("a", show))
    output = tmp_path / "a.out.log"
    until(lambda: output.exists() and "first" in output.read_text())

    environment["PORT"] = "second"
    os.kill(pids.alive(tmp_path)["a"], signal.SIGKILL)

    watch_until(children, lambda: "second" in output.read_text())


def test_children_stop_in_the_order_that_is_asked_for(children: Children, tmp_path: Path) -> None:
    log = tmp_path / "order"
    program = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        f"    open({str(log)!r}, 'a').write(sys.argv[1]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    for name in "abc":
        part = Part(name, [sys.executable, "-S", "-c", program, name], is_ready=never)
        children.start(part)
        until((tmp_path / f"{name}.out.log").exists)

    children.stop(["c", "a", "b"], hurry=never)

    assert log.read_text() == "cab"


def test_a_child_that_does_not_stop_in_its_time_is_killed(
    children: Children, tmp_path: Path
) -> None:
    children.start(python("a", DEAF + SLEEP, stop_seconds=0.3))
    until((tmp_path / "a.out.log").exists)
    pid = pids.alive(tmp_path)["a"]
    began = time.monotonic()

    children.stop(["a"], hurry=never)

    assert not psutil.pid_exists(pid)
    assert time.monotonic() - began < 20


def test_a_child_is_killed_when_there_is_a_hurry(children: Children, tmp_path: Path) -> None:
    children.start(python("a", DEAF + SLEEP, stop_seconds=60))
    until((tmp_path / "a.out.log").exists)
    began = time.monotonic()

    children.stop(["a"], hurry=lambda: True)

    assert time.monotonic() - began < 5


def test_what_was_never_ready_is_mended_before_it_starts_again(children: Children) -> None:
    mended: list[int] = []
    part = Part(
        "a", [sys.executable, "-S", "-c", ""], is_ready=never, mend=lambda: mended.append(1)
    )
    children.start(part)

    watch_until(children, lambda: mended)


def test_what_was_ready_is_not_mended(children: Children, tmp_path: Path) -> None:
    mended: list[int] = []
    children.start(python("a", SLEEP, mend=lambda: mended.append(1)))
    assert children.late() == []
    first = pids.alive(tmp_path)["a"]

    os.kill(first, signal.SIGKILL)
    watch_until(children, lambda: pids.alive(tmp_path).get("a", first) != first)

    assert mended == []


def test_what_a_child_writes_cannot_fill_the_disk(children: Children, tmp_path: Path) -> None:
    chatty = "line = 'x' * 999\nwhile True: print(line)"
    children.start(python("a", chatty))

    until((tmp_path / "a.out.log.2").exists)
    oldest = inode_of(tmp_path / "a.out.log.2")
    until(lambda: inode_of(tmp_path / "a.out.log.2") not in (0, oldest))

    written = sum(path.stat().st_size for path in tmp_path.glob("a.out.log*"))
    assert written <= 3 * LOG_BYTES + 1000
    assert not (tmp_path / "a.out.log.3").exists()


def test_the_end_of_what_it_wrote_tells_what_went_wrong(children: Children, tmp_path: Path) -> None:
    part = Part("a", [sys.executable, "-S", "-c", "raise SystemExit('no luck')"], is_ready=never)
    children.start(part)

    [late] = children.late()
    until(lambda: "no luck" in late.tail())

    assert str(tmp_path) in late.tail()


def test_children_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path\n"
        "from workers.children import Children, Part\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "children = Children(run=folder, logs=folder, environment={}, tell=print)\n"
        f"command = [sys.executable, '-S', '-c', {SLEEP!r}]\n"
        "children.start(Part('a', command, is_ready=lambda: True))\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as parent:
        until(lambda: pids.alive(tmp_path))
        orphan = psutil.Process(pids.alive(tmp_path)["a"])
        until(
            lambda: (
                "time.sleep" in " ".join(orphan.cmdline()) and "tether" not in str(orphan.cmdline())
            )
        )
        parent.kill()

    orphan.wait(WAIT_SECONDS)

    assert not pids.alive(tmp_path)


def test_a_parent_that_died_before_the_tether_held_is_noticed() -> None:
    tether = Path(pids.__file__).with_name("tether.py")
    not_its_parent = str(os.getpid() + 1)

    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(tether), not_its_parent, sys.executable, "-c", SLEEP],
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )

    assert ended.returncode == 1
    assert "died" in ended.stderr


def test_what_was_left_behind_is_ended(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", SLEEP]) as left:
        pids.write(tmp_path, "worker", left.pid)

        ended = pids.end_all(tmp_path)

        assert ended == ["worker"]
        assert not psutil.pid_exists(left.pid)
    assert not list(tmp_path.glob("*.pid"))


def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", SLEEP]) as stranger:
        began = psutil.Process(stranger.pid).create_time() - 3600
        (tmp_path / "worker.pid").write_text(json.dumps({"pid": stranger.pid, "began": began}))

        ended = pids.end_all(tmp_path)

        assert ended == []
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "x", "began": 1}', "\x00"])
def test_a_broken_process_file_names_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "worker.pid").write_text(text)

    assert pids.alive(tmp_path) == {}
    assert pids.end_all(tmp_path) == []
