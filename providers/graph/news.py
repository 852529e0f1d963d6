"""What has come into an inbox since a place in it."""

from typing import NamedTuple

from core.errors import NotFound

from .answers import Resync, items
from .client import Graph, one
from .places import INBOX, Place, again, mark
from .rows import WHOLE, Row, stamp

MOST_STEPS = 10
"""Until something is given out. What is left is for the next poll."""
MOST_LISTED = 1_000
"""The largest $top: https://learn.microsoft.com/graph/api/user-list-messages"""
MOST_EMPTY_PAGES = 20


class News(NamedTuple):
    """Some new messages, oldest first, and where to go on."""

    rows: list[Row]
    place: Place
    whole: bool = False
    """There is nothing more now."""


def read_on(graph: Graph, place: Place, *, limit: int) -> News:
    for _ in range(MOST_STEPS):
        news = _by_date(graph, place, limit) if place.after else _by_change(graph, place, limit)
        if news.rows or news.whole:
            return news
        place = news.place
    return News([], place)


def _by_date(graph: Graph, place: Place, limit: int) -> News:
    assert place.after, "there is a list to go on with"
    most = min(limit + len(place.given), MOST_LISTED)
    query = {
        "$filter": f"receivedDateTime ge {stamp(place.after)}",
        "$orderby": "receivedDateTime asc",
        "$top": str(most),
        **WHOLE,
    }
    rows = [Row.read(item) for item in graph.every(INBOX, query, most=most)]
    new = [row for row in rows if mark(row) not in place.given][:limit]
    if not new:
        return News([], place.moved(after=None, given=()))
    last = new[-1].received_at
    given = place.given if last == place.after else ()
    given += tuple(mark(row) for row in new if row.received_at == last)
    following = place.moved(after=last, given=given, top=max(place.top, last))
    if len(rows) < most:
        following = following.moved(after=None, given=())
    return News([row for row in new if not row.is_draft], following)


def _by_change(graph: Graph, place: Place, limit: int) -> News:
    try:
        ids, link, more = _changed(graph, place.link, limit)
    except Resync:
        return News([], again(graph, place))
    if more and not place.listed:
        return News([], place.moved(listed=True, after=max(place.start, place.seen)))
    found = sorted(_present(graph, ids), key=lambda row: row.received_at)
    rows = [row for row in found if row.received_at >= place.start and not row.is_draft]
    top = max([place.top, *(row.received_at for row in rows)])
    if more:
        return News(rows, place.moved(link=link, top=top))
    # Only now has everything up to `top` been given out: a round keeps no order.
    following = place.moved(link=link, listed=False, top=top, seen=max(place.seen, top))
    return News(rows, following, whole=True)


def _changed(graph: Graph, link: str, limit: int) -> tuple[list[str], str, bool]:
    """Ids of what is new behind a link, where that goes on, and whether there is more now."""
    ids: dict[str, None] = {}
    more = True
    for _ in range(MOST_EMPTY_PAGES):
        answer = graph.follow(link, page=limit - len(ids))
        here = (item for item in items(answer) if "@removed" not in item)
        ids |= {Row.read(item).id: None for item in here}
        link, more = graph.place(answer)
        if not more or len(ids) >= limit:
            break
    return list(ids), link, more


def _present(graph: Graph, ids: list[str]) -> list[Row]:
    """The whole of what is still there. Delta queries are not documented to show headers:
    https://learn.microsoft.com/graph/api/message-get#example-2"""
    rows = []
    for id in ids:
        try:
            rows.append(Row.read(graph.get(one("/me/messages", id), WHOLE)))
        except NotFound:
            continue
    return rows
