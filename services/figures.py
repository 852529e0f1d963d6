"""Checks the numbers of an answer against the facts it rests on. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from core.products import Product

LARGEST_QUANTITY = 999
"""A number of the sender's own may be repeated up to here: `two of them`, never a price."""
LONGEST_LIST = 20

_CURRENCIES = {
    "EUR": ("€", "eur", "euro", "euros"),
    "USD": ("$", "usd", "us$", "dollar", "dollars"),
    "GBP": ("£", "gbp", "pound", "pounds", "pfund"),
    "CHF": ("chf", "sfr", "franc", "francs", "franken"),
    "JPY": ("¥", "jpy", "yen"),
    "CAD": ("cad", "c$"),
    "AUD": ("aud", "a$"),
    "SEK": ("sek",),
    "NOK": ("nok",),
    "DKK": ("dkk",),
    "PLN": ("pln", "zł", "zloty"),
    "CZK": ("czk", "kč"),
    "HUF": ("huf", "forint"),
    "?": ("kr", "cent", "cents", "centimes", "bucks"),
}
_CODES = {mark: code for code, marks in _CURRENCIES.items() for mark in marks}
_MARK = "|".join(sorted(map(re.escape, _CODES), key=len, reverse=True))
_PERCENT = r"(?:%|percent|per\s?cent|prozent|pour\s?cents?|v\.?\s?h\.?)"

_NUMBER = re.compile(
    r"(?<!\d)\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)*",
)
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_MONEY_BEFORE = re.compile(rf"(?<!\w)({_MARK})\s?$")
_MONEY_AFTER = re.compile(rf"^\s?(?:,-|,–)?\s?({_MARK})(?!\w)")
_PERCENT_AFTER = re.compile(rf"^\s?{_PERCENT}(?!\w)")
_PRICE_BEFORE = re.compile(
    r"\b(?:costs?|price[sd]?|pay|kosten|kostet|preis|prix|coûte|coûtent)"
    r"(?:\W+(?!and\b|und\b|et\b)[^\W\d]+){0,2}\W{1,3}$"
)
_STOCK_WORD = (
    r"(?:in stock|on stock|available|availability|left|remaining|on hand|auf lager|lagernd|"
    r"verfügbar\w*|vorrätig|am lager|en stock|disponib\w+|en rayon)"
)
_STOCK_BEFORE = re.compile(rf"{_STOCK_WORD}\W{{1,3}}$")
_STOCK_AFTER = re.compile(rf"^\s?(?:[^\W\d]+ ){{0,2}}{_STOCK_WORD}")

_QUANTITY_AFTER = re.compile(r"^\s[^\W\d_]{2}")
_FOR_BEFORE = re.compile(r"\b(?:for|at|für|um|zu|pour|à)\s$")

_MONTHS = (
    r"(?:jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|févr(?:ier)?|mar(?:ch|s)?|märz|apr(?:il)?|avril|"
    r"may|mai|june?|juni?|juin|july?|juli|juillet|aug(?:ust)?|août|sept?(?:ember|embre)?|"
    r"o[ck]t(?:ober|obre)?|nov(?:ember|embre)?|de[cz](?:ember)?|déc(?:embre)?)"
)
_DATE = re.compile(
    r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}[./]\s?\d{1,2}[./]\s?(?:\d{4}|\d{2})\b|\b\d{1,2}:\d{2}\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|er|\.)?\s(?:of\s)?{_MONTHS}\b|\b{_MONTHS}\s\d{{1,4}}\b"
)
_SPELT = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|half|a|"
    r"ein|eine[nm]?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf|\w*zehn|\w*zig|"
    r"\w*ssig|\w*hundert|\w*tausend|"
    r"une?|deux|trois|quatre|cinq|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|"
    rf"cinquante|soixante|cent|mille)[\s-](?:{_PERCENT}|{_MARK})(?!\w)"
)
_SENTENCE = re.compile(r"\n+|(?<=[.!?;])\s+")
_LIST_MARK = re.compile(r"^[ \t]*(\d{1,2})[.)]\s", re.MULTILINE)
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[\s-]*$")


class Figure(NamedTuple):
    """A number, with what stands around it."""

    text: str
    before: str
    after: str


class Facts:
    """What may be said of some products, by kind of figure."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.prices = {(p.price, p.currency) for p in products if p.price is not None}
        self.stocks = {Decimal(p.stock) for p in products if p.stock is not None}
        self.text = "\n".join(normal(text) for product in products for text in _texts(product))
        self.numbers = {value for f in figures(self.text) for value in readings(f.text)}
        self.numbers |= self.stocks | {price for price, _ in self.prices}
        self.models = {
            (word[1], figure.text)
            for figure in figures("\n".join(normal(n) for p in products for n in names(p)))
            if (word := _WORD_BEFORE.search(figure.before))
        }


def unfounded(body: str, *, products: Sequence[Product], question: str) -> str | None:
    """The first number, date or amount in `body` that the facts do not give; else `None`."""
    facts = Facts(products)
    said = normal(body)
    for pattern in (_DATE, _SPELT):
        for match in pattern.finditer(said):
            if match[0] not in facts.text:
                return match[0]
    asked = {
        value
        for figure in figures(normal(question))
        for value in readings(figure.text)
        if value <= LARGEST_QUANTITY and value == value.to_integral_value()
    }
    for sentence, about in sentences(said, products):
        here = Facts(about)
        for figure in figures(sentence):
            if not _founded(figure, here, facts, asked):
                return _shown(figure)
    return None


def sentences(said: str, products: Sequence[Product]) -> Iterator[tuple[str, Sequence[Product]]]:
    """Each sentence of a normal text, with the products that it is about.

    One that names none goes on about the products of the sentence before.
    """
    about: Sequence[Product] = products
    for sentence in _SENTENCE.split(_LIST_MARK.sub(_unless_long, said)):
        named = [p for p in products if any(normal(n) in sentence for n in [p.sku, *names(p)])]
        about = named or about
        yield sentence, about


def names(product: Product) -> list[str]:
    return [name for name in [product.name, *product.names.values()] if name]


def normal(text: str) -> str:
    """Lower case in compatibility form, with plain digits."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    return "".join(str(unicodedata.decimal(c, c)) for c in composed)


def figures(text: str) -> Iterator[Figure]:
    for match in _NUMBER.finditer(text):
        around = slice(max(0, match.start() - 60), match.start())
        yield Figure(match[0], text[around], text[match.end() : match.end() + 60])


def readings(number: str) -> set[Decimal]:
    """What a number may mean, in whichever country it was written."""
    bare = re.sub("[ '’]", "", number)
    marks = [character for character in bare if character in ".,"]
    if not marks:
        return {Decimal(bare)}
    last = marks[-1]
    whole, _, part = bare.rpartition(last)
    decimal = Decimal(f"{re.sub('[.,]', '', whole)}.{part}")
    together = Decimal(re.sub("[.,]", "", bare))
    if marks.count(last) > 1:
        return {together} if _GROUPED.fullmatch(bare) else set()
    if len(part) == 3 and bare == number and len(marks) == 1:
        return {decimal, together}
    return {decimal}


def _founded(figure: Figure, here: Facts, facts: Facts, asked: set[Decimal]) -> bool:
    values = readings(figure.text)
    word = _WORD_BEFORE.search(figure.before)
    if word and (word[1], figure.text) in facts.models:
        return True
    mark = _MONEY_AFTER.search(figure.after) or _MONEY_BEFORE.search(figure.before)
    if mark:
        return any((value, _CODES[mark[1]]) in here.prices for value in values)
    if match := _PERCENT_AFTER.search(figure.after):
        return figure.text + match[0] in here.text
    if _STOCK_BEFORE.search(figure.before) or _STOCK_AFTER.search(figure.after):
        return bool(values & here.stocks)
    counts = _QUANTITY_AFTER.search(figure.after)
    offered = _FOR_BEFORE.search(figure.before)
    if _PRICE_BEFORE.search(figure.before) or (offered and not counts):
        return any(value == price for value in values for price, _ in here.prices)
    if values & here.numbers:
        return True
    if values & asked and counts:
        return not offered
    return " " in figure.text and all(
        readings(part) & here.numbers for part in figure.text.split(" ")
    )


def _texts(product: Product) -> list[str]:
    return [product.sku, product.description, *names(product)]


def _shown(figure: Figure) -> str:
    return f"{figure.before[-12:]}{figure.text}{figure.after[:12]}".strip()


def _unless_long(match: re.Match[str]) -> str:
    """Nothing for the number of a list; the same again for one that no list has."""
    return " " if int(match[1]) <= LONGEST_LIST else match[0]
