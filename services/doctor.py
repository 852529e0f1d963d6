"""Looks whether everything is there that Orchestre needs, and says what to do where it is not."""

import shutil
from collections.abc import Callable
from enum import StrEnum

from core.config import Settings
from core.errors import OrchestreError, Unavailable
from core.records import Value

from .bell import make_celery
from .bootstrap import Orchestre, bootstrap, open_llm
from .bots import State

LOW_BYTES = 200_000_000


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """Something is amiss, and the rest goes on."""
    PROBLEM = "problem"


class Finding(Value):
    name: str
    level: Level
    words: str
    """What was found, and what to do about it."""


class Examination(Value):
    findings: tuple[Finding, ...]
    error: type[OrchestreError] | None = None
    """The kind of the first problem; `None` where there is none."""


def readiness(app: Orchestre) -> Examination:
    """Whether requests can be served now."""
    return _examine({"database": lambda: _database(app), "broker": lambda: _broker(app.settings)})


def examine(settings: Settings) -> Examination:
    """Everything; only the first things where these are too broken to start."""
    first = _examine(
        {
            "settings": lambda: _settings(settings),
            "key": lambda: _key(settings),
            "writer": lambda: _writer(settings),
        }
    )
    if first.error:
        return first
    app = bootstrap(settings)
    try:
        ready = readiness(app)
        disk = _examine({"disk": lambda: _disk(settings)})
        notes = _providers(app)
        if ready.findings[0].level is Level.OK:
            notes += _accounts(app)
        findings = (*first.findings, *ready.findings, *disk.findings, *notes)
        return Examination(findings=findings, error=ready.error or disk.error)
    finally:
        app.close()


def _examine(checks: dict[str, Callable[[], str]]) -> Examination:
    findings: list[Finding] = []
    error: type[OrchestreError] | None = None
    for name, check in checks.items():
        try:
            findings.append(Finding(name=name, level=Level.OK, words=check()))
        except OrchestreError as trouble:
            findings.append(Finding(name=name, level=Level.PROBLEM, words=str(trouble)))
            error = error or type(trouble)
    return Examination(findings=tuple(findings), error=error)


def _settings(settings: Settings) -> str:
    settings.check()
    return f"The home folder is {str(settings.home.absolute())!r}."


def _key(settings: Settings) -> str:
    settings.keys()
    return "It can be read. Keep a copy of it where backups are kept."


def _writer(settings: Settings) -> str:
    return f"Answers are written by {type(open_llm(settings)).__name__.removesuffix('LLM')}."


def _database(app: Orchestre) -> str:
    app.database.check()
    return "It answers, and its tables are current."


def _broker(settings: Settings) -> str:
    url = settings.broker()
    if not url:
        return "There is none: the worker finds its work in the database."
    try:
        with make_celery(url).connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except Exception as error:  # Redis, its client and kombu raise many kinds
        raise Unavailable(
            "The broker does not answer. Start Redis, or correct BROKER_URL."
        ) from error
    return "It answers."


def _disk(settings: Settings) -> str:
    home = settings.home.absolute()
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < LOW_BYTES:
        raise Unavailable(f"Only {free // 1_000_000} MB are free in {str(home)!r}. Make room.")
    return f"{free // 1_000_000:,} MB are free."


def _providers(app: Orchestre) -> list[Finding]:
    offers = app.connections.offers()
    names = ", ".join(offer.name for offer in offers if not offer.problem) or "none"
    there = Finding(name="providers", level=Level.OK, words=f"There are: {names}.")
    broken = [
        Finding(name=f"provider {offer.name}", level=Level.WARNING, words=offer.problem)
        for offer in offers
        if offer.problem
    ]
    return [there, *broken]


def _look(state: State) -> str:
    held = state is State.HELD_BACK
    return "orchestre bots resume" if held else "orchestre connections test"


def _accounts(app: Orchestre) -> list[Finding]:
    """The accounts of every owner that are in trouble."""
    statuses = [status for user in app.users.all() for status in app.bots.list(by=user.id)]
    troubled = [
        Finding(
            name=f"account {status.account}",
            level=Level.WARNING,
            words=f"{status.reason} See: {_look(status.state)} {status.account}",
        )
        for status in statuses
        if status.state in (State.ERROR, State.HELD_BACK, State.NEEDS_REAUTHORIZATION)
    ]
    if troubled:
        return troubled
    words = f"{len(statuses)} linked, none in trouble."
    return [Finding(name="accounts", level=Level.OK, words=words)]
