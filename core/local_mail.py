"""Where the local mail door keeps mail below a home folder, and in which form.

    HOME/mail/<folder>/                     the Maildir of one address
    HOME/spool/<id>.mail                    accepted, and not yet with every recipient:
                                            its record as one line of JSON, then the mail
    HOME/spool/<id>.done                    who has it already, while others wait
    HOME/spool/journal-2026-01-01.jsonl     the records of what was accepted on that day
    HOME/spool/door                         the name by which a door is known to be this home's

A record goes into the journal before its spool file goes away. So whoever looks in the spool
first, and then in the journal, misses nothing that was accepted.
"""

import hashlib
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from pydantic import ConfigDict, Field, ValidationError

from .records import Value

DOOR_OFFER = "X-ORCHESTRE-DOOR"
"""The SMTP extension under which a door says whose it is."""
MAX_RECORD_BYTES = 1_000_000
PLAIN_FOLDER = re.compile(r"[a-z0-9@_+=-][a-z0-9@_+=.-]{0,119}")
MESSAGE_ID = re.compile(r"<[^<>\s]+>")


class Accepted(Value):
    """The record of one mail that the door has accepted."""

    model_config = ConfigDict(validate_by_name=True)

    id: str
    at: datetime
    sender: str = Field(alias="from")
    """The envelope's sender; empty for the null sender."""
    to: tuple[str, ...]
    message_id: str = ""
    key: str = ""
    """The key of the reply, where it is one of ours."""
    in_reply_to: tuple[str, ...] = ()
    """Every Message-ID that In-Reply-To and References name."""


def folder_name(address: str) -> str:
    """The folder of an address: a safe file name, that no other address has.

    Case makes no difference. Lower case rather than case folding, which would give `straße`
    the mail of `strasse`. What had to be altered ends in a hash, after a character that a
    plain name never has.
    """
    lower = unicodedata.normalize("NFC", address).lower()
    if PLAIN_FOLDER.fullmatch(lower):
        return lower
    readable = re.sub(r"[^a-z0-9@_+=.-]", "_", lower)[:80].lstrip(".")
    digest = hashlib.sha256(lower.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{readable}!{digest}"


def mailbox(home: Path, address: str) -> Path:
    """The Maildir of an address."""
    return home / "mail" / folder_name(address)


def spool(home: Path) -> Path:
    return home / "spool"


def journal(home: Path, day: date) -> Path:
    return spool(home) / f"journal-{day.isoformat()}.jsonl"


def door_name(home: Path) -> str:
    """The name of this home's door; empty when no door has ever served it."""
    with suppress(FileNotFoundError):
        return (spool(home) / "door").read_text().strip()
    return ""


def name_door(home: Path) -> str:
    """The name of this home's door, made on the first call."""
    if not door_name(home):
        write_synced(spool(home) / "door", secrets.token_hex(8).encode())
    return door_name(home)


def to_line(accepted: Accepted) -> bytes:
    return json.dumps(accepted.model_dump(mode="json", by_alias=True)).encode() + b"\n"


def from_line(line: bytes) -> Accepted | None:
    """The record in one line, or `None` when it holds none."""
    try:
        return Accepted.model_validate_json(line)
    except ValidationError:
        return None


def message_ids(text: str) -> list[str]:
    """Every Message-ID in the value of a header, with its angle brackets."""
    return MESSAGE_ID.findall(text)


def append(home: Path, records: Iterable[Accepted]) -> None:
    """Write records into the journal; they are on the disk when this returns."""
    for day, of_day in groupby(records, key=_day):
        path = journal(home, day)
        is_new = not path.exists()
        with path.open("ab+") as file:
            file.write(_mend(file) + b"".join(map(to_line, of_day)))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(path.parent)


def spooled(home: Path) -> Iterator[Accepted]:
    """The record of everything in the spool that has one, in the order in which it came."""
    for path in sorted(spool(home).glob("*.mail")):
        yield from _lines_with(path, "")


def recorded_ids(home: Path, records: Sequence[Accepted]) -> set[str]:
    """The ids among `records` that are in the journal: everybody has those mails."""
    if not records:
        return set()
    ids = {record.id for record in records}
    first = min(record.at for record in records)
    return ids & {record.id for record in _journaled(home, "", since=first)}


def with_key(home: Path, key: str, *, since: datetime) -> Iterator[Accepted]:
    """Every record since that day of an answer with this key."""
    return (record for record in mentioning(home, key, since=since) if record.key == key)


def mentioning(home: Path, text: str, *, since: datetime) -> Iterator[Accepted]:
    """Every record since that day in which `text` occurs; some come twice."""
    for path in spool(home).glob("*.mail"):
        yield from _lines_with(path, text)
    yield from _journaled(home, text, since=since)


def write_synced(path: Path, *parts: bytes) -> None:
    """Write a file whole: after a crash it is there with all its contents, or as it was before."""
    draft = path.with_name(f"{path.name}.tmp")
    move_synced(draft, path, *parts)


def move_synced(draft: Path, path: Path, *parts: bytes) -> None:
    """Write `draft`, and let it take its place only when it is whole and on the disk."""
    try:
        with draft.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder outlast a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _day(accepted: Accepted) -> date:
    return accepted.at.astimezone(UTC).date()


def _journaled(home: Path, text: str, *, since: datetime) -> Iterator[Accepted]:
    first = journal(home, since.astimezone(UTC).date()).name
    for path in sorted(spool(home).glob("journal-*.jsonl")):
        if path.name >= first:
            yield from _lines_with(path, text)


def _mend(file: BinaryIO) -> bytes:
    """A line break, where a crash has left half a line at the end."""
    if not file.seek(0, os.SEEK_END):
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"


def _lines_with(path: Path, text: str) -> Iterator[Accepted]:
    """The records in a journal, or the one in a spool file, in which `text` occurs.

    A spool file that has gone meanwhile is in the journal, which is read next.
    """
    wanted = json.dumps(text)[1:-1].encode()
    with suppress(FileNotFoundError), path.open("rb") as file:
        lines = file if path.suffix == ".jsonl" else [file.readline(MAX_RECORD_BYTES)]
        for line in lines:
            if wanted in line and (record := from_line(line)):
                yield record
