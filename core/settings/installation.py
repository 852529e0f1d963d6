"""Where an installation lives, what it keeps, and who may come in."""

import re
from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.connections import Access

from .names import PREFIX, vendor

PUBLIC = r"(https://[^\s/?#@]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)/?|"
KMS_KEY = "^projects/[^/,]+/locations/[^/,]+/keyRings/[^/,]+/cryptoKeys/[^/,]+$"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class InstallationSettings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
    )

    environment: Environment = Environment.DEVELOPMENT
    """`production` refuses to start with a secret that is missing or weak."""
    home: Path = Path("var")
    """Folder for everything that is kept: database, keys, mail, logs."""
    host: str = "127.0.0.1"
    """Address that the API listens on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port that the API listens on; 0 takes any free one."""
    smtp_port: int = Field(default=2525, ge=0, le=65535)
    """Port of the local mail door, on the loopback address only; 0 takes any free one."""
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """DEBUG, INFO, WARNING or ERROR."""
    log_file: Path | None = None
    """File for the log, which is rotated; standard error when empty."""

    database_url: str = vendor("", "DATABASE_URL")
    """SQLite in the home folder when empty; else postgresql+psycopg://user:password@host/name."""
    broker_url: str = vendor("", "BROKER_URL")
    """Redis for Celery, as redis://host:6379/0; empty for the embedded one, or for none."""

    key: SecretStr | None = None
    """Seals credentials: 32 random bytes in base64url. A file in the home folder when empty."""
    old_keys: SecretStr | None = None
    """Keys that still open what was sealed before, separated by commas; keys in KMS too."""
    kms_key: str = Field(default="", pattern=f"^$|{KMS_KEY}")
    """Key in Google KMS that seals instead: projects/*/locations/*/keyRings/*/cryptoKeys/*."""
    signup: bool = True
    """Whether strangers may create an account over the API."""
    session_hours: int = Field(default=12, ge=1, le=720)
    """How long a sign-in lasts, in hours."""
    public_url: str = ""
    """Where browsers reach the API, with https; empty for this machine alone."""
    redirect_urls: str = ""
    """Where a browser may go after linking, besides PUBLIC_URL; separated by commas."""
    link_access: Access = Access.SEND
    """What accounts are linked for, at services that let one choose: read, draft or send."""
    private_hosts: bool = False
    """Whether users who do not run this may link mail servers in this machine's own network."""

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str) -> str:
        if not re.fullmatch(PUBLIC, url):
            raise ValueError(
                "Give https://host without a path; http is taken on this machine alone, as in "
                "http://127.0.0.1:8000"
            )
        return url
