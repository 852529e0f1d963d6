"""What the checks against a real service are made of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from core.connections import Connection
from core.errors import NotAllowed, OrchestreError
from services.bootstrap import Orchestre
from services.doctor import Finding, Level


@dataclass(frozen=True)
class Place:
    """Where the checks are made."""

    app: Orchestre
    connection: Connection | None
    """The account; `None` where the check needs none."""
    allow: Callable[[str], None]
    """Asks whoever sits there; `NotAllowed` when they say no. Called before anything is sent."""

    @property
    def account(self) -> Connection:
        assert self.connection, "this check is only made of an account"
        return self.connection


class Step(Protocol):
    """One thing that is tried. What it returns, or raises, is told to whoever asked."""

    def __call__(self, place: Place) -> Iterator[Finding]: ...


@dataclass(frozen=True)
class Check:
    """The steps for one service."""

    steps: tuple[Step, ...]
    needs_account: bool = True

    def run(self, place: Place) -> Iterator[Finding]:
        """Every step, whatever became of the ones before it."""
        for step in self.steps:
            name = step.__name__.replace("_", " ")  # type: ignore[attr-defined]  # steps are functions
            try:
                yield from step(place)
            except NotAllowed as error:
                yield noted(name, str(error))
            except OrchestreError as error:
                yield Finding(name=name, level=Level.PROBLEM, words=str(error))
            except Exception as error:  # a step that meets the unforeseen must not hide the rest
                yield Finding(name=name, level=Level.PROBLEM, words=f"It broke: {error!r}")


def proven(name: str, words: str) -> Finding:
    return Finding(name=name, level=Level.OK, words=words)


def noted(name: str, words: str) -> Finding:
    """True, and worth knowing; nothing is broken."""
    return Finding(name=name, level=Level.WARNING, words=words)


def refuted(name: str, words: str) -> Finding:
    return Finding(name=name, level=Level.PROBLEM, words=words)
