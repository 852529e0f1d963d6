"""Telegram's Bot API, as far as messages go."""

from . import webhook
from .client import Brought, Client
from .messages import Spot, envelope_of, needs_person
from .places import Place

__all__ = ["Brought", "Client", "Place", "Spot", "envelope_of", "needs_person", "webhook"]
