"""What goes wrong in a simulated town, how often, and how often it has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Weather:
    """How probable what is, each time that it could happen."""

    dies: float = 0.008
    stalls: float = 0.004
    stalls_sending: float = 0.02
    """The same, between the intent and the effect."""
    switches: float = 0.2
    database_silent: float = 0.004
    silent_sending: float = 0.02
    """The same, when an intent is committed."""
    call_fails: float = 0.03
    cannot_ask: float = 0.3
    """The question what became of an answer fails."""
    answer_lost: float = 0.04
    late: float = 0.03
    """A send fails, and takes effect afterwards."""
    latest: float = 110.0
    """Seconds until then at most: less than two settle times."""
    meddles: float = 0.003
    """The owner does something at this very instant."""
    meddles_sending: float = 0.03
    """The same, between what a sending rests on and the intent."""
    ring_lost: float = 0.2
    ring_doubled: float = 0.4
    clock_jumps: float = 0.0
    """By an hour, at each look of the owner."""


@dataclass
class Counts:
    crashes: int = 0
    stalls: int = 0
    faults: int = 0


STORM = Weather(switches=0.5, silent_sending=0.2, ring_doubled=0.8)
"""Several are rung for everything, and the database often keeps silent about an intent: what
needs two of them to meet comes soon."""
