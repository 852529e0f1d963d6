"""What a mail account asks for besides its password."""

from enum import StrEnum
from typing import Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from providers.dial import is_loopback
from providers.mail.aliases import AliasSettings
from providers.mail.smtp import Tls


class Copies(StrEnum):
    CLIENT = "client"
    """The relay keeps none: file a copy of every answer ourselves."""
    SERVER = "server"
    """The mail server files a copy of whatever goes through its relay, which proves it."""


class ImapSettings(AliasSettings):
    model_config = ConfigDict(use_attribute_docstrings=True)

    host: str
    """IMAP server."""
    port: int = Field(default=993, ge=1, le=65535)
    """IMAP port."""
    tls: Tls = "tls"
    """tls, starttls, or none (to this machine only)."""
    user: str = ""
    """Name to sign in with; empty for the mail address."""
    folder: str = Field(default="INBOX", min_length=1)
    """Folder to read."""
    relay_host: str
    """SMTP server that takes the answers."""
    relay_port: int = Field(default=587, ge=1, le=65535)
    """SMTP port."""
    relay_tls: Tls = "starttls"
    """tls, starttls, or none (to this machine only)."""
    relay_user: str = ""
    """Name to sign in to the SMTP server with; empty for the same as for IMAP."""
    sent_folder: str = ""
    """Folder of sent mail; empty for the one that the server marks as such."""
    sent_copies: Copies = Copies.CLIENT
    """Who files copies of what is sent: client, or server if the SMTP server does so itself."""
    ca_file: str = ""
    """PEM file with the certificate authorities to trust; empty for the system's."""
    timeout: float = Field(default=60, gt=0, le=240)
    """How long one question to the IMAP server may take, in seconds."""

    @field_validator("host", "user", "folder", "relay_host", "relay_user", "sent_folder")
    @classmethod
    def _is_one_line(cls, text: str) -> str:
        if not text.isprintable():
            raise ValueError("control characters have no place here")
        return text

    @model_validator(mode="after")
    def _is_private(self) -> Self:
        for host, tls in ((self.host, self.tls), (self.relay_host, self.relay_tls)):
            if tls == "none" and not is_loopback(host):
                raise ValueError(
                    f"{host!r} is not this machine, and a password is not sent to it unencrypted. "
                    "Choose tls or starttls."
                )
        return self
