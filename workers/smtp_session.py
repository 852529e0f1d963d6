"""What the local mail door says to one SMTP client, and what it takes from it."""

import errno
import logging
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope

from core.local_mail import DOOR_OFFER

log = logging.getLogger(__name__)

MAX_BYTES = 25_000_000
MAX_RECIPIENTS = 100
MAX_LINE = 65_536
MAX_COMMAND = 2_048
MAX_ADDRESS = 512
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
BAD_IN_ADDRESS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

TOO_LARGE = f"552 5.3.4 The mail is larger than {MAX_BYTES} bytes; send less, or a link"
TOO_MANY = f"452 4.5.3 More than {MAX_RECIPIENTS} recipients; send another copy to the others"
BAD_ADDRESS = "553 5.1.3 That cannot be a mailbox here; check the address"
DISK_FULL = "452 4.3.1 The disk is full and nothing was taken; make room and send it again"
TROUBLE = "451 4.3.0 Nothing was taken; see the log of the mail door, and send it again later"
NOT_FOR_BROWSERS = "421 4.7.0 This is a mail server; speak SMTP to it"

Take = Callable[[str, list[str], bytes], Awaitable[str]]
"""Keeps a mail of this sender for these recipients; its id. `OSError`: it was not kept."""


class Conversation(SMTP):
    """aiosmtpd's side of the talk, with our limits and words."""

    line_length_limit = MAX_LINE

    def __init__(self, counter: "Counter", **options: Any) -> None:
        # The original is one dictionary for all sessions, which each new one clears.
        self.command_size_limits = defaultdict(lambda: MAX_COMMAND)
        super().__init__(
            counter,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Orchestre mail door",
            **options,
        )

    async def push(self, status: str | bytes) -> None:
        words = status if isinstance(status, str) else status.decode()
        await super().push({"552": TOO_LARGE, "553": BAD_ADDRESS}.get(words[:3], words))

    async def smtp_POST(self, arg: str | None) -> None:  # noqa: N802
        """A web page tries to write mail through its reader's browser."""
        await self.push(NOT_FOR_BROWSERS)
        if self.transport is not None:
            self.transport.close()

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()


class Counter:
    """Serves every client: checks what they bring, and hands it to `take`."""

    def __init__(self, take: Take, *, door: str) -> None:
        self._take = take
        self._door = door
        self.taking = 0
        """How many mails are being taken at this moment."""

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, host: str, offers: list[str]
    ) -> list[str]:
        session.host_name = host
        return [*offers[:-1], f"250-{DOOR_OFFER} {self._door}", offers[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if _is_bad(address):
            return BAD_ADDRESS
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == "<>" or _is_bad(address):
            return BAD_ADDRESS
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        sender = (envelope.mail_from or "").removeprefix("<>")
        self.taking += 1
        try:
            id = await self._take(sender, envelope.rcpt_tos, envelope.original_content or b"")
        except OSError as error:
            log.error("mail_not_taken", extra={"errno": error.errno})
            return DISK_FULL if error.errno in NO_SPACE else TROUBLE
        finally:
            self.taking -= 1
        return f"250 2.6.0 Kept as {id}"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever a client has brought about, it may try again; aiosmtpd would say 500."""
        log.error("mail_session_failed", exc_info=error)
        return TROUBLE


def _is_bad(address: str) -> bool:
    return len(address) > MAX_ADDRESS or bool(BAD_IN_ADDRESS.search(address))
