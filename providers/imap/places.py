"""Where the reading of one folder goes on, also after the server has numbered its mails anew."""

import logging
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from core.clock import system_clock
from core.records import Value

from .responses import Row
from .session import HEADER, Folder, Session, day

log = logging.getLogger(__name__)

A_DAY = timedelta(days=1)
"""IMAP searches by date, in a time zone of the server's choice."""


class Place(Value):
    """The last mail that was read. Numbers mean something under one `validity` only; where that
    has changed, reading goes on from the date."""

    validity: int
    uid: int
    seen: datetime

    def after(self, uid: int, rows: list[Row]) -> Self:
        """Having read `rows`, up to `uid`. A mail that comes from the future has no say."""
        latest = min(max(row.received_at for row in rows), system_clock())
        return self.model_copy(update={"uid": uid, "seen": max(self.seen, latest)})


class News(NamedTuple):
    folder: Folder
    rows: list[Row]
    place: Place


def place_at(session: Session, folder: Folder, moment: datetime) -> Place:
    """Just before the first mail that the server received at `moment` or later."""
    moment = moment.replace(microsecond=0)
    recent = session.search(f"SINCE {day(moment - A_DAY)}")
    since = (row.uid for row in session.fetch(recent) if row.received_at >= moment)
    following = next(since, 0) or folder.next_uid or max(session.search("ALL"), default=0) + 1
    return Place(validity=folder.validity, uid=following - 1, seen=moment)


def read_on(session: Session, name: str, place: Place, *, limit: int) -> News:
    """The headers of the next mails in a folder, in the order of their arrival."""
    folder = session.glance(name)
    if folder == (place.validity, place.uid + 1):
        return News(folder, [], place)
    folder = session.examine(name)
    if folder.validity != place.validity:
        log.warning("mailbox_renumbered", extra={"validity": folder.validity})
        place = place_at(session, folder, place.seen - A_DAY)
    # "5:*" brings the last mail even when its uid is below 5.
    uids = [uid for uid in session.search(f"UID {place.uid + 1}:*") if uid > place.uid]
    for start in range(0, len(uids), limit):
        cut = uids[start : start + limit]
        if rows := list(session.fetch(cut, HEADER)):
            return News(folder, rows, place.after(cut[-1], rows))
    return News(folder, [], place)
