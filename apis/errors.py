"""One body for everything that goes wrong."""

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.errors import NotSignedIn, OrchestreError, Unavailable
from core.logs import correlation_id

from .answers import PROBLEM_JSON, Problem

log = logging.getLogger(__name__)

UNEXPECTED = "Something went wrong here. Tell whoever runs this the correlation id."


def problem(
    status: int,
    detail: str,
    *,
    error: str,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body = Problem(
        type=f"urn:orchestre:error:{error}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        correlation_id=correlation_id.get(),
        error=error,
        reason=detail,
        errors=errors or [],
    )
    return JSONResponse(
        body.model_dump(), status_code=status, headers=headers, media_type=PROBLEM_JSON
    )


def unexpected() -> JSONResponse:
    return problem(500, UNEXPECTED, error="Unexpected")


def install(app: FastAPI) -> None:
    app.add_exception_handler(OrchestreError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)


def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OrchestreError)
    headers = {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Unavailable) and error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if error.status >= 500:
        log.warning("request_failed", extra={"error": type(error).__name__})
    return problem(error.status, str(error), error=type(error).__name__, headers=headers)


def _malformed(request: Request, error: Exception) -> JSONResponse:
    """Where the request is wrong and why. What was given is not repeated: it may be a secret."""
    assert isinstance(error, RequestValidationError)
    errors = [
        {"loc": [str(place) for place in part["loc"]], "msg": part["msg"]}
        for part in error.errors()
    ]
    words = "; ".join(f"{'.'.join(part['loc'])}: {part['msg']}" for part in errors)
    return problem(422, words, error="Invalid", errors=errors)


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    name = HTTPStatus(error.status_code).phrase.title().replace(" ", "").replace("-", "")
    return problem(error.status_code, str(error.detail), error=name, headers=error.headers)
