"""The products of a small outdoor shop, as the tests ask about them."""

from pathlib import Path

from core.products import Product
from products.catalogs.csv_file import read_products

OUTDOOR = Path(__file__).parents[2] / "products" / "samples" / "outdoor.csv"

SHOP: tuple[Product, ...] = read_products(OUTDOOR).products


def product(sku: str) -> Product:
    return next(product for product in SHOP if product.sku == sku)
