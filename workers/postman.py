"""Carries accepted mail from the spool into Maildirs: each mail to each recipient once.

The order is what makes it safe to die at any moment: spool file, delivery to everybody, record
in the journal, and only then the spool file goes away.
"""

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from core import local_mail
from core.local_mail import Accepted
from core.messages import KEY_HEADER

log = logging.getLogger(__name__)

MAX_HEADER_BYTES = 262_144
MAX_IDS = 100
BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def record(raw: bytes, *, id: str, sender: str, to: Iterable[str], now: datetime) -> Accepted:
    """What is kept of a mail besides itself. No mail is too broken for it."""
    end = BLANK_LINE.search(raw, 0, MAX_HEADER_BYTES)
    headers = raw[: end.start() if end else MAX_HEADER_BYTES]
    named = _values(headers, "References") + _values(headers, "In-Reply-To")
    return Accepted(
        id=id,
        at=now,
        sender=sender,
        to=tuple({local_mail.folder_name(address): address for address in to}.values()),
        message_id="".join(local_mail.message_ids("".join(_values(headers, "Message-ID")))[:1]),
        key="".join(_values(headers, KEY_HEADER)[:1])[:200],
        in_reply_to=tuple(dict.fromkeys(local_mail.message_ids(" ".join(named))[-MAX_IDS:])),
    )


class Postman:
    """Delivers what is in one home's spool. Any number of threads may call it."""

    def __init__(self, home: Path, *, on_delivery: Callable[[str], None]) -> None:
        self._home = home
        self._spool = local_mail.spool(home)
        self._on_delivery = on_delivery
        self._built: set[Path] = set()
        self._untried: set[str] = set()
        """What nobody can have yet, so that no Maildir needs to be searched for it."""
        self._lock = threading.Lock()

    def accept(self, accepted: Accepted, raw: bytes) -> None:
        """Put a mail into the spool; when this returns, it will be delivered whatever happens.

        When it raises, the mail is not there.
        """
        path = self._file(accepted.id)
        try:
            local_mail.write_synced(path, local_mail.to_line(accepted), raw)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        self._untried.add(accepted.id)

    def resume(self) -> list[str]:
        """The ids of what an earlier postman has left to deliver, oldest first."""
        for draft in self._spool.glob("*.tmp"):
            draft.unlink()
        left = list(local_mail.spooled(self._home))
        recorded = local_mail.recorded_ids(self._home, left)
        self._let_go(accepted for accepted in left if accepted.id in recorded)
        return [accepted.id for accepted in left if accepted.id not in recorded]

    def deliver(self, id: str) -> Accepted | None:
        """Bring a mail to everybody who lacks it; its record, or `None` when somebody still does.

        Repeating it, in this process or after a crash, gives nobody a second copy.
        """
        line, _, raw = self._file(id).read_bytes().partition(b"\n")
        accepted = local_mail.from_line(line)
        if accepted is None:
            raise ValueError(f"The spool file {id!r} has no record; nobody knows whose mail it is.")
        have = self._who_has(id)
        for address in accepted.to:
            if address not in have and self._put(address, raw, accepted):
                have.append(address)
                self._on_delivery(address)
        self._untried.discard(id)
        if len(have) < len(accepted.to):
            self._note_who_has(id, have)
            return None
        return accepted

    def finish(self, delivered: list[Accepted]) -> None:
        """Record what everybody has, and let go of it."""
        local_mail.append(self._home, delivered)
        self._let_go(delivered)

    def _let_go(self, finished: Iterable[Accepted]) -> None:
        for accepted in finished:
            self._file(accepted.id).unlink(missing_ok=True)
            self._file(accepted.id).with_suffix(".done").unlink(missing_ok=True)

    def _put(self, address: str, raw: bytes, accepted: Accepted) -> bool:
        """Deliver to one recipient; whether they have it now."""
        box = local_mail.mailbox(self._home, address)
        name = _file_name(accepted, box)
        try:
            self._build(box)
            if accepted.id in self._untried or not _has(box, name):
                local_mail.move_synced(
                    box / "tmp" / name, box / "new" / name, _trace(accepted, address), raw
                )
        except OSError as error:
            self._built.discard(box)
            log.warning("delivery_failed", extra={"mail_id": accepted.id, "errno": error.errno})
            return False
        return True

    def _build(self, box: Path) -> None:
        """Make the Maildir, so that it outlasts a power cut."""
        with self._lock:
            if box in self._built:
                return
            for folder in (box, box / "tmp", box / "new", box / "cur"):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for folder in (box, box.parent, box.parent.parent):
                local_mail.sync_folder(folder)
            self._built.add(box)

    def _file(self, id: str) -> Path:
        return self._spool / f"{id}.mail"

    def _who_has(self, id: str) -> list[str]:
        with suppress(FileNotFoundError):
            return self._file(id).with_suffix(".done").read_text().splitlines()
        return []

    def _note_who_has(self, id: str, addresses: list[str]) -> None:
        """Remember it, so that nobody who has taken the mail away meanwhile gets it again."""
        with suppress(OSError):  # the file names in the Maildirs still tell
            local_mail.write_synced(
                self._file(id).with_suffix(".done"), "\n".join(addresses).encode()
            )


def _file_name(accepted: Accepted, box: Path) -> str:
    """The same for the same mail and recipient, however often it is tried."""
    return f"{accepted.id}.{hashlib.sha256(box.name.encode()).hexdigest()[:8]}.door"


def _has(box: Path, name: str) -> bool:
    if (box / "new" / name).exists():
        return True
    return any(path.name.partition(":")[0] == name for path in (box / "cur").glob(f"{name}*"))


def _trace(accepted: Accepted, address: str) -> bytes:
    """The lines that the last server on a mail's way puts before it (RFC 5321, 4.4)."""
    return (
        f"Return-Path: <{accepted.sender}>\r\n"
        f"Delivered-To: {address}\r\n"
        f"Received: from localhost (localhost [127.0.0.1]) by localhost (Orchestre mail door)\r\n"
        f"\twith ESMTP id {accepted.id};\r\n"
        f"\t{format_datetime(accepted.at.astimezone(UTC))}\r\n"
    ).encode()


def _values(headers: bytes, name: str) -> list[str]:
    """Every value of one header, unfolded."""
    pattern = rb"(?mi)^" + name.encode() + rb"[ \t]*:(.*(?:\n[ \t].*)*)"
    return [
        " ".join(value.decode("utf-8", "replace").split()) for value in re.findall(pattern, headers)
    ]
