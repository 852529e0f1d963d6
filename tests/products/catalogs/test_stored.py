import threading
import time

from core.products import Product
from products.base import Catalog
from products.catalogs.stored import StoredCatalog

TENT = Product(sku="T-1", name="Tent")
TARP = Product(sku="T-2", name="Tarp")


class Shelf:
    """An owner's stored products, slow to load, and how often they were."""

    def __init__(self, *products: Product) -> None:
        self.products = list(products)
        self.edition = "1"
        self.loads = 0

    def load(self) -> list[Product]:
        self.loads += 1
        time.sleep(0.02)
        return list(self.products)

    def version(self) -> str:
        return self.edition


def test_it_loads_once_for_many_searches() -> None:
    shelf = Shelf(TENT)
    catalog: Catalog = StoredCatalog(load=shelf.load, version=shelf.version)

    found = [catalog.search("tent") for _ in range(5)]

    assert all(match.product == TENT for [match] in found)
    assert shelf.loads == 1


def test_it_loads_again_when_there_is_a_new_version() -> None:
    shelf = Shelf(TENT)
    catalog = StoredCatalog(load=shelf.load, version=shelf.version)
    catalog.search("tarp")
    shelf.products.append(TARP)
    shelf.edition = "2"

    [match] = catalog.search("tarp")

    assert match.product == TARP
    assert shelf.loads == 2


def test_threads_share_one_loading() -> None:
    shelf = Shelf(TENT)
    catalog = StoredCatalog(load=shelf.load, version=shelf.version)
    start = threading.Barrier(8)

    def search() -> None:
        start.wait()
        catalog.search("tent")

    threads = [threading.Thread(target=search) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shelf.loads == 1


def test_nothing_is_loaded_before_it_is_needed() -> None:
    shelf = Shelf(TENT)

    StoredCatalog(load=shelf.load, version=shelf.version)

    assert shelf.loads == 0
