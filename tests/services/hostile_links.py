"""Links that a writer might be talked into, in more disguises than anybody would list by hand."""

from hypothesis import strategies as st

ALLOWED = "https://shop.example/p/alpine-2-dome-tent"

HOSTS = st.sampled_from(
    [
        "evil.example",
        "evil-shop.com",
        "login.shop.example.evil.net",
        "xn--e1awd7f.com",
        "пример.рф",
        "еvil.com",
        "shop.example",
        "shop.exampl\N{LATIN SMALL LETTER DOTLESS I}.net",
    ]
)
NUMERIC_HOSTS = st.sampled_from(["127.0.0.1", "2130706433", "0x7f000001", "[::1]", "localhost"])
SCHEMES = st.sampled_from(["https://", "http://", "hxxps://", "ftp://", "HTTPS:\\\\", "https:/"])
PATHS = st.sampled_from(["", "/", "/x", "/a?b=c", "/#f", ":8443/x"])
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u034f\ufe0f"

_full = st.builds(str.__add__, SCHEMES, st.builds(str.__add__, HOSTS, PATHS))
_numeric = st.builds(lambda s, h, p: s + h + p, SCHEMES, NUMERIC_HOSTS, PATHS)
_relative = st.builds(lambda h, p: f"//{h}{p}", HOSTS, PATHS)
_bare = st.builds(str.__add__, HOSTS, PATHS)
_user = st.builds(lambda h, p: f"https://shop.example@{h}{p}", HOSTS, PATHS)
_beyond = st.sampled_from(
    [
        "?u=secret",
        "/../../x",
        ".evil.com",
        "@evil.com",
        "#x",
        "%2e%2e",
        "-2",
        "/",
        "\\x",
        ":443",
        "x",
        ",http://evil.com",
    ]
).map(lambda tail: ALLOWED + tail)
_before = st.sampled_from(["http://evil.com/", "//evil.com?", "x", "https://evil.com#"]).map(
    lambda head: head + ALLOWED
)
_opaque = st.sampled_from(
    [
        "javascript:alert(1)",
        "data:text/html,<b>x",
        "data:text/html;base64,PGI+eA==",
        "mailto:mallory@evil.example",
        "mallory@evil.example",
        "mallory(at)evil(dot)example",
        "mallory [at] evil [dot] example",
        "tel:+4930123456",
        "sms:+4930123456",
        "+49 (30) 123 45 67",
        "0800 123 45 67",
        "vbscript:x",
        "blob:https://evil.example/1",
        "whatsapp://send?text=x",
    ]
)

TARGETS = st.one_of(_full, _numeric, _relative, _bare, _user, _beyond, _before, _opaque)

WRAPPINGS = st.sampled_from(
    [
        "{}",
        "See {} for more.",
        "({})",
        "[here]({})",
        "[{0}]({0})",
        "[here][1]\n\n[1]: {}",
        "[1]: <{}> 'title'",
        "<{}>",
        '<a href="{}">here</a>',
        "<a\nhref='{}'>here</a>",
        '<img src="{}">',
        "![]({})",
        "![x][1]\n[1]: {}",
        "*{}*",
        "`{}`",
        "“{}”",
        "link:{}",
        "{}\u3002",
    ]
)


@st.composite
def disguised(draw: st.DrawFn) -> str:
    """A wrapped target, with some of its letters in another encoding."""
    target = draw(TARGETS)
    disguise = draw(st.sampled_from(_DISGUISES))
    places = draw(st.sets(st.integers(0, len(target) - 1), max_size=len(target)))
    return draw(WRAPPINGS).format(disguise(target, places))


def _as_it_is(target: str, places: set[int]) -> str:
    return target


def _percent(target: str, places: set[int]) -> str:
    """As a browser would encode it, once."""
    return _each(target, places, lambda c: "".join(f"%{byte:02x}" for byte in c.encode()))


def _percent_twice(target: str, places: set[int]) -> str:
    return _percent(target, places).replace("%", "%25")


def _decimal_entities(target: str, places: set[int]) -> str:
    return _each(target, places, lambda c: f"&#{ord(c)};")


def _hexadecimal_entities(target: str, places: set[int]) -> str:
    return _each(target, places, lambda c: f"&#x{ord(c):X};")


def _named_entities(target: str, places: set[int]) -> str:
    names = {".": "&period;", ":": "&colon;", "/": "&sol;", "@": "&commat;"}
    return "".join(names.get(c, c) for c in target)


def _full_width(target: str, places: set[int]) -> str:
    return _each(target, places, lambda c: chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c)


def _other_dots(target: str, places: set[int]) -> str:
    dots = "\u3002\uff0e\uff61\u2024"
    return "".join(dots[len(places) % 4] if c == "." else c for c in target)


def _bracketed_dots(target: str, places: set[int]) -> str:
    dots = ["[.]", "(.)", "[dot]", " (dot) ", "{.}", " dot ", " . "]
    return target.replace(".", dots[len(places) % len(dots)])


def _invisible(target: str, places: set[int]) -> str:
    return _each(target, places, lambda c: c + INVISIBLE[len(places) % len(INVISIBLE)])


def _upper(target: str, places: set[int]) -> str:
    return _each(target, places, str.upper)


def _escaped(target: str, places: set[int]) -> str:
    return _each(target, places, lambda c: c if c.isalnum() else f"\\{c}")


def _emphasised(target: str, places: set[int]) -> str:
    return target.replace(".", "**.**")


def _split_after_the_scheme(target: str, places: set[int]) -> str:
    return target.replace("//", "/\n/", 1) if "//" in target else target


def _split_before_a_dot(target: str, places: set[int]) -> str:
    head, dot, tail = target.partition(".")
    return f"{head}\n{dot}{tail}" if dot else target


def _accented(target: str, places: set[int]) -> str:
    return _each(target, places, lambda c: f"{c}\u0301" if c.isalpha() else c)


def _each(target: str, places: set[int], change: object) -> str:
    assert callable(change)
    return "".join(change(c) if place in places else c for place, c in enumerate(target))


_DISGUISES = [
    _as_it_is,
    _percent,
    _percent_twice,
    _decimal_entities,
    _hexadecimal_entities,
    _named_entities,
    _full_width,
    _other_dots,
    _bracketed_dots,
    _invisible,
    _upper,
    _escaped,
    _emphasised,
    _split_after_the_scheme,
    _split_before_a_dot,
    _accented,
]
