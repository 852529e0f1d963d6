"""Reads on in a mailbox: what history says was added, or what a search lists.

developers.google.com/workspace/gmail/api/guides/sync
"""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from core.errors import Unavailable
from core.messages import Envelope, Page

from . import late
from .answers import Gone, Malformed
from .client import Deadline, Gmail
from .letters import RECEIVED, date, is_received, lies_in_inbox, milliseconds
from .places import Place, forgotten, is_old

log = logging.getLogger(__name__)

BATCH = 500
"""What Gmail lists at most in one answer."""
MOST_HISTORY = 10
"""Answers of history that are looked through before some of it is read, if there is some."""
MOST_LISTED = 400


class Arrival(NamedTuple):
    record: int
    order: tuple[int, str]
    """Ids are hexadecimal numbers that grow with time."""
    id: str


class News(NamedTuple):
    arrivals: list[Arrival]
    """Oldest first."""
    upto: int
    """The last record that was listed."""
    newest: int
    """The newest of all before these were listed; 0 when there are more."""


def read_on(gmail: Gmail, place: Place, *, limit: int, deadline: Deadline) -> Page:
    """The next mails, oldest first; none, when there is nothing more now."""
    place, found = late.catch_up(gmail, place, _wanted(place), deadline)
    if found:
        return _page(place.after(found), found)
    place = place.before_looking_again()
    for _ in range(3):
        if place.since is None:
            try:
                return _history(gmail, place, limit=limit, deadline=deadline)
            except (Gone, Malformed):
                log.warning("history_forgotten")
                place = forgotten(gmail, place, deadline)
        place, page = _listing(gmail, place, limit=limit, deadline=deadline)
        if page:
            return page
        place = place.but(since=None, listed="")
    raise Unavailable("Gmail forgets its history faster than it can be read.")


def _history(gmail: Gmail, place: Place, *, limit: int, deadline: Deadline) -> Page:
    news = _news(gmail, place, deadline)
    fresh = [arrival for arrival in news.arrivals if not _is_done(arrival, place)]
    ids, wanted = [arrival.id for arrival in fresh], _wanted(place)
    envelopes, used, unread = late.read(gmail, ids, wanted, limit=limit, deadline=deadline)
    place = late.with_late(place, unread)
    if used < len(fresh):
        last = fresh[used - 1]
        earlier = [one.record for one in news.arrivals if one.record < last.record]
        start = max([int(place.history), *earlier])
        moved = {"history": str(start), "record": str(last.record), "within": last.id}
        return _page(place.after(envelopes, **moved), envelopes)
    upto = max(int(place.history), news.upto)
    read = place.after(envelopes, history=str(upto), record="", within="")
    return _page(read.keeping_up(news.newest) if news.newest else read, envelopes)


def _wanted(place: Place) -> late.Wanted:
    return lambda found: is_received(found) and not is_old(found, place)


def _is_done(arrival: Arrival, place: Place) -> bool:
    return str(arrival.record) == place.record and arrival.order <= _order(place.within)


def _listing(
    gmail: Gmail, place: Place, *, limit: int, deadline: Deadline
) -> tuple[Place, Page | None]:
    """The next mails of the listing; `None` when it is at its end.

    It is gone through by id, an order that stays whatever is deleted or comes in meanwhile.
    """
    since = place.since or 0
    ids = sorted(_listed(gmail, since, deadline), key=_order)
    rest = [id for id in ids if _order(id) > _order(place.listed)]
    if not rest:
        return place, None

    def wanted(found: Mapping[str, Any]) -> bool:
        return is_received(found) and milliseconds(date(found)) >= since

    envelopes, used, unread = late.read(gmail, rest, wanted, limit=limit, deadline=deadline)
    place = late.with_late(place, unread)
    if used == len(rest) and not envelopes:
        return place, None
    return place, _page(place.after(envelopes, listed=rest[used - 1]), envelopes)


def _news(gmail: Gmail, place: Place, deadline: Deadline) -> News:
    """What was added since. `Gone` when that is too long ago for Gmail."""
    arrivals: set[Arrival] = set()
    token, last, newest, answers = None, int(place.history), 0, 0
    while answers < MOST_HISTORY or not arrivals:
        answers += 1
        request = gmail.history(place.history, token=token, limit=BATCH)
        answer = gmail.ask(request, deadline)
        records = answer.get("history", [])
        newest = newest or int(answer.get("historyId", last))
        last = max([last, *(int(record["id"]) for record in records)])
        arrivals.update(arrival for record in records for arrival in _added(record))
        token = answer.get("nextPageToken")
        if not token:
            return News(_firsts(arrivals), last, newest)
    return News(_firsts(arrivals), last, 0)


def _added(record: Mapping[str, Any]) -> list[Arrival]:
    added = [change["message"] for change in record.get("messagesAdded", ())]
    rescued = [
        change["message"]
        for change in record.get("labelsRemoved", ())
        if "SPAM" in change.get("labelIds", ())
    ]
    # Labels are there more often than not, and save asking for what is not in the inbox.
    return [
        Arrival(int(record["id"]), _order(message["id"]), message["id"])
        for message in added + rescued
        if lies_in_inbox({"labelIds": message.get("labelIds", (RECEIVED,))})
    ]


def _firsts(arrivals: set[Arrival]) -> list[Arrival]:
    """In their order, each mail once."""
    first: dict[str, Arrival] = {}
    for arrival in sorted(arrivals):
        first.setdefault(arrival.id, arrival)
    return list(first.values())


def _listed(gmail: Gmail, since: int, deadline: Deadline) -> set[str]:
    """The ids of what is in the inbox since then, as far as the search knows."""
    ids: set[str] = set()
    token = None
    for _ in range(MOST_LISTED):
        answer = gmail.ask(
            gmail.calls.messages.list(
                userId="me",
                labelIds=[RECEIVED],
                # Seconds; whether "after" takes in the second itself is not documented.
                q=f"after:{max(since // 1000 - 1, 0)}",
                maxResults=BATCH,
                pageToken=token,
            ),
            deadline,
        )
        ids.update(message["id"] for message in answer.get("messages", ()))
        token = answer.get("nextPageToken")
        if not token:
            return ids
    raise Unavailable("There is more new mail than can be listed: start from a later moment.")


def _page(place: Place, envelopes: list[Envelope]) -> Page:
    ordered = sorted(envelopes, key=lambda envelope: envelope.received_at)
    return Page(envelopes=tuple(ordered), cursor=place.text())


def _order(id: str) -> tuple[int, str]:
    return (len(id), id)
