"""Everything that can be done to a reply, by workers and by people."""

from .people import People
from .receiving import Receiving
from .reconciling import Reconciling
from .sweeping import Sweeping
from .writing import Writing


class Replies(Receiving, Writing, Reconciling, People, Sweeping):
    """Each part of it has a module; all of them move replies through `Moves`."""
