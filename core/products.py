"""What a business sells."""

from decimal import Decimal
from typing import ClassVar

from .records import Record, Value


class Product(Value):
    """The public facts about one product: all that an answer may state."""

    sku: str
    name: str
    names: dict[str, str] = {}
    """Names in other languages, by ISO 639-1 code."""
    description: str = ""
    price: Decimal | None = None
    currency: str = "EUR"
    """ISO 4217."""
    stock: int | None = None
    """Pieces on hand; `None` when it is not counted."""
    url: str = ""

    def name_in(self, language: str) -> str:
        """The name in `language`, or the plain one where there is no such name."""
        return self.names.get(language) or self.name


class StoredProduct(Record):
    """A product in the store, in its owner's catalogue. Its id is `{owner_id}/{sku}`."""

    indexes: ClassVar[tuple[str, ...]] = ("sku",)

    sku: str
    product: Product


class Catalogue(Record):
    """Changes whenever its owner's products do. Its id is its owner's."""
