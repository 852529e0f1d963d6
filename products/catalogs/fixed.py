"""A catalogue of products that are held in memory and do not change."""

from core.products import Product

from ..base import Match
from ..matching import Index


class FixedCatalog:
    def __init__(self, *products: Product) -> None:
        self._index = Index(products)

    def search(self, text: str, *, limit: int = 5) -> list[Match]:
        return self._index.search(text, limit=limit)
