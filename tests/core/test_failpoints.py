"""Every step of the protocol can be cut short before it and after it, and production never is."""

import ast
import subprocess
import sys
import timeit
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import failpoints
from core.errors import Invalid
from core.failpoints import EXIT_CODE, Died, arm, disarm, failpoint

ROOT = Path(__file__).parent.parent.parent
PROTOCOL = [
    *(ROOT / "services" / name for name in ("hints.py", "inbox.py", "watching.py")),
    *sorted((ROOT / "services/replies").glob("*.py")),
]
PROVIDERS_DO = {"fetch_new", "fetch", "answered_by_hand", "prepare", "send", "find_sent"}
Block = list[ast.stmt]


@pytest.fixture(autouse=True)
def unarmed() -> Iterator[None]:
    yield
    disarm()


def blocks(path: Path) -> Iterator[Block]:
    """Every sequence of statements in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        for _, field in ast.iter_fields(node):
            if isinstance(field, list) and field and isinstance(field[0], ast.stmt):
                yield field


def own_calls(statement: ast.stmt) -> Iterator[ast.Call]:
    """The calls of a statement itself, without those of the statements within it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call):
            yield node
        inner = ast.iter_child_nodes(node)
        waiting += [child for child in inner if not isinstance(child, ast.stmt | ast.ExceptHandler)]


def is_step(call: ast.Call) -> bool:
    """Whether a call commits, or reaches somebody outside: a provider, a model."""
    if isinstance(call.func, ast.Name):
        return call.func.id == "write_draft"
    if not isinstance(call.func, ast.Attribute):
        return False
    of = ast.unparse(call.func.value)
    return call.func.attr == "commit" or (of == "provider" and call.func.attr in PROVIDERS_DO)


def is_ring(call: ast.Call) -> bool:
    """Whether a call wakes somebody, so that others may go on at once."""
    return ast.unparse(call.func).endswith(("bell.ring", "bell.call"))


def named(statement: ast.stmt) -> str:
    """The name of the failpoint that a statement is; empty for any other."""
    for call in own_calls(statement):
        if ast.unparse(call.func) == "failpoint" and isinstance(call.args[0], ast.Constant):
            return str(call.args[0].value)
    return ""


def bare(path: Path) -> Iterator[str]:
    """The steps of a file without a failpoint before or after them."""
    for block in blocks(path):
        names = ["", *map(named, block), ""]
        for at, statement in enumerate(block, 1):
            calls = list(own_calls(statement))
            if any(map(is_step, calls)) and not (names[at - 1] and names[at + 1]):
                yield f"{path.name}:{statement.lineno}"
            if any(map(is_ring, calls)) and not names[at + 1]:
                yield f"{path.name}:{statement.lineno}"


def all_names() -> list[str]:
    return [
        name for path in PROTOCOL for block in blocks(path) for name in map(named, block) if name
    ]


def test_there_are_steps_to_look_at() -> None:
    steps = [
        call
        for path in PROTOCOL
        for block in blocks(path)
        for statement in block
        for call in own_calls(statement)
        if is_step(call)
    ]

    assert len(steps) > 15


def test_every_step_of_the_protocol_stands_between_two_failpoints() -> None:
    assert [place for path in PROTOCOL for place in bare(path)] == []


def test_no_two_failpoints_have_one_name() -> None:
    assert [name for name, count in Counter(all_names()).items() if count > 1] == []


def test_a_failpoint_that_is_not_armed_does_nothing_and_costs_nothing() -> None:
    spent = timeit.timeit(lambda: failpoint("send.intended", "sent"), number=100_000)

    assert spent < 0.5


def test_one_is_armed_by_its_name_by_its_detail_and_with_all_the_others() -> None:
    reached: list[str] = []
    arm("move.commit", lambda name: reached.append(f"name: {name}"))
    arm("move.commit sent", lambda name: reached.append(f"detail: {name}"))
    arm(failpoints.EVERY, lambda name: reached.append(f"every: {name}"))

    failpoint("move.commit", "sent")
    failpoint("move.commit", "failed")
    failpoint("send.look")

    assert reached == ["detail: move.commit sent", "name: move.commit failed", "every: send.look"]


def test_what_stands_for_death_is_caught_by_no_broad_handler() -> None:
    arm("send.look", failpoints.die)

    with pytest.raises(Died, match=r"send\.look"):
        failpoint("send.look")
    assert not issubclass(Died, Exception)


def test_a_process_is_told_by_its_environment_where_to_die() -> None:
    program = (
        "from core.failpoints import failpoint; failpoint('b'); failpoint('a'); print('alive')"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={failpoints.VARIABLE: "a=exit, c=sleep 2"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (EXIT_CODE, "")


def test_what_cannot_be_armed_is_refused() -> None:
    with pytest.raises(Invalid, match="NAME=exit"):
        failpoints._read("send.look=explode")
