"""Pulls from a Pub/Sub subscription: the way for a deployment that Google cannot reach.

cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions/pull. Plain requests over the
client that this process has anyhow: a pull waits at the server until there is something, and a
message that is not acknowledged comes again. Google's own client brings gRPC, a megabyte for each
of these two requests, and acknowledges from threads of its own.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from core.deployment import Deployment
from core.errors import Refused, Unavailable
from providers.http import Answered, Http, NoAnswer, retry_after, shared
from providers.notices import Heard

from .watch import told

SCOPE = "https://www.googleapis.com/auth/pubsub"
PULL_SECONDS = 100.0
"""Pub/Sub answers an empty pull after some 90 seconds at the latest."""
CALL_SECONDS = 20.0
MOST_MESSAGES = 100
EMPTY_SECONDS = 1.0
"""Until the next pull, after one that was answered at once with nothing."""


class Puller:
    """One line to a subscription. Whatever breaks it raises, and whoever holds it begins anew."""

    def __init__(self, deployment: Deployment) -> None:
        self._url = f"{deployment.pubsub_api_url.rstrip('/')}/v1/{deployment.pubsub_subscription}"
        self._http = shared(deployment.ca_bundle)
        self._credentials: Any = None

    def listen(self, heard: Callable[[Heard], None], stopped: threading.Event) -> None:
        """Pass on which mailboxes have news, and acknowledge that only after it was kept."""
        while not stopped.is_set():
            began = time.monotonic()
            received = self._pull()
            everybody = (who for one in received for who in told(one.get("message")))
            heard(Heard(told=tuple(dict.fromkeys(everybody))))
            if received:
                self._ask("acknowledge", {"ackIds": [one["ackId"] for one in received]})
            elif time.monotonic() - began < EMPTY_SECONDS:
                stopped.wait(EMPTY_SECONDS)

    def _pull(self) -> list[dict[str, Any]]:
        found = self._ask("pull", {"maxMessages": MOST_MESSAGES}, seconds=PULL_SECONDS)
        received = found.get("receivedMessages")
        return [one for one in received if one.get("ackId")] if isinstance(received, list) else []

    def _ask(
        self, verb: str, body: Mapping[str, Any], *, seconds: float = CALL_SECONDS
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        try:
            answered = self._http.request(
                "POST",
                f"{self._url}:{verb}",
                headers=headers,
                body=json.dumps(body).encode(),
                seconds=seconds,
            )
        except NoAnswer as error:
            raise Unavailable(f"Pub/Sub does not answer: {error}") from error
        return _understood(answered)

    def _token(self) -> str:
        """As whoever this machine is to Google: a service account's file, or the machine's own
        (cloud.google.com/docs/authentication/application-default-credentials)."""
        import google.auth
        from google.auth.exceptions import GoogleAuthError

        transport: Any = _Transport(self._http)
        try:
            if self._credentials is None:
                self._credentials, _ = google.auth.default(scopes=[SCOPE], request=transport)
            if not self._credentials.valid:
                self._credentials.refresh(transport)
        except GoogleAuthError as error:
            raise Unavailable(
                "Google gives no access to Pub/Sub: set GOOGLE_APPLICATION_CREDENTIALS to the "
                f"file of a service account that may read the subscription. {type(error).__name__}"
            ) from error
        return str(self._credentials.token)


class _Transport:
    """What google-auth sends its requests with: this process's own client, once each."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: object,
    ) -> "_Reply":
        from google.auth.exceptions import TransportError

        sent = body.encode() if isinstance(body, str) else body
        try:
            answered = self._http.request(
                method, url, headers=dict(headers or {}), body=sent, seconds=timeout or CALL_SECONDS
            )
        except (NoAnswer, Unavailable, Refused) as error:
            failure: Exception = TransportError(error)  # type: ignore[no-untyped-call]  # its own
            raise failure from error
        return _Reply(answered)


class _Reply:
    """An answer, as google-auth reads it."""

    def __init__(self, answered: Answered) -> None:
        self.status = answered.status
        self.headers = answered.headers
        self.data = answered.body


def _understood(answered: Answered) -> dict[str, Any]:
    if answered.status == 200:
        try:
            said = json.loads(answered.body or b"{}")
        except ValueError as error:
            raise Unavailable("Pub/Sub's answer cannot be read.") from error
        return said if isinstance(said, dict) else {}
    if answered.status in (401, 403, 404):
        raise Refused(
            f"Pub/Sub answered {answered.status}: ORCHESTRE_PUBSUB_SUBSCRIPTION names no "
            "subscription that this deployment may read."
        )
    raise Unavailable(f"Pub/Sub answered {answered.status}.", retry_after=retry_after(answered))
