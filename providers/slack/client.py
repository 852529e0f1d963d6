"""Asks Slack's Web API, and says what its answers mean.

Nearly everything, errors too, is answered with status 200 and `ok` (docs.slack.dev/apis/web-api).
slack_sdk is not used: it sends a request again by itself when the answer was lost.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from core.clock import system_clock
from core.errors import ReauthorizationRequired, Refused, Unavailable
from providers.http import Answered, Http, NoAnswer, retry_after, told_at

CALL_SECONDS = 60.0
"""For everything that one call of a provider asks, together."""
PAGE = 200
"""The most that Slack recommends (docs.slack.dev/apis/web-api/pagination)."""
PATIENCE = 30.0
"""Seconds to leave Slack alone for when it does not say how many."""

ENDED = frozenset(
    {"account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "token_expired"}
    | {"token_revoked", "missing_scope", "no_permission", "team_access_not_granted"}
)
PASSING = frozenset(
    {"ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org"}
    | {"org_login_required", "accesslimited"}
)
"""Nothing was done, and it may be later."""
DECLINED = frozenset(
    {"channel_not_found", "not_in_channel", "is_archived", "is_inactive", "user_not_found"}
    | {"thread_not_found", "message_not_found", "cannot_reply_to_message", "cannot_dm_bot"}
    | {"msg_too_long", "msg_blocks_too_long", "no_text", "too_many_attachments"}
    | {"restricted_action", "restricted_action_read_only_channel", "access_denied"}
    | {"restricted_action_thread_only_channel", "restricted_action_non_threadable_channel"}
    | {"restricted_action_thread_locked", "ekm_access_denied", "enterprise_is_restricted"}
    | {"as_user_not_supported", "method_not_supported_for_channel_type", "messages_tab_disabled"}
    | {"metadata_too_large", "metadata_must_be_sent_from_app", "invalid_metadata_format"}
    | {"invalid_metadata_schema", "invalid_arguments", "invalid_arg_name", "invalid_charset"}
    | {
        "invalid_form_data",
        "invalid_post_type",
        "invalid_json",
        "json_not_object",
        "missing_post_type",
    }
    | {"invalid_cursor", "invalid_ts_latest", "invalid_ts_oldest", "invalid_limit"}
    | {"deprecated_endpoint", "method_deprecated", "two_factor_setup_required"}
)
"""docs.slack.dev/reference/methods/chat.postMessage and its like. Left out on purpose, as every
code that is not known: `fatal_error`, `internal_error` and `service_unavailable`, with which
"some aspect of the operation" may have succeeded, says Slack."""

_TOKEN = re.compile(r"[\w.-]{1,500}", re.ASCII)
_CODE = re.compile(r"[a-z_]{1,60}")


class Declined(Refused):
    """Slack refused this."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack refused this: {code}.")
        self.code = code


class Told(NamedTuple):
    """An answer that is `ok`."""

    answer: dict[str, Any]
    scopes: frozenset[str]
    at: datetime
    """Slack's own time, in whole seconds."""


class Client:
    """For one call of a provider: what it asks has one deadline together."""

    def __init__(self, http: Http, *, url: str, token: str, seconds: float) -> None:
        if not _TOKEN.fullmatch(token):
            raise ReauthorizationRequired("This is no bot token: a bot's begins with xoxb.")
        self._http = http
        self._url = url.rstrip("/")
        self._token = token
        self._seconds = seconds
        self._deadline = time.monotonic() + CALL_SECONDS

    def ask(self, method: str, **parameters: str | int | None) -> dict[str, Any]:
        """The answer to a question, which alters nothing."""
        return self.tell(method, **parameters).answer

    def tell(self, method: str, **parameters: str | int | None) -> Told:
        """The answer with what Slack says beside it."""
        given = {name: value for name, value in parameters.items() if value not in (None, "")}
        try:
            answered = self._request("GET", f"{method}?{urlencode(given)}")
            return _understood(answered)
        except NoAnswer as error:
            raise Unavailable(f"Slack cannot answer now: {error}") from error

    def pages(self, method: str, field: str, **parameters: str | int | None) -> Iterator[Any]:
        """Everything that is listed, page by page."""
        cursor = ""
        while True:
            answer = self.ask(method, **parameters, limit=PAGE, cursor=cursor)
            yield from entries(answer, field)
            cursor = next_cursor(answer)
            if not cursor:
                return

    def order(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write once. `NoAnswer` when nobody knows what became of it."""
        return _understood(self._request("POST", method, json.dumps(body).encode())).answer

    def _request(self, verb: str, path: str, body: bytes | None = None) -> Answered:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Unavailable("Slack takes too long to answer everything that was asked.")
        headers = {"Authorization": f"Bearer {self._token}"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        return self._http.request(
            verb,
            f"{self._url}/{path}",
            headers=headers,
            body=body,
            seconds=min(left, self._seconds),
        )


def entries(answer: dict[str, Any], field: str) -> list[dict[str, Any]]:
    found = answer.get(field)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def next_cursor(answer: dict[str, Any]) -> str:
    """Where the next page begins; empty after the last."""
    metadata = answer.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else ""
    return str(cursor or "")


def _understood(answered: Answered) -> Told:
    """What was answered, when it is what was asked for; else what that means."""
    status = answered.status
    if status == 429:
        wait = retry_after(answered) or PATIENCE
        raise Unavailable("Slack wants fewer requests.", retry_after=wait)
    if status == 401:
        raise ReauthorizationRequired("Slack no longer takes the token: link the account again.")
    if status in (400, 403, 413):
        raise Declined(f"status {status}")
    if status != 200:
        raise NoAnswer(f"Slack answered with status {status}.")
    try:
        answer = json.loads(answered.body)
    except ValueError as error:
        raise NoAnswer("Slack's answer cannot be read.") from error
    if not isinstance(answer, dict):
        raise NoAnswer("Slack's answer cannot be read.")
    if answer.get("ok") is not True:
        raise _failure(answer, answered)
    scopes = answered.headers.get("x-oauth-scopes", "").replace(",", " ").split()
    return Told(answer, frozenset(scopes), told_at(answered) or system_clock())


def _failure(answer: dict[str, Any], answered: Answered) -> Exception:
    code = str(answer.get("error") or "")
    if code in ENDED:
        needed = str(answer.get("needed") or "")
        wanted = f" It needs the permission {needed}." if re.fullmatch(r"[\w:,. ]+", needed) else ""
        return ReauthorizationRequired(
            f"Slack no longer takes the token ({code}): link the account again.{wanted}"
        )
    if code in PASSING:
        wait = retry_after(answered) or PATIENCE
        return Unavailable(f"Slack cannot do this now: {code}.", retry_after=wait)
    if code in DECLINED:
        return Declined(code)
    known = code if _CODE.fullmatch(code) else "an unknown error"
    return NoAnswer(f"Slack answered with {known}.")
