"""Microsoft Graph: one Outlook mailbox, read without leaving a mark, and answered by drafts."""

from . import lookup, subscriptions
from .answers import Unclear
from .client import Graph, one
from .news import read_on
from .outbox import create_draft, find_copy, send_draft
from .permissions import PERMISSIONS
from .places import Place, begin
from .rows import Row, proxies
from .threads import answers_by_hand, conversation

__all__ = [
    "PERMISSIONS",
    "Graph",
    "Place",
    "Row",
    "Unclear",
    "answers_by_hand",
    "begin",
    "conversation",
    "create_draft",
    "find_copy",
    "lookup",
    "one",
    "proxies",
    "read_on",
    "send_draft",
    "subscriptions",
]
