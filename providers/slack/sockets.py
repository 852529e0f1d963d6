"""Slack's Socket Mode: one line for all workspaces that have installed the app, opened by us.

docs.slack.dev/apis/events-api/using-socket-mode. It needs no public address. slack_sdk's client is
not used: it answers Slack before anybody has kept what came. Nor is `websockets.sync`: it reads and
writes one TLS connection from two threads at once, which OpenSSL forbids, and now and then an
opening hangs until the other end gives up.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from core.deployment import Deployment
from core.errors import Invalid, ReauthorizationRequired, Refused, Unavailable
from providers.http import shared
from providers.notices import Heard, parsed
from providers.tls import trusting

from .client import Client
from .events import told

# At DEBUG it writes down every address and word, and here these hold a ticket.
logging.getLogger("websockets").setLevel(logging.INFO)

CALL_SECONDS = 20.0
TICK_SECONDS = 2.0
"""How soon it notices that it should end."""
LONGEST_WORD = 1_048_576


class Socket:
    """One line. Whatever breaks it raises, and whoever holds it opens another."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    def listen(self, heard: Callable[[Heard], None], stopped: threading.Event) -> None:
        """Pass on what Slack says, and acknowledge it only after that was kept."""
        from websockets.exceptions import WebSocketException

        try:
            asyncio.run(self._hold(self._address(), heard, stopped))
        except (OSError, WebSocketException) as error:
            raise Unavailable(f"Slack's line broke: {type(error).__name__}") from error

    async def _hold(
        self, address: str, heard: Callable[[Heard], None], stopped: threading.Event
    ) -> None:
        from websockets.asyncio.client import connect

        async with connect(
            address,
            ssl=trusting(str(self._deployment.ca_bundle or "")),
            proxy=None,
            open_timeout=CALL_SECONDS,
            close_timeout=1,
            max_size=LONGEST_WORD,
            # Slack pings, and so do we: a line on which nobody answers is no line.
            ping_interval=20,
            ping_timeout=20,
        ) as line:
            while not stopped.is_set():
                try:
                    said = _read(await asyncio.wait_for(line.recv(), TICK_SECONDS))
                except TimeoutError:
                    continue
                if said.get("type") == "disconnect":
                    return  # Slack renews the line every few hours
                if (what := _heard(said)) is not None:
                    await asyncio.to_thread(heard, what)
                if envelope := said.get("envelope_id"):
                    await line.send(json.dumps({"envelope_id": envelope}))

    def _address(self) -> str:
        """docs.slack.dev/reference/methods/apps.connections.open; good for one line, soon."""
        deployment = self._deployment
        assert deployment.slack_app_token, "it is set"
        client = Client(
            shared(deployment.ca_bundle),
            url=deployment.slack_api_url,
            token=deployment.slack_app_token.get_secret_value().strip(),
            seconds=CALL_SECONDS,
        )
        try:
            address = str(client.order("apps.connections.open", {}).get("url") or "")
        except ReauthorizationRequired as error:
            raise Refused(
                "Slack does not take SLACK_APP_TOKEN. Make one (xapp-…) with the scope "
                "connections:write under Basic Information in the app's settings."
            ) from error
        if not address.startswith("wss://"):
            raise Unavailable("Slack names no line to open.")
        return address


def _heard(said: dict[str, Any]) -> Heard | None:
    if said.get("type") == "hello":
        return Heard(begins=True)
    if said.get("type") == "events_api" and isinstance(said.get("payload"), dict):
        return Heard(told=told(said["payload"]))
    return None


def _read(word: str | bytes) -> dict[str, Any]:
    try:
        said = parsed(word)
    except Invalid:
        return {}
    return said if isinstance(said, dict) else {}
