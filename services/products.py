"""What each owner sells, and which of it a text is about."""

import threading
from collections.abc import Callable, Iterable
from typing import Protocol

from core.errors import Stale
from core.products import Catalogue, Product, StoredProduct
from db.base import Add, Change, Database, Drop, Store, Swap
from products.base import Catalog, ImportResult, Match

BATCH = 500

ReadProducts = Callable[[str | bytes], ImportResult]


class OpenCatalog(Protocol):
    """Makes a searchable catalogue that is read again when its version has changed."""

    def __call__(
        self, *, load: Callable[[], list[Product]], version: Callable[[], str]
    ) -> Catalog: ...


class Products:
    def __init__(self, database: Database, *, read: ReadProducts, open: OpenCatalog) -> None:
        self._database = database
        self._read = read
        self._open = open
        self._catalogs: dict[str, Catalog] = {}
        self._lock = threading.Lock()

    def import_csv(self, text: str | bytes, *, by: str) -> ImportResult:
        """Add or renew the products in a CSV file; the lines that are wrong are left out."""
        result = self._read(text)
        self._keep(result.products, by=by)
        return result

    def replace_by_csv(self, text: str | bytes, *, by: str) -> ImportResult:
        """The same, and forget the products that the file does not name.

        Nothing is forgotten while a line of the file is wrong: it may name one of them.
        """
        result = self._read(text)
        self._keep(result.products, by=by)
        if not result.errors:
            named = {product.sku for product in result.products}
            store = self._database.for_owner(by)
            others = [kept for kept in store.find(StoredProduct) if kept.sku not in named]
            self._commit(store, [Drop(kept) for kept in others], by=by)
        return result

    def _keep(self, products: Iterable[Product], *, by: str) -> None:
        store = self._database.for_owner(by)
        known = {stored.id: stored for stored in store.find(StoredProduct)}
        changes: list[Change] = []
        for product in products:
            new = StoredProduct(
                id=f"{by}/{product.sku}", owner_id=by, sku=product.sku, product=product
            )
            old = known.get(new.id)
            if old is None:
                changes.append(Add(new))
            elif old.product != product:
                changes.append(Swap(old, old.evolve(product=product)))
        self._commit(store, changes, by=by)

    def _commit(self, store: Store, changes: list[Change], *, by: str) -> None:
        for start in range(0, len(changes), BATCH):
            store.commit(*changes[start : start + BATCH])
        if changes:
            self._touch(store, by)

    def search(self, text: str, *, by: str, limit: int = 5) -> list[Match]:
        return self.catalog(by).search(text, limit=limit)

    def list(self, *, by: str) -> list[Product]:
        return [stored.product for stored in self._database.for_owner(by).find(StoredProduct)]

    def catalog(self, owner_id: str) -> Catalog:
        """One owner's catalogue, as it is now."""
        with self._lock:
            if owner_id not in self._catalogs:
                store = self._database.for_owner(owner_id)
                self._catalogs[owner_id] = self._open(
                    load=lambda: [stored.product for stored in store.find(StoredProduct)],
                    version=lambda: _version(store, owner_id),
                )
            return self._catalogs[owner_id]

    def _touch(self, store: Store, owner_id: str) -> None:
        """Make every process read the catalogue again."""
        for _ in range(8):
            mark = next(iter(store.find(Catalogue, id=owner_id)), None)
            try:
                if mark is None:
                    store.commit(Add(Catalogue(id=owner_id, owner_id=owner_id)))
                else:
                    store.commit(Swap(mark, mark.evolve()))
            except Stale:
                continue
            return


def _version(store: Store, owner_id: str) -> str:
    mark = next(iter(store.find(Catalogue, id=owner_id)), None)
    return str(mark.version) if mark else ""
