"""A catalogue over the products that one owner keeps in the store."""

import threading
from collections.abc import Callable

from core.products import Product

from ..base import Match
from ..matching import Index


class StoredCatalog:
    """Searches what `load` gives, and loads again when `version` says something new.

    `version` is asked at every search, so it must be cheap: a count and a latest change.
    """

    def __init__(self, *, load: Callable[[], list[Product]], version: Callable[[], str]) -> None:
        self._load = load
        self._version = version
        self._built: tuple[str, Index] | None = None
        self._lock = threading.Lock()

    def search(self, text: str, *, limit: int = 5) -> list[Match]:
        return self._index().search(text, limit=limit)

    def _index(self) -> Index:
        version = self._version()
        built = self._built
        if built is not None and built[0] == version:
            return built[1]
        with self._lock:
            if self._built is None or self._built[0] != version:
                # Loaded after the version was read: at worst it is newer, and built once more.
                self._built = (version, Index(self._load()))
            return self._built[1]
