"""The contract for anything that knows what is sold."""

from typing import Protocol

from core.products import Product
from core.records import Value


class Match(Value):
    """A product that a text seems to be about."""

    product: Product
    score: float
    """Comparable within one search and nowhere else."""
    words: tuple[str, ...]
    """The words of the text that spoke for it, as they were written."""


class Catalog(Protocol):
    def search(self, text: str, *, limit: int = 5) -> list[Match]:
        """The products that `text` is about, best first; none when nothing is relevant."""


class BadLine(Value):
    """A line of a file that was left out."""

    line: int
    """Counted from 1, the heading included."""
    problem: str
    """What is wrong with it, in words for the person who will correct it."""


class ImportResult(Value):
    """What a file held: the products that can be used, and the lines that cannot."""

    products: tuple[Product, ...]
    errors: tuple[BadLine, ...] = ()
