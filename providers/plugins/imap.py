"""Any mail server: IMAP brings the mail in, SMTP takes the answers out."""

import logging
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import datetime

from core.clock import system_clock
from core.errors import NotSupported, ReauthorizationRequired, Refused
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from providers.base import Account, BaseProvider, Capability
from providers.dial import Dial, anywhere, publicly
from providers.imap import (
    Copies,
    Folder,
    ImapSettings,
    Mailbox,
    Place,
    Row,
    Session,
    lookup,
    place_at,
    quoted,
    read_on,
    sent,
    wait_for_mail,
)
from providers.mail import mime, smtp
from providers.tls import trusting

log = logging.getLogger(__name__)

BODY = f"BODY.PEEK[]<0.{mime.MAX_BYTES + 1}>"
SEND_SECONDS = 600.0
"""RFC 5321 4.5.3.2.6: how long a server may take to answer the final dot."""
ANSWERED = {r"\answered", "$forwarded"}


class ImapProvider(BaseProvider):
    name = "imap"
    title = "Mail (IMAP and SMTP)"
    description = "A mailbox on any mail server, read over IMAP and answered over SMTP."
    settings_type = ImapSettings
    capabilities = (
        Capability.MAIL
        | Capability.PROOF
        | Capability.LINE
        | Capability.ALIASES
        | Capability.LOOKUP
    )
    names_hosts = True

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.settings = ImapSettings.model_validate(account.settings)
        if self.settings.sent_copies is Copies.CLIENT:
            self.capabilities &= ~Capability.PROOF
        self._user = self.settings.user or account.address.handle
        self._mailbox: Mailbox | None = None
        self._sent_folder = self.settings.sent_folder

    def identify(self) -> Address:
        self._box.ask(self._prove)
        smtp.check(
            host=self.settings.relay_host,
            port=self.settings.relay_port,
            tls=self.settings.relay_tls,
            user=self.settings.relay_user or self._user,
            password=self._password,
            deadline_seconds=self.settings.timeout,
            ssl_context=self._ssl_context,
            dial=self._dial,
        )
        return self.account.address

    def aliases(self) -> tuple[Address, ...]:
        return self.settings.own()

    def cursor_at(self, moment: datetime) -> str:
        def find(session: Session) -> Place:
            return place_at(session, session.examine(self.settings.folder), moment)

        return self._box.ask(find).model_dump_json()

    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        place, name = Place.model_validate_json(cursor), self.settings.folder
        news = self._box.ask(lambda session: read_on(session, name, place, limit=limit))
        if news.place is place:
            return Page(envelopes=(), cursor=cursor)
        return Page(
            envelopes=tuple(self._envelope(row, news.folder) for row in news.rows),
            cursor=news.place.model_dump_json(),
        )

    def fetch(self, envelope: Envelope) -> Message:
        if envelope.size > mime.MAX_BYTES:
            return Message(envelope=envelope, problem=mime.TOO_BIG)
        row = self._box.ask(lambda session: self._find(session, envelope, BODY))
        if row is None:
            return Message(envelope=envelope, problem="It is no longer in the mailbox.")
        return mime.read_message(row.raw, envelope=envelope)

    def find(self, id: str) -> Envelope | None:
        if not id.startswith(self._prefix):
            return None
        name, numbers = self.settings.folder, id.removeprefix(self._prefix)
        found = self._box.ask(lambda session: lookup.find(session, name, numbers))
        return next((self._envelope(row, found.folder) for row in found.rows), None)

    def newest(self) -> Iterator[Envelope]:
        name = self.settings.folder
        found = self._box.ask(lambda session: lookup.newest(session, name))
        return (self._envelope(row, found.folder) for row in found.rows)

    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        raw = mime.write(outgoing, key=key)
        smtp.send_once(
            raw,
            sender=outgoing.sender.handle,
            recipient=outgoing.to.handle,
            host=self.settings.relay_host,
            port=self.settings.relay_port,
            tls=self.settings.relay_tls,
            user=self.settings.relay_user or self._user,
            password=self._password,
            deadline_seconds=SEND_SECONDS,
            ssl_context=self._ssl_context,
            dial=self._dial,
        )
        receipt = Receipt(id=outgoing.message_id, sent_at=system_clock())
        if self.settings.sent_copies is Copies.CLIENT:
            self._file(raw, key=key)
        return receipt

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        """The receipt, from the folder of sent mail. Where we file the copies ourselves, a copy
        proves that it was sent, and its absence proves nothing."""
        copy = self._box.ask(lambda session: self._find_copy(session, key))
        if copy:
            return Receipt(id=outgoing.message_id, sent_at=copy.received_at)
        if self.settings.sent_copies is Copies.SERVER:
            return None
        raise NotSupported(
            "There is no copy in the folder of sent mail, which proves nothing: copies are filed "
            "there after sending. The mail server's log knows, or the recipient."
        )

    def answered_by_hand(self, message: Message, *, key: str = "") -> bool:
        """Whether the mail is marked as answered or forwarded, or a sent mail that is not ours
        names it."""
        return self._box.ask(lambda session: self._is_answered(session, message.envelope))

    def listen(self, told: Callable[[], None], stopped: threading.Event) -> None:
        folder = self.settings.folder
        self._box.ask(lambda session: wait_for_mail(session, folder, told, stopped))

    def close(self) -> None:
        if self._mailbox:
            self._mailbox.close()
        self._mailbox = None

    @property
    def _box(self) -> Mailbox:
        if self._mailbox is None:
            self._mailbox = Mailbox(
                host=self.settings.host,
                port=self.settings.port,
                tls=self.settings.tls,
                user=self._user,
                password=self._password,
                seconds=self.settings.timeout,
                ssl_context=self._ssl_context,
                dial=self._dial,
            )
        return self._mailbox

    @property
    def _password(self) -> str:
        if password := self.account.credentials.password:
            return password.get_secret_value()
        raise ReauthorizationRequired("Link the account again, with its password.")

    @property
    def _dial(self) -> Dial:
        return anywhere if self.account.private_hosts else publicly

    @property
    def _ssl_context(self) -> ssl.SSLContext:
        if self.settings.ca_file and not self.account.private_hosts:
            raise Refused(
                "A file of certificates lies on the machine that runs this, so only whoever runs "
                "it may name one. Leave ca_file empty, or ask them to link the account."
            )
        return _context(self.settings.ca_file)

    def _prove(self, session: Session) -> None:
        session.examine(self.settings.folder)
        if self.settings.sent_copies is Copies.SERVER:
            session.examine(self._sent(session))

    def _envelope(self, row: Row, folder: Folder) -> Envelope:
        id = f"{self._prefix}{folder.validity}:{row.uid}"
        return mime.read_envelope(
            row.raw, id=id, received_at=row.received_at, size=row.size, labels=row.flags
        )

    @property
    def _prefix(self) -> str:
        """Of the ids of another folder than the usual one."""
        return "" if self.settings.folder == "INBOX" else f"{self.settings.folder}:"

    def _find(self, session: Session, envelope: Envelope, part: str = "") -> Row | None:
        """The mail of this envelope, also when the server has numbered its mails anew."""
        folder = session.examine(self.settings.folder)
        validity, uid = map(int, envelope.id.split(":")[-2:])
        if validity == folder.validity:
            return next(session.fetch([uid], part), None)
        message_id = quoted(_message_id(envelope))
        if not message_id:
            return None
        found = session.search(f"HEADER Message-ID {message_id}")
        same = [row.uid for row in session.fetch(found) if row.size == envelope.size]
        return next(session.fetch(same[:1], part), None)

    def _is_answered(self, session: Session, envelope: Envelope) -> bool:
        row = self._find(session, envelope)
        if row and ANSWERED & {flag.lower() for flag in row.flags}:
            return True
        folder = self._sent(session)
        return sent.names(session, folder, message_id=_message_id(envelope))

    def _find_copy(self, session: Session, key: str) -> Row | None:
        folder = self._sent(session)
        if folder in session.folders():
            return sent.find_copy(session, folder, key=key)
        if self.settings.sent_copies is Copies.CLIENT:
            return None
        raise NotSupported(
            f"There is no folder {folder!r} to look for sent mail in. "
            "Set sent_folder to the one where the server files its copies."
        )

    def _sent(self, session: Session) -> str:
        self._sent_folder = self._sent_folder or sent.find_folder(session)
        return self._sent_folder

    def _file(self, raw: bytes, *, key: str) -> None:
        try:
            self._box.order(lambda session: session.file(raw, self._sent(session)))
        except Exception as error:  # the answer is out; whatever became of the copy, that stands
            log.warning("copy_not_filed", extra={"reply_id": key, "error": type(error).__name__})


def _message_id(envelope: Envelope) -> str:
    found = re.search(r"<[^<>\s]+>", envelope.first("message-id") or "")
    return found[0] if found else ""


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return trusting(ca_file)
    except OSError as error:
        raise Refused(f"The certificates in {ca_file!r} cannot be read: {error}") from error
