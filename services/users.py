"""Signs people up and in."""

import hashlib
import re
import secrets
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from pwdlib import PasswordHash

from core.clock import Clock
from core.errors import AlreadyThere, Conflict, Invalid, NotAllowed, NotFound, NotSignedIn
from core.users import Session, User
from db.base import Add, Database, Drop
from providers.auth import Vouched

NAMESPACE = UUID("b8a2d1c4-3a55-4f0e-9c36-5f3a0b1f6a77")
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256
CLOSED = "Sign-up is closed here. Ask whoever runs this for an account."
EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,189}")


class Users:
    def __init__(
        self, database: Database, *, clock: Clock, session: timedelta, hasher: PasswordHash
    ) -> None:
        self._store = database.for_workers()
        self._clock = clock
        self._session = session
        self._hasher = hasher

    def sign_up(self, email: str, password: str, *, operator: bool = False) -> User:
        """A new user. `AlreadyThere` when the address is taken."""
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise Invalid(
                f"A password has between {SHORTEST_PASSWORD} and {LONGEST_PASSWORD} characters."
            )
        return self._add(email, password_hash=self._hasher.hash(password), operator=operator)

    def sign_in(self, email: str, password: str) -> str:
        """A bearer token. It is not kept: only its hash is."""
        user = self.find(email)
        # An unknown address takes as long as a wrong password, and says as little.
        kept = user.password_hash if user else ""
        known = self._hasher.verify(password, kept or self._decoy)
        if user is None or not kept or not known:
            raise NotSignedIn("User unauthorized")
        return self._open(user)

    def sign_in_as(self, vouched: Vouched, *, may_join: bool) -> str:
        """A bearer token for somebody whom a service vouches for; a new user, where they may join.

        `Conflict` when the address has a user who signs in otherwise: whoever chose that password
        has never shown that the address was theirs, and must not share what comes in from now on.
        """
        user = self.find(vouched.email)
        if user is None:
            if not may_join:
                raise NotAllowed(CLOSED)
            user = self._add(vouched.email, subject=vouched.subject)
        if user.subject != vouched.subject:
            raise Conflict("The user of this address signs in otherwise. Use the password.")
        return self._open(user)

    def _add(self, email: str, **fields: Any) -> User:
        email = email.strip().casefold()
        if not EMAIL.fullmatch(email):
            raise Invalid(f"{email!r} is no mail address.")
        id = user_id(email)
        usual = {"id": id, "owner_id": id, "email": email, "password_hash": ""}
        user = User(**{**usual, "created_at": self._clock(), **fields})
        try:
            self._store.commit(Add(user))
        except AlreadyThere:
            raise AlreadyThere(f"There is a user {email!r} already.") from None
        return user

    def _open(self, user: User) -> str:
        token = secrets.token_urlsafe(32)
        expires = self._clock() + self._session
        self._store.commit(Add(Session(id=_hash(token), owner_id=user.id, expires_at=expires)))
        return token

    @cached_property
    def _decoy(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe())

    def sign_out(self, token: str) -> None:
        for session in self._store.find(Session, id=_hash(token)):
            self._store.commit(Drop(session))

    def of_token(self, token: str) -> User:
        """Whose token this is, or `NotSignedIn`."""
        return self._store.get(User, self.session(token).owner_id)

    def session(self, token: str) -> Session:
        """The sign-in that a token stands for, or `NotSignedIn`."""
        try:
            session = self._store.get(Session, _hash(token))
        except NotFound:
            raise NotSignedIn("This token is not known. Sign in again.") from None
        if session.expires_at <= self._clock():
            raise NotSignedIn("This token has expired. Sign in again.")
        return session

    def find(self, email: str) -> User | None:
        return next(iter(self._store.find(User, id=user_id(email.strip().casefold()))), None)

    def get(self, id: str) -> User:
        return self._store.get(User, id)

    def all(self) -> list[User]:
        return self._store.find(User)


def user_id(email: str) -> str:
    """The same for the same address, so that no two users can share one."""
    return str(uuid5(NAMESPACE, email))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
