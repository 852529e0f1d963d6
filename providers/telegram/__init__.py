"""Telegram's Bot API, as far as messages go."""

from . import webhook
from .client import Brought, Client, Migrated
from .messages import Spot, answer_at, envelope_of, length_of, needs_person
from .places import Place

__all__ = [
    "Brought",
    "Client",
    "Migrated",
    "Place",
    "Spot",
    "answer_at",
    "envelope_of",
    "length_of",
    "needs_person",
    "webhook",
]
