"""Limits so high that nothing meets them: what is counted elsewhere shall not be held by a cap."""

from collections.abc import Mapping
from typing import Any

NO_CAPS: dict[str, Any] = {
    f"cap_{name}": 1_000_000
    for name in (
        "per_sender_day",
        "per_thread",
        "per_connection_day",
        "per_owner_day",
        "fresh_connection_day",
    )
}
NO_LIMITS = NO_CAPS | {
    "pace_per_thread": 1_000_000,
    "pace_per_sender": 1_000_000,
    "pace_breaker": 0,
}


def in_environment(settings: Mapping[str, Any]) -> dict[str, str]:
    """The same, as a process is told of it."""
    return {f"ORCHESTRE_{name.upper()}": str(value) for name, value in settings.items()}
