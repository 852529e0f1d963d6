"""Slack's Web API, as far as conversations go: asking, reading on, and plain words."""

from . import events
from .client import Client, Declined
from .marks import Conversation, id_of, is_person, moment_of, number_of, place_of, stamp_of, time_of
from .permissions import AUTH, needed
from .places import Place
from .reading import Reader
from .sockets import Socket
from .words import plain, written
from .writing import Writer

__all__ = [
    "AUTH",
    "Client",
    "Conversation",
    "Declined",
    "Place",
    "Reader",
    "Socket",
    "Writer",
    "events",
    "id_of",
    "is_person",
    "moment_of",
    "needed",
    "number_of",
    "place_of",
    "plain",
    "stamp_of",
    "time_of",
    "written",
]
