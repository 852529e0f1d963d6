"""Mails that were listed, and could not be read then.

Gmail may list a mail a moment before it can be had, and one that it cannot read itself must not
keep back all the others. They are asked for again: soon at first, then less and less often.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from core.clock import system_clock
from core.errors import Unavailable
from core.messages import Envelope

from .answers import Gone, Malformed, Unsure
from .client import Deadline, Gmail
from .letters import envelope, milliseconds
from .places import Late, Place

log = logging.getLogger(__name__)

Wanted = Callable[[Mapping[str, Any]], bool]
IN_A_ROW = 5
"""When so many cannot be read one after the other, it is Gmail that is in trouble."""
GONE_LASTS = 600_000
"""Milliseconds after which a mail that is not there was deleted."""
TROUBLE_LASTS = 7 * 86_400_000
LONGEST_PAUSE = 3_600_000
MOST = 50


class Broken(Exception):
    """This one mail cannot be read, and Gmail answers."""


class Letters(NamedTuple):
    envelopes: list[Envelope]
    used: int
    """So many ids were done with."""
    late: list[Late]
    """Of these, the ones to be asked for again."""


def read(
    gmail: Gmail, ids: Iterable[str], wanted: Wanted, *, limit: int, deadline: Deadline
) -> Letters:
    """The envelopes of the first mails that are wanted. Trouble on the way keeps what was read
    before it; `Unavailable` when that is nothing."""
    envelopes: list[Envelope] = []
    late: list[Late] = []
    stuck: list[Late] = []
    trouble: Exception | None = None
    used, now = 0, milliseconds(system_clock())
    for number, id in enumerate(ids, start=1):
        try:
            found = _one(gmail, id, wanted, deadline)
        except Gone:
            late.append(Late(id=id, since=now, asked=now, gone=True))
            found = None
        except Broken as error:
            trouble = error
            stuck.append(Late(id=id, since=now, asked=now))
            if len(stuck) == IN_A_ROW:
                break
            continue
        except Unavailable as error:
            trouble = error
            break
        # Gmail answers for another mail: what was stuck before is these mails' own trouble.
        late, stuck, used = [*late, *stuck], [], number
        envelopes += [found] if found else []
        if len(envelopes) == limit:
            break
    if trouble and not used:
        raise trouble if isinstance(trouble, Unavailable) else Unavailable(str(trouble))
    return Letters(envelopes, used, late)


def catch_up(
    gmail: Gmail, place: Place, wanted: Wanted, deadline: Deadline
) -> tuple[Place, list[Envelope]]:
    """Ask again for what is late and due, and keep what still cannot be read."""
    envelopes: list[Envelope] = []
    kept: list[Late] = []
    now = milliseconds(system_clock())
    for one in place.late:
        age = now - one.since
        if now < one.asked + min(age // 4, LONGEST_PAUSE):
            kept.append(one)
            continue
        try:
            found = _one(gmail, one.id, wanted, deadline)
            envelopes += [found] if found else []
        except Gone:
            if age < GONE_LASTS:
                kept.append(one.model_copy(update={"asked": now, "gone": True}))
        except Broken as error:
            if age < TROUBLE_LASTS:
                kept.append(one.model_copy(update={"asked": now, "gone": False}))
            else:
                log.error("mail_unreadable", extra={"error": str(error)})
    return place.but(late=tuple(kept)), envelopes


def with_late(place: Place, late: Iterable[Late]) -> Place:
    """The newest of them, each once: those that are only gone go first."""
    every = {one.id: one for one in (*place.late, *late)}
    ordered = sorted(every.values(), key=lambda one: (one.gone, -one.since))
    return place.but(late=tuple(ordered[:MOST]))


def _one(gmail: Gmail, id: str, wanted: Wanted, deadline: Deadline) -> Envelope | None:
    request = gmail.calls.messages.get(userId="me", id=id, format="metadata")
    try:
        found = gmail.ask(request, deadline)
        return envelope(found) if wanted(found) else None
    except Malformed as error:
        raise Broken(str(error)) from error
    except Unavailable as error:
        if isinstance(error.__cause__, Unsure):
            raise Broken(str(error)) from error
        raise
    except (LookupError, TypeError, ValueError) as error:
        raise Broken(f"Gmail describes a mail in a way that cannot be read ({error!r}).") from error
