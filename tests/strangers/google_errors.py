"""The several shapes of an error from Google.

https://developers.google.com/workspace/gmail/api/guides/handle-errors has the old one,
https://cloud.google.com/apis/design/errors the new one with its details; what stands before the
API answers in HTML. A limit's "Retry after" stands in a header, or in the words, or nowhere.
"""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
LIMITS = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded")
HTML = """<!DOCTYPE html>
<html lang=en><meta charset=utf-8><title>Error {status} (Server Error)!!1</title>
<p><b>{status}.</b> <ins>That's an error.</ins>
<p>The server encountered a temporary error and could not complete your request.
<p>Please try again in 30 seconds.  <ins>That's all we know.</ins>
"""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def told(value: Any, status: int = 200) -> Answer:
    body = json.dumps(value, ensure_ascii=False, indent=2).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=UTF-8"})


def wrong(
    status: int, reason: str, words: str, *, domain: str = "global", new: bool = True
) -> Answer:
    inner: dict[str, Any] = {
        "code": status,
        "message": words,
        "errors": [{"message": words, "domain": domain, "reason": reason}],
    }
    if new:
        inner["status"] = STATUS.get(status, "UNKNOWN")
    return told({"error": inner}, status)


def page(status: int) -> Answer:
    body = HTML.format(status=status).encode()
    return Answer(status, body, {"Content-Type": "text/html; charset=UTF-8"})


def not_found() -> Answer:
    return wrong(404, "notFound", "Requested entity was not found.")


def stale(dice: random.Random) -> Answer:
    """401 of a token that has died."""
    if dice.random() < 0.5:
        answer = wrong(401, "authError", "Invalid Credentials", new=False)
    else:
        words = (
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
            "cookie or other valid authentication credential."
        )
        answer = told({"error": {"code": 401, "message": words, "status": "UNAUTHENTICATED"}}, 401)
    told_why = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return Answer(401, answer.body, {**answer.headers, "WWW-Authenticate": told_why})


def no_scope(dice: random.Random) -> Answer:
    words = "Request had insufficient authentication scopes."
    if dice.random() < 0.5:
        return wrong(403, "insufficientPermissions", "Insufficient Permission", new=False)
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": "gmail.googleapis.com"},
    }
    inner = {"code": 403, "message": words, "status": "PERMISSION_DENIED", "details": [detail]}
    return told({"error": inner}, 403)


def limited(status: int, dice: random.Random, *, seconds: int = 2) -> Answer:
    """A limit is used up, told in one of the ways that have been seen."""
    reason = dice.choice(LIMITS)
    again = datetime.now(UTC) + timedelta(seconds=seconds)
    words = {
        "dailyLimitExceeded": "Daily Limit Exceeded",
        "quotaExceeded": "Quota exceeded for quota metric 'Queries' of 'gmail.googleapis.com'",
    }.get(reason, f"User-rate limit exceeded.  Retry after {again:%Y-%m-%dT%H:%M:%S}.000Z")
    answer = wrong(status, reason, words, domain="usageLimits", new=dice.random() < 0.5)
    if dice.random() < 0.25:
        detail = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
        }
        inner = {"code": status, "message": words, "status": STATUS[429], "details": [detail]}
        answer = told({"error": inner}, status)
    after = dice.choice(("", "seconds", "date", ""))
    header = {
        "seconds": {"Retry-After": str(seconds)},
        "date": {"Retry-After": format_datetime(again, usegmt=True)},
    }.get(after, {})
    return Answer(status, answer.body, {**answer.headers, **header})
