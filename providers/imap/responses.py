"""What an IMAP server says of mails, read from its answers to FETCH."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

Line = bytes | tuple[bytes, bytes] | None
"""As `imaplib` gives it: with a literal, or without; `None` for no answer at all."""


class Row(NamedTuple):
    """What the server says of one mail."""

    uid: int
    flags: tuple[str, ...]
    received_at: datetime
    size: int
    raw: bytes
    """As much of the mail as was asked for."""


def rows(lines: Iterable[Line]) -> Iterator[Row]:
    """The mails in an answer. What a server says without being asked, that a mark has changed, is
    not one."""
    return (row for row in map(_row, _responses(lines)) if row)


def _responses(lines: Iterable[Line]) -> Iterator[tuple[bytes, bytes]]:
    """The attributes of each FETCH response, and the literal within it."""
    begun: tuple[bytes, bytes] | None = None
    for line in lines:
        if isinstance(line, tuple):
            begun = line
        elif line and begun and not re.match(rb"\d+ \(", line):
            yield begun[0] + line, begun[1]
            begun = None
        elif line:
            yield line, b""


def _row(response: tuple[bytes, bytes]) -> Row | None:
    attributes, raw = response
    uid = re.search(rb"\bUID (\d+)", attributes)
    received = re.search(rb'\bINTERNALDATE "([^"]+)"', attributes)
    if not uid or not received:
        return None
    flags = re.search(rb"\bFLAGS \(([^)]*)\)", attributes)
    size = re.search(rb"\bRFC822\.SIZE (\d+)", attributes)
    marks = flags[1].decode("ascii", "replace").split() if flags else []
    return Row(
        uid=int(uid[1]),
        # \Recent belongs to a session, not to the mail.
        flags=tuple(mark for mark in marks if mark != r"\Recent"),
        received_at=parsedate_to_datetime(received[1].decode("ascii", "replace")).astimezone(UTC),
        size=int(size[1]) if size else 0,
        raw=raw,
    )
