"""What a workspace is asked to let the bot do: docs.slack.dev/reference/scopes"""

from core.connections import Access
from providers.auth import OAuth, Scope, Secret

READ = (
    Scope(name="channels:read", why="see which channels the bot is in"),
    Scope(name="channels:history", why="read what is said there, and look for proof of an answer"),
    Scope(name="groups:read", why="see which private channels the bot is in"),
    Scope(name="groups:history", why="read what is said there"),
    Scope(name="im:read", why="see who has written to the bot"),
    Scope(name="im:history", why="read what they wrote"),
    Scope(name="mpim:read", why="see which group conversations the bot is in"),
    Scope(name="mpim:history", why="read what is said there"),
    Scope(name="users:read", why="show people's names", needed=False),
)
WRITE = Scope(name="chat:write", why="send answers")

AUTH = OAuth(
    service="slack",
    title="Slack",
    callback="slack",
    scopes={Access.READ: READ, Access.SEND: (*READ, WRITE)},
    separator=",",
    # Slack takes a challenge only from apps that were made public clients, which is for good
    # (docs.slack.dev/authentication/using-pkce). The client's secret stands in for it.
    pkce=False,
    # Only an app with token rotation gets a refresh token.
    lasting=False,
    revokes="access_token",
    clients="https://api.slack.com/apps",
    permissions="https://slack.com/apps/manage",
    secret=Secret(name="bot token", where="https://api.slack.com/apps, OAuth & Permissions"),
)


def needed(access: Access) -> tuple[str, ...]:
    return tuple(sorted(scope.name for scope in AUTH.scopes.get(access, ()) if scope.needed))
