"""Telegram's webhook: it brings the messages themselves, one at a time, until we take them.

core.telegram.org/bots/api#setwebhook. While there is one, nothing can be asked for; so it is given
up as soon as something waits for it in vain, and what waits is then asked for.
"""

from datetime import datetime, timedelta
from typing import Any

from core.errors import Invalid, NotSignedIn, NotSupported, Refused
from core.messages import Envelope
from providers.notices import Heard, Notice, Told, Watched, Webhook, parsed

from .client import Client
from .messages import envelope_of
from .places import Place

HEADER = "x-telegram-bot-api-secret-token"
KIND = "message"
PATH = "/webhooks/telegram/"
PATIENCE = timedelta(seconds=20)
"""How long a message may wait to be brought before it is fetched."""


def heard(notice: Notice) -> Heard:
    """That the bot of this address has news. The secret is its own, and is looked at before
    anything is read."""
    secret = notice.headers.get(HEADER, "")
    if not secret or not notice.watch_id:
        raise NotSignedIn("This does not bring along what Telegram was told to bring.")
    return Heard(told=(Told(secret=secret),))


def watch(client: Client, webhook: Webhook, *, bot_id: str) -> Watched:
    if not webhook.address:
        raise NotSupported("Set ORCHESTRE_PUBLIC_URL to an address that Telegram can reach.")
    there = str(client.ask("getWebhookInfo").get("url") or "")
    if there and not is_ours(there, id=webhook.address.rpartition("/")[2]):
        raise foreign()
    client.order(
        "setWebhook",
        {
            "url": webhook.address,
            "secret_token": webhook.secret,
            "allowed_updates": [KIND],
            "drop_pending_updates": False,
            # One after the other, so that what somebody says is kept in its order.
            "max_connections": 1,
        },
    )
    return Watched(subscription=bot_id)


def unwatch(client: Client, *, id: str = "") -> None:
    """What still waits is kept for whoever asks. Another program's webhook stays: it may have been
    set since."""
    there = str(client.ask("getWebhookInfo").get("url") or "")
    if there and is_ours(there, id=id):
        client.order("deleteWebhook", {"drop_pending_updates": False})


def is_ours(address: str, *, id: str = "") -> bool:
    """Whether an Orchestre has set it, here or at an earlier address; for this account, if one is
    named."""
    return address.endswith(PATH + id) if id else PATH in address


def foreign() -> Refused:
    return Refused(
        "Telegram delivers this bot's messages to a webhook of another program. Stop that "
        "program and delete its webhook (deleteWebhook), or make a bot of its own for this."
    )


def waits(client: Client, place: Place, *, now: datetime, id: str) -> Place | None:
    """The place at which to wait for what the webhook brings; `None` once it was given up,
    because it brings nothing."""
    info = client.ask("getWebhookInfo")
    if not info.get("url"):
        return None
    if not id or not is_ours(str(info["url"]), id=id):
        raise foreign()
    if not info.get("pending_update_count"):
        return place.arrived()
    if place.waiting is None:
        return place.model_copy(update={"waiting": now})
    if now - place.waiting < PATIENCE:
        return place
    unwatch(client, id=id)
    return None


def carried(notice: Notice, place: Place, *, bot_id: str, username: str) -> tuple[Envelope, ...]:
    """The message in an update, if it is one, and not from before the start."""
    update: Any = parsed(notice.body)
    try:
        message = update.get(KIND)
        if not message or (place.since and message["date"] < place.since.timestamp()):
            return ()
        envelope = envelope_of(message, bot_id=bot_id, username=username)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Invalid("This is no update that could be read.") from error
    return (envelope,) if envelope else ()
