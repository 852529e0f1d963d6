"""What a person sees tells what became of each mail, and why."""

import io

from rich.console import Console

from core.bots import Mode
from core.replies import Status
from tests.conftest import FrozenClock, World, Write
from workers.terminal import OUTCOMES, Lines, Outcomes, grid


def test_every_status_has_words_for_a_person() -> None:
    assert set(OUTCOMES) == set(Status)


def test_an_answer_says_what_it_rests_on(world: World, write: Write) -> None:
    world.start()
    write()
    world.tick()

    [row] = Outcomes(world.app, owner_id=world.by).rows()

    assert row.outcome == "answered"
    assert row.why.startswith("From TENT-2")


def test_what_is_left_alone_says_which_rule_that_was(world: World, write: Write) -> None:
    world.start()
    write(headers=[("auto-submitted", "auto-replied")])
    world.tick()

    [row] = Outcomes(world.app, owner_id=world.by).rows()

    assert row.outcome == "left alone"
    assert row.why == f"{world.reply().reason} [{world.reply().rule}]"


def test_each_outcome_is_one_line(world: World, write: Write, clock: FrozenClock) -> None:
    lines: list[str] = []
    screen = Lines(lines.append)
    world.start(mode=Mode.ASSIST)
    screen.begin(Outcomes(world.app, owner_id=world.by), "Welcome", since=clock.now)
    write(sender="bob@customer.example", subject="The tent")

    screen.show()
    world.tick()
    screen.show()
    screen.show()

    assert len(lines) == 2
    assert lines[1].startswith("waits for you  bob@customer.example: The tent (")


def test_what_happened_before_is_not_told_again(
    world: World, write: Write, clock: FrozenClock
) -> None:
    lines: list[str] = []
    world.start()
    write()
    world.tick()
    clock.advance(seconds=1)

    screen = Lines(lines.append)
    screen.begin(Outcomes(world.app, owner_id=world.by), "Welcome", since=clock.now)
    screen.show()

    assert lines == ["Welcome"]


def test_a_strangers_subject_cannot_write_on_the_terminal(
    world: World, write: Write, clock: FrozenClock
) -> None:
    lines: list[str] = []
    screen = Lines(lines.append)
    world.start()
    screen.begin(Outcomes(world.app, owner_id=world.by), "Welcome", since=clock.now)
    write(subject="\x1b[2J[bold]Gone\nanswered everybody")
    world.tick()

    screen.show()
    shown = io.StringIO()
    rows = Outcomes(world.app, owner_id=world.by).rows()
    Console(file=shown, force_terminal=True, width=200).print(grid(rows, room=20))

    assert "\n" not in lines[-1]
    assert "\x1b[2J" not in lines[-1] + shown.getvalue()
    assert "[bold]Gone" in shown.getvalue()


def test_the_table_counts_what_it_has_no_room_for(world: World, write: Write) -> None:
    world.start(mode=Mode.ASSIST)
    for number in range(5):
        write(sender=f"bob{number}@customer.example")
    world.tick()

    shown = io.StringIO()
    rows = Outcomes(world.app, owner_id=world.by).rows()
    Console(file=shown, width=200).print(grid(rows, room=2))

    assert "0 answered, 5 wait for you, 0 left alone" in shown.getvalue()
    assert shown.getvalue().count("waits for you") == 2
