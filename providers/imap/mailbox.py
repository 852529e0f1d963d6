"""A kept connection to one IMAP mailbox.

Whatever goes wrong while reading did nothing, so it is `Unavailable`, unless it is known better.
"""

import imaplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from imap_tools.errors import ImapToolsError

from core.errors import OrchestreError, Refused, Unavailable
from providers.dial import Dial, anywhere
from providers.mail.smtp import Tls

from .client import Client
from .session import Session

T = TypeVar("T")


class _Dead(Exception):
    """The connection is gone."""


class Mailbox:
    """Connects when it is first asked, and once more when the kept connection has died."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        tls: Tls,
        user: str,
        password: str,
        seconds: float,
        ssl_context: ssl.SSLContext | None = None,
        dial: Dial = anywhere,
    ) -> None:
        self._where = (host, port)
        self._dial = dial
        self._tls = tls
        self._login = (user, password)
        self._seconds = seconds
        self._ssl_context = ssl_context
        self._session: Session | None = None

    def ask(self, question: Callable[[Session], T]) -> T:
        """The answer to a question that alters nothing, and so may be asked twice."""
        if self._session is None:
            return self._final(question)
        try:
            return self._answer(question)
        except _Dead:
            return self._final(question)

    def order(self, order: Callable[[Session], T]) -> T:
        """Have something done, at most once, over a connection that has just answered."""
        self.ask(Session.rouse)
        return self._final(order)

    def close(self) -> None:
        with suppress(OSError, imaplib.IMAP4.error):
            if self._session is not None:
                self._session.end()
        self._cut()

    def _final(self, question: Callable[[Session], T]) -> T:
        try:
            return self._answer(question)
        except _Dead as dead:
            host, port = self._where
            raise Unavailable(
                f"The mail server {host}:{port} cannot be used now: {dead}"
            ) from dead.__cause__

    def _answer(self, question: Callable[[Session], T]) -> T:
        try:
            self._session = self._session or self._connect()
            self._session.allow(self._seconds)
            return question(self._session)
        except OrchestreError:
            raise
        except (OSError, imaplib.IMAP4.abort) as error:
            self._cut()
            raise _Dead(str(error) or type(error).__name__) from error
        except (imaplib.IMAP4.error, ImapToolsError) as error:
            self._cut()
            raise Unavailable(f"The mail server did not do as it was asked: {error}") from error
        except BaseException:
            self._cut()  # half an answer may be left unread on the line
            raise

    def _connect(self) -> Session:
        host, port = self._where
        try:
            client = Client(
                host,
                port,
                seconds=self._seconds,
                context=self._ssl_context if self._tls == "tls" else None,
                dial=self._dial,
            )
        except UnicodeError as error:
            raise Refused(f"{host!r} cannot be the name of a mail server.") from error
        session = Session(client)
        try:
            if self._tls == "starttls":
                session.secure(self._ssl_context)
            session.sign_in(*self._login)
        except BaseException:
            session.cut()
            raise
        return session

    def _cut(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.cut()
