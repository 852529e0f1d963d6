"""Named places where a test makes a process die, stall or fail.

In production none is armed, and passing one costs a look at an empty dictionary.
"""

import os
import time
from collections.abc import Callable

from .errors import Invalid

Action = Callable[[str], None]
"""What happens at a failpoint; it is told which one was reached."""

VARIABLE = "ORCHESTRE_FAILPOINTS"
"""Arms failpoints in a process of its own: `send.effected=exit, move.committed sent=sleep 2`."""
EVERY = "*"
EXIT_CODE = 86

_armed: dict[str, Action] = {}


class Died(BaseException):
    """Stands for the death of a process. Nothing but a test may survive it."""


def failpoint(name: str, detail: str = "") -> None:
    """Do what was armed for `name`, or for `name detail`, or for every failpoint."""
    if _armed:
        _reach(f"{name} {detail}" if detail else name, name)


def arm(name: str, action: Action) -> None:
    """From now on, do this whenever `name` is reached."""
    _armed[name] = action


def disarm() -> None:
    """Nothing happens any more, anywhere."""
    _armed.clear()


def leave(name: str) -> None:
    """End the process at once: nothing is closed, flushed or given back."""
    os._exit(EXIT_CODE)


def die(name: str) -> None:
    raise Died(name)


def _reach(whole: str, name: str) -> None:
    for key in (whole, name, EVERY):
        if action := _armed.get(key):
            return action(whole)
    return None


def _read(text: str) -> None:
    for entry in filter(None, map(str.strip, text.split(","))):
        name, _, words = entry.partition("=")
        arm(name.strip(), _action(words.strip(), entry))


def _action(words: str, entry: str) -> Action:
    verb, _, seconds = words.partition(" ")
    if verb == "exit":
        return leave
    if verb == "raise":
        return die
    if verb == "sleep" and seconds.replace(".", "", 1).isdigit():
        return lambda name: time.sleep(float(seconds))
    raise Invalid(f"{VARIABLE} says {entry!r}; write NAME=exit, NAME=raise or NAME=sleep SECONDS.")


_read(os.environ.get(VARIABLE, ""))
