"""Gmail, over its API: one mailbox, read without leaving a mark."""

from . import lookup, watch
from .answers import Gone, Malformed, Unsure
from .arrivals import read_on
from .client import Calls, Deadline, Gmail
from .consent import GoogleOAuth
from .places import Place, place_at
from .pubsub import Puller

__all__ = [
    "Calls",
    "Deadline",
    "Gmail",
    "Gone",
    "GoogleOAuth",
    "Malformed",
    "Place",
    "Puller",
    "Unsure",
    "lookup",
    "place_at",
    "read_on",
    "watch",
]
