"""The standing order to answer one account's messages. Only people change it."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import Field

from .caps import Caps
from .records import Record

MIN_INTERVAL = 5
MAX_INTERVAL = 86_400
DEFAULT_INTERVAL = 25
MOST_INSTRUCTIONS = 4_000
"""Characters: a model reads them with every message."""


class Mode(StrEnum):
    ASSIST = "assist"
    """Every draft waits for a person."""
    AUTO = "auto"
    """What is grounded and clean is sent at once."""


class Bot(Record):
    indexes: ClassVar[tuple[str, ...]] = ("connection_id", "enabled")

    connection_id: str
    mode: Mode = Mode.ASSIST
    enabled: bool = False
    interval_seconds: int = Field(default=DEFAULT_INTERVAL, ge=1, le=MAX_INTERVAL)
    instructions: str = ""
    """How it is to write, in its owner's words. Facts come from the products alone."""
    caps: Caps | None = None
    """This bot's own caps; `None` for the deployment's."""
    started_at: datetime | None = None
    """What came before this is never sent without a person."""
    held_back: str = ""
    """Why every answer waits for a person until one resumes the bot; empty while none needs to."""

    def start(self, *, mode: Mode, interval_seconds: int, now: datetime) -> Self:
        """Begin now. Starting a running bot changes its interval and nothing else."""
        if self.enabled:
            return self.evolve(interval_seconds=interval_seconds)
        return self.evolve(
            enabled=True,
            mode=mode,
            interval_seconds=interval_seconds,
            started_at=now,
            held_back="",
        )

    def stop(self) -> Self:
        return self.evolve(enabled=False)

    def instruct(self, words: str) -> Self:
        return self.evolve(instructions=words)

    def hold_back(self, reason: str) -> Self:
        """Leave every answer to a person: something goes wrong that no single message shows."""
        return self.evolve(held_back=reason)

    def resume(self) -> Self:
        return self.evolve(held_back="")

    def sends_by_itself(self) -> bool:
        return self.enabled and self.mode is Mode.AUTO and not self.held_back
