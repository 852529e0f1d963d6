"""Sign up, sign in, and who is signed in."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import BaseModel, SecretStr

from core.errors import NotAllowed

from .answers import PROBLEMS, Line, Said, Success
from .deps import App, CurrentUser, Token, limited

router = APIRouter(prefix="/users", tags=["users"], responses=PROBLEMS)


class Bearer(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"


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
        raise NotAllowed("Sign-up is closed here. Ask whoever runs this for an account.")
    app.users.sign_up(email, password.get_secret_value())
    return Success(data=Said(message="User created successfully"))


@router.post("/token", dependencies=[Depends(limited)])
def token(app: App, form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Bearer:
    """Sign in: a bearer token for the other routes."""
    return Bearer(access_token=app.users.sign_in(form.username, form.password))


@router.get("/me")
def me(user: CurrentUser) -> Success[Me]:
    return Success(data=Me(id=user.id, email=user.email, created_at=user.created_at))


@router.post("/logout")
def logout(app: App, user: CurrentUser, token: Token) -> Success[Said]:
    """Make this token worthless."""
    app.users.sign_out(token)
    return Success(data=Said(message="User signed out successfully"))
