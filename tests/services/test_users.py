"""Who may sign in, and what is kept of it."""

import pytest

from core.errors import NotSignedIn
from core.users import Session, User
from tests.conftest import World
from tests.planted import PASSWORD

EMAIL = "alice@home.example"


def test_neither_token_nor_password_is_kept(world: World) -> None:
    token = world.app.users.sign_in(EMAIL, PASSWORD)

    kept = [*world.database.dump(Session), *world.database.dump(User)]

    assert len(kept) == 2
    bodies = " ".join(record.model_dump_json() for record in kept)
    assert token not in bodies
    assert PASSWORD not in bodies
    assert world.app.users.of_token(token).email == EMAIL


def test_a_token_ends_with_the_sign_out(world: World) -> None:
    token = world.app.users.sign_in(EMAIL, PASSWORD)

    world.app.users.sign_out(token)

    with pytest.raises(NotSignedIn):
        world.app.users.of_token(token)
