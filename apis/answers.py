"""The shapes that every answer has: one for success, one for failure."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Path
from pydantic import BaseModel, StringConstraints

T = TypeVar("T")

PROBLEM_JSON = "application/problem+json"


class Success(BaseModel, Generic[T]):
    ok: Literal["Success"] = "Success"
    data: T


class Said(BaseModel):
    message: str


class Problem(BaseModel):
    """RFC 9457, and the same once more under the names that clients of old read."""

    type: str
    title: str
    status: int
    detail: str
    """What went wrong and what to do next, for a person."""
    correlation_id: str
    """Names this request in the logs."""
    error: str
    """The kind of error, for a program."""
    err: Literal["Failure"] = "Failure"
    reason: str
    """The same as `detail`."""
    errors: list[dict[str, Any]] = []
    """Which parts of the request are wrong, where it is one of these."""


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {PROBLEM_JSON: {"schema": Problem.model_json_schema()}},
    }
    for status, description in (
        ("4XX", "The request cannot be served as it is"),
        ("5XX", "It cannot be served now"),
    )
}

Id = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=320)]
"""One line of text, without control characters."""
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
