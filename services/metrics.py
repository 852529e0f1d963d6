"""What Prometheus asks for: the health of every account as numbers.

prometheus.io/docs/instrumenting/exposition_formats, text format 0.0.4. Accounts are named by their
ids: an address has no place in somebody's monitoring.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from core.replies import Reply, Status

from .bootstrap import Orchestre
from .condition import ConnectionHealth, State

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Gauge(NamedTuple):
    name: str
    help: str
    value: Callable[[ConnectionHealth], float | None]
    """`None` where there is nothing to tell: then it is left out."""


GAUGES = (
    Gauge(
        "orchestre_connection_silent",
        "1 while nobody has read the account for longer than is planned.",
        lambda one: float(one.silent_since is not None),
    ),
    Gauge(
        "orchestre_connection_linked",
        "0 while the account must be linked again.",
        lambda one: float(one.state is not State.NEEDS_REAUTHORIZATION),
    ),
    Gauge(
        "orchestre_connection_last_poll_timestamp_seconds",
        "When the account was last read to the end.",
        lambda one: _time(one.last_poll_at),
    ),
    Gauge(
        "orchestre_connection_last_message_timestamp_seconds",
        "When the service received the last message that was taken in.",
        lambda one: _time(one.last_message_at),
    ),
    Gauge(
        "orchestre_connection_lag_seconds",
        "From the service's receipt of the last message until it was kept.",
        lambda one: one.lag_seconds,
    ),
    Gauge(
        "orchestre_connection_watch_expiry_timestamp_seconds",
        "Until when the service tells of news.",
        lambda one: _time(one.watch.expires_at) if one.watch else None,
    ),
    Gauge(
        "orchestre_connection_watch_failing",
        "1 while the service does not tell of news as it should.",
        lambda one: float(bool(one.watch.trouble)) if one.watch else None,
    ),
    Gauge(
        "orchestre_canary_round_trip_seconds",
        "How long the last message of the account to itself took.",
        lambda one: one.canary.round_trip_seconds if one.canary else None,
    ),
    Gauge(
        "orchestre_canary_missing",
        "1 when the last message of the account to itself never came in.",
        lambda one: float(one.canary.missing) if one.canary else None,
    ),
)


def text(app: Orchestre) -> str:
    """Everything that can be measured now."""
    found = app.health.everybodys()
    lines: list[str] = []
    for gauge in GAUGES:
        values = [(one, gauge.value(one)) for one in found]
        samples = [(_labels(one), value) for one, value in values if value is not None]
        lines += _family(gauge.name, gauge.help, samples)
    store = app.database.for_workers()
    counts = [(f'status="{s}"', float(store.count(Reply, status=s))) for s in Status]
    lines += _family("orchestre_replies", "Replies in each status.", counts)
    overdue = app.health.overdue()
    late = (app.clock() - overdue.due_at).total_seconds() if overdue and overdue.due_at else 0.0
    help = "How long the account that waits longest has been due, once that is too long."
    lines += _family("orchestre_poll_overdue_seconds", help, [("", late)])
    return "\n".join([*lines, ""])


def _family(name: str, help: str, samples: Sequence[tuple[str, float]]) -> Iterable[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        shown = f"{{{labels}}}" if labels else ""
        yield f"{name}{shown} {value!r}"


def _labels(one: ConnectionHealth) -> str:
    return f'connection="{_escaped(one.connection_id)}",provider="{_escaped(one.provider)}"'


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _time(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
