from products.base import Catalog
from products.catalogs.fixed import FixedCatalog
from tests.products.samples import SHOP


def test_it_searches_what_it_was_given() -> None:
    catalog: Catalog = FixedCatalog(*SHOP)

    [match] = catalog.search("Do you have the enamel mug?")

    assert match.product.sku == "CUP-ENM-B"
