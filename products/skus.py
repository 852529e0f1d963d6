"""Finds the stock-keeping units that a text names, even with a slip in them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .slips import Slips

EXACT, CONFUSED, SLIP = 100.0, 60.0, 50.0
"""How sure it is that a SKU was meant; more than any number of words."""
SHORTEST = 3
SHORTEST_WITH_A_SLIP = 5
LONGEST_RUN = 3
"""How many words in a row may be one SKU: `TNT ALP 2`."""

_PIECE = re.compile(r"[^\W_]+(?:[-_./][^\W_]+)*")
_SEPARATORS = re.compile(r"[\W_]+")
_LOOK_ALIKE = str.maketrans("OILSBZ", "011582")


class Named(NamedTuple):
    """A product that was named by its SKU."""

    number: int
    score: float
    written: str


class Skus:
    """The SKUs of numbered products."""

    def __init__(self, skus: Iterable[str]) -> None:
        self._exact: defaultdict[str, list[int]] = defaultdict(list)
        self._confused: defaultdict[str, list[int]] = defaultdict(list)
        for number, sku in enumerate(skus):
            self._exact[_bare(sku)].append(number)
            self._confused[_bare(sku).translate(_LOOK_ALIKE)].append(number)
        self._slips = Slips(bare for bare in self._exact if len(bare) >= SHORTEST_WITH_A_SLIP)

    def take(self, text: str) -> tuple[list[Named], str]:
        """The products named in `text`, and the text without their names."""
        named: list[Named] = []
        spans: list[tuple[int, int]] = []
        for start, end in _spans(text):
            if spans and start < spans[-1][1]:
                continue
            found = self._find(text[start:end])
            if found:
                named += found
                spans.append((start, end))
        for start, end in reversed(spans):
            text = f"{text[:start]} {text[end:]}"
        return named, text

    def _find(self, written: str) -> list[Named]:
        bare = _bare(written)
        if len(bare) < SHORTEST or not _looks_like_one(written):
            return []
        if exact := self._exact.get(bare):
            return [Named(number, EXACT, written) for number in exact]
        if " " in written or len(bare) < SHORTEST_WITH_A_SLIP:
            return []
        if confused := self._confused.get(bare.translate(_LOOK_ALIKE)):
            return [Named(number, CONFUSED, written) for number in confused]
        if not any(character.isdigit() or character in "-_./" for character in written):
            return []
        near = [number for known in self._slips.near(bare) for number in self._exact[known]]
        return [Named(number, SLIP, written) for number in near]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where a SKU could stand: longer runs before the shorter ones at the same place."""
    pieces = [match.span() for match in _PIECE.finditer(text)]
    for place, (start, _) in enumerate(pieces):
        run = pieces[place : place + LONGEST_RUN]
        for _, end in reversed(run):
            yield start, end


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


def _looks_like_one(written: str) -> bool:
    """Whether it is more than a word: `well` is none, though somebody may sell a WELL."""
    return written.isupper() or any(
        character.isdigit() or character in "-_./" for character in written
    )
