"""Moments that our clock tells, as the clock of a service has them.

A service dates what comes in by its own clock. Where ours is fast, what was written just after
a moment of ours would count as written before it, and be left out for good.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from core.clock import system_clock

LATELY = timedelta(hours=1)
"""A moment of longer ago was not looked up on a clock just now: nothing depends on its seconds."""
ROUGH = timedelta(seconds=1)
"""A server's clock is told in whole seconds."""


def moment_there(moment: datetime, ask: Callable[[], datetime | None]) -> datetime:
    """`moment` by the clock that `ask` reads, at an answer; never too late, and hardly too early.

    The same where the two clocks agree as far as can be told.
    """
    asked = system_clock()
    if asked - moment > LATELY:
        return moment
    there, now = ask(), system_clock()
    if there is None or asked - ROUGH <= there <= now:
        return moment
    return moment + (there - now)
