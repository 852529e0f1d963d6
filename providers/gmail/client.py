"""Asks the Gmail API, one request at a time, over this process's own HTTP client.

Google's library builds the requests and reads the answers. It does not send them: its transport
resends a POST whose answer is lost (httplib2, on a closed connection), even with no retries.
"""

import json
import threading
import time
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from core.errors import Unavailable
from providers.http import Answered, Http, NoAnswer
from providers.oauth import Grant

from .answers import Unsure, meaning

FEWEST_SECONDS = 0.2
"""Nothing is asked any more when less than this is left."""
HISTORY = "/gmail/v1/users/me/history"
"""developers.google.com/workspace/gmail/api/reference/rest/v1/users.history/list"""
ADDED = "historyTypes=messageAdded&historyTypes=labelRemoved"
UNPACKED = {"accept": "application/json", "accept-encoding": "identity"}
"""Most answers are one line."""
_BUILDING = threading.Lock()


class Deadline:
    """When one whole call has to have ended."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        left = self._ends - time.monotonic()
        if left < FEWEST_SECONDS:
            raise Unavailable("Gmail answers too slowly; the rest is for later.")
        return left


class Gmail:
    """One account's mailbox. Kept connections belong to the process, and not to this."""

    def __init__(self, *, api_url: str, grant: Grant, http: Http) -> None:
        self._api_url = api_url
        self._grant = grant
        self._http = http

    @property
    def calls(self) -> "Calls":
        return _calls(self._api_url)

    def history(self, since: str, *, token: str | None, limit: int) -> "History":
        """Asks for what came into the mailbox after the record `since`, a page at a time.

        A mail that the owner takes out of the spam comes in only then.
        """
        asked = f"startHistoryId={quote(since, safe='')}&{ADDED}&maxResults={limit}"
        page = f"&pageToken={quote(token, safe='')}" if token else ""
        return History(f"{self._api_url.rstrip('/')}{HISTORY}?{asked}{page}")

    def ask(self, request: Any, deadline: Deadline) -> dict[str, Any]:
        """The answer to a question, which alters nothing: whatever fails, it can be asked again.

        `Gone` where there is nothing by that name.
        """
        try:
            return self.order(request, deadline)
        except Unsure as error:
            raise Unavailable(str(error), retry_after=error.retry_after) from error
        except NoAnswer as error:
            raise Unavailable(str(error)) from error

    def order(self, request: Any, deadline: Deadline) -> dict[str, Any]:
        """The answer to a request that does something. `NoAnswer` when nobody knows if it did.

        A 401 says for certain that it did not, and a token may just have run out: only then is
        it written once more, with a new one.
        """
        token = self._grant.access_token()
        try:
            return self._write(request, token, deadline)
        except _Told as told:
            if told.answered.status != 401:
                raise meaning(told.answered) from None
        self._grant.forget(token)
        try:
            return self._write(request, self._grant.access_token(), deadline)
        except _Told as told:
            if told.answered.status == 401:
                # The permission ends where renewing fails, and not here.
                raise Unavailable("Gmail does not take an access that was just renewed.") from None
            raise meaning(told.answered) from None

    def _write(self, request: Any, token: str, deadline: Deadline) -> dict[str, Any]:
        """Write it once, and let the library read the answer."""
        wire = _Wire(self._http, token=token, seconds=deadline.left())
        try:
            said = request.execute(http=wire, num_retries=0)
        except ValueError as error:
            raise Unsure("Gmail's answer cannot be read.") from error
        if isinstance(said, bytes):
            return {}  # the library reads nothing where nothing is said
        if not isinstance(said, dict):
            raise Unsure("Gmail's answer cannot be read.")
        return said


class History:
    """The one question that is asked all day, written without Google's library: that takes longer
    to write it and to read the answer than all the rest of a poll takes."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def execute(self, *, http: "_Wire", num_retries: int) -> Any:
        """As the library's requests do it. `ValueError` for what cannot be read."""
        _, body = http.request(self._uri, headers=UNPACKED)
        return json.loads(body)


class Calls(NamedTuple):
    """The builders of requests. They keep nothing, and are shared between threads."""

    users: Any
    send_as: Any
    messages: Any
    threads: Any
    drafts: Any


class _Told(Exception):
    """Gmail answered something else than a success."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(answered.status)
        self.answered = answered


class _Success(dict[str, str]):
    """A response as httplib2 gives it, as far as the library looks at it."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(answered.headers)
        self.status = 200
        self.reason = ""


class _Wire:
    """httplib2's interface, over a client that writes a request once.

    What is no success never reaches the library, which would write its words to the log.
    """

    def __init__(self, http: Http, *, token: str, seconds: float) -> None:
        self._http = http
        self._token = token
        self._seconds = seconds

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
        **_: object,
    ) -> tuple[_Success, bytes]:
        answered = self._http.request(
            method,
            uri,
            headers={**(headers or {}), "authorization": f"Bearer {self._token}"},
            body=body.encode() if isinstance(body, str) else body,
            seconds=self._seconds,
        )
        if answered.status >= 300:
            raise _Told(answered)
        # Of some requests nothing is wanted but that they were taken.
        return _Success(answered), answered.body or b"{}"


def _calls(api_url: str) -> Calls:
    # Two threads would build the same, and pay for it twice.
    with _BUILDING:
        return _built(api_url)


@lru_cache(maxsize=4)
def _built(api_url: str) -> Calls:
    """Made once, from the description that the library brings along: nothing is downloaded."""
    # Loaded with the first request, not with the program: it takes half a second.
    from googleapiclient.discovery import (  # type: ignore[import-untyped]  # it brings no types
        build_from_document,
    )
    from googleapiclient.discovery_cache import (  # type: ignore[import-untyped]  # nor here
        get_static_doc,
    )

    service = build_from_document(
        get_static_doc("gmail", "v1"),
        http=_Nobody(),
        client_options={"api_endpoint": api_url.rstrip("/") + "/"},
    )
    users = service.users()
    return Calls(
        users=users,
        send_as=users.settings().sendAs(),
        messages=users.messages(),
        threads=users.threads(),
        drafts=users.drafts(),
    )


class _Nobody:
    """Stands where the library would put a transport of its own."""
