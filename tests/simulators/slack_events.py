"""What Slack tells of itself: signed events for a webhook, or envelopes over Socket Mode's line.

docs.slack.dev/apis/events-api. An event comes again until it is acknowledged, as it does there.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.planted import MARK
from tests.simulators.pushes import PUBLIC_URL, Pushed
from tests.simulators.service import Authority

SECRET = f"8f742231b10e8888abcd{MARK}"
TEAM = "T0SHOP"
URL = f"{PUBLIC_URL}/webhooks/slack"
_numbers = itertools.count(1)


def callback(event: dict[str, Any], *, bot: str, team: str = TEAM) -> dict[str, Any]:
    """An event, in what is around all of them."""
    return {
        "type": "event_callback",
        "team_id": team,
        "api_app_id": "A0SHOP",
        "event": event,
        "event_id": f"Ev{next(_numbers):08d}",
        "event_time": int(time.time()),
        "authorizations": [
            {"enterprise_id": None, "team_id": team, "user_id": bot, "is_bot": True}
        ],
    }


def said(text: str, *, user: str = "U0BOB", kind: str = "im", **fields: Any) -> dict[str, Any]:
    """The event that somebody has said something."""
    ts = f"{time.time():.6f}"
    return {"type": "message", "channel_type": kind, "user": user, "text": text, "ts": ts} | fields


def signed(said: Any, *, at: float, secret: str = SECRET, url: str = URL) -> Pushed:
    """As Slack sends it."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    stamp = str(int(at))
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={mac}",
    }
    return Pushed(url, headers, body)


class SocketMode:
    """The server's end of the lines. What is not acknowledged is sent again over the next."""

    def __init__(self, authority: Authority) -> None:
        self._context = authority.server_context()
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue()
        self._lines: list[ServerConnection] = []
        self._loop = asyncio.new_event_loop()
        self.opened = 0
        self.acknowledged: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"wss://localhost:{self.port}/link/?ticket=t-1"

    def tell(self, payload: dict[str, Any]) -> str:
        """Send an event; the id to be acknowledged."""
        id = f"envelope-{next(_numbers)}"
        self._waiting.put({"type": "events_api", "envelope_id": id, "payload": payload})
        return id

    def refresh(self) -> None:
        """Slack says that this line ends, as it does every few hours."""
        self._waiting.put({"type": "disconnect", "reason": "refresh_requested"})

    def cut(self) -> None:
        """Every line breaks, without a word."""
        for line in self._lines:
            self._loop.call_soon_threadsafe(line.transport.abort)

    @contextmanager
    def running(self) -> Iterator["SocketMode"]:
        with closing(self._loop):
            server = self._loop.run_until_complete(self._begun())
            thread = threading.Thread(target=self._loop.run_forever, daemon=True)
            thread.start()
            try:
                yield self
            finally:
                asyncio.run_coroutine_threadsafe(self._ended(server), self._loop).result()
                self._loop.call_soon_threadsafe(self._loop.stop)
                thread.join()

    async def _begun(self) -> Server:
        server = await serve(self._talk, "127.0.0.1", 0, ssl=self._context)
        [listening] = server.sockets
        self.port = listening.getsockname()[1]
        return server

    async def _ended(self, server: Server) -> None:
        server.close()
        await server.wait_closed()

    async def _talk(self, line: ServerConnection) -> None:
        self.opened += 1
        self._lines.append(line)
        with suppress(ConnectionClosed):
            await line.send(json.dumps({"type": "hello", "num_connections": 1}))
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(line.recv(), 0.05)  # notices that the other end is gone
                with suppress(queue.Empty):
                    await self._give(line, self._waiting.get_nowait())

    async def _give(self, line: ServerConnection, word: dict[str, Any]) -> None:
        try:
            await line.send(json.dumps(word))
            if word["type"] == "events_api":
                answer = json.loads(await asyncio.wait_for(line.recv(), 2))
                assert answer["envelope_id"] == word["envelope_id"]
                self.acknowledged.append(word["envelope_id"])
        except (ConnectionClosed, TimeoutError):
            self._waiting.put(word)
            await line.close()
