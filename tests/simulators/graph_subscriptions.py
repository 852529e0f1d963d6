"""The subscriptions of Microsoft Graph, and the notices that they bring.

learn.microsoft.com/graph/change-notifications-delivery-webhooks. The address has to answer before
there is a subscription; a secret is fixed when it is made; notices carry it inside.
"""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.simulators.pushes import Knock, Pushed, nobody

MOST = timedelta(days=7)
TOKEN = "Validation: Testing client application reachability for subscription Request-Id: 1f2e"


class Refused(Exception):
    """With the code of what is wrong."""


@dataclass
class Subscription:
    id: str
    url: str
    lifecycle_url: str
    secret: str
    until: datetime


@dataclass
class Subscriptions:
    knock: Knock = nobody
    there: dict[str, Subscription] = field(default_factory=dict)
    made: int = 0
    renewed: int = 0
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def make(self, asked: dict[str, Any]) -> dict[str, Any]:
        until = self._until(asked)
        url = str(asked["notificationUrl"])
        for one in (url, str(asked["lifecycleNotificationUrl"])):
            if not one.startswith("https://"):
                raise Refused("InvalidRequest")
            query = urlencode({"validationToken": TOKEN})
            answered = self.knock(Pushed(f"{one}?{query}", {"Content-Type": "text/plain"}, b""))
            if answered != (200, TOKEN, "text/plain"):
                raise Refused("ValidationError")
        if asked["resource"] != "/me/mailFolders('inbox')/messages":
            raise Refused("InvalidRequest")
        id = f"7f105c7d-2dc5-4530-97cd-{next(self._numbers):012d}"
        self.there[id] = Subscription(
            id, url, str(asked["lifecycleNotificationUrl"]), str(asked["clientState"]), until
        )
        self.made += 1
        return {"id": id, "expirationDateTime": asked["expirationDateTime"]}

    def renew(self, id: str, asked: dict[str, Any]) -> dict[str, Any]:
        if set(asked) != {"expirationDateTime"}:
            raise Refused("InvalidRequest")
        self.there[id].until = self._until(asked)
        self.renewed += 1
        return {"id": id, "expirationDateTime": asked["expirationDateTime"]}

    def notices(self) -> list[Pushed]:
        """What is sent for one message that came in, to everybody who wants to know."""
        now = datetime.now(UTC)
        return [self.notice(one) for one in self.there.values() if one.until > now]

    def notice(self, one: Subscription, **changes: Any) -> Pushed:
        item = {
            "subscriptionId": one.id,
            "clientState": one.secret,
            "changeType": "created",
            "resource": "Users/1/Messages/2",
            "tenantId": "t-1",
        } | changes
        said = {name: value for name, value in item.items() if value is not None}
        body = json.dumps({"value": [said]}).encode()
        return Pushed(one.url, {"Content-Type": "application/json"}, body)

    def lifecycle(self, event: str) -> list[Pushed]:
        return [
            self.notice(one, lifecycleEvent=event, changeType=None) for one in self.there.values()
        ]

    def _until(self, asked: dict[str, Any]) -> datetime:
        until = datetime.fromisoformat(asked["expirationDateTime"])
        if not timedelta() < until - datetime.now(UTC) <= MOST:
            raise Refused("InvalidRequest")
        return until
