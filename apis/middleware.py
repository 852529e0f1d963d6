"""What every request goes through, whatever it asks for."""

import logging
import re
import time
from collections.abc import Mapping
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.logs import correlation_id

from .errors import problem, unexpected

log = logging.getLogger(__name__)

CORRELATION = "X-Correlation-Id"
CORRELATION_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PROBES = ("/probe", "/healthz", "/health")
"""Asked every few seconds by whatever keeps us running."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""A route that sets one of these itself is left its own."""


class Envelope:
    """Names the request, answers for what nobody caught, and adds the headers of every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        given = Headers(scope=scope).get(CORRELATION, "")
        id = given if CORRELATION_ID.fullmatch(given) else uuid4().hex
        token = correlation_id.set(id)
        started = time.monotonic()
        status = 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[CORRELATION] = id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, named)
        except Exception:  # nothing below is left to catch it
            log.exception("request_broken")
            if status:
                raise
            await unexpected()(scope, receive, named)
        finally:
            _log(scope, status=status, seconds=time.monotonic() - started)
            correlation_id.reset(token)


def _log(scope: Scope, *, status: int, seconds: float) -> None:
    """The route, not the path: a path may hold an address."""
    route = getattr(scope.get("route"), "path", "")
    level = logging.DEBUG if route in PROBES and status == 200 else logging.INFO
    facts = {"method": scope["method"], "route": route, "status": status}
    log.log(level, "request_served", extra={**facts, "milliseconds": round(seconds * 1000)})


class BodyLimit:
    """Refuses a body that is longer than `default` bytes, or than its path allows."""

    def __init__(self, app: ASGIApp, *, default: int, longer: Mapping[str, int]) -> None:
        self.app = app
        self._default = default
        self._longer = longer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        most = self._longer.get(scope["path"], self._default)
        words = f"The body may have at most {most:,} bytes."
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > most:
            answer = problem(413, words, error="TooLarge")
            return await answer(scope, receive, send)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413, words)
            return message

        return await self.app(scope, counted, send)
