"""What a person sees while it runs: which mails were answered, which wait, which were left alone.

A live table on a terminal; elsewhere one line for each outcome.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from core.errors import OrchestreError
from core.replies import Exchange, Reply, Status
from services.bootstrap import Orchestre
from services.shop import Shop

MOST_ROWS = 200
SHOWN_ROWS = 20

OUTCOMES = {
    Status.RECEIVED: ("…", "dim"),
    Status.APPROVED: ("being sent", "dim"),
    Status.SENDING: ("being sent", "dim"),
    Status.UNCERTAIN: ("in doubt", "bold red"),
    Status.AWAITING_APPROVAL: ("waits for you", "yellow"),
    Status.SENT: ("answered", "green"),
    Status.DRAFTED: ("among your drafts", "green"),
    Status.SKIPPED: ("left alone", "cyan"),
    Status.REJECTED: ("rejected", "cyan"),
    Status.FAILED: ("failed", "bold red"),
}
RESTING = frozenset(
    {
        Status.AWAITING_APPROVAL,
        Status.SENT,
        Status.DRAFTED,
        Status.SKIPPED,
        Status.REJECTED,
        Status.FAILED,
        Status.UNCERTAIN,
    }
)
"""Nothing more happens to a reply here by itself, or not soon."""


class Row(NamedTuple):
    """One mail, and what became of it."""

    id: str
    at: datetime
    sender: str
    subject: str
    status: Status
    why: str

    @property
    def outcome(self) -> str:
        return OUTCOMES[self.status][0]


class Outcomes:
    """Reads what became of one owner's mails."""

    def __init__(self, orchestre: Orchestre, *, owner_id: str) -> None:
        self._orchestre = orchestre
        self._owner_id = owner_id
        self._reasons: dict[tuple[str, int], str] = {}

    def rows(self) -> list[Row]:
        """The newest mails, the oldest of them first; none while the database does not answer."""
        try:
            page = self._orchestre.replies.page(by=self._owner_id, limit=MOST_ROWS)
            return [self._row(reply) for reply in reversed(page.items)]
        except OrchestreError:
            return []

    def _row(self, reply: Reply) -> Row:
        return Row(
            id=reply.id,
            at=reply.created_at,
            sender=reply.sender,
            subject=reply.subject,
            status=reply.status,
            why=self._why(reply),
        )

    def _why(self, reply: Reply) -> str:
        key = (reply.id, reply.version)
        if key not in self._reasons:
            self._reasons[key] = self._reason(reply)
        return self._reasons[key]

    def _reason(self, reply: Reply) -> str:
        if reply.status is not Status.SENT:
            return f"{reply.reason} [{reply.rule}]" if reply.rule else reply.reason
        exchange = self._orchestre.replies.exchange(reply.id, by=self._owner_id)
        return _grounds(reply, exchange)


def _grounds(reply: Reply, exchange: Exchange) -> str:
    """What an answer rests on, and how long it took."""
    took = ""
    if reply.receipt:
        took = f" in {(reply.receipt.sent_at - reply.created_at).total_seconds():.1f} s"
    products = ", ".join(exchange.draft.product_ids[:3]) if exchange.draft else ""
    if reply.approved_by:
        return "You approved it."
    return f"From {products}{took}." if products else f"Answered{took}."


class Lines:
    """One line for each outcome, for logs and pipes."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._said: dict[str, Status] = {}
        self._outcomes: Outcomes | None = None

    def begin(self, outcomes: Outcomes, welcome: str, *, since: datetime) -> None:
        """Say where it runs, and pass over what had happened before `since`."""
        self._outcomes = outcomes
        self._said = {row.id: row.status for row in outcomes.rows() if row.at < since}
        self._write(welcome)

    def show(self) -> None:
        for row in self._outcomes.rows() if self._outcomes else []:
            if row.status in RESTING and self._said.get(row.id) is not row.status:
                self._said[row.id] = row.status
                line = f"{row.outcome:<14} {row.sender}: {row.subject}"
                self._write(_printable(f"{line} ({row.why})" if row.why else line))

    def note(self, words: str) -> None:
        self._write(words)

    def end(self) -> None:
        """There is nothing to clear away."""


class Table:
    """A table on a terminal, which changes as the mails move on."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console()
        self._live = Live(console=self._console, auto_refresh=False)
        self._outcomes: Outcomes | None = None

    def begin(self, outcomes: Outcomes, welcome: str, *, since: datetime) -> None:
        """Say where it runs, above the table."""
        self._outcomes = outcomes
        self._console.print(welcome, markup=False, highlight=False)
        self._live.start()

    def show(self) -> None:
        rows = self._outcomes.rows() if self._outcomes else []
        room = max(5, min(SHOWN_ROWS, self._console.height - 6))
        self._live.update(grid(rows, room=room), refresh=True)

    def note(self, words: str) -> None:
        self._console.print(words, markup=False, highlight=False)

    def end(self) -> None:
        self._live.stop()


Screen = Lines | Table


def grid(rows: list[Row], *, room: int) -> Any:
    """The newest rows, under a line that counts all of them."""
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(expand=True, title=_counts(rows), title_justify="left")
    for name, ratio in (("From", 3), ("Subject", 3), ("Outcome", 2), ("Why", 6)):
        grid.add_column(name, ratio=ratio, overflow="ellipsis", no_wrap=name != "Why")
    for row in rows[-room:]:
        words, style = OUTCOMES[row.status]
        sender, subject, why = (Text(_printable(t)) for t in (row.sender, row.subject, row.why))
        grid.add_row(sender, subject, Text(words, style=style), why)
    return grid


def welcome(shop: Shop, *, url: str, smtp: str, home: str) -> str:
    """Where everything is, for somebody who has just started it."""
    lines = [
        f"Orchestre runs at {url}",
        f"  sign in as {shop.owner}; the password stands in {home}/owner.json",
        f"  write to {shop.mailbox} by SMTP at {smtp}" if shop.mailbox else "",
        f"  answers go to {home}/mail/; the logs are in {home}/logs/" if shop.mailbox else "",
        "  stop it with Ctrl-C",
    ]
    return "\n".join(line for line in lines if line)


def _counts(rows: list[Row]) -> str:
    answered = sum(row.status is Status.SENT for row in rows)
    waiting = sum(row.status is Status.AWAITING_APPROVAL for row in rows)
    left = sum(row.status is Status.SKIPPED for row in rows)
    return f"{answered} answered, {waiting} wait for you, {left} left alone"


def _printable(text: str) -> str:
    """Without what would move the cursor: strangers write the subjects."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
