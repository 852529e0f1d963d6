"""Mail that Orchestre itself has something to say in, from a linked account."""

from core.connections import Connection
from core.errors import NotSupported
from core.messages import Outgoing
from providers import BaseProvider, Capability

MARKS = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All"))
"""So that nobody's machine answers it, ours included (RFC 3834 5)."""


def prepare(provider: BaseProvider, outgoing: Outgoing, *, key: str, connection: Connection) -> str:
    """The handle that `send` takes with it: of a draft, where the service sends one once only.

    Nothing is sent. `NotSupported` where nothing may be: the account was not linked for that, or
    carries no mail.
    """
    if Capability.MAIL not in provider.capabilities:
        raise NotSupported(f"{provider.title} lets no account write mail.")
    if not connection.may_send:
        raise NotSupported(
            f"The account may only {connection.access}: link it so that it may send."
        )
    if Capability.DRAFTS not in provider.capabilities:
        return ""
    return provider.prepare(outgoing, key=key)
