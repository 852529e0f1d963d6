"""IMAP: one mailbox on a mail server, read without leaving a mark."""

from . import lookup
from .idle import wait_for_mail
from .mailbox import Mailbox
from .places import Place, place_at, read_on
from .responses import Row
from .session import Folder, Session, quoted
from .settings import Copies, ImapSettings

__all__ = [
    "Copies",
    "Folder",
    "ImapSettings",
    "Mailbox",
    "Place",
    "Row",
    "Session",
    "lookup",
    "place_at",
    "quoted",
    "read_on",
    "wait_for_mail",
]
