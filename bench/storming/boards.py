"""Services over HTTPS with many accounts at one address, as the real ones are.

Each account is one of the simulators that the tests use; a board finds the account that a request
is about, spoils some of the writes, and counts what it did to them.
"""

import json
from collections import Counter
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from typing import Any, ClassVar

from tests.simulators.service import Authority, Fault, Request, Response, Simulator

from .letters import Letter
from .weather import Weather

SHOP = "shop{}@{}.example"
Answered = Iterator[str]
"""The marks of the messages that answers went to, one for each that arrived; empty for a mail that
answers nothing, with which an owner is told of trouble."""


class Forgetful(list[Request]):
    """Nobody reads the requests of a storm."""

    def append(self, request: Request) -> None:
        """There are too many of them."""


class Board(Simulator):
    """One service with its accounts. A subclass says who is asked, and what an answer is."""

    naive_sends: ClassVar[str] = ""
    """The path by which those send who prepare nothing."""

    def __init__(self, authority: Authority, weather: Weather) -> None:
        super().__init__(authority)
        self.weather = weather
        self.requests = Forgetful()
        self.random.seed(f"{weather.seed} faults {self.name}")
        self.fault_rate = weather.faults / 100
        self.tally: Counter[str] = Counter()
        self.accounts: list[Any] = []
        self.calm = True
        """Nothing goes wrong yet."""

    def route(self, request: Request) -> Simulator | None:
        """The account that a request is about."""
        raise NotImplementedError

    def sends(self, request: Request) -> bool:
        """Whether it lets an answer out."""
        raise NotImplementedError

    def linked(self, number: int) -> dict[str, Any]:
        """What somebody needs to link an account."""
        raise NotImplementedError

    def deliver(self, letter: Letter) -> str:
        """Let a letter come in; the mark by which it is known."""
        raise NotImplementedError

    def answered(self) -> Answered:
        raise NotImplementedError

    def busy(self) -> Response:
        """How this service says that it has too many requests. Nothing is done then."""
        raise NotImplementedError

    def effect(self, request: Request) -> Response:
        account = self.route(request)
        if account is None:
            return Response(401, b"{}")
        done = account.effect(request)
        if self.sends(request) and is_done(done):
            with self.lock:
                self.tally["sent"] += 1
        return done

    def next_fault(self, request: Request) -> Fault | None:
        account, sends = self.route(request), self.sends(request)
        if self.calm or account is None or not (sends or account.is_write(request)):
            return None
        if self.weather.sends_only and not sends:
            return None
        with self.lock:
            self.tally["writes"] += 1
            if self.random.random() >= self.fault_rate:
                return None
            fault, certain = self._fault()
            self.tally["faults"] += 1
            self.tally[f"fault_{'refused' if certain else fault.kind}"] += 1
            self.tally["answers_lost"] += sends and not certain
            return fault

    def _fault(self) -> tuple[Fault, bool]:
        """What goes wrong, and whether it says for certain that nothing was done."""
        kinds = ("answer", "close", "reset", "cut", "hang", "late", "busy")
        kind = self.random.choice(kinds)
        if kind == "busy":
            return Fault("answer", response=self.busy()), True
        if kind == "late":
            return Fault("late", seconds=self.weather.late), False
        status = self.random.choice((500, 502, 503, 504))
        after = self.random.random() < 0.5
        hang, wrong = self.weather.hang, Response(status, b"<html>Sorry</html>")
        return Fault(kind, after=after, response=wrong, seconds=hang), False


def asked_in(raw: bytes) -> str:
    """The Message-ID of what a mail answers."""
    return str(BytesHeaderParser().parsebytes(raw)["In-Reply-To"] or "").strip()


def is_done(response: Response) -> bool:
    if response.status >= 300:
        return False
    return not response.body or json.loads(response.body).get("ok", True) is not False
