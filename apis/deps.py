"""What a route may ask for."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from core.errors import NotSignedIn
from core.users import Session, User
from services.bootstrap import Orchestre

from .limiter import Doorman, Limiter

_bearer = OAuth2PasswordBearer(
    tokenUrl="/users/token",
    scheme_name="User",
    description="Your mail address and password.",
    auto_error=False,
)


async def _orchestre(request: Request) -> Orchestre:
    app: Orchestre = request.app.state.orchestre
    return app


App = Annotated[Orchestre, Depends(_orchestre)]


async def _token(bearer: Annotated[str | None, Depends(_bearer)]) -> str:
    if not bearer:
        raise NotSignedIn("Sign in at /users/token, and send the token as a bearer token.")
    return bearer


Token = Annotated[str, Depends(_token)]


def _user(app: App, token: Token) -> User:
    return app.users.of_token(token)


CurrentUser = Annotated[User, Depends(_user)]


def _session(app: App, token: Token) -> Session:
    return app.users.session(token)


CurrentSession = Annotated[Session, Depends(_session)]


async def elsewhere(request: Request) -> AsyncIterator[None]:
    """For a route that waits for services elsewhere. Only so many do at a time, so that threads are
    left for all the others; the rest stand in line without one."""
    async with request.app.state.elsewhere:
        yield


def limited(request: Request) -> None:
    """At most so many calls of this route from one address: guessing passwords must be slow."""
    limiter: Limiter = request.app.state.limiter
    limiter.take(f"{request.url.path} {_address(request)}")


def admitted(request: Request) -> None:
    """Before its body is read: strangers must not keep us busy with understanding what they say."""
    doorman: Doorman = request.app.state.doorman
    doorman.admit(_address(request))


def known(request: Request) -> None:
    """Whoever sent this has proven itself."""
    doorman: Doorman = request.app.state.doorman
    doorman.know(_address(request))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
