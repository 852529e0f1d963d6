"""How bad the weather is, and how much time everything has in it."""

import argparse
from dataclasses import asdict, dataclass
from typing import Any, Self

STORES = ("sqlite", "postgresql")
MODES = ("celery", "no-celery", "dropped-hints")
SERVICES = ("gmail", "outlook", "slack", "telegram", "imap", "maildir")
PROVING = frozenset({"gmail", "outlook", "slack", "imap"})
"""They can tell, either way, whether something was sent: nothing is parked there."""
PER_ACCOUNT = 100
"""Messages that one linked account gets, about."""


@dataclass(frozen=True)
class Weather:
    messages: int
    kills: int
    stalls: int
    faults: float
    """Of the writes at a service, in percent."""
    store: str
    mode: str
    seed: int
    scaled: bool = True
    sends_only: bool = False
    """Only what sends an answer goes wrong, not what prepares one."""
    limit: float = 600.0
    """Seconds that everything may take to settle once the storm is over."""
    services: tuple[str, ...] = SERVICES
    rate: float = 0.0
    """Messages that come in within a second; 0 for as many as make the storm last."""

    @property
    def settle(self) -> float:
        """Seconds before an absence counts: longer than a service may sit on a request."""
        return 3.0 if self.scaled else 60.0

    @property
    def patience(self) -> float:
        """Seconds that a client waits for an answer, where an account can say so."""
        return 3.0 if self.scaled else 30.0

    @property
    def hang(self) -> float:
        """Seconds that a service says nothing: longer than a client waits."""
        return 4.0 if self.scaled else 35.0

    @property
    def late(self) -> float:
        """Seconds that a service sits on a request before it does it."""
        return 1.5 if self.scaled else 20.0

    @property
    def stall(self) -> tuple[float, float]:
        """The shortest and the longest time that a process stands still."""
        return (4.0, 9.0) if self.scaled else (40.0, 120.0)

    @property
    def lasts(self) -> float:
        """Seconds within which the messages come in."""
        return max(10.0, self.messages / (self.rate or 60.0))

    def share(self, service: str) -> int:
        """How many messages come in at one service."""
        each, rest = divmod(self.messages, len(self.services))
        return each + (self.services.index(service) < rest)

    def accounts(self, service: str) -> int:
        return max(2, round(self.share(service) / PER_ACCOUNT))

    def words(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, words: dict[str, Any]) -> Self:
        return cls(**{**words, "services": tuple(words["services"])})


def parser(prog: str, description: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=prog, description=description)
    made.add_argument("--messages", type=int, default=600)
    made.add_argument("--kills", type=int, default=20)
    made.add_argument("--stalls", type=int, default=5)
    made.add_argument("--faults", type=float, default=6.0, help="percent of the writes")
    made.add_argument("--store", choices=STORES, default="sqlite")
    made.add_argument("--mode", choices=MODES, default="celery")
    made.add_argument("--seed", type=int)
    made.add_argument("--services", nargs="+", choices=SERVICES, default=list(SERVICES))
    made.add_argument("--rate", type=float, default=0.0, help="messages a second; 0 for 60")
    made.add_argument("--limit", type=float, default=600.0, help="seconds to settle afterwards")
    made.add_argument("--unscaled", action="store_true", help="the waits of production")
    made.add_argument("--sends-only", action="store_true", help="spoil no preparing writes")
    made.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True)
    return made


def weather_of(options: argparse.Namespace, seed: int) -> Weather:
    return Weather(
        messages=options.messages,
        kills=options.kills,
        stalls=options.stalls,
        faults=options.faults,
        store=options.store,
        mode=options.mode,
        seed=seed,
        scaled=not options.unscaled,
        sends_only=options.sends_only,
        limit=options.limit,
        services=tuple(options.services),
        rate=options.rate,
    )
