"""The services of others: who writes, as whom accounts are linked, where all that is reached."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr

from core.deployment import Deployment

from .installation import InstallationSettings
from .names import vendor


class Writer(StrEnum):
    AUTO = "auto"
    """The first that has a key: OpenAI, HuggingFace; without a key, the composer."""
    OPENAI = "openai"
    HUGGINGFACE = "huggingface"
    COMPOSER = "composer"


def check_https(url: str) -> str:
    if not re.match(r"https://[^\s/]+", url):
        raise ValueError("it should begin with https://")
    return url


Https = Annotated[str, AfterValidator(check_https)]


def address(name: str) -> Any:
    """An address of somebody else's service: the real one, unless something stands in for it."""
    return Field(default=Deployment.model_fields[name].default)


class ServiceSettings(InstallationSettings):
    llm: Writer = Writer.AUTO
    """Who writes: auto, openai, huggingface or composer (the writer without a model)."""
    llm_timeout_seconds: float = Field(default=60, gt=0, le=240)
    """How long one answer of the model may take altogether, in seconds."""
    openai_api_key: SecretStr | None = vendor(None, "OPENAI_API_KEY")
    """Key of OpenAI, or of any service that speaks its API."""
    openai_base_url: str = vendor("https://api.openai.com/v1", "OPENAI_BASE_URL")
    """Address of OpenAI, or of any service that speaks its API."""
    openai_model: str = vendor("gpt-4.1-mini", "OPENAI_MODEL")
    """Model to ask there."""
    huggingface_api_key: SecretStr | None = vendor(None, "HUGGINGFACE_API_KEY")
    """Key of HuggingFace Inference."""
    huggingface_endpoint: str = vendor("", "HUGGINGFACE_ENDPOINT")
    """Address of an inference endpoint of your own; empty for HuggingFace's router."""
    huggingface_model: str = vendor("meta-llama/Llama-3.1-8B-Instruct", "HUGGINGFACE_MODEL")
    """Model to ask there."""

    google_client_id: str = vendor("", "GOOGLE_CLIENT_ID")
    """OAuth client of this deployment at Google."""
    google_client_secret: SecretStr | None = vendor(None, "GOOGLE_CLIENT_SECRET")
    """Secret of that client."""
    microsoft_client_id: str = vendor("", "MICROSOFT_CLIENT_ID")
    """OAuth client of this deployment at Microsoft."""
    microsoft_client_secret: SecretStr | None = vendor(None, "MICROSOFT_CLIENT_SECRET")
    """Secret of that client."""
    slack_client_id: str = vendor("", "SLACK_CLIENT_ID")
    """OAuth client of this deployment at Slack."""
    slack_client_secret: SecretStr | None = vendor(None, "SLACK_CLIENT_SECRET")
    """Secret of that client."""

    gmail_api_url: Https = address("gmail_api_url")
    """Address of the Gmail API."""
    google_auth_url: Https = address("google_auth_url")
    """Where Google asks for consent."""
    google_token_url: Https = address("google_token_url")
    """Where Google gives and renews tokens."""
    google_revoke_url: Https = address("google_revoke_url")
    """Where Google takes tokens back."""
    google_userinfo_url: Https = address("google_userinfo_url")
    """Where Google says whose token it is."""
    graph_api_url: Https = address("graph_api_url")
    """Address of Microsoft Graph."""
    microsoft_auth_url: Https = address("microsoft_auth_url")
    """Where Microsoft asks for consent."""
    microsoft_token_url: Https = address("microsoft_token_url")
    """Where Microsoft gives and renews tokens."""
    slack_api_url: Https = address("slack_api_url")
    """Address of the Slack API."""
    slack_auth_url: Https = address("slack_auth_url")
    """Where Slack asks for consent."""
    slack_token_url: Https = address("slack_token_url")
    """Where Slack gives and renews tokens."""
    slack_revoke_url: Https = address("slack_revoke_url")
    """Where Slack takes tokens back."""
    telegram_api_url: Https = address("telegram_api_url")
    """Address of the Telegram Bot API."""
    kms_api_url: Https = "https://cloudkms.googleapis.com"
    """Address of Google KMS."""
    pubsub_api_url: Https = address("pubsub_api_url")
    """Address of Google Cloud Pub/Sub."""
    google_certs_url: Https = address("google_certs_url")
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
    slack_signing_secret: SecretStr | None = vendor(None, "SLACK_SIGNING_SECRET")
    """Proves that an event is from Slack: under Basic Information in the app's settings."""
    slack_app_token: SecretStr | None = vendor(None, "SLACK_APP_TOKEN")
    """App-level token (xapp-…) for Slack's Socket Mode, which needs no public address."""
