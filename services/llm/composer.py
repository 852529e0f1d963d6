"""The writer without a model: product facts in ready sentences, and not a word more."""

from core.products import Product
from core.records import Value

from .base import Completion, Prompt
from .languages import DEFAULT, money

NAME = "composer"


class Phrases(Value):
    """What the composer can say in one language."""

    greeting: str
    found: str
    none: str
    price: str
    no_price: str
    in_stock: str
    out_of_stock: str
    not_counted: str
    link: str
    closing: str
    signature: str


PHRASES = {
    "en": Phrases(
        greeting="Hello,",
        found="thank you for your message. Here is what you asked about:",
        none=(
            "thank you for your message. We could not find a product that it is about, "
            "so one of us will answer you in person."
        ),
        price="Price: {price}",
        no_price="Price: on request",
        in_stock="Availability: in stock ({stock})",
        out_of_stock="Availability: out of stock at the moment",
        not_counted="Availability: on request",
        link="Details: {url}",
        closing="Kind regards",
        signature="This answer was composed automatically from our product data.",
    ),
    "de": Phrases(
        greeting="Guten Tag,",
        found="vielen Dank für Ihre Nachricht. Hier ist, wonach Sie gefragt haben:",
        none=(
            "vielen Dank für Ihre Nachricht. Wir haben kein passendes Produkt gefunden; "
            "jemand von uns antwortet Ihnen persönlich."
        ),
        price="Preis: {price}",
        no_price="Preis: auf Anfrage",
        in_stock="Verfügbarkeit: auf Lager ({stock})",
        out_of_stock="Verfügbarkeit: zurzeit nicht auf Lager",
        not_counted="Verfügbarkeit: auf Anfrage",
        link="Einzelheiten: {url}",
        closing="Freundliche Grüße",
        signature="Diese Antwort wurde automatisch aus unseren Produktdaten zusammengestellt.",
    ),
    "fr": Phrases(
        greeting="Bonjour,",
        found="merci pour votre message. Voici ce que vous avez demandé :",
        none=(
            "merci pour votre message. Nous n'avons pas trouvé de produit correspondant ; "
            "l'un de nous vous répondra personnellement."
        ),
        price="Prix : {price}",
        no_price="Prix : sur demande",
        in_stock="Disponibilité : en stock ({stock})",
        out_of_stock="Disponibilité : actuellement en rupture de stock",
        not_counted="Disponibilité : sur demande",
        link="Détails : {url}",
        closing="Cordialement",
        signature=(
            "Cette réponse a été composée automatiquement à partir de nos données produits."
        ),
    ),
}


class Composer:
    """Answers with the price, the stock and the address of each product, in three languages."""

    def complete(self, prompt: Prompt, *, deadline: float) -> Completion:
        language = prompt.language if prompt.language in PHRASES else DEFAULT
        phrases = PHRASES[language]
        facts = [_facts(product, phrases, language) for product in prompt.products]
        parts = [
            phrases.greeting,
            phrases.found if facts else phrases.none,
            *facts,
            phrases.closing,
            phrases.signature,
        ]
        return Completion(text="\n\n".join(parts), model=NAME)


def _facts(product: Product, phrases: Phrases, language: str) -> str:
    price = phrases.no_price
    if product.price is not None:
        price = phrases.price.format(
            price=money(product.price, product.currency, language=language)
        )
    lines = [
        f"{product.name_in(language)} ({product.sku})",
        price,
        _availability(product, phrases),
        phrases.link.format(url=product.url) if product.url else "",
    ]
    return "\n".join(line for line in lines if line)


def _availability(product: Product, phrases: Phrases) -> str:
    if product.stock is None:
        return phrases.not_counted
    if product.stock <= 0:
        return phrases.out_of_stock
    return phrases.in_stock.format(stock=product.stock)
