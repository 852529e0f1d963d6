"""Whether it lives, and whether it can work."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.doctor import Level, readiness

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
def probe() -> Said:
    """Answers while the process lives."""
    return Said(message="Ok")


@router.get("/healthz")
def healthz() -> Said:
    """The same as /probe, where orchestrators look for it."""
    return Said(message="Ok")


@router.get("/health", responses={503: {"model": Readiness}})
def health(app: App, response: Response) -> Readiness:
    """Answers 200 while requests can be served, and 503 with what is missing otherwise."""
    found = readiness(app)
    response.status_code = 503 if found.error else 200
    return Readiness(
        status="unavailable" if found.error else "ok",
        checks={
            finding.name: "ok" if finding.level is Level.OK else finding.words
            for finding in found.findings
        },
        version=VERSION,
    )


@router.get("/version")
def version() -> dict[str, str]:
    return {"version": VERSION}
