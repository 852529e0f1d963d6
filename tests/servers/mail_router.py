"""A small mail transfer agent of our own: takes mail by SMTP, and hands it on by its domain.

It does what every hop does (a `Received` line, a limit on how many there are, a report to the
sender of what cannot be delivered), and keeps a record of every mail that it was ever handed.
"""

import email.utils
import queue
import smtplib
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Any, NamedTuple

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

NAME = "mx.router.example"
MAX_HOPS = 25
"""Sendmail's limit; RFC 5321 6.3 asks for a large one, other servers have 50 or more."""


class Passed(NamedTuple):
    """One mail as it was handed in, before anything was done to it."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    login: str
    """Who had signed in; empty for whoever had not."""

    @property
    def headers(self) -> EmailMessage:
        parsed = BytesHeaderParser(policy=default).parsebytes(self.raw)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def __str__(self) -> str:
        marks = " | ".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.login or '-'} <{self.sender}> -> {', '.join(self.recipients)}: {marks}"


Deliver = Callable[[str, str, bytes], None]
"""Takes sender, recipient and mail. `Undeliverable` when that is no use."""
Gateway = Callable[[bytes], bytes]


class Undeliverable(Exception):
    """Nobody lives there."""


class Router:
    """Takes what comes, and delivers it in a thread of its own, one mail after the other."""

    def __init__(self, password: str) -> None:
        self.routes: dict[str, Deliver] = {}
        """Who delivers the mail for a domain."""
        self.forwards: dict[str, tuple[str, ...]] = {}
        """Which addresses have their mail sent on, and to whom. It is kept as well."""
        self.gateways: dict[str, Gateway] = {}
        """What rewrites the mail that goes to one address."""
        self.record: list[Passed] = []
        self.delivered: Counter[str] = Counter()
        """How many mails each address was given."""
        self.troubles: list[str] = []
        """What went wrong that has nothing to do with the mail."""
        self.touched_at = time.monotonic()
        self.port = 0
        self._password = password
        self._waiting: queue.Queue[Passed | None] = queue.Queue()
        self._thread = threading.Thread(target=self._deliver_all, name="router", daemon=True)

    def idle_seconds(self) -> float:
        """For how long nothing has come in or gone out; 0 while a mail is on its way."""
        return 0.0 if self._waiting.unfinished_tasks else time.monotonic() - self.touched_at

    def take(self, mail: Passed) -> None:
        """Put a mail on record and on its way."""
        self.touched_at = time.monotonic()
        self.record.append(mail)
        self._waiting.put(mail)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        raw = envelope.original_content
        login = session.auth_data or ""
        sender = envelope.mail_from.strip("<>")  # the null sender comes as "<>"
        self.take(Passed(sender, tuple(envelope.rcpt_tos), raw, login))
        return "250 on its way"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        known = login.password.decode() == self._password
        return AuthResult(success=known, handled=False, auth_data=login.login.decode())

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._waiting.put(None)
        self._thread.join(10)

    def _deliver_all(self) -> None:
        while (mail := self._waiting.get()) is not None:
            for recipient in mail.recipients:
                try:
                    self._deliver(mail, recipient)
                except Exception as error:  # it is for the test to see; the others go on
                    self.troubles.append(f"{recipient}: {error!r}")
            self.touched_at = time.monotonic()
            self._waiting.task_done()

    def _deliver(self, mail: Passed, recipient: str) -> None:
        try:
            if len(mail.headers.get_all("Received", [])) >= MAX_HOPS:
                raise Undeliverable("5.4.6 Too many hops")
            raw = _trace(recipient) + mail.raw
            for further in self.forwards.get(recipient, ()):
                self.take(Passed(mail.sender, (further,), raw, ""))
            self._hand_over(mail.sender, recipient, raw)
        except (Undeliverable, smtplib.SMTPException) as error:
            self._report(mail, recipient, str(error))

    def _hand_over(self, sender: str, recipient: str, raw: bytes) -> None:
        _, _, domain = recipient.rpartition("@")
        if domain not in self.routes:
            raise Undeliverable("5.1.2 Bad destination system address")
        gateway = self.gateways.get(recipient)
        self.routes[domain](sender, recipient, gateway(raw) if gateway else raw)
        self.delivered[recipient] += 1

    def _report(self, mail: Passed, recipient: str, why: str) -> None:
        """RFC 3464, and never about a report (RFC 5321 6.1)."""
        if mail.sender:
            self.take(Passed("", (mail.sender,), _report_of(mail, recipient, why), ""))


def _trace(recipient: str) -> bytes:
    at = email.utils.format_datetime(email.utils.localtime())
    return f"Received: by {NAME} with ESMTP for <{recipient}>; {at}\r\n".encode()


def _report_of(mail: Passed, recipient: str, why: str) -> bytes:
    head, _, _ = mail.raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = [
        f"From: Mail Delivery System <MAILER-DAEMON@{NAME}>",
        f"To: {mail.sender}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {email.utils.format_datetime(email.utils.localtime())}",
        f"Message-ID: {email.utils.make_msgid(domain=NAME)}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="part"',
        *("", "--part", "", f"<{recipient}>: {why}", ""),
        *("--part", "Content-Type: message/delivery-status", "", f"Reporting-MTA: dns; {NAME}"),
        *("", f"Final-Recipient: rfc822; {recipient}", "Action: failed", "Status: 5.1.1", ""),
        *("--part", "Content-Type: text/rfc822-headers", "", head.decode("utf-8", "replace")),
        *("", "--part--", ""),
    ]
    return "\n".join(lines).replace("\n", "\r\n").encode()


def by_lmtp(port: int) -> Deliver:
    """Deliver into the mailboxes of the server at this port."""

    def deliver(sender: str, recipient: str, raw: bytes) -> None:
        with smtplib.LMTP("127.0.0.1", port, timeout=20) as client:
            client.sendmail(sender, [recipient], raw)

    return deliver


@contextmanager
def running_router(password: str, *, port: int, authority: trustme.CA) -> Iterator[Router]:
    """A router that anybody may hand mail to, and where whoever knows the password signs in."""
    router = Router(password)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    controller = Controller(
        router,
        hostname="127.0.0.1",
        port=port,
        tls_context=context,
        authenticator=router.authenticate,
        decode_data=False,
    )
    router.port = port
    controller.start()
    router.begin()
    try:
        yield router
    finally:
        controller.stop()
        router.end()
