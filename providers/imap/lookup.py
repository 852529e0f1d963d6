"""Mails that are looked up: one by its numbers, and the last to come in."""

import re
from typing import NamedTuple

from .responses import Row
from .session import HEADER, Folder, Session

MOST_NEWEST = 50
LARGEST = 2**32 - 1
"""RFC 9051 9, nz-number."""
_NUMBERS = re.compile(r"([1-9][0-9]{0,9}):([1-9][0-9]{0,9})")


class Found(NamedTuple):
    folder: Folder
    rows: list[Row]


def find(session: Session, name: str, numbers: str) -> Found:
    """The mail of these numbers, `validity:uid`: none, where the server has numbered anew."""
    folder, read = session.examine(name), _NUMBERS.fullmatch(numbers)
    if not read or int(read[1]) != folder.validity or int(read[2]) > LARGEST:
        return Found(folder, [])
    return Found(folder, list(session.fetch([int(read[2])], HEADER)))


def newest(session: Session, name: str) -> Found:
    """The last to arrive, newest first by the date that the server gives them: what was copied
    into the folder keeps its old one."""
    folder = session.examine(name)
    rows = list(session.fetch(session.last(MOST_NEWEST), HEADER))
    return Found(folder, sorted(rows, key=lambda row: (row.received_at, row.uid), reverse=True))
