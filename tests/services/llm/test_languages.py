from decimal import Decimal

import pytest

from services.llm.languages import language_of, money


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How much is the Alpine 2 tent and do you have it in stock?", "en"),
        ("Was kostet das Kuppelzelt Alpine 2 und ist es auf Lager?", "de"),
        ("Haben Sie Schlafsäcke?", "de"),
        ("Combien coûte la tente Alpine 2 et est-elle en stock ?", "fr"),
        ("Avez-vous des sacs de couchage ?", "fr"),
        ("TNT-ALP-2", "en"),
        ("", "en"),
        ("¿Cuánto cuesta?", "en"),
    ],
)
def test_the_language_is_that_of_the_everyday_words(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("amount", "currency", "language", "written"),
    [
        ("1299", "EUR", "en", "€1,299.00"),
        ("1299", "EUR", "de", "1.299,00 €"),
        ("1299", "EUR", "fr", "1 299,00 €"),
        ("0.5", "GBP", "en", "£0.50"),
        ("49.9", "CHF", "en", "CHF 49.90"),
        ("49.9", "CHF", "de", "49,90 CHF"),
        ("1234567.89", "USD", "fr", "1 234 567,89 $"),
        ("1200", "JPY", "en", "JPY 1,200"),
        ("7", "EUR", "it", "€7.00"),
    ],
)
def test_money_is_written_as_it_is_there(
    amount: str, currency: str, language: str, written: str
) -> None:
    text = money(Decimal(amount), currency, language=language)

    assert text.replace("\N{NO-BREAK SPACE}", " ") == written
