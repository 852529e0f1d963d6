"""Hands one mail to an SMTP server, once, and says truthfully what is known of it afterwards.

`Unavailable`, `Refused` and `ReauthorizationRequired` promise that nothing was sent. From the
first byte of the body to the server's answer to the final dot, every other failure goes through
as it is: nobody knows then whether the mail went.

The standard library's client is not used: its time-outs start again with every byte that comes
in, so that a slow server could outlast any deadline.
"""

import base64
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from core.errors import ReauthorizationRequired, Refused, Unavailable
from providers.dial import Dial, anywhere, is_loopback

from .addresses import as_sent
from .server_words import of_sign_in
from .smtp_session import Session, certain, expect

Tls = Literal["none", "starttls", "tls"]

CONNECT_SECONDS = 30.0
NEWLINE = re.compile(rb"\r\n|\r|\n")
BAD_IN_ADDRESS = re.compile(r"[\x00-\x20\x7f<>]")


def send_once(
    raw: bytes,
    *,
    sender: str,
    recipient: str,
    host: str,
    port: int,
    tls: Tls = "none",
    user: str = "",
    password: str = "",
    deadline_seconds: float,
    ssl_context: ssl.SSLContext | None = None,
    dial: Dial = anywhere,
) -> str:
    """Transport `raw` to one recipient; the server's final answer.

    A 2xx after the final dot is success, whatever the connection does next.
    """
    with _session(
        host,
        port,
        tls=tls,
        user=user,
        password=password,
        deadline_seconds=deadline_seconds,
        ssl_context=ssl_context,
        dial=dial,
    ) as session:
        with _nothing_sent(host, port):
            _open_envelope(session, raw, sender=sender, recipient=recipient)
        session.write(dot_stuffed(raw))
        answer = session.read()
        if 400 <= answer.code < 600:
            raise certain(answer)
        if answer.code // 100 != 2:
            raise ConnectionError(f"The mail server ended with {answer}, which says nothing.")
        session.quit()
    return str(answer)


def check(
    *,
    host: str,
    port: int,
    tls: Tls = "none",
    user: str = "",
    password: str = "",
    deadline_seconds: float = 30.0,
    ssl_context: ssl.SSLContext | None = None,
    dial: Dial = anywhere,
) -> dict[str, str]:
    """Prove that the server answers and lets the user in; what it offers. Nothing is sent."""
    with _session(
        host,
        port,
        tls=tls,
        user=user,
        password=password,
        deadline_seconds=deadline_seconds,
        ssl_context=ssl_context,
        dial=dial,
    ) as session:
        session.quit()
    return session.offers


def dot_stuffed(raw: bytes) -> bytes:
    """`raw` as it goes over the wire: CRLF lines, leading dots doubled, the final dot."""
    lines = NEWLINE.sub(b"\r\n", raw).removesuffix(b"\r\n")
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n"


@contextmanager
def _session(
    host: str,
    port: int,
    *,
    tls: Tls,
    user: str,
    password: str,
    deadline_seconds: float,
    ssl_context: ssl.SSLContext | None,
    dial: Dial,
) -> Iterator[Session]:
    """A connection that is greeted, encrypted and signed in, as asked; closed afterwards."""
    deadline = time.monotonic() + deadline_seconds
    if user and tls == "none" and not is_loopback(host):
        raise Refused("A password is not sent unencrypted. Choose starttls or tls.")
    with _nothing_sent(host, port):
        sock = dial(host, port, min(CONNECT_SECONDS, deadline_seconds))
        session = Session(sock, deadline=deadline)
    try:
        with _nothing_sent(host, port):
            _begin(session, host, tls=tls, context=ssl_context)
            if user:
                _sign_in(session, user, password)
        yield session
    finally:
        session.close()


def _begin(session: Session, host: str, *, tls: Tls, context: ssl.SSLContext | None) -> None:
    if tls == "tls":
        session.secure(context or ssl.create_default_context(), host=host)
    expect(session.read(), 220)
    session.greet()
    if tls != "starttls":
        return
    if "STARTTLS" not in session.offers:
        raise Refused("The mail server does not offer STARTTLS. Choose tls, or another port.")
    expect(session.command("STARTTLS"), 220)
    session.secure(context or ssl.create_default_context(), host=host)
    session.greet()


def _sign_in(session: Session, user: str, password: str) -> None:
    ways = session.offers.get("AUTH", "").split()
    if "PLAIN" in ways:
        answer = session.command(f"AUTH PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")
    elif "LOGIN" in ways:
        expect(session.command("AUTH LOGIN"), 334)
        expect(session.command(_base64(user)), 334)
        answer = session.command(_base64(password))
    else:
        raise Refused("The mail server takes no password here. Choose another port or tls setting.")
    words = of_sign_in(str(answer), user=user, password=password)
    if 500 <= answer.code < 600:
        raise ReauthorizationRequired(f"The mail server did not accept the password: {words}")
    if words != str(answer):
        raise Unavailable(f"The mail server takes no password now: {words}")
    expect(answer, 235)


def _open_envelope(session: Session, raw: bytes, *, sender: str, recipient: str) -> None:
    """Everything up to the server's leave to send the body."""
    sender, recipient = _on_the_wire(sender), _on_the_wire(recipient)
    options = _options(session, raw, sender + recipient)
    expect(session.command(f"MAIL FROM:<{sender}>{options}"), 250)
    expect(session.command(f"RCPT TO:<{recipient}>"), 250, 251)
    expect(session.command("DATA"), 354)


def _on_the_wire(address: str) -> str:
    """With the domain in ASCII, so that only a local part beyond it needs SMTPUTF8."""
    try:
        sent = as_sent(address)
    except UnicodeError:
        sent = ""
    if not sent or BAD_IN_ADDRESS.search(sent):
        raise Refused(f"{address!r} cannot be an e-mail address; nothing was sent.")
    return sent


def _options(session: Session, raw: bytes, addresses: str) -> str:
    options = ""
    if "SIZE" in session.offers:
        options += f" SIZE={len(raw)}"
    if not raw.isascii() and "8BITMIME" in session.offers:
        options += " BODY=8BITMIME"
    if not addresses.isascii():
        if "SMTPUTF8" not in session.offers:
            raise Refused("The mail server cannot carry addresses beyond ASCII (SMTPUTF8).")
        options += " SMTPUTF8"
    return options


@contextmanager
def _nothing_sent(host: str, port: int) -> Iterator[None]:
    """Not one byte of a body is out yet: whatever fails in here, nothing was sent."""
    try:
        yield
    except UnicodeError as error:
        raise Refused(f"{host!r} cannot be the name of a mail server.") from error
    except OSError as error:
        raise Unavailable(f"The mail server {host}:{port} cannot be used now: {error}") from error


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
