"""Telegram's Bot API, as far as messages go."""

from .client import Client
from .messages import Spot, envelope_of, needs_person
from .places import Place

__all__ = ["Client", "Place", "Spot", "envelope_of", "needs_person"]
