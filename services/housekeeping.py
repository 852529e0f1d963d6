"""What has to be looked after every few seconds, whatever else there is to do."""

import logging
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)


class Housekeeping:
    """Chores by name, in the order in which they matter."""

    def __init__(self, chores: Mapping[str, Callable[[], object]]) -> None:
        self._chores = dict(chores)

    def keep(self) -> None:
        """Do every chore. One that fails keeps none of the others from being done."""
        for name, chore in self._chores.items():
            try:
                chore()
            except Exception:  # whatever it raises, the rest is as important
                log.exception("chore_broken", extra={"chore": name})
