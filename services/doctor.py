"""Looks whether everything is there that Orchestre needs, and says what to do where it is not."""

import shutil
from collections.abc import Callable
from enum import StrEnum
from typing import Self

from core.bots import Bot
from core.config import Settings
from core.connections import Connection
from core.errors import OrchestreError, Unavailable
from core.records import Value

from .bell import make_celery
from .bootstrap import Orchestre, bootstrap, open_llm
from .clocks import Compared, compare

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

    def and_then(self, other: Self) -> Self:
        return self.model_copy(
            update={
                "findings": (*self.findings, *other.findings),
                "error": self.error or other.error,
            }
        )


def readiness(app: Orchestre) -> Examination:
    """Whether requests can be served now."""
    return _examine({"database": lambda: _database(app), "broker": lambda: _broker(app.settings)})


def reading(app: Orchestre) -> Examination:
    """Whether anybody reads the accounts whose bots are on."""
    return _examine({"pollers": lambda: _pollers(app)})


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
            ready = ready.and_then(_examine({"credentials": lambda: _credentials(app)}))
            notes += [_softened(finding) for finding in reading(app).findings]
            notes += _accounts(app)
            notes += clock(app)
        findings = (*first.findings, *ready.findings, *disk.findings, *notes)
        return Examination(findings=findings, error=ready.error or disk.error)
    finally:
        app.close()


def clock(app: Orchestre) -> list[Finding]:
    """Whether our clock is right, as far as the services of linked accounts tell."""
    compared = compare(app)
    if not compared:
        return []
    wrong = [one for one in compared if one.ahead is not None and not one.agrees]
    if wrong:
        return [Finding(name="clock", level=Level.WARNING, words=_apart(one)) for one in wrong]
    agreeing = ", ".join(one.title for one in compared if one.agrees)
    if not agreeing:
        words = "It could not be compared: no service told its time."
        return [Finding(name="clock", level=Level.WARNING, words=words)]
    return [Finding(name="clock", level=Level.OK, words=f"It agrees with: {agreeing}.")]


def _apart(compared: Compared) -> str:
    seconds = compared.ahead.total_seconds() if compared.ahead else 0.0
    where = "ahead of" if seconds > 0 else "behind"
    return (
        f"This machine's clock is {abs(seconds):,.0f} seconds {where} the one of {compared.title}. "
        "What is written just after a bot starts may be missed, and signed notices are turned "
        "away. Set it, and keep it right by NTP: timedatectl set-ntp true"
    )


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
    if settings.kms_key:
        return "Google KMS keeps it. To see that it can be used: orchestre doctor --live kms"
    return "It can be read. Keep a copy of it where backups are kept."


def _writer(settings: Settings) -> str:
    return f"Answers are written by {type(open_llm(settings)).__name__.removesuffix('LLM')}."


def _database(app: Orchestre) -> str:
    app.database.check()
    return "It answers, and its tables are current."


def _credentials(app: Orchestre) -> str:
    app.keys.check()
    return "They are sealed with a key that is here."


def _pollers(app: Orchestre) -> str:
    overdue = app.health.overdue()
    if overdue is None:
        return "Every account is looked at in its turn."
    raise Unavailable(
        f"No account has been looked at since {overdue.due_at:%Y-%m-%d %H:%M} UTC, although one "
        "was due: no worker is at work. Start one: orchestre worker, or docker compose up worker."
    )


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
    return [there, *broken, *_redirects(app)]


def _redirects(app: Orchestre) -> list[Finding]:
    """What services that ask for consent must have been told, to the letter."""
    asking = [offer.name for offer in app.connections.offers() if offer.asks and not offer.missing]
    if not app.settings.public():
        words = "Set ORCHESTRE_PUBLIC_URL: services must know where browsers go back to."
        return [Finding(name="consent", level=Level.WARNING, words=words)] if asking else []
    return [
        Finding(
            name=f"consent {name}",
            level=Level.OK,
            words=f"Its redirect address is {app.consents.redirect_uri(name)}",
        )
        for name in asking
    ]


def _softened(finding: Finding) -> Finding:
    """Whoever asks the doctor may be about to start the worker that is missing."""
    level = Level.OK if finding.level is Level.OK else Level.WARNING
    return finding.model_copy(update={"level": level})


def _accounts(app: Orchestre) -> list[Finding]:
    """The accounts of every owner that are in trouble, and how to mend that."""
    found = app.health.everybodys()
    troubled = [
        Finding(
            name=f"account {one.account}",
            level=Level.WARNING,
            words=f"{trouble.words} {trouble.fix}",
        )
        for one in found
        for trouble in one.troubles
    ]
    held = [
        Finding(
            name=f"account {connection.handle}",
            level=Level.WARNING,
            words=f"{bot.held_back} Look at what waits, then: "
            f"orchestre bots resume {connection.handle}",
        )
        for bot in app.database.for_workers().find(Bot, enabled=True)
        for connection in app.database.for_workers().find(Connection, id=bot.id)
        if bot.held_back
    ]
    if troubled or held:
        return troubled + held
    words = f"{len(found)} linked, none in trouble."
    return [Finding(name="accounts", level=Level.OK, words=words)]
