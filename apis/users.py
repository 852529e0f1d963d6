"""Sign up, sign in, and who is signed in."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel, Field, SecretStr

from core.errors import NotAllowed
from services.users import CLOSED

from .answers import PROBLEMS, Line, Said, Success
from .deps import App, CurrentUser, Token, elsewhere, limited

LONGEST_TOKEN = 8_000

router = APIRouter(prefix="/users", tags=["users"], responses=PROBLEMS)


class Bearer(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"


class Vouched(BaseModel):
    token: SecretStr = Field(max_length=LONGEST_TOKEN)
    """An ID token, as signing in at the service gives it to a web page."""
    provider: Line = "gmail"
    """Whose service has made it."""


class Me(BaseModel):
    id: str
    email: str
    created_at: datetime


@router.post("/signup", dependencies=[Depends(limited)])
def signup(
    app: App,
    email: Annotated[Line, Form()],
    password: Annotated[SecretStr, Form()],
    grant_type: Annotated[str, Form()] = "password",
    scope: Annotated[str, Form()] = "",
) -> Success[Said]:
    """Create an account."""
    if not app.settings.signup:
        raise NotAllowed(CLOSED)
    app.users.sign_up(email, password.get_secret_value())
    return Success(data=Said(message="User created successfully"))


@router.post("/token", dependencies=[Depends(limited)])
def token(app: App, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Bearer:
    """Sign in: a bearer token for the other routes."""
    return Bearer(access_token=app.users.sign_in(form.username, form.password))


@router.post("/loginWithToken", dependencies=[Depends(limited), Depends(elsewhere)])
def login_with_token(app: App, vouched: Vouched) -> Bearer:
    """Sign in with a token of Google's that was made for this deployment's GOOGLE_CLIENT_ID.

    Whoever is new gets an account, where sign-up is open. A 409 when the address has an account
    with a password: sign in with that.
    """
    token = app.vouching.sign_in(vouched.token.get_secret_value(), provider=vouched.provider)
    return Bearer(access_token=token)


@router.get("/me")
def me(user: CurrentUser) -> Success[Me]:
    return Success(data=Me(id=user.id, email=user.email, created_at=user.created_at))


@router.post("/logout")
def logout(app: App, user: CurrentUser, token: Token) -> Success[Said]:
    """Make this token worthless."""
    app.users.sign_out(token)
    return Success(data=Said(message="User signed out successfully"))
