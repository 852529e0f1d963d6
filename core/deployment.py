"""Where the services of others are reached from here, and as whom. Defaults are the real ones."""

from pathlib import Path

from pydantic import SecretStr

from .records import Value


class OAuthClient(Value):
    """What a service knows this deployment as (RFC 6749 2.2, 2.3)."""

    id: str = ""
    secret: SecretStr | None = None


class Desk(Value):
    """Where a service asks for consent and deals in tokens, and as whom it knows us."""

    auth_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    """Where tokens are taken back; empty where the service has no such place."""
    userinfo_url: str = ""
    """Where it says whose token it is; empty where the provider's own interface says it."""
    client: OAuthClient = OAuthClient()


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
    slack_token_url: str = "https://slack.com/api/oauth.v2.access"
    slack_revoke_url: str = "https://slack.com/api/auth.revoke"
    telegram_api_url: str = "https://api.telegram.org"
    pubsub_api_url: str = "https://pubsub.googleapis.com"
    google_certs_url: str = "https://www.googleapis.com/oauth2/v1/certs"

    ca_bundle: Path | None = None
    """PEM file with the authorities to trust instead of the machine's."""

    gmail_topic: str = ""
    pubsub_subscription: str = ""
    pubsub_audience: str = ""
    pubsub_service_account: str = ""
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None

    google: OAuthClient = OAuthClient()
    microsoft: OAuthClient = OAuthClient()
    slack: OAuthClient = OAuthClient()

    def desk(self, service: str) -> Desk:
        """The desk of `google`, `microsoft` or `slack`.

        The real service is never shown a token that another one has given: where tokens come from
        elsewhere, only what was set as well is asked about them.
        """
        urls = {name: getattr(self, f"{service}_{name}", "") for name in Desk.model_fields}
        real = {name: type(self).model_fields.get(f"{service}_{name}") for name in urls}
        known = {name: field.default for name, field in real.items() if field}
        if urls["token_url"] != known["token_url"]:
            for name in ("revoke_url", "userinfo_url"):
                urls[name] = "" if urls[name] == known.get(name) else urls[name]
        return Desk(**urls | {"client": getattr(self, service)})
