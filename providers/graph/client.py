"""The questions that are put to Microsoft Graph for one account, and what its answers mean.

Every request asks for immutable ids: https://learn.microsoft.com/graph/outlook-immutable-id
"""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from core.errors import ReauthorizationRequired, Refused, Unavailable
from providers.base import Account
from providers.http import Answered, NoAnswer, retry_after, shared, told_at
from providers.oauth import Grant

from .answers import (
    THROTTLED,
    Unclear,
    codes_of,
    is_denied,
    items,
    no_mailbox,
    parsed,
    refusal,
    said_of,
    whole,
)
from .permissions import missing, scopes

REQUEST_SECONDS = 60.0
MOST_PAGES = 50
JSON = {"Content-Type": "application/json"}


class Graph:
    """One account. Not for several threads at a time."""

    def __init__(self, account: Account) -> None:
        deployment = account.deployment
        self._base = deployment.graph_api_url.rstrip("/")
        parts = urlsplit(self._base)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._http = shared(deployment.ca_bundle)
        self._access = account.access
        self._until = 0.0
        self._grant = Grant(
            account,
            service="Microsoft",
            token_url=deployment.microsoft_token_url,
            client=deployment.microsoft,
            http=self._http,
            scope=scopes(account.access),
            rotates=True,
        )

    def allow(self, seconds: float) -> None:
        """Everything that is asked from now on takes at most so many seconds altogether."""
        self._until = time.monotonic() + seconds

    def time(self) -> datetime | None:
        """What Microsoft's clock says, in whole seconds."""
        return told_at(self._read(f"{self._base}/me?$select=id"))

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, page: int = 0
    ) -> dict[str, Any]:
        """What Graph says of `path`; of a collection `page` items at a time."""
        return whole(self._read(self._base + path + _encoded(query or {}), page=page))

    def mime(self, path: str) -> bytes:
        """A message's MIME content: https://learn.microsoft.com/graph/outlook-get-mime-message"""
        return self._read(f"{self._base}{path}/$value").body

    def follow(self, link: str, *, page: int) -> dict[str, Any]:
        """What is behind a link that `link` gave. `Resync` when it has expired."""
        if not link.startswith("/") or link.startswith("//"):
            raise Refused(f"{link[:40]!r} is no place in a mailbox; start the bot again.")
        return whole(self._read(self._origin + link, page=page))

    def link(self, answer: Mapping[str, Any]) -> tuple[str, bool]:
        """Where `answer` goes on, without the server's name, and whether there is more now.

        A link to any other server than the one we talk to is not followed: our token would go
        there.
        """
        for name, more in (("@odata.nextLink", True), ("@odata.deltaLink", False)):
            url = answer.get(name)
            if isinstance(url, str) and url.startswith("/") and not url.startswith("//"):
                return url, more  # it may be relative: OData JSON Format 4.01, 4.3
            if isinstance(url, str):
                parts = urlsplit(url)
                if f"{parts.scheme}://{parts.netloc}".lower() != self._origin.lower():
                    raise Refused("Microsoft's answer goes on at another server.")
                return url[len(self._origin) :], more
        return "", False

    def place(self, answer: Mapping[str, Any]) -> tuple[str, bool]:
        """The same of an answer that always goes on, as every round of changes does.

        One that does not is none of Microsoft's: to go on from nowhere would leave out what came.
        """
        link, more = self.link(answer)
        if not link:
            raise Unavailable(
                "Microsoft's answer does not say where it goes on; it is asked again."
            )
        return link, more

    def every(self, path: str, query: Mapping[str, str], *, most: int) -> Iterator[dict[str, Any]]:
        """The items of a collection in their order, at most so many. Pages may be short."""
        answer = self.get(path, query)
        for _ in range(MOST_PAGES):
            for item in items(answer):
                if most <= 0:
                    return
                most -= 1
                yield item
            link, more = self.link(answer)
            if not more or most <= 0:
                return
            answer = self.follow(link, page=0)

    def write(
        self, method: str, path: str, *, body: bytes = b"", media_type: str = ""
    ) -> dict[str, Any]:
        """Write once; what Graph says of it, where it says something that can be read.

        `Unavailable` and `Refused` promise that nothing was done, any other exception but
        `ReauthorizationRequired` does not.
        """
        headers = {"Content-Type": media_type} if media_type else {}
        answered = self._ask(method, self._base + path, headers=headers, body=body)
        status, codes = answered.status, codes_of(answered)
        if 200 <= status < 300:
            return parsed(answered) or {}
        if status == 429 or (status == 403 and not THROTTLED.isdisjoint(codes)):
            raise Unavailable(said_of(answered), retry_after=retry_after(answered))
        if status in (400, 403, 413):
            raise Refused(said_of(answered))
        raise Unclear(said_of(answered))

    def arrange(
        self, method: str, path: str, body: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Have something done that does no harm when it is done twice."""
        sent = b"" if body is None else json.dumps(body).encode()
        try:
            answered = self._ask(method, self._base + path, headers=JSON, body=sent)
        except NoAnswer as error:
            raise Unavailable(str(error)) from error
        if 200 <= answered.status < 300:
            return parsed(answered) or {}
        raise refusal(answered)

    def prove(self, method: str, path: str) -> None:
        """Make certain that a write is let through, with one that finds nothing to write to."""
        try:
            answered = self._ask(method, self._base + path, headers=JSON, body=b"{}")
        except NoAnswer as error:
            raise Unavailable(str(error)) from error
        if answered.status not in (400, 404):
            raise refusal(answered)

    def _read(self, url: str, *, page: int = 0) -> Answered:
        headers = {"Prefer": f"odata.maxpagesize={page}"} if page else {}
        try:
            answered = self._ask("GET", url, headers=headers)
        except NoAnswer as error:
            raise Unavailable(str(error)) from error
        if answered.status == 200:
            return answered
        raise refusal(answered)

    def _ask(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answered:
        """Ask once; once more with a new token where the old one was not taken, which proves
        that nothing was done. So does an answer that a permission is missing."""
        prefer = ", ".join(filter(None, ('IdType="ImmutableId"', headers.get("Prefer"))))
        for _ in range(2):
            token = self._grant.access_token()
            left = self._until - time.monotonic()
            if left <= 0:
                raise Unavailable("Microsoft takes too long.")
            answered = self._http.request(
                method,
                url,
                headers={**headers, "Prefer": prefer, "Authorization": f"Bearer {token}"},
                body=body,
                seconds=min(left, REQUEST_SECONDS),
            )
            if is_denied(answered):
                path = urlsplit(url).path.removeprefix(urlsplit(self._base).path)
                raise missing(self._access, method=method, path=path, said=said_of(answered))
            if answered.status != 401:
                return answered
            if none := no_mailbox(answered):
                raise none
            self._grant.forget(token)
        raise ReauthorizationRequired(
            "Microsoft does not accept the access to this account. Link it again."
        )


def one(path: str, id: str) -> str:
    """The address of one item."""
    return f"{path}/{quote(id, safe='')}"


def text(value: str) -> str:
    """`value` as a string in a filter (OData 4.01, 5.1.1.14.1)."""
    return "'" + value.replace("'", "''") + "'"


def _encoded(query: Mapping[str, str]) -> str:
    pairs = [f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in query.items()]
    return "?" + "&".join(pairs) if pairs else ""
