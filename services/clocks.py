"""Compares our clock with those of the services whose accounts are linked.

Any answer of a server tells its time (RFC 9110 6.6.1), so nobody has to sign in for that.
"""

from datetime import datetime, timedelta

from core.clock import Clock
from core.connections import Connection
from core.errors import Refused, Unavailable
from core.records import Value
from providers.http import Http, NoAnswer, shared, told_at

from .bootstrap import Orchestre

TOLERATED = timedelta(seconds=30)
SECONDS = 5.0
ADDRESSES = {
    "gmail": "gmail_api_url",
    "outlook": "graph_api_url",
    "slack": "slack_api_url",
    "telegram": "telegram_api_url",
}
"""Where the deployment says that a service is, by provider."""


class Compared(Value):
    """Our clock beside a service's."""

    title: str
    ahead: timedelta | None
    """How far ours is ahead; `None` where the service does not say its time."""

    @property
    def agrees(self) -> bool:
        return self.ahead is not None and abs(self.ahead) <= TOLERATED


def compare(app: Orchestre) -> list[Compared]:
    """One question to each service that somebody has linked an account of."""
    linked = {kept.provider for kept in app.database.for_workers().find(Connection)}
    titles = {offer.name: offer.title for offer in app.connections.offers()}
    deployment, http = app.settings.deployment(), shared(app.settings.ca_bundle)
    return [
        Compared(
            title=titles.get(name, name),
            ahead=_ahead(str(getattr(deployment, field)), http=http, clock=app.clock),
        )
        for name, field in ADDRESSES.items()
        if name in linked
    ]


def _ahead(url: str, *, http: Http, clock: Clock) -> timedelta | None:
    asked = clock()
    try:
        there = told_at(http.request("GET", url, seconds=SECONDS))
    except (NoAnswer, Unavailable, Refused):
        return None
    return _between(asked, clock()) - there if there else None


def _between(first: datetime, last: datetime) -> datetime:
    return first + (last - first) / 2
