"""Makes the cases of some clients: every locale on top, and the other placements in turn."""

from collections.abc import Iterator, Sequence

from .cases import Case
from .dates import LOCALES
from .talks import TOP, Client, talk

OTHERS = 3
"""Locales that show each further placement of a client."""


def cases(clients: Sequence[Client]) -> list[Case]:
    """The cases of these clients, the same ones in the same order every time."""
    return [
        _case(client, locale, placement)
        for at, client in enumerate(clients)
        for locale, placement in _pairs(client, at)
    ]


def _pairs(client: Client, at: int) -> Iterator[tuple[str, str]]:
    yield from ((locale, TOP) for locale in LOCALES)
    turn = at * 7
    for placement in client.placements:
        if placement == TOP:
            continue
        for _ in range(OTHERS):
            yield LOCALES[turn % len(LOCALES)], placement
            turn += 11


def _case(client: Client, locale: str, placement: str) -> Case:
    given = talk(locale, client.name, placement)
    sent = client.write(given)
    return Case(
        name=f"{client.name}-{locale}-{placement}",
        client=client.name,
        locale=locale,
        placement=placement,
        raw=sent.raw,
        expected=given.expected,
        quoted="\n".join((sent.intro, *given.quoted, *given.older)),
        flowing=sent.flowing,
    )
