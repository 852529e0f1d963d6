"""Where the services of others are reached from here, and as whom. Defaults are the real ones."""

from pathlib import Path

from pydantic import SecretStr

from .records import Value


class OAuthClient(Value):
    """What a service knows this deployment as (RFC 6749 2.2, 2.3)."""

    id: str = ""
    secret: SecretStr | None = None


class Deployment(Value):
    """What every account of this deployment is opened with."""

    gmail_api_url: str = "https://gmail.googleapis.com"
    google_auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_url: str = "https://oauth2.googleapis.com/token"
    google_revoke_url: str = "https://oauth2.googleapis.com/revoke"
    google_userinfo_url: str = "https://openidconnect.googleapis.com/v1/userinfo"
    graph_api_url: str = "https://graph.microsoft.com/v1.0"
    microsoft_auth_url: str = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"
    microsoft_token_url: str = "https://login.microsoftonline.com/common/oauth2/v2.0/token"
    slack_api_url: str = "https://slack.com/api"
    slack_auth_url: str = "https://slack.com/oauth/v2/authorize"
    telegram_api_url: str = "https://api.telegram.org"

    ca_bundle: Path | None = None
    """PEM file with the authorities to trust instead of the machine's."""

    google: OAuthClient = OAuthClient()
    microsoft: OAuthClient = OAuthClient()
    slack: OAuthClient = OAuthClient()
