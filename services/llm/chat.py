"""What every service that speaks the chat-completions format has in common."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from core.errors import OrchestreError, Refused, Unavailable

from .base import Completion, Prompt

LONGEST_WAIT = 86_400.0
"""No service is believed that wants to be left alone for more than a day."""
_TRY_LATER = frozenset({408, 409, 425, 429})


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Answer(BaseModel):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


def messages(prompt: Prompt) -> list[dict[str, str]]:
    """The prompt as two messages, so that a stranger's words are never among ours."""
    return [
        {"role": "system", "content": prompt.instructions},
        {"role": "user", "content": prompt.material},
    ]


def read(answer: Any, *, model: str, service: str) -> Completion:
    """The completion in what a service answered: JSON, or the object it stands for."""
    try:
        if isinstance(answer, str | bytes):
            parsed = _Answer.model_validate_json(answer)
        else:
            parsed = _Answer.model_validate(answer)
    except ValidationError:
        # Not chained: the error would carry the answer itself into a log.
        raise no_completion(service) from None
    choice = parsed.choices[0] if parsed.choices else None
    text = (choice.message.content or "").strip() if choice else ""
    if choice is not None and choice.finish_reason == "content_filter":
        raise Refused(f"{service} withheld the answer: its content filter stopped it.")
    if not text:
        raise Refused("The model wrote nothing.")
    if choice is not None and choice.finish_reason == "length":
        raise Refused("The model stopped in the middle; let it write longer answers.")
    usage = parsed.usage or _Usage()
    return Completion(
        text=text,
        model=parsed.model or model,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
    )


def fault(
    status: int, headers: Mapping[str, str], *, service: str, key: str, model: str
) -> OrchestreError:
    """What an HTTP status of a service means for us. `key` is the setting that holds its key."""
    if status in {401, 403}:
        return Refused(f"The key for {service} was refused; check {key}.")
    if status == 402:
        return Refused(f"The account at {service} has no credit left; top it up.")
    if status == 404:
        return Refused(f"{service} knows no model {model!r} at that address; check both settings.")
    if status in _TRY_LATER or status >= 500:
        return Unavailable(
            f"{service} cannot answer now (status {status}).",
            retry_after=_seconds(headers.get("retry-after", "")),
        )
    return Refused(f"{service} refused the question (status {status}).")


def no_completion(service: str) -> Refused:
    return Refused(
        f"{service} answered with something that is no chat completion; "
        "check that its address is that of a chat-completions API."
    )


def too_late(service: str, deadline: float) -> Unavailable:
    return Unavailable(f"{service} did not answer within {deadline:g} seconds.")


def unreachable(service: str) -> Unavailable:
    return Unavailable(f"{service} cannot be reached, or hung up before it had answered.")


def _seconds(retry_after: str) -> float | None:
    """How long to wait: seconds, or until a date (RFC 9110 10.2.3)."""
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            until = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        wait = (until - datetime.now(UTC)).total_seconds()
    # Written so that what is not a number becomes no time at all.
    return min(wait, LONGEST_WAIT) if wait > 0 else 0.0
