"""The questions that are put to Microsoft Graph for one account, and what its answers mean.

Every request asks for immutable ids: https://learn.microsoft.com/graph/outlook-immutable-id
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from core.errors import NotFound, ReauthorizationRequired, Refused, Unavailable
from providers.base import Account
from providers.http import Answered, NoAnswer, retry_after, shared
from providers.oauth import Grant

from .permissions import scopes

REQUEST_SECONDS = 60.0
MOST_PAGES = 50
JSON = {"Content-Type": "application/json"}

THROTTLED = frozenset(
    {"activitylimitreached", "applicationthrottled", "errorserverbusy", "throttledrequest"}
    | {"toomanyrequests", "errorexceededmessagelimit", "errorsubmissionquotaexceeded"}
)
"""Codes that mean "later", whatever the status: https://learn.microsoft.com/graph/errors"""
RESYNC = frozenset({"resyncrequired", "syncstatenotfound", "syncstateinvalid"})
PASSING = frozenset({408, 409, 412, 423, 425, 429})

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,60}")


class Resync(Exception):
    """Graph no longer knows what it told us: begin anew."""


class Unclear(Exception):
    """Graph answered a write in a way that does not say whether it was done."""


class Graph:
    """One account. Not for several threads at a time."""

    def __init__(self, account: Account) -> None:
        deployment = account.deployment
        self._base = deployment.graph_api_url.rstrip("/")
        parts = urlsplit(self._base)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._http = shared(deployment.ca_bundle)
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

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, page: int = 0
    ) -> dict[str, Any]:
        """What Graph says of `path`; of a collection `page` items at a time."""
        return _json(self._read(self._base + path + _encoded(query or {}), page=page))

    def mime(self, path: str) -> bytes:
        """A message's MIME content: https://learn.microsoft.com/graph/outlook-get-mime-message"""
        return self._read(f"{self._base}{path}/$value").body

    def follow(self, link: str, *, page: int) -> dict[str, Any]:
        """What is behind a link that `link` gave. `Resync` when it has expired."""
        if not link.startswith("/") or link.startswith("//"):
            raise Refused(f"{link[:40]!r} is no place in a mailbox; start the bot again.")
        return _json(self._read(self._origin + link, page=page))

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
        status, codes = answered.status, _codes(answered)
        if 200 <= status < 300:
            return _parsed(answered) or {}
        if status == 429 or (status == 403 and not THROTTLED.isdisjoint(codes)):
            raise Unavailable(_said(answered), retry_after=retry_after(answered))
        if status in (400, 403, 413):
            raise Refused(_said(answered))
        raise Unclear(_said(answered))

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
            return _parsed(answered) or {}
        raise _refusal(answered)

    def prove(self, method: str, path: str) -> None:
        """Make certain that a write is let through, with one that finds nothing to write to."""
        try:
            answered = self._ask(method, self._base + path, headers=JSON, body=b"{}")
        except NoAnswer as error:
            raise Unavailable(str(error)) from error
        if answered.status not in (400, 404):
            raise _refusal(answered)

    def _read(self, url: str, *, page: int = 0) -> Answered:
        headers = {"Prefer": f"odata.maxpagesize={page}"} if page else {}
        try:
            answered = self._ask("GET", url, headers=headers)
        except NoAnswer as error:
            raise Unavailable(str(error)) from error
        if answered.status == 200:
            return answered
        raise _refusal(answered)

    def _ask(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answered:
        """Ask once; once more with a new token where the old one was not taken, which proves
        that nothing was done."""
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
            if answered.status != 401:
                return answered
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


def _refusal(answered: Answered) -> Exception:
    """What an answer to a question means that is not the answer."""
    status, codes = answered.status, _codes(answered)
    if status == 410 or not RESYNC.isdisjoint(codes):
        return Resync(_said(answered))
    if status == 404:
        return NotFound(_said(answered))
    if status in PASSING or status >= 500 or not THROTTLED.isdisjoint(codes):
        return Unavailable(_said(answered), retry_after=retry_after(answered))
    return Refused(_said(answered))


def _json(answered: Answered) -> dict[str, Any]:
    said = _parsed(answered)
    if said is None:
        raise Unavailable("Microsoft's answer cannot be read.")
    return said


def _parsed(answered: Answered) -> dict[str, Any] | None:
    try:
        said = json.loads(answered.body)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _codes(answered: Answered) -> set[str]:
    """Every code, the inner and more exact ones too, in lower case."""
    return {code.lower() for code in _found(answered)}


def _said(answered: Answered) -> str:
    """Status and codes. The message beside them may name people."""
    codes = ", ".join(_found(answered)) or "no code"
    return f"Microsoft answered {answered.status} ({codes})."


def _found(answered: Answered) -> list[str]:
    error = (_parsed(answered) or {}).get("error")
    codes: list[str] = []
    while isinstance(error, dict) and len(codes) < 5:
        codes.append(str(error.get("code", "")))
        error = error.get("innererror") or error.get("innerError")
    return [code for code in codes if _CODE.fullmatch(code)]


def items(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a collection holds. An answer that lists nothing at all is none of Microsoft's: to take
    it for an empty one would leave out what came."""
    listed = answer.get("value")
    if not isinstance(listed, list):
        raise Unavailable("Microsoft's answer lists nothing; it is asked again.")
    return listed
