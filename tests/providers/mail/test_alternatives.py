"""Which form is read of a text that a mail offers twice, and what is spared on the way."""

from html import escape

import pytest

from providers.mail.alternatives import Form, Html, choose, words

STORY = "Could you tell me whether the two tents are in stock again next week, please? "
QUOTE = "On Tue, Mar 10, 2026 at 9:12 AM Alice <alice@shop.example> wrote:"
PLAIN = f"{STORY}\n\nBob\n\n{QUOTE}\n\n> Both tents\n> are sold out.\n"
RICH = (
    f"<html><head><style>p {{margin: 0}}</style></head><body><p>{STORY}</p><p>Bob</p>"
    f"<div>{escape(QUOTE)}</div><blockquote>Both tents are sold&nbsp;out.</blockquote></body>"
)


def is_read(html: Html) -> bool:
    return "text" in vars(html)


def test_html_that_repeats_the_plain_text_is_not_read() -> None:
    rich = Html(RICH)

    assert choose(PLAIN, [rich]) == PLAIN
    assert not is_read(rich)


def test_links_that_plain_text_writes_out_make_no_difference() -> None:
    plain = PLAIN.replace("tents", "tents <https://shop.example/t>", 1)
    rich = Html(RICH.replace("tents", '<a href="https://shop.example/t">tents</a>', 1))

    assert choose(plain * 3, [Html(RICH * 3)]) == plain * 3
    assert words(choose(plain, [rich])) == plain


@pytest.mark.parametrize(
    "html",
    [
        '<p style="display:none">{}</p><p>Is the red stove sold out, and when will it be back?</p>',
        "<p hidden>{}</p><p>Is the red stove sold out, and when will it be back?</p>",
        "<!-- {} --><p>Is the red stove sold out, and when will it be back?</p>",
        "<title>{}</title><p>Is the red stove sold out, and when will it be back?</p>",
        "<STYLE>{}</STYLE><p>Is the red stove sold out, and when will it be back?</p>",
        "<style>.x {{ display: none }}</style><p class=x>{}</p><p>Is the red stove sold out?</p>",
        "<style>{}",
    ],
)
def test_what_nobody_sees_repeats_nothing(html: str) -> None:
    rich = Html(html.format(STORY * 3))

    choose(STORY * 3, [rich])

    assert is_read(rich)


def test_html_that_says_something_else_is_what_counts() -> None:
    rich = Html("<p>Is the red stove sold out, and when will you have it again in your shop?</p>")

    assert words(choose("Your mail program shows no pictures.", [rich])).startswith("Is the red")


def test_a_plain_text_that_only_points_to_the_html_does_not_count() -> None:
    rich = Html(
        f"<p>How much is the tent?</p><p>{escape(QUOTE)}</p><blockquote>{STORY * 9}</blockquote>"
    )
    plain = f"Please view this mail as HTML.\n\n{QUOTE}\n\n> {STORY * 9}"

    assert words(choose(plain, [rich])).startswith("How much is the tent?")


def test_the_last_form_that_has_words_is_taken_where_there_is_no_plain_text() -> None:
    forms: list[Form] = ["Hello", Html("<p>Hello <b>Alice</b></p>"), Html("<p> </p>")]

    assert words(choose("", forms)) == "Hello Alice"


def test_numbers_of_characters_that_are_too_long_are_read_as_ever() -> None:
    rich = Html(f"<p>{STORY}</p>&#{'9' * 6_000};")

    assert choose(STORY, [rich]) == STORY
