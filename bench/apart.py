"""Work in processes of its own, some of which may be killed."""

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

PATIENCE = 120.0
context = multiprocessing.get_context("fork")


def at_once(work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What `work` makes of each of these, a process each; `None` for one that was killed."""
    started = [_start(work, one) for one in arguments]
    return [_answer(child, pipe) for child, pipe in started]


def alone(work: Callable[..., Any], *arguments: Any) -> Any:
    return at_once(work, [arguments])[0]


def _start(work: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Connection]:
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(there, work, arguments))
    child.start()
    there.close()
    return child, here


def _child(pipe: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    pipe.send(work(*arguments))


def _answer(child: Any, pipe: Connection) -> Any:
    try:
        assert pipe.poll(PATIENCE), "it takes too long"
        return pipe.recv()
    except EOFError:
        return None
    finally:
        child.kill()
        child.join()
