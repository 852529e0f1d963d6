"""What an answer of Microsoft Graph means: https://learn.microsoft.com/graph/errors"""

import json
import re
from collections.abc import Mapping
from typing import Any

from core.errors import NotFound, Refused, Unavailable
from providers.http import Answered, retry_after

THROTTLED = frozenset(
    {"activitylimitreached", "applicationthrottled", "errorserverbusy", "throttledrequest"}
    | {"toomanyrequests", "errorexceededmessagelimit", "errorsubmissionquotaexceeded"}
)
"""Codes that mean "later", whatever the status."""
RESYNC = frozenset({"resyncrequired", "syncstatenotfound", "syncstateinvalid"})
DENIED = frozenset({"accessdenied", "authorization_requestdenied", "erroraccessdenied"})
"""Somebody has not agreed to this: https://learn.microsoft.com/graph/resolve-auth-errors"""
NO_MAILBOX = frozenset(
    {"mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi"}
    | {"mailboxnothostedinexchangeonline"}
)
NO_ID = "errorinvalididmalformed"
"""Of what has the form of an id, and is none."""
PASSING = frozenset({408, 409, 412, 423, 425, 429})

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,60}")


class Resync(Exception):
    """Graph no longer knows what it told us: begin anew."""


class Unclear(Exception):
    """Graph answered a write in a way that does not say whether it was done."""


def refusal(answered: Answered) -> Exception:
    """What an answer to a question means that is not the answer."""
    status, codes = answered.status, codes_of(answered)
    if status == 410 or not RESYNC.isdisjoint(codes):
        return Resync(said_of(answered))
    if none := no_mailbox(answered):
        return none
    if status == 404 or NO_ID in codes:
        return NotFound(said_of(answered))
    if status in PASSING or status >= 500 or not THROTTLED.isdisjoint(codes):
        return Unavailable(said_of(answered), retry_after=retry_after(answered))
    return Refused(said_of(answered))


def is_denied(answered: Answered) -> bool:
    """Whether nothing was done because a permission is missing. Too many requests are none."""
    codes = codes_of(answered)
    return answered.status == 403 and bool(codes & DENIED) and not codes & THROTTLED


def no_mailbox(answered: Answered) -> Refused | None:
    """What is said of an account that has no mailbox, with whatever status; `None` of others."""
    if NO_MAILBOX.isdisjoint(codes_of(answered)):
        return None
    return Refused(
        f"{said_of(answered)} This account has no mailbox at Microsoft: it was never set up, has "
        "no licence, or is on a server of its owner's. Link an account that has one, or link the "
        "mailbox as imap."
    )


def whole(answered: Answered) -> dict[str, Any]:
    said = parsed(answered)
    if said is None:
        raise Unavailable("Microsoft's answer cannot be read.")
    return said


def parsed(answered: Answered) -> dict[str, Any] | None:
    try:
        said = json.loads(answered.body)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def items(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a collection holds. An answer that lists nothing at all is none of Microsoft's: to take
    it for an empty one would leave out what came."""
    listed = answer.get("value")
    if not isinstance(listed, list):
        raise Unavailable("Microsoft's answer lists nothing; it is asked again.")
    return listed


def codes_of(answered: Answered) -> set[str]:
    """Every code, the inner and more exact ones too, in lower case."""
    return {code.lower() for code in _found(answered)}


def said_of(answered: Answered) -> str:
    """Status and codes. The message beside them may name people."""
    codes = ", ".join(_found(answered)) or "no code"
    return f"Microsoft answered {answered.status} ({codes})."


def _found(answered: Answered) -> list[str]:
    error = (parsed(answered) or {}).get("error")
    codes: list[str] = []
    while isinstance(error, dict) and len(codes) < 5:
        codes.append(str(error.get("code", "")))
        error = error.get("innererror") or error.get("innerError")
    return [code for code in codes if _CODE.fullmatch(code)]
