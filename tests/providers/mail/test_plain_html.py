"""The page that goes beside an answer's plain words."""

import re
import time
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.mail.html_text import to_text
from providers.mail.plain_html import page


class Tags(HTMLParser):
    """Every tag, with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def inside(html: str) -> str:
    return html.partition("<body>\n")[2].removesuffix("\n</body>\n</html>\n")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("It is 99 euros.\n", '<p dir="auto">It is 99 euros.</p>'),
        ("One.\nTwo.", '<p dir="auto">One.<br>\nTwo.</p>'),
        ("One.\n\nTwo.", '<p dir="auto">One.</p>\n<p dir="auto">Two.</p>'),
        ("\n\nOne.\r\n \r\n\r\nTwo.\n", '<p dir="auto">One.</p>\n<p dir="auto">Two.</p>'),
        (
            "a < b & c > \"d\" 'e'",
            '<p dir="auto">a &lt; b &amp; c &gt; &quot;d&quot; &#x27;e&#x27;</p>',
        ),
        ("<script>alert(1)</script>", '<p dir="auto">&lt;script&gt;alert(1)&lt;/script&gt;</p>'),
        ("<b> http://x", '<p dir="auto">&lt;b&gt; <a href="http://x">http://x</a></p>'),
        ("a\x00b\x1b\u2028c", '<p dir="auto">ab\u2028c</p>'),
        ("", '<p dir="auto"></p>'),
    ],
)
def test_words_become_paragraphs(text: str, html: str) -> None:
    assert inside(page(text)) == html


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://x.example/a", "https://x.example/a"),
        ("See https://x.example/a.", "https://x.example/a"),
        ("See HTTP://x.example/a?b=1&c=2#d!", "HTTP://x.example/a?b=1&c=2#d"),
        ("(https://x.example/a)", "https://x.example/a"),
        ("https://x.example/a_(b)", "https://x.example/a_(b)"),
        ("(see https://x.example/a_(b)).", "https://x.example/a_(b)"),
        ('"https://x.example/a"', "https://x.example/a"),
        ("<https://x.example/a>", "https://x.example/a"),
        ("https://x.example/zelt-größe,", "https://x.example/zelt-größe"),
    ],
)
def test_a_link_shows_where_it_leads(text: str, link: str) -> None:
    html = page(text)

    [(_, attributes)] = [seen for seen in Tags(html).seen if seen[0] == "a"]
    assert attributes == {"href": link}
    [shown] = re.findall(r"<a [^>]*>([^<]*)</a>", html)
    assert unescape(shown) == link


@pytest.mark.parametrize(
    "text",
    [
        *("javascript:alert(1)", "ftp://x.example", "www.x.example", "mailto:a@x.example"),
        *("https://", "https://.", "data:text/html,x", "//x.example/a", "https:/x.example"),
    ],
)
def test_nothing_else_is_a_link(text: str) -> None:
    assert "<a" not in page(text)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("<>&\"'/ \nhtps:.()"), max_size=200))
def test_whatever_the_words_are_there_is_nothing_else_in_the_page(text: str) -> None:
    tags = Tags(page(text)).seen

    assert {tag for tag, _ in tags} <= {"html", "head", "meta", "body", "p", "br", "a"}
    for tag, attributes in tags:
        allowed = {"a": {"href"}, "p": {"dir"}, "meta": {"charset"}}
        assert set(attributes) <= allowed.get(tag, set())
        assert re.match(r"(?i)https?://", attributes.get("href") or "https://")


@given(st.lists(st.text("abcdefü &<>'\"", min_size=1, max_size=30), max_size=5))
def test_the_page_says_what_the_words_say(lines: list[str]) -> None:
    text = "\n".join(lines)

    assert to_text(page(text)).split() == text.split()


@pytest.mark.parametrize(
    "piece", ["https://x.example/a ", "https://x(", ")", "\n \n", "<", "https://"]
)
def test_building_takes_linear_time(piece: str) -> None:
    started = time.perf_counter()

    page(piece * (400_000 // len(piece)))

    assert time.perf_counter() - started < 5
