"""How Microsoft Graph tells of news: a subscription to the inbox, which ends unless it is renewed.

learn.microsoft.com/graph/change-notifications-overview. Its notices bring the secret that was given
with it (`clientState`) inside of them, so they are read before they are believed, and no more of
them than that. Contents are not asked for.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from core.clock import system_clock
from core.errors import Invalid, NotFound, NotSignedIn, NotSupported, Unavailable
from providers.notices import Event, Heard, Notice, Told, Watched, Webhook, parsed

from .client import Graph, one
from .rows import stamp

PATH = "/subscriptions"
RESOURCE = "/me/mailFolders('inbox')/messages"
LIFE = timedelta(days=6)
"""Seven days are the most for messages (learn.microsoft.com/graph/api/resources/subscription)."""
EVENTS = {
    "reauthorizationRequired": Event.RENEW,
    "subscriptionRemoved": Event.GONE,
    "missed": Event.NEWS,
}
"""learn.microsoft.com/graph/change-notifications-lifecycle-events"""
LONGEST_TOKEN = 2_000
MOST = 1_000
"""Notices in one request."""
NO_NOTICE = "This is no notice of Microsoft Graph."


def watch(graph: Graph, webhook: Webhook, *, subscription: str) -> Watched:
    """Renew what there is, or begin anew. Graph asks the address back before it answers."""
    if not webhook.address:
        raise NotSupported("Set ORCHESTRE_PUBLIC_URL to an https address that Graph can reach.")
    until = system_clock() + LIFE
    if subscription and _renewed(graph, subscription, until):
        return Watched(subscription=subscription, expires_at=until, is_new=False)
    wanted = {
        "changeType": "created",
        "notificationUrl": webhook.address,
        "lifecycleNotificationUrl": webhook.address,
        "resource": RESOURCE,
        "expirationDateTime": stamp(until),
        "clientState": webhook.secret,
    }
    made = graph.arrange("POST", PATH, wanted)
    if not made.get("id"):
        raise Unavailable("Microsoft does not say what it calls the subscription.")
    return Watched(subscription=str(made["id"]), expires_at=until)


def unwatch(graph: Graph, subscription: str) -> None:
    with suppress(NotFound):
        graph.arrange("DELETE", one(PATH, subscription))


def heard(notice: Notice) -> Heard:
    """What a request says. The one that asks whether anybody is here proves nothing, and is only
    repeated to; learn.microsoft.com/graph/change-notifications-delivery-webhooks"""
    if token := notice.query.get("validationToken"):
        return Heard(answer=_echoed(token), proven=False)
    if not notice.watch_id:
        raise NotSignedIn("This names no subscription.")
    said = parsed(notice.body)
    listed = said.get("value") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        raise Invalid(NO_NOTICE)
    told = tuple(_told(item) for item in listed[:MOST])
    if not told or not all(item.secret and item.subscription for item in told):
        raise NotSignedIn("This does not bring along what Graph was told to bring.")
    return Heard(told=tuple(dict.fromkeys(told)))


def _told(item: Any) -> Told:
    said = item if isinstance(item, dict) else {}
    name, secret = said.get("subscriptionId"), said.get("clientState")
    event = said.get("lifecycleEvent")
    if not isinstance(name, str) or not isinstance(secret, str):
        raise Invalid(NO_NOTICE)
    known = EVENTS.get(event, Event.NEWS) if isinstance(event, str) else Event.NEWS
    return Told(subscription=name, secret=secret, event=known)


def _echoed(token: str) -> str:
    """What Graph sends is plain words; what could be a page or a script is not repeated."""
    if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise Invalid("This is no validation token.")
    if set(token) & set("<>&\"'"):
        raise Invalid("This is no validation token.")
    return token


def _renewed(graph: Graph, subscription: str, until: datetime) -> bool:
    """False when there is none of that name any more."""
    try:
        graph.arrange("PATCH", one(PATH, subscription), {"expirationDateTime": stamp(until)})
    except NotFound:
        return False
    return True
