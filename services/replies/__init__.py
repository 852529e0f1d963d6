"""Moves replies along their life-cycle. The only package that does."""

from .moves import Parts
from .people import People
from .receiving import Receiving
from .sending import Sending
from .sweeping import Sweeping
from .writing import Writing

__all__ = ["Parts", "Replies"]


class Replies(Receiving, Writing, Sending, People, Sweeping):
    """Everything that can be done to a reply, by workers and by people."""
