"""Every setting, from the environment or a `.env` file. Only the doors read them."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import AliasChoices, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from .caps import Caps
from .deployment import Deployment, OAuthClient
from .errors import Invalid
from .keyring import read_key, read_key_file
from .pace import Pace
from .settings.answers import AnswerSettings
from .settings.installation import KMS_KEY, Environment
from .settings.names import PREFIX
from .settings.services import check_https

ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  # compared with, and not listened on


class Settings(AnswerSettings):
    """All of them, and what follows from several."""

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
        if url is not None:
            check_https(url.get_secret_value())
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
