"""Where a browser may be sent when an account has been linked. Pure.

A server that sends browsers wherever it is asked to lends its good name to anybody (RFC 9700 4.11).
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from core.errors import Invalid

_HOSTILE = frozenset("\\\t\r\n\0 ")


def allowed(url: str, *, public: str, listed: str) -> str:
    """The whole address, or `Invalid` with what may be asked for.

    A path is one of our own. Of `listed`, separated by commas, an origin allows all of its pages,
    and an address with a path allows that page alone. A query is no matter.
    """
    if not url:
        return ""
    whole = public + url if url.startswith("/") and not url.startswith("//") else url
    parts = urlsplit(whole)
    plain = not (_HOSTILE & set(whole)) and not parts.fragment
    origin = f"{parts.scheme}://{parts.netloc}".casefold()
    given = [public, *(one.strip() for one in listed.split(","))]
    for one in filter(None, given):
        wanted = urlsplit(one)
        same = origin == f"{wanted.scheme}://{wanted.netloc}".casefold()
        if plain and same and (wanted.path in ("", "/") or wanted.path == parts.path):
            return whole
    raise Invalid(
        "redirect_url is none of this deployment's own addresses. Whoever runs it can allow it "
        "in ORCHESTRE_REDIRECT_URLS."
    )


def with_outcome(url: str, **outcome: str) -> str:
    """The address with what became of it in its query. Never a token, and never an address."""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query, keep_blank_values=True)]
    query += [(name, value) for name, value in outcome.items() if value]
    return urlunsplit(parts._replace(query=urlencode(query)))
