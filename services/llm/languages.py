"""Which language a text is in, and how money is written there. Pure."""

import re
from collections.abc import Callable
from decimal import Decimal

DEFAULT = "en"

_FREQUENT = {
    "en": """
        the and is are you your do does have has how much what which when can could would please
        thank thanks hello hi dear i we it this that of for with in on to from not any there my our
        me if or at be price stock tent sell
        """,
    "de": """
        der die das und ist sind sie ihr ihre haben hat wie viel was welche welcher welches wann
        kann können könnten würde bitte danke hallo guten tag ich wir es dies den dem des für mit im
        auf zu zum zur von nicht ein eine einen einem gibt kostet kosten lager noch auch oder bei
        mein meine uns mir wenn verfügbar gern gerne grüße grüßen
        """,
    "fr": """
        le la les et est sont vous votre vos avez a comment combien que quel quelle quels quelles
        quand peut peux pouvez pourriez merci bonjour bonsoir je nous il elle ce cette ces de du des
        pour avec dans en sur à au aux pas un une y coûte prix stock encore aussi ou chez mon ma mes
        moi si disponible s'il plaît cordialement d l j qu c n
        """,
}
_WORDS = {language: frozenset(words.split()) for language, words in _FREQUENT.items()}
_WORD = re.compile(r"[^\W\d_]+")

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
_WITHOUT_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})


def language_of(text: str) -> str:
    """`en`, `de` or `fr`: the one whose everyday words are most in it, or English."""
    words = [word.lower() for word in _WORD.findall(text[:4000])]
    counts = {
        language: sum(word in frequent for word in words) for language, frequent in _WORDS.items()
    }
    return max(counts, key=lambda language: (counts[language], language == DEFAULT))


def money(amount: Decimal, currency: str, *, language: str) -> str:
    """The amount as people write it: €1,299.00 · 1.299,00 € · 1 299,00 €."""
    write = _MONEY.get(language, _english)
    places = 0 if currency in _WITHOUT_CENTS and amount == amount.to_integral_value() else 2
    return write(f"{amount:,.{places}f}", _SYMBOLS.get(currency, currency))


def _english(number: str, mark: str) -> str:
    return f"{mark}\N{NO-BREAK SPACE}{number}" if mark.isalpha() else f"{mark}{number}"


def _german(number: str, mark: str) -> str:
    return f"{_swapped(number, thousands='.')}\N{NO-BREAK SPACE}{mark}"


def _french(number: str, mark: str) -> str:
    return f"{_swapped(number, thousands=chr(0xA0))}\N{NO-BREAK SPACE}{mark}"


def _swapped(number: str, *, thousands: str) -> str:
    return number.translate(str.maketrans(",.", f"{thousands},"))


_MONEY: dict[str, Callable[[str, str], str]] = {
    "en": _english,
    "de": _german,
    "fr": _french,
}
