"""What is asked of the owner of a mailbox: https://learn.microsoft.com/graph/permissions-reference"""

from core.connections import Access
from core.errors import ReauthorizationRequired
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


def missing(access: Access, *, method: str, path: str, said: str) -> ReauthorizationRequired:
    """What there is to do when Microsoft denies a request, as `said`, though it takes the token."""
    name = "Mail.Read" if access is Access.READ else "Mail.ReadWrite"
    if method == "GET" and path == "/me":
        name = "User.Read"
    if path.endswith("/send"):
        name = "Mail.Send"
    return ReauthorizationRequired(
        f"{said} The permission {name} is missing. Link the account again and agree to it; in an "
        "organisation its administrator may have to."
    )
