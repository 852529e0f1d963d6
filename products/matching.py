"""Ranks products for a text. Pure: the same text and products give the same answer.

A product is found by its name in any language, by its SKU even with a slip in it, and
by its description only when that has everything the text asks for.
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from core.products import Product

from .base import Match
from .skus import Named, Skus
from .slips import Slips
from .words import STOP_WORDS, WORD, fold, stem

MAX_TEXT = 6_000
"""Of a longer text, only this much is read."""
MAX_TERMS = 80
CANDIDATES = 60
"""How many of the best are compared with each other."""

IN_NAME, IN_DESCRIPTION = 3.0, 1.0
EXACT, SLIP, COMPOUND = 1.0, 0.75, 0.6

LEAST_COVERAGE = 0.4
"""A product is meant when this share of its name is said, or the noun in it."""
LEAST_SCORE = 0.3
"""Relative to the best match of the same search."""
SHORTEST_PART = 4
"""Letters of the shortest noun that is looked for at the end of a compound."""
SHORTEST_SLIP = 5
"""Letters of the shortest word in which a slip is forgiven."""


class Term(NamedTuple):
    """A word of the text, as it is compared and as it was written."""

    key: str
    written: str


class Entry(NamedTuple):
    """One product, as it is searched."""

    product: Product
    names: tuple[frozenset[str], ...]
    """The words of its name, one set for each language."""
    nouns: frozenset[str]
    """Of those, the ones that say what kind of thing it is."""
    description: frozenset[str]

    def words(self) -> frozenset[str]:
        return frozenset().union(*self.names)


class Index:
    """Products prepared for searching. It never changes, so threads may share it."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._entries = [_entry(product) for product in products]
        self._skus = Skus(entry.product.sku for entry in self._entries)
        self._in_names: defaultdict[str, list[int]] = defaultdict(list)
        self._in_descriptions: defaultdict[str, list[int]] = defaultdict(list)
        for number, entry in enumerate(self._entries):
            for key in entry.words():
                self._in_names[key].append(number)
            for key in entry.description:
                self._in_descriptions[key].append(number)
        self._idf = _rarity(self._entries)
        self._slips = Slips(key for key in self._in_names if len(key) >= SHORTEST_SLIP)
        self._compounds: defaultdict[str, list[str]] = defaultdict(list)
        for key in self._in_names:
            for noun in _ends(key):
                self._compounds[noun].append(key)

    def search(self, text: str, *, limit: int = 5) -> list[Match]:
        """The products that `text` is about, best first; none when nothing is relevant."""
        skus, rest = self._skus.take(text[:MAX_TEXT])
        terms = _terms(rest)[:MAX_TERMS]
        near = {term.key: self._near(term.key) for term in terms}
        found = self._by_name(terms, near, skus) or self._by_description(terms)
        best = max((one.by_words for one in found), default=0.0)
        kept = [
            one
            for one in found
            if (one.sku or one.by_words >= LEAST_SCORE * best)
            and not any(other.says_more_than(one) for other in found)
        ]
        kept.sort(key=lambda one: (-one.score(), one.entry.product.sku))
        return [one.match() for one in kept[:limit]]

    def _near(self, key: str) -> dict[str, float]:
        """The words of names that `key` may stand for, and how surely."""
        near = dict.fromkeys(self._compounds.get(key, ()), COMPOUND)
        near |= {noun: COMPOUND for noun in _ends(key) if noun in self._in_names}
        if key in self._in_names:
            return {**near, key: EXACT}
        if len(key) >= SHORTEST_SLIP and key.isalpha():
            near |= dict.fromkeys(self._slips.near(key), SLIP)
        return near

    def _by_name(
        self, terms: Sequence[Term], near: Mapping[str, dict[str, float]], skus: Sequence[Named]
    ) -> list["Found"]:
        scores: defaultdict[int, float] = defaultdict(float)
        for keys in near.values():
            for key, quality in keys.items():
                worth = self._idf[key] * quality
                for number in self._in_names[key]:
                    scores[number] += worth
        named = {one.number: one for one in skus}
        numbers = dict.fromkeys(
            [*named, *heapq.nlargest(CANDIDATES, scores, key=scores.__getitem__)]
        )
        found = [
            Found(self._entries[number], terms, near, self._idf, named.get(number))
            for number in numbers
        ]
        return [one for one in found if one.is_meant()]

    def _by_description(self, terms: Sequence[Term]) -> list["Found"]:
        """What has every word of the text, when the text has more than one."""
        words = _words([term.key for term in terms])
        if len(words) < 2:
            return []
        having = [set(self._in_descriptions.get(word, ())) for word in words]
        numbers = sorted(set.intersection(*having))[:CANDIDATES]
        return [Found(self._entries[number], terms, {}, self._idf, None) for number in numbers]


class Found:
    """How much of the text speaks for one product."""

    def __init__(
        self,
        entry: Entry,
        terms: Sequence[Term],
        near: Mapping[str, dict[str, float]],
        idf: Mapping[str, float],
        sku: Named | None,
    ) -> None:
        self.entry = entry
        self.sku = sku
        self.by_words = 0.0
        self._said: dict[str, float] = {} if sku is None else {"": EXACT}
        self._keys: dict[str, float] = {}
        self._written: list[str] = [] if sku is None else [sku.written]
        self._idf = idf
        words = entry.words()
        for term in terms:
            here = {key: q for key, q in near.get(term.key, {}).items() if key in words}
            if here:
                best = max(here, key=lambda key: idf[key] * here[key])
                self.by_words += IN_NAME * idf[best] * here[best]
                self._said[term.key] = max(here.values())
                for key, quality in here.items():
                    self._keys[key] = max(quality, self._keys.get(key, 0.0))
            elif term.key in entry.description:
                self.by_words += IN_DESCRIPTION * idf[term.key]
            else:
                continue
            self._written += [] if " " in term.key else [term.written]

    def is_meant(self) -> bool:
        if self.sku is not None:
            return True
        if any(
            key in self.entry.nouns or quality == COMPOUND for key, quality in self._keys.items()
        ):
            return True
        return any(self._coverage(name) >= LEAST_COVERAGE for name in self.entry.names)

    def _coverage(self, name: frozenset[str]) -> float:
        """The share of a name that was said, where a rare word counts for more."""
        whole = sum(self._idf[key] for key in name if " " not in key)
        said = sum(self._idf[key] * q for key, q in self._keys.items() if key in name)
        return said / whole if whole else 0.0

    def says_more_than(self, other: "Found") -> bool:
        """Whether the text says of this all that it says of the other, and more."""
        return self._said != other._said and all(
            self._said.get(key, 0.0) >= quality for key, quality in other._said.items()
        )

    def score(self) -> float:
        return self.by_words + (self.sku.score if self.sku else 0.0)

    def match(self) -> Match:
        return Match(
            product=self.entry.product,
            score=round(self.score(), 3),
            words=tuple(dict.fromkeys(self._written)),
        )


def _entry(product: Product) -> Entry:
    plain = _keys(product.name)
    others = [_keys(name) for name in product.names.values()]
    # An English noun ends its name; a German or French one may begin it.
    nouns = _words(plain)[-1:] + [key for keys in others for key in _edges(_words(keys))]
    return Entry(
        product=product,
        names=tuple(frozenset(keys) for keys in [plain, *others]),
        nouns=frozenset(nouns),
        description=frozenset(_words(_keys(product.description))),
    )


def _edges(words: list[str]) -> list[str]:
    return [*words[:1], *words[-1:]]


def _words(keys: list[str]) -> list[str]:
    return [key for key in keys if " " not in key]


def _keys(text: str) -> list[str]:
    return [term.key for term in _terms(text)]


def _terms(text: str) -> list[Term]:
    """The words that say something, once each, in order.

    A number counts only together with the word before it: `Alpine 2` is a model, and the
    2 of `2 tents` is not.
    """
    folded = [(fold(written), written) for written in WORD.findall(text)]
    terms: dict[str, Term] = {}
    for (before, _), (word, written) in pairwise([("", ""), *folded]):
        if word.isdecimal():
            if before.isalpha():
                key = f"{stem(before)} {word}"
                terms.setdefault(key, Term(key, written))
        elif len(word) > 1 and word not in STOP_WORDS:
            terms.setdefault(stem(word), Term(stem(word), written))
    return list(terms.values())


def _ends(key: str) -> list[str]:
    """What may be the noun of a compound: `zelt` in `kuppelzelt`."""
    if " " in key:
        return []
    return [key[place:] for place in range(3, len(key) - SHORTEST_PART + 1)]


def _rarity(entries: Sequence[Entry]) -> dict[str, float]:
    """How much each word says: the fewer products have it, the more (Okapi's idf)."""
    having = Counter(key for entry in entries for key in entry.words() | entry.description)
    return {
        key: math.log(1 + (len(entries) - count + 0.5) / (count + 0.5))
        for key, count in having.items()
    }
