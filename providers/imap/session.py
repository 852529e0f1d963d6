"""The questions that are put to an IMAP server.

Folders are only ever EXAMINEd and bodies only PEEKed at: reading leaves no mark.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError, MailboxAppendError
from imap_tools.utils import encode_folder

from core.errors import OrchestreError, ReauthorizationRequired, Refused, Unavailable
from providers.mail.server_words import of_sign_in

from .client import Client
from .responses import Row, rows

CHUNK = 200
"""Mails asked for in one command: RFC 7162 advises lines of at most 8192 octets."""
LOGOUT_SECONDS = 2.0
MARKS = "UID FLAGS INTERNALDATE RFC822.SIZE"
HEADER = "BODY.PEEK[HEADER]<0.262144>"
"""Longer headers are cut: a mail has no need of them, only an attacker has."""
BUSY = ("[UNAVAILABLE]", "[LIMIT]", "[INUSE]", "[SERVERBUG]", "too many")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_NUMBERS = re.compile(rb"\b(UIDVALIDITY|UIDNEXT) (\d+)")


class Folder(NamedTuple):
    """An examined folder: uids mean something only under one `validity`."""

    validity: int
    next_uid: int
    """No mail there now has this uid or a higher one; 0 when the server does not tell."""


class Session:
    """A mailbox that is signed in to."""

    def __init__(self, client: Client) -> None:
        self._client: Any = client
        self._box = _Box(client)
        self._examined = False

    @property
    def client(self) -> Client:
        """The connection itself, for whoever waits on it."""
        client: Client = self._client
        return client

    def capabilities(self) -> frozenset[str]:
        """What the server offers, now that it knows who asks."""
        answer = _ok(self._client.capability())
        return frozenset(b" ".join(filter(None, answer)).decode("ascii", "replace").upper().split())

    def allow(self, seconds: float) -> None:
        """Everything that is asked from now on takes at most so many seconds altogether."""
        self._client.allow(seconds)

    def secure(self, context: ssl.SSLContext | None) -> None:
        """Go on encrypted."""
        if "STARTTLS" not in self._client.capabilities:
            raise Refused("The mail server does not offer STARTTLS. Choose tls, or another port.")
        self._client.starttls(context)

    def sign_in(self, user: str, password: str) -> None:
        try:
            if "AUTH=PLAIN" in self._client.capabilities:
                self._client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            elif quoted(user) and quoted(password):
                self._client.login(user, password)
            else:
                raise Refused("The mail server takes only names and passwords in plain ASCII.")
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            words = of_sign_in(str(error), user=user, password=password)
            raise _turned_away(words) from None  # a log would tell the words of the cause too

    def glance(self, folder: str) -> Folder | None:
        """How far a folder's numbers have come, without opening it; `None` if that fails."""
        if self._examined:  # the status of an open folder may be stale: RFC 9051 6.3.11
            _ok(self._client.close())
            self._examined = False
        answer, lines = self._client.status(_mailbox(folder), "(UIDVALIDITY UIDNEXT)")
        if answer != "OK":
            return None
        said = b" ".join(line for line in lines if isinstance(line, bytes))
        numbers = dict(_NUMBERS.findall(said))  # what is said last: a folder may be called so
        return Folder(int(numbers.get(b"UIDVALIDITY", 0)), int(numbers.get(b"UIDNEXT", 0)))

    def examine(self, folder: str) -> Folder:
        """Open a folder for reading only."""
        self._examined = False
        try:
            self._box.folder.set(folder, readonly=True)
        except ImapToolsError as error:
            answer = str(error)
            if "[NONEXISTENT]" in answer or "doesn't exist" in answer:
                raise Refused(f"There is no folder {folder!r} in this mailbox.") from error
            raise
        self._examined = True
        validity = self._number("UIDVALIDITY")
        if not validity:
            raise Refused("The mail server does not number its mails lastingly (UIDVALIDITY).")
        return Folder(validity=validity, next_uid=self._number("UIDNEXT"))

    def search(self, criteria: str) -> list[int]:
        """The uids of what matches in the examined folder, in the order of their arrival."""
        answer = _ok(self._client.uid("SEARCH", criteria))
        return sorted(int(uid) for line in answer if line for uid in line.split())

    def last(self, most: int) -> list[int]:
        """The uids of the last to come into the folder that has just been examined, in the order
        of their arrival. They are found by their numbers in it: a list of all might be endless."""
        there = self._number("EXISTS")
        return self.search(f"{max(there - most, 0) + 1}:*") if there else []

    def fetch(self, uids: Sequence[int], part: str = "") -> Iterator[Row]:
        """What is still there of `uids`, in their order."""
        for start in range(0, len(uids), CHUNK):
            wanted = uids[start : start + CHUNK]
            items = f"({MARKS} {part})" if part else f"({MARKS})"
            answer = _ok(self._client.uid("FETCH", ",".join(map(str, wanted)), items))
            yield from sorted(row for row in rows(answer) if row.uid in wanted)

    def folders(self) -> dict[str, tuple[str, ...]]:
        """The marks of every folder, by its name."""
        return {folder.name: folder.flags for folder in self._box.folder.list()}

    def file(self, raw: bytes, folder: str) -> None:
        """Put a mail into a folder, read. The folder is made when there is none."""
        now = datetime.now(UTC)
        try:
            self._box.append(raw, folder, now, r"\Seen")
        except MailboxAppendError as error:
            if "[TRYCREATE]" not in str(error):
                raise
            self._box.folder.create(folder)
            self._box.append(raw, folder, now, r"\Seen")

    def rouse(self) -> None:
        """Make certain that the server still answers."""
        _ok(self._client.noop())

    def end(self) -> None:
        self.allow(LOGOUT_SECONDS)
        self._client.logout()

    def cut(self) -> None:
        """Close the connection at once, whatever state it is in."""
        with suppress(OSError):
            self._client.shutdown()

    def _number(self, name: str) -> int:
        [answer] = self._client.response(name)[1][-1:]
        return int(answer) if answer and answer.isdigit() else 0


class _Box(BaseMailBox):
    """What `imap_tools` knows about folders, over a client of ours."""

    def __init__(self, client: imaplib.IMAP4) -> None:
        self._given = client
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return self._given


@lru_cache(maxsize=256)
def _mailbox(name: str) -> bytes:
    """A folder as it is called on the wire."""
    return bytes(encode_folder(name))


def quoted(text: str) -> str | None:
    """`text` as an IMAP string, or `None` where it is empty or cannot be one."""
    if not text or not text.isascii() or not text.isprintable():
        return None
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def day(moment: datetime) -> str:
    """The date of `moment` as IMAP writes it, whatever the language of this machine."""
    return f"{moment.day}-{MONTHS[moment.month - 1]}-{moment.year}"


def _turned_away(answer: str) -> OrchestreError:
    if "[PRIVACYREQUIRED]" in answer:
        return Refused("The mail server takes no password unencrypted. Choose tls or starttls.")
    if any(sign.lower() in answer.lower() for sign in BUSY):
        return Unavailable(f"The mail server lets nobody in now: {answer}")
    return ReauthorizationRequired(f"The mail server did not accept the password: {answer}")


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    status, lines = answer
    if status != "OK":
        raise Unavailable(f"The mail server did not do as it was asked: {lines[-1:]!r}"[:300])
    return lines
