"""A Maildir on this machine, and an SMTP relay for the answers: the local mail door, usually."""

import errno
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import Field, ValidationError

from core import local_mail
from core.clock import system_clock
from core.errors import Invalid, Refused, Unavailable
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from providers.auth import AuthScheme
from providers.base import Account, BaseProvider, Capability
from providers.mail import arrivals, mime, smtp
from providers.mail.aliases import AliasSettings
from providers.mail.arrivals import Mail, Place

MAX_HEADER_BYTES = 262_144
MAX_BYTES = 50_000_000
OVERLOADED = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}
BLANK_LINE = re.compile(rb"\r?\n\r?\n")
RETURN_PATH = re.compile(rb"(?i)Return-Path:[ \t]*<([^<>\r\n]*)>")


class MaildirSettings(AliasSettings):
    path: str = Field(default="", pattern=r"^[^\x00]*$")
    """Folder of the Maildir below the home folder; the address's own mailbox when empty."""
    relay_host: str = "127.0.0.1"
    """SMTP server that takes the answers."""
    relay_port: int = Field(default=2525, ge=1, le=65535)
    """Its port."""
    relay_timeout: float = Field(default=600, gt=0, le=840)
    """How long one answer may take altogether, in seconds."""
    journal: bool = True
    """Whether the relay is the local mail door, whose journal proves what was sent."""


class MaildirProvider(BaseProvider):
    name = "maildir"
    title = "Maildir"
    local = True
    description = "Mail for a local user, as a mail server or the local mail door leaves it."
    auth = AuthScheme()
    settings_type = MaildirSettings
    capabilities = Capability.MAIL | Capability.PROOF | Capability.ALIASES | Capability.LOOKUP

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self._settings = _settings(account)
        if not self._settings.journal:
            self.capabilities &= ~Capability.PROOF

    def identify(self) -> Address:
        box = self._box()
        for folder in ("tmp", "new", "cur"):
            (box / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._mails()
        self._greet_relay()
        return self.account.address

    def aliases(self) -> tuple[Address, ...]:
        return self._settings.own()

    def cursor_at(self, moment: datetime) -> str:
        return str(arrivals.start(int(moment.timestamp() * 10**9)))

    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        place, now = Place.read(cursor), time.time_ns()
        page, place = arrivals.since(place, self._mails(), limit=limit, now=now)
        envelopes = (self._envelope(mail) for mail in page)
        return Page(
            envelopes=tuple(envelope for envelope in envelopes if envelope), cursor=str(place)
        )

    def fetch(self, envelope: Envelope) -> Message:
        try:
            raw = self._read(envelope.id, envelope.labels, MAX_BYTES + 1)
        except OSError as error:
            return Message(envelope=envelope, problem=f"It cannot be read: {error.strerror}.")
        if raw is None:
            return Message(envelope=envelope, problem="It is not in the Maildir any more.")
        if len(raw) > MAX_BYTES:
            return Message(envelope=envelope, problem=f"It is larger than {MAX_BYTES} bytes.")
        return mime.read_message(raw, envelope=envelope)

    def find(self, id: str) -> Envelope | None:
        """Among the names that are there: no path is ever made of `id`."""
        mail = next((mail for mail in self._mails() if mail.id == id), None)
        return self._envelope(mail) if mail else None

    def newest(self) -> Iterator[Envelope]:
        mails = sorted(self._mails(), key=lambda mail: (mail.written, mail.id), reverse=True)
        return filter(None, map(self._envelope, mails))

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        answer = smtp.send_once(
            mime.write(outgoing, key=key),
            sender=self.account.address.handle,
            recipient=outgoing.to.handle,
            host=self._settings.relay_host,
            port=self._settings.relay_port,
            deadline_seconds=self._settings.relay_timeout,
        )
        return Receipt(id=outgoing.message_id or answer, sent_at=system_clock())

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        """The door's own record of it. Only a door that answers, and is ours, proves absence."""
        if not self._settings.journal:
            return super().find_sent(key, outgoing=outgoing, handle=handle)
        since = outgoing.date - timedelta(days=1)
        for accepted in local_mail.with_key(self.account.home, key, since=since):
            return Receipt(id=accepted.message_id or accepted.id, sent_at=accepted.at)
        self._greet_relay()
        return None

    def answered_by_hand(self, message: Message, *, key: str = "") -> bool:
        """Whether another mail went from this address through the door, naming `message`."""
        ids = local_mail.message_ids(message.envelope.first("message-id") or "")
        if not ids or not self._settings.journal:
            return False
        since = message.envelope.received_at - timedelta(days=1)
        return any(
            not accepted.key and ids[0] in accepted.in_reply_to and self._is_mine(accepted.sender)
            for accepted in local_mail.mentioning(self.account.home, ids[0], since=since)
        )

    def _is_mine(self, sender: str) -> bool:
        return sender.lower() == self.account.address.handle.lower()

    def _greet_relay(self) -> None:
        """Prove that the relay answers, and that its journal is the one that we read."""
        offers = smtp.check(host=self._settings.relay_host, port=self._settings.relay_port)
        if not self._settings.journal:
            return
        ours = local_mail.door_name(self.account.home)
        if not ours or offers.get(local_mail.DOOR_OFFER, "").lower() != ours:
            raise Refused(
                f"{self._settings.relay_host}:{self._settings.relay_port} is not the mail door of "
                "this home, so its journal proves nothing. Correct the port, or set journal to no."
            )

    def _box(self) -> Path:
        """The Maildir's real place, or `Refused` when that is outside the home folder."""
        home = self.account.home.resolve()
        box = local_mail.mailbox(home, self.account.address.handle)
        if self._settings.path:
            box = home / self._settings.path
        for folder in (box, box / "tmp", box / "new", box / "cur"):
            if not folder.resolve().is_relative_to(home):
                raise Refused(f"The Maildir {self._settings.path!r} is not below the home folder.")
        return box.resolve()

    def _mails(self) -> list[Mail]:
        try:
            return arrivals.mails(self._box())
        except OSError as error:
            raise Unavailable(
                f"The Maildir cannot be listed: {error.strerror}. Test the connection: that "
                "makes the folders that are missing."
            ) from error

    def _envelope(self, mail: Mail) -> Envelope | None:
        """Its envelope, or `None` when it has gone. One that cannot be read comes empty."""
        try:
            top = self._read(mail.id, mail.flags, MAX_HEADER_BYTES)
        except OSError:
            top = b""
        if top is None:
            return None
        end = BLANK_LINE.search(top)
        return_path = RETURN_PATH.match(top)
        return mime.read_envelope(
            top[: end.end()] if end else top,
            id=mail.id,
            received_at=datetime.fromtimestamp(mail.written // 10**9, UTC)
            + timedelta(microseconds=mail.written % 10**9 // 1000),
            size=mail.size,
            labels=mail.flags,
            return_path=return_path[1].decode("utf-8", "replace") if return_path else None,
        )

    def _read(self, id: str, flags: tuple[str, ...], size: int) -> bytes | None:
        try:
            return arrivals.read_mail(self._box(), id, flags=flags, size=size)
        except OSError as error:
            if error.errno in OVERLOADED:
                raise Unavailable(f"Mail cannot be read now: {error.strerror}.") from error
            raise


def _settings(account: Account) -> MaildirSettings:
    try:
        return MaildirSettings.model_validate(account.settings)
    except ValidationError as error:
        wrong = ", ".join(str(part["loc"][0]) for part in error.errors())
        raise Invalid(f"Correct these settings of the Maildir: {wrong}.") from error
