"""Whether it lives, and whether it can work."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel

from core.errors import NotFound, NotSignedIn
from services import metrics
from services.doctor import Level, readiness, reading

from .answers import PROBLEMS, Said
from .deps import App

VERSION = "0.1.0"

router = APIRouter(tags=["health"], responses=PROBLEMS)


class Readiness(BaseModel):
    status: str
    """`ok` or `unavailable`."""
    checks: dict[str, str]
    """`ok`, or what is wrong, for each thing that is needed."""
    version: str


@router.get("/probe")
async def probe() -> Said:
    """Answers while the process lives."""
    return Said(message="Ok")


@router.get("/healthz")
async def healthz() -> Said:
    """The same as /probe, where orchestrators look for it."""
    return Said(message="Ok")


@router.get("/health", responses={503: {"model": Readiness}})
def health(app: App, response: Response) -> Readiness:
    """Answers 200 while requests can be served and accounts are read, and 503 with what is
    missing otherwise. Restart this process for what /healthz says, not for this."""
    found = readiness(app)
    found = found if found.error else found.and_then(reading(app))
    response.status_code = 503 if found.error else 200
    return Readiness(
        status="unavailable" if found.error else "ok",
        checks={
            finding.name: "ok" if finding.level is Level.OK else finding.words
            for finding in found.findings
        },
        version=VERSION,
    )


@router.get("/metrics", response_class=Response)
def metrics_for_prometheus(
    app: App, authorization: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response:
    """The health of every account for Prometheus, for whoever has the token of the settings."""
    token = app.settings.metrics_token
    if token is None or not token.get_secret_value():
        raise NotFound("There are no metrics here: set ORCHESTRE_METRICS_TOKEN to open them.")
    given = authorization.removeprefix("Bearer ").encode()
    if not secrets.compare_digest(given, token.get_secret_value().encode()):
        raise NotSignedIn("Send ORCHESTRE_METRICS_TOKEN as a bearer token.")
    return Response(metrics.text(app), media_type=metrics.CONTENT_TYPE)


@router.get("/version")
async def version() -> dict[str, str]:
    return {"version": VERSION}
