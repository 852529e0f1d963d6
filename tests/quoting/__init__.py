"""Replies as 20 mail clients write them in 30 locales, each with the words of its sender.

The clients of `development` are there to learn from. Those of `held_out` say how well the reading
does on clients that nobody looked at: look at their score, not at their mails.
"""

from .cases import Case, leaks, normal, same

__all__ = ["Case", "development", "held_out", "leaks", "normal", "same"]


def development() -> list[Case]:
    """The cases of 13 clients, to build with."""
    from . import clients_desktop, clients_mobile, clients_web, making

    return making.cases(clients_web.CLIENTS + clients_desktop.CLIENTS + clients_mobile.CLIENTS)


def held_out() -> list[Case]:
    """The cases of 7 other clients, to measure with."""
    from . import held_out_clients, making

    return making.cases(held_out_clients.CLIENTS)
