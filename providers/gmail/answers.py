"""What an answer of the Gmail API that is not a success means.

developers.google.com/workspace/gmail/api/guides/handle-errors
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.clock import system_clock
from core.errors import ReauthorizationRequired, Refused, Unavailable
from providers.http import Answered, NoAnswer, retry_after

QUOTA = frozenset(
    {"dailyLimitExceeded", "quotaExceeded", "rateLimitExceeded", "userRateLimitExceeded"}
    | {"RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "limitExceeded"}
)
SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
LONGEST = 3600.0

_CODE = re.compile(r"[A-Za-z_]{1,60}")
_LATER = re.compile(r"[Rr]etry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")


class Gone(Exception):
    """There is nothing by that id, or no longer. After a send, that may be because it was sent."""


class Malformed(Refused):
    """Gmail can make nothing of the request."""


class Unsure(NoAnswer):
    """The service answered, and does not say whether it did anything."""

    def __init__(self, words: str, *, retry_after: float | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


def meaning(answered: Answered) -> Exception:
    """The exception for it. Those of our own tree promise that nothing was done."""
    said = _error(answered)
    reasons = _reasons(said)
    named = ", ".join(sorted(reasons)) or "no reason given"
    words = f"Gmail answered {answered.status} ({named})."
    match answered.status:
        case 401:
            return ReauthorizationRequired("Gmail does not take the access: link it again.")
        case 404 | 405 | 501:
            return Gone(words)
        case 429:
            return Unavailable(words, retry_after=_wait(answered, said))
        case 403 if reasons & QUOTA:
            return Unavailable(words, retry_after=_wait(answered, said))
        case 403 if reasons & SCOPE:
            return ReauthorizationRequired(
                "Link the account again, and allow both: reading mail, and writing it."
            )
        case 403 if reasons & OFF:
            return Refused("The Gmail API is switched off in the Google Cloud project: enable it.")
        case 403 if "domainPolicy" in reasons:
            return Refused("The administrator of this domain does not allow access to its Gmail.")
        case 400:
            return Malformed(words)
        case 403 | 413:
            return Refused(words)
        case _:
            return Unsure(words, retry_after=_wait(answered, said))


def _error(answered: Answered) -> Mapping[str, Any]:
    try:
        said = json.loads(answered.body)
        error = said["error"]
    except (ValueError, TypeError, LookupError):
        return {}
    return error if isinstance(error, dict) else {}


def _reasons(error: Mapping[str, Any]) -> set[str]:
    """The service's codes, and none of its words: those may name people."""
    parts = [
        part
        for name in ("errors", "details")
        if isinstance(found := error.get(name), list)
        for part in found
        if isinstance(part, dict)
    ]
    codes = [error.get("status"), *(part.get("reason") for part in parts)]
    return {code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)}


def _wait(answered: Answered, error: Mapping[str, Any]) -> float | None:
    """Seconds to stay away. Limits on sending say in words until when."""
    if found := _LATER.search(str(error.get("message", ""))):
        until = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
        return min(max((until - system_clock()).total_seconds(), 1.0), LONGEST)
    return retry_after(answered)
