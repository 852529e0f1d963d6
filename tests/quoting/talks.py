"""Who writes what to whom in one generated mail, before any client has touched it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from .dates import SHORT, Moment
from .texts_latin import LATIN
from .texts_other import OTHER

SPEECH = {locale: text.strip().split("\n") for locale, text in (LATIN | OTHER).items()}
LINK = "https://lamps.example/p?id=48213&c=2"
ADDRESSES = ("service@shop.example", "orders.department@long-shop.example")
CONTACT = ("Tel.: +49 341 5550134", "E-Mail: carla@second.example", "Web: https://home.example/")
NAMES = ("{}", "{}", "{} (Support)", "{} - Shop 24", "service@shop.example")
"""How the other one's name stands in the headers: bare, with additions, or not known."""
PRICES = ("A-100 | 29,90", "A-200 | 34,50", "B-7 | 8,00")
TOP, BOTTOM, INTERLEAVED, NONE = "top", "bottom", "interleaved", "none"
NESTED, FORWARD, EMPTY = "nested", "forward", "empty"
EVERYWHERE = (TOP, NONE, NESTED, FORWARD, EMPTY)
"""The placements of clients that put no marks before a quotation."""
MARKED = (*EVERYWHERE, BOTTOM, INTERLEAVED)


@dataclass(frozen=True)
class Person:
    name: str
    address: str


@dataclass(frozen=True)
class Sent:
    """A finished mail, and the lines its client put before the quotation."""

    raw: bytes
    intro: str
    flowing: bool = False


@dataclass(frozen=True)
class Client:
    """A mail program: how it writes a talk, and which placements its users choose."""

    name: str
    write: "Callable[[Talk], Sent]"
    placements: tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """Lines that follow each other: the sender's own, or quoted from the mail before."""

    mine: bool
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Talk:
    """One reply or forward: its people, its words, and the mail that it answers."""

    locale: str
    number: int
    placement: str
    me: Person
    them: Person
    then: Moment
    """When the quoted mail was sent."""
    subject: str
    pieces: tuple[Piece, ...]
    older: tuple[str, ...] = ()
    """What the quoted mail quotes itself: words of `me`, a day before."""

    @property
    def expected(self) -> str:
        return "\n\n".join("\n".join(piece.lines) for piece in self.pieces if piece.mine)

    @property
    def quoted(self) -> tuple[str, ...]:
        return tuple(line for piece in self.pieces if not piece.mine for line in piece.lines)

    def fill(self, template: str, **more: str) -> str:
        """`template` with the date and the author of the quoted mail."""
        return self.then.fill(template, name=self.them.name, addr=self.them.address, **more)

    @property
    def before(self) -> "Talk":
        """The mail within the quotation: the one that `them` answered."""
        return Talk(
            locale=self.locale,
            number=self.number,
            placement=TOP,
            me=self.them,
            them=self.me,
            then=self.then.earlier(26),
            subject=self.subject,
            pieces=(Piece(mine=False, lines=self.older),),
        )


def talk(locale: str, client: str, placement: str) -> Talk:
    """The same mail for the same three words, always."""
    speech = SPEECH[locale]
    number = crc32(f"{locale} {client} {placement}".encode())
    day = datetime(2026, 1, 5, 8, 3) + timedelta(
        days=number % 320, minutes=number // 7 % 720, seconds=number % 60
    )
    first, second, third = speech[14].split("|")
    answer = Piece(mine=False, lines=(first, second, "", third, "", speech[1]))
    return Talk(
        locale=locale,
        number=number,
        placement=placement,
        me=Person(speech[0], f"k.{number % 997}@mail.example"),
        them=Person(NAMES[number // 13 % 5].format(speech[1]), ADDRESSES[number % 2]),
        then=Moment(day, locale),
        subject=speech[2],
        pieces=_pieces(speech, Moment(day, locale), number, placement, answer),
        older=(speech[15],) if placement == NESTED else (),
    )


def _pieces(
    speech: list[str], then: Moment, number: int, placement: str, answer: Piece
) -> tuple[Piece, ...]:
    mine = Piece(mine=True, lines=_words(speech, then, number // 11 % 11))
    if placement == NONE:
        return (mine,)
    if placement == BOTTOM:
        return (answer, mine)
    if placement == EMPTY:
        return (answer,)
    if placement == FORWARD:
        return (Piece(mine=True, lines=(speech[13],)), answer)
    if placement == INTERLEAVED:
        return (
            Piece(mine=False, lines=answer.lines[:2]),
            Piece(mine=True, lines=(speech[12],)),
            Piece(mine=False, lines=answer.lines[3:4]),
            Piece(mine=True, lines=(speech[4], "", speech[11])),
        )
    return (mine, answer)


def _words(speech: list[str], then: Moment, kind: int) -> tuple[str, ...]:
    """One of eleven shapes of a customer's mail, each with a trap or two for a parser."""
    me, _, _, hello, ask, more, trap, head, items, dash, address, thanks, short = speech[:13]
    listed = tuple(f"- {item}" for item in items.split("|"))
    # A line that looks like an attribution: a date, a time, a colon.
    dated = f"N. 48213, {then.earlier(50).fill(SHORT[then.locale] + ' {HH}:{MM}')}:"
    shapes: tuple[tuple[str, ...], ...] = (
        (hello, "", ask, "", thanks, me),
        (short,),
        (hello, "", trap, ask, more, "", thanks, me),
        (hello, "", head, *listed, "", ask, "", me),
        (dash, LINK, more),
        (hello, "", more, "", *address.split("|"), "", thanks),
        (ask, "", *PRICES, "", thanks, me),
        (hello, "", trap, "", more, dash, "", thanks),
        (hello, "", dated, *listed, "", thanks, me),
        (hello, "", ask, "", *CONTACT, "", thanks),
        (ask, "----------", more, "----------", thanks),
    )
    return shapes[kind]
