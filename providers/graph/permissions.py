"""What is asked of the owner of a mailbox: https://learn.microsoft.com/graph/permissions-reference"""

from core.connections import Access
from providers.auth import Scope

GRAPH = "https://graph.microsoft.com/"
WHOSE = Scope(name=f"{GRAPH}User.Read", why="see whose mailbox it is")
LASTING = Scope(name="offline_access", why="go on when you are not there")
WRITE = Scope(name=f"{GRAPH}Mail.ReadWrite", why="read the mailbox, and keep answers as drafts")

PERMISSIONS = {
    Access.READ: (WHOSE, Scope(name=f"{GRAPH}Mail.Read", why="read the mailbox"), LASTING),
    Access.DRAFT: (WHOSE, WRITE, LASTING),
    Access.SEND: (WHOSE, WRITE, Scope(name=f"{GRAPH}Mail.Send", why="send the drafts"), LASTING),
}
"""The least that each use needs."""


def scopes(access: Access) -> str:
    """As the token endpoint wants to read them."""
    return " ".join(scope.name for scope in PERMISSIONS[access])
