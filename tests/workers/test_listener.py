"""Lines are held while they are wanted, opened again when they break, and never relied upon."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.errors import NotSupported, ReauthorizationRequired, Unavailable
from services.push import Line
from workers.listener import LONGEST_PAUSE, TELLING, Held, Listener


class Lines:
    """What the listener asks for: which lines there are, and to hold one."""

    def __init__(self) -> None:
        self.wanted: set[Line] = set()
        self.wired: set[str] = set()
        self.begun: list[str] = []
        self.said: list[tuple[Line, str]] = []
        self.faults: dict[str, list[Exception]] = {}
        self._changed = threading.Condition()

    def lines(self) -> set[Line]:
        return set(self.wanted)

    def wires(self) -> dict[str, object]:
        return dict.fromkeys(self.wired, object())

    def hold(self, line: Line, stopped: threading.Event, *, held: Callable[[], None]) -> None:
        self._hold(line.connection_id, stopped, held)

    def listen(self, provider: str, stopped: threading.Event, *, held: Callable[[], None]) -> None:
        self._hold(provider, stopped, held)

    def lost(self, line: Line, words: str) -> None:
        self.said.append((line, words))

    def wait_for(self, ready: Callable[[], object], what: str) -> None:
        until = time.monotonic() + 10
        while not ready():
            assert time.monotonic() < until, what
            time.sleep(0.005)

    def _hold(self, name: str, stopped: threading.Event, held: Callable[[], None]) -> None:
        self.begun.append(name)
        if faults := self.faults.get(name):
            raise faults.pop(0)
        held()
        stopped.wait()


@pytest.fixture
def lines() -> Lines:
    return Lines()


@contextmanager
def listening(lines: Lines, *, most: int = 500) -> Iterator[Listener]:
    listener = Listener(lines, most=most)  # type: ignore[arg-type]  # as far as it is asked
    try:
        yield listener
    finally:
        listener.end()


def line(number: int, version: int = 0) -> Line:
    return Line(f"line{number:03}", version)


def test_each_wanted_line_is_held_once(lines: Lines) -> None:
    lines.wanted, lines.wired = {line(1), line(2)}, {"slack"}
    with listening(lines) as listener:
        listener.look()
        listener.look()

        lines.wait_for(lambda: listener.standing() == 3, "three lines stand")

    assert sorted(lines.begun) == ["line001", "line002", "slack"]


def test_what_is_not_wanted_any_more_is_let_go(lines: Lines) -> None:
    lines.wanted = {line(1)}
    with listening(lines) as listener:
        listener.look()
        lines.wait_for(lambda: listener.standing() == 1, "it stands")
        [thread] = [one for one in threading.enumerate() if one.name == "line line001"]

        lines.wanted = set()
        listener.look()

        thread.join(5)
        assert not thread.is_alive()


def test_an_account_that_is_linked_anew_gets_a_new_line(lines: Lines) -> None:
    lines.wanted = {line(1)}
    lines.faults["line001"] = [ReauthorizationRequired()]
    with listening(lines) as listener:
        listener.look()
        lines.wait_for(lambda: lines.begun == ["line001"], "it was tried")
        listener.look()
        assert lines.begun == ["line001"], "and not again"

        lines.wanted = {line(1, version=1)}
        listener.look()

        lines.wait_for(lambda: listener.standing() == 1, "it stands")


def test_a_service_that_offers_no_line_is_not_asked_again(lines: Lines) -> None:
    lines.wanted = {line(1)}
    lines.faults["line001"] = [NotSupported()]
    with listening(lines) as listener:
        listener.look()
        lines.wait_for(
            lambda: not any(one.name == "line line001" for one in threading.enumerate()), "it ends"
        )
        listener.look()

    assert lines.begun == ["line001"]
    assert lines.said == []


def test_more_lines_than_it_holds_are_left_to_the_clock(lines: Lines) -> None:
    lines.wanted = {line(number) for number in range(20)}
    with listening(lines, most=5) as listener:
        listener.look()

        lines.wait_for(lambda: listener.standing() == 5, "five stand")

    assert sorted(lines.begun) == [f"line{number:03}" for number in range(5)]


def test_one_dead_line_takes_no_other_with_it(lines: Lines) -> None:
    lines.wanted = {line(1), line(2)}
    lines.faults["line001"] = [ValueError("a bug"), Unavailable("away")]
    with listening(lines) as listener:
        listener.look()
        lines.wait_for(lambda: listener.standing() == 1, "the other stands")


def broken(*faults: Exception | None) -> tuple[Held, list[str], list[float]]:
    """A line that breaks so often, without waiting in between; `None` ends it in peace."""
    said: list[str] = []
    left = list(faults)

    def hold(stand: Callable[[], None], stopped: threading.Event) -> None:
        fault = left.pop(0)
        if not left:
            stopped.set()
        if fault:
            raise fault

    held = Held("line", hold, said.append)
    waits: list[float] = []

    class Hasty(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0)
            return self.is_set()

    held.stopped = Hasty()
    held.keep()
    return held, said, waits


def test_a_line_that_breaks_is_opened_again_ever_more_rarely() -> None:
    _, _, waits = broken(*[Unavailable("away")] * 12)

    assert len(waits) == 12
    assert waits[0] <= 2
    assert all(2**n / 2 <= wait <= 2**n for n, wait in zip(range(1, 8), waits, strict=False))
    assert LONGEST_PAUSE / 2 <= waits[-1] <= LONGEST_PAUSE


def test_its_owner_is_told_when_it_goes_on_breaking_and_not_before() -> None:
    _, twice, _ = broken(*[Unavailable("away")] * (TELLING - 1))
    _, often, _ = broken(*[Unavailable("away")] * (TELLING + 5))

    assert twice == []
    assert often == ["away"]


def test_what_nobody_understands_is_told_by_its_kind_alone() -> None:
    _, said, _ = broken(*[ValueError("password=secret")] * TELLING)

    assert said == ["The line broke: ValueError"]


def test_a_service_that_ends_a_line_in_peace_is_called_again_soon() -> None:
    _, _, waits = broken(Unavailable("away"), Unavailable("away"), None, None)

    assert max(waits[2:]) <= 1
