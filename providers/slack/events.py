"""What Slack tells of by itself: events, over a webhook or over the line of Socket Mode.

An event is signed over the body as it came (docs.slack.dev/authentication/
verifying-requests-from-slack); over the line it needs no proof, because we opened it.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from core.deployment import Deployment
from core.errors import Invalid, NotSignedIn
from providers.notices import Heard, Notice, Told, parsed

OLDEST = timedelta(minutes=5)
"""What was signed longer ago, or is signed for later, may have been recorded by somebody."""
DIRECT = frozenset({"im", "mpim", "app_home"})
ENDINGS = frozenset({"app_uninstalled", "tokens_revoked"})


def is_set_up(deployment: Deployment) -> bool:
    """Whether events can come in, one way or the other."""
    return bool(deployment.slack_signing_secret or deployment.slack_app_token)


def heard(notice: Notice, secret: SecretStr | None) -> Heard:
    """What a notice says, once its signature is right."""
    _prove(notice, secret)
    said = parsed(notice.body)
    if not isinstance(said, dict):
        raise Invalid("This is signed by Slack, but it is no event.")
    if said.get("type") == "url_verification":
        return Heard(answer=str(said.get("challenge") or ""))
    return Heard(told=told(said))


def told(callback: dict[str, Any]) -> tuple[Told, ...]:
    """Whom an event is for, by installation (docs.slack.dev/apis/events-api).

    It names one of them only, which is enough: the bot of this app is one in each workspace.
    """
    event = callback.get("event")
    if callback.get("type") != "event_callback" or not isinstance(event, dict):
        return ()
    listed = callback.get("authorizations")
    named = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    bots = [(_word(one, "team_id"), _word(one, "user_id")) for one in named if one.get("is_bot")]
    return tuple(
        Told(subscription=subscription(team, bot))
        for team, bot in bots
        if team and bot and _concerns(event, bot)
    )


def subscription(team: str, bot: str) -> str:
    """A bot's id means something within its workspace only."""
    return f"{team}/{bot}"


def _prove(notice: Notice, secret: SecretStr | None) -> None:
    if secret is None or not secret.get_secret_value():
        raise NotSignedIn("Set SLACK_SIGNING_SECRET: without it nobody can be shown to be Slack.")
    stamp = notice.headers.get("x-slack-request-timestamp", "")
    given = notice.headers.get("x-slack-signature", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise NotSignedIn("This is not signed by Slack.")
    mac = hmac.new(
        secret.get_secret_value().encode(), f"v0:{stamp}:".encode() + notice.body, hashlib.sha256
    )
    if not hmac.compare_digest(f"v0={mac.hexdigest()}".encode(), given.encode()):
        raise NotSignedIn("This is not signed by Slack.")
    if abs(notice.at.timestamp() - int(stamp)) > OLDEST.total_seconds():
        raise NotSignedIn("This was signed by Slack at another time: it may be a recording.")


def _concerns(event: dict[str, Any], bot: str) -> bool:
    """Whether something may be for the bot. What is said in its channels mostly is not, and each
    look takes one question for every conversation."""
    kind, text = _word(event, "type"), event.get("text")
    if kind in ENDINGS or kind == "app_mention":
        return True
    if kind != "message" or event.get("user") == bot:
        return False
    direct = _word(event, "channel_type") in DIRECT
    named = isinstance(text, str) and f"<@{bot}" in text
    return bool(direct or named or event.get("thread_ts"))


def _word(said: dict[str, Any], name: str) -> str:
    """What one field says; empty for what is no word."""
    found = said.get(name)
    return found if isinstance(found, str) and found.isprintable() else ""
