"""Whether a draft may go out without a person having read it. Pure, and in doubt it may not.

The writer has read a stranger's words, so nothing that it wrote is believed: every link, every
number and every promise has to be among the facts, or a person looks at it. The rules:

G03  links and addresses only from the product data
G04  no markup, no images
G09  nothing that looks like a secret, nothing hidden, nothing endless
G10  numbers only from the product data, and no promises
"""

import re
from collections.abc import Sequence

from core.messages import Draft, Message
from core.products import Product
from core.records import Value

from . import figures, links, secrecy
from .asked import asked
from .promises import AFFIRMS_STOCK, DENIES_STOCK, PROMISES
from .words import folded

MAX_BODY = 6_000
_GAP = re.compile(r"\[[^\]\n]{2,60}\]|\{\{?[^}\n]{2,60}\}|<[^>\n]{2,60}>|\bX{3,}\b")


class Hold(Value):
    """Why a draft waits for a person, and by which rule."""

    rule: str
    words: str


def reason_to_hold(draft: Draft, *, products: Sequence[Product], message: Message) -> Hold | None:
    """What speaks against sending `draft` as it is; `None` when nothing does."""
    body = draft.body
    if not products or not body.strip():
        return Hold(rule="G10", words="The draft rests on no product.")
    if len(body) > MAX_BODY:
        return Hold(rule="G09", words=f"The draft is longer than {MAX_BODY} characters.")
    if links.hidden(body):
        return Hold(rule="G09", words="The draft has characters in it that cannot be seen.")
    if found := links.markup(body):
        return Hold(rule="G04", words=f"The draft has markup in it: {found!r}.")
    allowed = _allowed(products)
    if found := links.way_out(body, allowed=allowed):
        return Hold(rule="G03", words=f"The draft leads somewhere else: {found!r}.")
    rest = links.without(body, allowed)
    named = [name for p in products for name in (p.sku, *figures.names(p))]
    if secrecy.looks_secret(links.without(rest, named)):
        return Hold(rule="G09", words="The draft has something in it that looks like a secret.")
    if found := figures.unfounded(rest, products=products, question=asked(message)):
        return Hold(rule="G10", words=f"The product data do not give this: {found!r}.")
    if gap := _GAP.search(rest):
        return Hold(rule="G10", words=f"The draft has a gap to be filled in: {gap[0]!r}.")
    if match := PROMISES.search(folded(links.without(rest, named))):
        return Hold(rule="G10", words=f"The draft may promise something: {match[0].strip()!r}.")
    return _wrong_about_stock(rest, products)


def _allowed(products: Sequence[Product]) -> list[str]:
    """What may stand in an answer letter by letter, whatever it looks like."""
    texts = [text for p in products for text in (p.sku, p.description, *figures.names(p))]
    return [
        *(product.url for product in products),
        *(address for text in texts for address in links.addresses(text)),
        *(name for p in products for name in (p.sku, *figures.names(p)) if "." in name),
    ]


def _wrong_about_stock(rest: str, products: Sequence[Product]) -> Hold | None:
    for sentence, about in figures.sentences(figures.normal(rest), products):
        said = folded(sentence)
        if DENIES_STOCK.search(said) and all(product.stock for product in about):
            return Hold(rule="G10", words="The draft says that something in stock is not.")
        if AFFIRMS_STOCK.search(DENIES_STOCK.sub("", said)) and not any(p.stock for p in about):
            return Hold(rule="G10", words="The draft says that something is in stock that is not.")
    return None
