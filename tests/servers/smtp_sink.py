"""A real SMTP relay: aiosmtpd on loopback, with STARTTLS and passwords. It keeps what it takes."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, NamedTuple

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from .install import free_port


class Taken(NamedTuple):
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)


class Sink:
    """What the relay took, in order. `deliver` is called for each mail before it is answered."""

    def __init__(self, password: str) -> None:
        self.password = password
        self.taken: list[Taken] = []
        self.logins: list[str] = []
        self.port = 0
        self.deliver: Callable[[Taken], None] = lambda taken: None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        taken = Taken(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content)
        self.deliver(taken)
        self.taken.append(taken)
        return "250 taken"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        if login.password.decode() != self.password:
            return AuthResult(success=False, handled=False)
        self.logins.append(login.login.decode())
        return AuthResult(success=True)


@contextmanager
def running_sink(password: str, *, authority: trustme.CA) -> Iterator[Sink]:
    """A relay that takes mail over STARTTLS from whoever knows the password."""
    sink = Sink(password)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    controller = Controller(
        sink,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=sink.authenticate,
        decode_data=False,
    )
    sink.port = controller.port
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
