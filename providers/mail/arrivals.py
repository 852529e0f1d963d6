"""What has appeared in a Maildir since a cursor. Reads only; moves and flags nothing.

A mail's own time is no place in an order: the file may have been written, or copied with its
date, long before it appeared. What tells when it appeared is the inode's change time, which the
kernel sets when the file is moved into place, and again at every later rename. So a cursor
keeps a floor of change time, and the names that were given out at or after the floor. A mail
that is flagged gets a new change time, and may come again; none is left out. The floor stays
OVERLAP_NS behind the clock: by so much the clock may be set back, or differ from a file
server's, unnoticed.
"""

import base64
import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from core.errors import Refused
from core.records import Value

OVERLAP_NS = 65 * 60 * 10**9
GRAIN_NS = 2 * 10**9
"""Some file systems keep times of two seconds."""
MAX_NAMES = 2_000
"""Above it, a busy mailbox gets a shorter overlap instead of a longer cursor."""
NAME_LENGTH = 11


class Place(Value):
    """What a cursor says. Times are nanoseconds since 1970."""

    since: int
    """What was written before it is none of ours."""
    floor: int = 0
    """What appeared before it has been given out."""
    names: tuple[str, ...] = ()
    """What appeared later, and has been given out."""

    @classmethod
    def read(cls, cursor: str) -> "Place":
        try:
            since, floor, names = json.loads(cursor)
            return cls(since=since, floor=floor, names=re.findall(f".{{{NAME_LENGTH}}}", names))
        except (ValueError, TypeError) as error:
            raise Refused(
                f"{cursor[:40]!r} is no place in a Maildir; start the bot again."
            ) from error

    def __str__(self) -> str:
        return json.dumps([self.since, self.floor, "".join(self.names)])

    def at(self, now: int) -> "Place":
        """The same place when the clock shows `now`, which may be earlier than it was."""
        return self.model_copy(
            update={
                "since": self.since if self.since <= now else now - OVERLAP_NS,
                "floor": self.floor if self.floor <= now else now - OVERLAP_NS,
            }
        )


class Mail(NamedTuple):
    """One file of a Maildir."""

    id: str
    path: Path
    flags: tuple[str, ...]
    size: int
    written: int
    appeared: int

    @property
    def name(self) -> str:
        """A short name for the cursor."""
        digest = hashlib.sha256(self.id.encode()).digest()
        return base64.urlsafe_b64encode(digest)[:NAME_LENGTH].decode()


def mails(box: Path) -> list[Mail]:
    """Every mail, by the time at which it appeared. `OSError` when they cannot be listed.

    `new` is read first: a mail that moves to `cur` meanwhile is seen twice, not never.
    """
    found: dict[str, Mail] = {}
    for folder in (box / "new", box / "cur"):
        found |= {mail.id: mail for mail in _scan(folder)}
    return sorted(found.values(), key=lambda mail: (mail.appeared, mail.id))


def since(place: Place, found: Sequence[Mail], *, limit: int, now: int) -> tuple[list[Mail], Place]:
    """The next mails after `place`, oldest first, and the place after them.

    `now` is the time just before `found` was listed.
    """
    place = place.at(now)
    given = set(place.names)
    new = [
        mail
        for mail in found
        if mail.written >= place.since and mail.appeared >= place.floor and mail.name not in given
    ]
    page, left = new[:limit], new[limit:]
    given.update(mail.name for mail in page)
    highest = min([now - OVERLAP_NS, *(mail.appeared for mail in left)])
    floor = max(place.floor, highest)
    known = [mail for mail in found if mail.appeared >= floor and mail.name in given]
    if len(known) > MAX_NAMES:
        floor = min([known[-MAX_NAMES].appeared, *(mail.appeared for mail in left)])
    names = tuple(mail.name for mail in known if mail.appeared >= floor)
    following = place.model_copy(update={"floor": floor, "names": names})
    return sorted(page, key=lambda mail: (mail.written, mail.id)), following


def read_mail(box: Path, id: str, *, flags: Sequence[str], size: int) -> bytes | None:
    """The first `size` bytes of a mail, wherever its reader moves it; `None` when it has gone."""
    for path in _places(box, id, flags):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            continue
        with os.fdopen(descriptor, "rb") as file:
            return file.read(size)
    return None


def start(moment_ns: int) -> Place:
    """The place just before everything that was written since then."""
    return Place(since=moment_ns - GRAIN_NS)


def _places(box: Path, id: str, flags: Sequence[str]) -> Iterator[Path]:
    """Where it was last, and then wherever it turns up: a rename may hide it from one listing."""
    if "/" not in id:
        yield box / "new" / id
        yield box / "cur" / f"{id}:2,{''.join(flags)}"
    for _ in range(3):
        yield from (mail.path for mail in mails(box) if mail.id == id)
        time.sleep(0.001)


def _scan(folder: Path) -> Iterator[Mail]:
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # renamed or removed; a rename gives a change time that is still to come
            if entry.name.startswith(".") or not stat.S_ISREG(status.st_mode):
                continue
            name = os.fsencode(entry.name).decode("utf-8", "backslashreplace")
            id, _, flags = name.partition(":")
            yield Mail(
                id=id,
                path=Path(entry.path),
                flags=tuple(flags.removeprefix("2,")),
                size=status.st_size,
                written=status.st_mtime_ns,
                appeared=status.st_ctime_ns,
            )
