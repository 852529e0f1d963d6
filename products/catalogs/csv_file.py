"""Reads products from a CSV file, as a spreadsheet saves it."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import Invalid
from core.products import Product

from ..base import BadLine, ImportResult

REQUIRED = ("sku", "name", "price")
DELIMITERS = ",;\t"
MAX_ERRORS = 1000
"""A file with more mistakes than this is not read to its end."""

_TRANSLATED_NAME = re.compile(r"name_([a-z]{2})")
_SKU = re.compile(r"[^\s/](?:[^\n\r\t/]{0,62}[^\s/])?")
_CURRENCY_MARK = re.compile(r"[€$£]|\b[A-Za-z]{3}\b|\s|['’]")
_PLAIN = re.compile(r"\d+(?:[.,]\d{1,2})?")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?")
_AMBIGUOUS = re.compile(r"\d{1,3}[.,]\d{3}")


class _Wrong(Exception):
    """One line cannot be used."""


def read_products(source: str | bytes | Path) -> ImportResult:
    """The products of a CSV file: its text, its bytes, or where it is.

    A broken line is left out and named; the others count. `Invalid` when the file has no
    heading with the required columns.
    """
    lines = _lines(source)
    delimiter = _delimiter(lines)
    columns = _columns(lines, delimiter)
    products: list[Product] = []
    errors: list[BadLine] = []
    seen: dict[str, int] = {}
    for number, row in _rows(lines, delimiter, width=len(columns)):
        try:
            product = _product(row, columns, decimal_comma=delimiter == ";")
            first = seen.setdefault(product.sku.casefold(), number)
            if first != number:
                raise _Wrong(f"The sku {product.sku!r} is that of line {first} already.")
        except _Wrong as error:
            errors.append(BadLine(line=number, problem=str(error)))
            if len(errors) == MAX_ERRORS:
                break
            continue
        products.append(product)
    return ImportResult(products=tuple(products), errors=tuple(errors))


def _lines(source: str | bytes | Path) -> list[str]:
    if isinstance(source, Path):
        try:
            source = source.read_bytes()
        except OSError as error:
            raise Invalid(f"{str(source)!r} cannot be read: {error.strerror}.") from error
    if isinstance(source, bytes):
        if source.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Invalid("The file is in UTF-16. Save it as CSV in UTF-8.")
        # What is not UTF-8 is kept as surrogates, so that only its own line is refused.
        source = source.decode("utf-8", "surrogateescape")
    # Unlike `splitlines`, this breaks where a spreadsheet does, and nowhere else.
    return list(io.StringIO(source.removeprefix("\ufeff"), newline=""))


def _delimiter(lines: list[str]) -> str:
    heading = lines[0] if lines else ""
    return max(DELIMITERS, key=heading.count)


def _columns(lines: list[str], delimiter: str) -> list[str]:
    heading = next(csv.reader(lines[:1], delimiter=delimiter), [])
    columns = [cell.strip().lower() for cell in heading]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise Invalid(
            f"The file has no column {', '.join(missing)}. "
            f"Its first line must name the columns; at least {', '.join(REQUIRED)}."
        )
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise Invalid(f"The file has the column {', '.join(twice)} more than once.")
    return columns


def _rows(
    lines: list[str], delimiter: str, *, width: int
) -> Iterator[tuple[int, list[str] | _Wrong]]:
    """Each row with the number of its first line, or what is wrong with that line.

    After a quotation mark that is never closed it goes on with the very next line.
    """
    start = 1
    while start < len(lines):
        reader = csv.reader(_from(lines, start), delimiter=delimiter, strict=True)
        begin = start
        try:
            for row in reader:
                end = start + reader.line_num
                if end > begin + 1 and len(row) != width:
                    raise csv.Error("a quotation mark is not closed")
                if any(cell.strip() for cell in row):
                    yield begin + 1, row
                begin = end
            return
        except csv.Error as error:
            yield begin + 1, _Wrong(f"Its quotation marks cannot be understood: {error}.")
            start = begin + 1


def _from(lines: list[str], start: int) -> Iterator[str]:
    for index in range(start, len(lines)):
        yield lines[index]


def _product(row: list[str] | _Wrong, columns: list[str], *, decimal_comma: bool) -> Product:
    if isinstance(row, _Wrong):
        raise row
    if any("\ud800" <= character <= "\udfff" for cell in row for character in cell):
        raise _Wrong("It is not UTF-8. Save the file as CSV in UTF-8.")
    if len(row) != len(columns):
        raise _Wrong(f"It has {len(row)} columns; the heading has {len(columns)}.")
    cells = {name: " ".join(cell.split()) for name, cell in zip(columns, row, strict=True)}
    name = cells["name"]
    if not name:
        raise _Wrong("The name is missing.")
    return Product(
        sku=_sku(cells["sku"]),
        name=name,
        names={
            match[1]: cell
            for column, cell in cells.items()
            if cell and (match := _TRANSLATED_NAME.fullmatch(column))
        },
        description=cells.get("description", ""),
        price=_price(cells["price"], decimal_comma=decimal_comma),
        currency=_currency(cells.get("currency", "")),
        stock=_stock(cells.get("stock", "")),
        url=_url(cells.get("url", "")),
    )


def _sku(text: str) -> str:
    if not text:
        raise _Wrong("The sku is missing.")
    if not _SKU.fullmatch(text):
        raise _Wrong(f"The sku {text[:80]!r} is longer than 64 characters or has a slash in it.")
    return text


def _price(text: str, *, decimal_comma: bool) -> Decimal | None:
    bare = _CURRENCY_MARK.sub("", text)
    if not text:
        return None
    if _AMBIGUOUS.fullmatch(bare):
        if not (decimal_comma and "." in bare):
            digits = re.sub("[.,]", "", bare)
            raise _Wrong(f"The price {text!r} can be read two ways: write {digits}.00 for it.")
        return Decimal(bare.replace(".", ""))
    if _PLAIN.fullmatch(bare):
        return Decimal(bare.replace(",", "."))
    if _GROUPED.fullmatch(bare):
        comma_last = bare.rfind(",") > bare.rfind(".") and bare.count(",") == 1
        thousands, decimal = (".", ",") if comma_last else (",", ".")
        if bare.count(decimal) > 1:
            thousands, decimal = decimal, thousands
        return Decimal(bare.replace(thousands, "").replace(decimal, "."))
    raise _Wrong(f"The price {text[:80]!r} is not a number such as 1299.00.")


def _currency(text: str) -> str:
    if not text:
        return "EUR"
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise _Wrong(f"The currency {text[:80]!r} is not a code of three letters such as EUR.")
    return text.upper()


def _stock(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise _Wrong(f"The stock {text[:80]!r} is not a whole number such as 12.")
    return int(text)


def _url(text: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        fine = (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
        )
    except ValueError:
        fine = False
    if not fine or not re.fullmatch(r"[!#-;=?-\[\]_a-z~]+", text):
        raise _Wrong(f"The url {text[:80]!r} is not an address such as https://shop.example/p/1.")
    return text
