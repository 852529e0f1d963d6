"""What customers write during a storm, and when: everything that one seed decides. Pure."""

from email.message import EmailMessage
from email.utils import localtime
from random import Random
from typing import NamedTuple

from .weather import Weather

MAILS = frozenset({"gmail", "outlook", "imap", "maildir"})
QUESTION = "How much is the Alpine Tent 2?"
CATALOGUE = """\
sku,name,description,price,currency,stock,url
TENT-2,Alpine Tent 2,A light tent for two people,199.00,EUR,7,https://shop.example/p/tent-2
"""


class Letter(NamedTuple):
    """One message. Whatever its deliveries, it is to be answered once."""

    service: str
    number: int
    account: int
    customer: int
    direct: bool
    """Written to the bot alone, where a service knows the difference."""
    at: float
    """Seconds after the beginning."""
    copies: tuple[float, ...]
    """Where a mailbox can hold copies of one mail: how much later they come."""
    pushes: tuple[float, ...]
    """When we are told of it: not at all, late, or twice."""

    @property
    def words(self) -> str:
        return f"Hello, this is letter {self.number} of the {self.service} box. {QUESTION}"

    @property
    def mark(self) -> str:
        """The Message-ID, where it has one."""
        return f"<{self.service}.{self.number}@customer.example>"


def letters(weather: Weather, service: str) -> list[Letter]:
    """All that come in at one service, in the order of their time."""
    chance = Random(f"{weather.seed} letters {service}")
    count, accounts = weather.share(service), weather.accounts(service)
    return sorted(
        (_letter(chance, service, number, accounts, weather.lasts) for number in range(count)),
        key=lambda letter: letter.at,
    )


def _letter(chance: Random, service: str, number: int, accounts: int, lasts: float) -> Letter:
    at = chance.uniform(0, lasts)
    more = chance.choices((0, 1, 2), (60, 30, 10))[0] if service in MAILS else 0
    copies = tuple(chance.expovariate(1 / 3) for _ in range(more))
    told = [at + delay for delay in (0.0, *copies)]
    pushes = [
        when + chance.choice((0.0, 0.0, 0.5, 4.0))
        for when in told
        for _ in range(chance.choices((0, 1, 2), (20, 60, 20))[0])
    ]
    return Letter(
        service=service,
        number=number,
        account=chance.randrange(accounts),
        customer=number // 2,
        direct=chance.random() < 0.2,
        at=at,
        copies=copies,
        pushes=tuple(pushes),
    )


def mail(letter: Letter, *, to: str) -> bytes:
    """The letter as RFC 5322 wants it, the same bytes each time but for its date."""
    made = EmailMessage()
    made["From"] = f"Customer <customer{letter.customer}@customer.example>"
    made["To"] = to
    made["Subject"] = f"Question {letter.number}"
    made["Message-ID"] = letter.mark
    made["Date"] = localtime()
    made.set_content(f"{letter.words}\n")
    return made.as_bytes().replace(b"\n", b"\r\n")
