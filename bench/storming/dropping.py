"""The Celery application where every wake-up is lost: only what the sweep rings for is heard.

Started in place of `workers.app`, so nothing of the product has to know of it.
"""

from functools import cache
from typing import Any

from celery import current_task

import workers.app as product
from core.replies import Reply
from services.bell import SWEEP, Bell
from services.bootstrap import Orchestre, bootstrap, open_bell


class DroppingBell:
    """Loses whatever is rung when something has happened."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    def ring(self, reply: Reply) -> None:
        if current_task and current_task.name == SWEEP:
            self._bell.ring(reply)

    def call(self, task: str, *arguments: Any) -> None:
        """It is lost."""


@cache
def _orchestre() -> Orchestre:
    return bootstrap(product.settings, bell=DroppingBell(open_bell(product.settings)))


# The tasks are loaded later, and take it from there.
product.orchestre = _orchestre
app = product.app
