"""Slack's Web API, as far as conversations go: asking, reading on, and plain words."""

from .client import Client, Declined
from .marks import Conversation, id_of, is_person, moment_of, number_of, place_of, stamp_of, time_of
from .places import Place
from .reading import Reader
from .words import plain, written
from .writing import Writer

__all__ = [
    "Client",
    "Conversation",
    "Declined",
    "Place",
    "Reader",
    "Writer",
    "id_of",
    "is_person",
    "moment_of",
    "number_of",
    "place_of",
    "plain",
    "stamp_of",
    "time_of",
    "written",
]
