from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from products.catalogs.csv_file import MAX_ERRORS, read_products
from tests.products.samples import OUTDOOR

HEADING = "sku,name,price,stock"


def test_the_sample_shop_is_whole() -> None:
    result = read_products(OUTDOOR)

    assert result.errors == ()
    assert len(result.products) == 30
    assert len({product.name for product in result.products}) == 30
    assert all(set(product.names) == {"de", "fr"} for product in result.products)
    assert all(product.url.startswith("https://shop.example/p/") for product in result.products)


def test_a_product_has_all_that_its_line_says() -> None:
    text = (
        "SKU,Name,name_de,name_fr,Description,Price,Currency,Stock,URL,Colour\n"
        "T-1,Tent,Zelt,Tente,For two.,249.00,chf,14,https://shop.example/p/t-1,red\n"
    )

    [tent] = read_products(text).products

    assert (tent.sku, tent.name, tent.names) == ("T-1", "Tent", {"de": "Zelt", "fr": "Tente"})
    assert (tent.price, tent.currency, tent.stock) == (Decimal("249.00"), "CHF", 14)
    assert (tent.description, tent.url) == ("For two.", "https://shop.example/p/t-1")


def test_what_is_left_empty_is_not_known() -> None:
    [tent] = read_products(f"{HEADING}\nT-1,Tent,,\n").products

    assert (tent.price, tent.currency, tent.stock, tent.url) == (None, "EUR", None, "")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",Tent,1.00,1", "sku is missing"),
        ("T-2,,1.00,1", "name is missing"),
        ("T/2,Tent,1.00,1", "slash"),
        ("T-2,Tent,cheap,1", "'cheap' is not a number"),
        ("T-2,Tent,-5.00,1", "'-5.00' is not a number"),
        ("T-2,Tent,1.999.00,1", "not a number"),
        ("T-2,Tent,1.299,1", "two ways: write 1299.00"),
        ("T-2,Tent,1.00,many", "'many' is not a whole number"),
        ("T-2,Tent,1.00,-1", "'-1' is not a whole number"),
        ("T-2,Tent,1.00", "3 columns; the heading has 4"),
        ("T-2,Tent,1.00,1,2", "5 columns; the heading has 4"),
        ("t-1,Tent,1.00,1", "that of line 2 already"),
        ('T-2,"Te"nt,1.00,1', "quotation marks"),
        ('T-2,"Tent,1.00,1', "quotation marks"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_is_taken(line: str, problem: str) -> None:
    text = f"{HEADING}\nT-1,One,1.00,1\n{line}\nT-9,Nine,9.00,9\n"

    result = read_products(text)

    assert [product.sku for product in result.products] == ["T-1", "T-9"]
    [error] = result.errors
    assert error.line == 3
    assert problem in error.problem


def test_a_quotation_mark_that_is_closed_lines_later_spoils_one_line_only() -> None:
    text = f'{HEADING}\nT-1,"One,1.00,1\nT-2,Two,2.00,2\nT-3,"Three, red",3.00,3\n'

    result = read_products(text)

    assert [product.sku for product in result.products] == ["T-2", "T-3"]
    assert [error.line for error in result.errors] == [2]


def test_a_description_may_have_lines() -> None:
    text = 'sku,name,price,description\nT-1,Tent,1.00,"Light.\nDry."\nT-2,Tarp,x,\n'

    result = read_products(text)

    assert result.products[0].description == "Light. Dry."
    assert [error.line for error in result.errors] == [4]


@pytest.mark.parametrize(
    "url",
    [
        "shop.example/p/1",
        "javascript:alert(1)",
        "https://user@shop.example/",
        "https://shop.example/a b",
        "https://shop.example/<b>",
        "https://[",
    ],
)
def test_an_address_that_no_answer_should_carry_is_refused(url: str) -> None:
    result = read_products(f'sku,name,price,url\nT-1,Tent,1.00,"{url}"\n')

    assert result.products == ()
    assert "is not an address" in result.errors[0].problem


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1299", "1299"),
        ("1299.5", "1299.5"),
        ("1.299,00", "1299.00"),
        ("1,299.00", "1299.00"),
        ("1.234.567,89", "1234567.89"),
        ("1.234.567", "1234567"),
        ("12,5", "12.5"),
        ("€ 12,50", "12.50"),
        ("12.50 EUR", "12.50"),
        ("1'299.00", "1299.00"),
        ("1\u202f299,00\u00a0€", "1299.00"),
    ],
)
def test_prices_are_read_as_people_write_them(written: str, amount: str) -> None:
    [tent] = read_products(f'{HEADING}\nT-1,Tent,"{written}",\n').products

    assert tent.price == Decimal(amount)


def test_a_file_with_semicolons_has_decimal_commas() -> None:
    text = "sku;name;price\nT-1;Tent;1.299\nT-2;Tarp;69,90\n"

    result = read_products(text)

    assert [product.price for product in result.products] == [Decimal(1299), Decimal("69.90")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_spreadsheets_file_is_read(delimiter: str) -> None:
    rows = [["sku", "name", "price"], ["T-1", "Zelt für zwei", "249.00"]]
    raw = "\r\n".join(delimiter.join(row) for row in rows).encode("utf-8-sig")

    [tent] = read_products(raw).products

    assert (tent.sku, tent.name) == ("T-1", "Zelt für zwei")


def test_a_line_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(f"{HEADING}\nT-1,Kühlbox,1.00,1\n".encode("latin-1") + b"T-2,Tarp,2.00,2\n")

    result = read_products(path)

    assert [product.sku for product in result.products] == ["T-2"]
    assert result.errors[0].line == 2
    assert "not UTF-8" in result.errors[0].problem


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "sku, name, price"),
        ("name,price\nTent,1\n", "sku"),
        ("id;title\n1;Tent\n", "sku, name, price"),
        ("sku,name,price,price\nT-1,Tent,1,2\n", "price more than once"),
    ],
)
def test_a_file_without_the_columns_is_refused_whole(text: str, named: str) -> None:
    with pytest.raises(Invalid, match=named):
        read_products(text)


def test_utf_16_is_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid, match="Save it as CSV in UTF-8"):
        read_products(f"{HEADING}\n".encode("utf-16"))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"nothing\.csv"):
        read_products(tmp_path / "nothing.csv")


def test_a_file_of_mistakes_is_given_up() -> None:
    result = read_products(f"{HEADING}\n" + ',"\n' * (MAX_ERRORS + 50))

    assert len(result.errors) == MAX_ERRORS


@given(st.binary(max_size=300))
def test_whatever_is_in_a_file_every_line_is_taken_or_named(raw: bytes) -> None:
    result = read_products(f"{HEADING}\n".encode() + raw)

    lines = [error.line for error in result.errors]
    assert lines == sorted(set(lines))
    assert all(product.sku for product in result.products)
