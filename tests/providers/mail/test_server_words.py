"""A mail server may say anything, but it is not repeated with the password in it."""

import base64

import pytest

from providers.mail.server_words import of_sign_in

USER, PASSWORD = "alice@shop.example", "open-sésame"
WORDS = "[AUTHENTICATIONFAILED] Application-specific password required"


def test_what_it_says_is_repeated() -> None:
    assert of_sign_in(WORDS, user=USER, password=PASSWORD) == WORDS
    assert of_sign_in(WORDS, user=USER, password="") == WORDS


@pytest.mark.parametrize(
    "sent",
    [
        PASSWORD,
        *(base64.b64encode(text.encode()).decode() for text in (PASSWORD, f"\0{USER}\0{PASSWORD}")),
    ],
    ids=["as it is", "as LOGIN sends it", "as PLAIN sends it"],
)
def test_not_with_the_password_as_it_was_sent(sent: str) -> None:
    words = of_sign_in(f"{WORDS}: not {sent}!", user=USER, password=PASSWORD)

    assert sent not in words
    assert words == "in words that repeat it"
