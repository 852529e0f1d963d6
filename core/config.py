"""Every setting, from the environment or a `.env` file. Only the doors read them."""

import os
import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from .caps import Caps
from .connections import Access
from .deployment import Deployment, OAuthClient
from .errors import Invalid
from .keyring import read_key, read_key_file
from .pace import Pace

PREFIX = "ORCHESTRE_"
PUBLIC = r"(https://[^\s/?#@]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)/?|"
ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # compared with, and not listened on
KMS_KEY = "^projects/[^/,]+/locations/[^/,]+/keyRings/[^/,]+/cryptoKeys/[^/,]+$"


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Writer(StrEnum):
    AUTO = "auto"
    """The first that has a key: OpenAI, HuggingFace; without a key, the composer."""
    OPENAI = "openai"
    HUGGINGFACE = "huggingface"
    COMPOSER = "composer"


def _vendor(default: Any, name: str) -> Any:
    """A setting that goes by the name that its vendor gave it."""
    return Field(default=default, validation_alias=AliasChoices(name, PREFIX + name))


def _address(name: str) -> Any:
    """An address of somebody else's service: the real one, unless something stands in for it."""
    return Field(default=Deployment.model_fields[name].default, pattern=r"^https://[^\s/]+")


class Settings(BaseSettings):
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

    database_url: str = _vendor("", "DATABASE_URL")
    """SQLite in the home folder when empty; else postgresql+psycopg://user:password@host/name."""
    broker_url: str = _vendor("", "BROKER_URL")
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
    """What is asked for when an account is linked by consent: read, draft or send."""

    llm: Writer = Writer.AUTO
    """Who writes: auto, openai, huggingface or composer (the writer without a model)."""
    llm_timeout_seconds: float = Field(default=60, gt=0, le=240)
    """How long one answer of the model may take altogether, in seconds."""
    openai_api_key: SecretStr | None = _vendor(None, "OPENAI_API_KEY")
    """Key of OpenAI, or of any service that speaks its API."""
    openai_base_url: str = _vendor("https://api.openai.com/v1", "OPENAI_BASE_URL")
    """Address of OpenAI, or of any service that speaks its API."""
    openai_model: str = _vendor("gpt-4.1-mini", "OPENAI_MODEL")
    """Model to ask there."""
    huggingface_api_key: SecretStr | None = _vendor(None, "HUGGINGFACE_API_KEY")
    """Key of HuggingFace Inference."""
    huggingface_endpoint: str = _vendor("", "HUGGINGFACE_ENDPOINT")
    """Address of an inference endpoint of your own; empty for HuggingFace's router."""
    huggingface_model: str = _vendor("meta-llama/Llama-3.1-8B-Instruct", "HUGGINGFACE_MODEL")
    """Model to ask there."""

    google_client_id: str = _vendor("", "GOOGLE_CLIENT_ID")
    """OAuth client of this deployment at Google."""
    google_client_secret: SecretStr | None = _vendor(None, "GOOGLE_CLIENT_SECRET")
    """Secret of that client."""
    microsoft_client_id: str = _vendor("", "MICROSOFT_CLIENT_ID")
    """OAuth client of this deployment at Microsoft."""
    microsoft_client_secret: SecretStr | None = _vendor(None, "MICROSOFT_CLIENT_SECRET")
    """Secret of that client."""
    slack_client_id: str = _vendor("", "SLACK_CLIENT_ID")
    """OAuth client of this deployment at Slack."""
    slack_client_secret: SecretStr | None = _vendor(None, "SLACK_CLIENT_SECRET")
    """Secret of that client."""

    gmail_api_url: str = _address("gmail_api_url")
    """Address of the Gmail API."""
    google_auth_url: str = _address("google_auth_url")
    """Where Google asks for consent."""
    google_token_url: str = _address("google_token_url")
    """Where Google gives and renews tokens."""
    google_revoke_url: str = _address("google_revoke_url")
    """Where Google takes tokens back."""
    google_userinfo_url: str = _address("google_userinfo_url")
    """Where Google says whose token it is."""
    graph_api_url: str = _address("graph_api_url")
    """Address of Microsoft Graph."""
    microsoft_auth_url: str = _address("microsoft_auth_url")
    """Where Microsoft asks for consent."""
    microsoft_token_url: str = _address("microsoft_token_url")
    """Where Microsoft gives and renews tokens."""
    slack_api_url: str = _address("slack_api_url")
    """Address of the Slack API."""
    slack_auth_url: str = _address("slack_auth_url")
    """Where Slack asks for consent."""
    slack_token_url: str = _address("slack_token_url")
    """Where Slack gives and renews tokens."""
    slack_revoke_url: str = _address("slack_revoke_url")
    """Where Slack takes tokens back."""
    telegram_api_url: str = _address("telegram_api_url")
    """Address of the Telegram Bot API."""
    kms_api_url: str = Field(default="https://cloudkms.googleapis.com", pattern=r"^https://[^\s/]+")
    """Address of Google KMS."""
    pubsub_api_url: str = _address("pubsub_api_url")
    """Address of Google Cloud Pub/Sub."""
    google_certs_url: str = _address("google_certs_url")
    """Where Google shows the certificates that its pushes are signed with."""
    ca_bundle: Path | None = None
    """File with the authorities to trust at these addresses; the machine's when empty."""

    push: bool = True
    """Whether services that can are asked to tell of news, so that a poll need not wait."""
    gmail_poll_units_per_day: int = Field(default=60_000_000, ge=0)
    """Units of Gmail's quota that polls may use in a day, before they are stretched; 0 for all."""
    gmail_topic: str = Field(default="", pattern=r"^(projects/[^/\s]+/topics/[^/\s]+)?$")
    """Pub/Sub topic that Gmail tells of news: projects/NAME/topics/NAME."""
    pubsub_subscription: str = Field(
        default="", pattern=r"^(projects/[^/\s]+/subscriptions/[^/\s]+)?$"
    )
    """Subscription to it that the listener reads: projects/NAME/subscriptions/NAME."""
    pubsub_service_account: str = ""
    """Mail address of the service account whose pushes from Pub/Sub are taken; empty for none."""
    pubsub_audience: str = ""
    """Audience of those pushes; empty for this deployment's own /webhooks/gmail."""
    slack_signing_secret: SecretStr | None = _vendor(None, "SLACK_SIGNING_SECRET")
    """Proves that an event is from Slack: under Basic Information in the app's settings."""
    slack_app_token: SecretStr | None = _vendor(None, "SLACK_APP_TOKEN")
    """App-level token (xapp-…) for Slack's Socket Mode, which needs no public address."""

    worker_threads: int = Field(default=16, ge=1, le=256)
    """How many pieces of work one worker does at a time."""
    hints: bool = True
    """Whether a delivery to the local mail door makes its feed due at once."""
    effect_seconds: float = Field(default=660, ge=1, le=700)
    """Deadline of one send, in seconds. SMTP waits 10 minutes for the final dot (RFC 5321)."""
    settle_seconds: float = Field(default=60, ge=0, le=3600)
    """How long to wait before the absence of a sent answer counts, in seconds."""
    retry_seconds: float = Field(default=30, gt=0, le=3600)
    """How long a service that is not available is left alone at first, in seconds."""
    deaf_seconds: float = Field(default=60, ge=2, le=3600)
    """A worker that has consumed nothing for this long ends itself, in seconds."""

    silence_seconds: int = Field(default=300, ge=30, le=86_400)
    """So long after two intervals without a good look an account counts as silent, in seconds."""
    canary_minutes: int = Field(default=0, ge=0, le=10_080)
    """How often each account whose bot is on writes to itself, as a proof; 0 for never."""
    alert_webhook_url: SecretStr | None = None
    """Address (https) that is called with each alert; whoever knows it can write there."""
    metrics_token: SecretStr | None = None
    """Bearer token that opens GET /metrics, for Prometheus; closed when empty."""

    cap_per_sender_day: int = Field(default=3, ge=0)
    """Automatic answers to one sender in a day."""
    cap_per_thread: int = Field(default=5, ge=0)
    """Automatic answers in one thread."""
    cap_per_connection_day: int = Field(default=200, ge=0)
    """Automatic answers from one account in a day."""
    cap_per_owner_day: int = Field(default=200, ge=0)
    """Automatic answers of one owner, over all accounts, in a day."""
    cap_fresh_connection_day: int = Field(default=20, ge=0)
    """Automatic answers in a day from an account that was linked less than a week ago."""

    pace_window_minutes: int = Field(default=180, ge=1, le=10_080)
    """The time within which the pace of one correspondent is counted, in minutes."""
    pace_per_thread: int = Field(default=5, ge=1)
    """Points in a conversation: 1 a mail, 2 within 2 minutes of our answer, all within 30 s."""
    pace_per_sender: int = Field(default=10, ge=1)
    """Points of one correspondent over all conversations."""
    pace_same_text_days: int = Field(default=7, ge=0, le=365)
    """How long the same words of one sender are not answered again, in days."""
    pace_breaker: int = Field(default=3, ge=0)
    """So many senders who write too fast within an hour hold the bot back; 0 for never."""

    recipient_delimiter: str = Field(default="+", max_length=1)
    """What parts a sub-address from its address, as in sales+berlin@your-shop.example."""
    max_recipients: int = Field(default=20, ge=1)
    """Mail to more addresses than this is not answered."""
    answer_copies: bool = False
    """Send without asking what answers mail that the account got as a copy (Cc) only."""
    answer_contact_forms: bool = False
    """Answer a person's Reply-To where the sender is a no-reply address."""
    answer_postmaster: bool = False
    """Answer mail from a postmaster."""
    answer_calendar: bool = False
    """Answer invitations by mail."""
    answer_thanks: bool = False
    """Answer mail that says nothing but thanks."""
    answer_campaigns: bool = False
    """Answer mail with the marks of marketing or of a CRM."""
    authserv_ids: str = ""
    """Mail servers whose Authentication-Results count, besides those of your own domain."""
    max_scl: int = Field(default=5, ge=-1, le=10)
    """Exchange's spam confidence level from which mail is not answered; 10 for never."""

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str) -> str:
        if not re.fullmatch(PUBLIC, url):
            raise ValueError(
                "Give https://host without a path; http is taken on this machine alone, as in "
                "http://127.0.0.1:8000"
            )
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _FromFiles(settings_cls), dotenv_settings

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """The settings, or `Invalid` with every one that is malformed."""
        try:
            return cls(**overrides)
        except ValidationError as error:
            wrong = "\n".join(
                f"  {_name(cls, str(part['loc'][0]))}: {part['msg']}" for part in error.errors()
            )
            raise Invalid(
                f"These settings are malformed:\n{wrong}\n"
                "Correct them in the environment or in .env; .env.sample says what each is for."
            ) from None

    def check(self) -> None:
        """Raise `Invalid` that names everything that is missing or weak in production."""
        if self.environment is not Environment.PRODUCTION:
            return
        wrong = []
        if self.key is None and not self.kms_key:
            wrong.append("ORCHESTRE_KEY is missing. Make one with: orchestre keys make")
        if self.key is not None:
            try:
                read_key(self.key.get_secret_value())
            except Invalid as error:
                wrong.append(f"ORCHESTRE_KEY is weak. {error}")
        if not self.database_url:
            wrong.append("DATABASE_URL is missing: postgresql+psycopg://user:password@host/name")
        if wrong:
            raise Invalid("Not fit for production:\n  " + "\n  ".join(wrong))

    def keys(self) -> list[bytes]:
        """The sealing keys that are kept here, the one that seals first; after a key in KMS, none
        does. Makes the key file when there is no key at all."""
        file = self.home / "keys" / "sealing.key"
        first = []
        if self.key is not None:
            first = [read_key(self.key.get_secret_value())]
        elif not self.kms_key or file.exists():
            first = [read_key_file(file)]
        return first + [read_key(text) for text in self._old_keys() if not _is_kms(text)]

    def kms_keys(self) -> list[str]:
        """The keys that Google KMS keeps, the one that seals first."""
        first = [self.kms_key] if self.kms_key else []
        return first + [text for text in self._old_keys() if _is_kms(text)]

    def _old_keys(self) -> list[str]:
        old = self.old_keys.get_secret_value().split(",") if self.old_keys else []
        return [text.strip() for text in old if text.strip()]

    def broker(self) -> str:
        """The broker's address: the one that is set, or the embedded one while it runs."""
        if self.broker_url:
            return self.broker_url
        try:
            return broker_file(self.home).read_text().strip()
        except OSError:
            return ""

    def deployment(self) -> Deployment:
        return Deployment(
            **{
                name: getattr(self, name)
                for name in Deployment.model_fields.keys() & Settings.model_fields.keys()
            },
            google=OAuthClient(id=self.google_client_id, secret=self.google_client_secret),
            microsoft=OAuthClient(id=self.microsoft_client_id, secret=self.microsoft_client_secret),
            slack=OAuthClient(id=self.slack_client_id, secret=self.slack_client_secret),
        )

    def public(self) -> str:
        """Where browsers reach the API, without a slash at its end; empty when nobody knows."""
        if self.public_url or not self.port:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in ANYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def caps(self) -> Caps:
        return Caps(
            per_sender_day=self.cap_per_sender_day,
            per_thread=self.cap_per_thread,
            per_connection_day=self.cap_per_connection_day,
            per_owner_day=self.cap_per_owner_day,
            fresh_connection_day=self.cap_fresh_connection_day,
        )

    def pace(self) -> Pace:
        return Pace(
            window=timedelta(minutes=self.pace_window_minutes),
            per_thread=self.pace_per_thread,
            per_sender=self.pace_per_sender,
            same_text=timedelta(days=self.pace_same_text_days),
            breaker=self.pace_breaker,
        )

    def settle(self) -> timedelta:
        return timedelta(seconds=self.settle_seconds)

    def silence(self) -> timedelta:
        return timedelta(seconds=self.silence_seconds)

    def canaries_every(self) -> timedelta | None:
        return timedelta(minutes=self.canary_minutes) if self.canary_minutes else None

    @field_validator("alert_webhook_url")
    @classmethod
    def _is_https(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.match(r"https://[^\s/]+", url.get_secret_value()):
            raise ValueError("it should begin with https://")
        return url


def _is_kms(text: str) -> bool:
    return re.match(KMS_KEY, text) is not None


def broker_file(home: Path) -> Path:
    """Where the address of the embedded broker stands while it runs."""
    return home / "run" / "broker.url"


class _FromFiles(PydanticBaseSettingsSource):
    """`NAME_FILE` names a file that holds the value of `NAME`, as container secrets do."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = _name(self.settings_cls, field_name)
        path = os.environ.get(f"{name}_FILE")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text().strip(), field_name, False
        except OSError as error:
            raise Invalid(f"{name}_FILE names {path!r}, which cannot be read: {error}") from error

    def __call__(self) -> dict[str, Any]:
        return {
            _name(self.settings_cls, name) if field.validation_alias else name: value
            for name, field in self.settings_cls.model_fields.items()
            if (value := self.get_field_value(field, name)[0]) is not None
        }


def _name(cls: type[BaseSettings], field_name: str) -> str:
    """What a setting is called in the environment."""
    field = cls.model_fields.get(field_name)
    if field is None:
        return field_name
    if isinstance(field.validation_alias, AliasChoices):
        return str(field.validation_alias.choices[0])
    return PREFIX + field_name.upper()


def environment_names() -> dict[str, FieldInfo]:
    """Every setting by its name in the environment, in order."""
    return {_name(Settings, name): field for name, field in Settings.model_fields.items()}
