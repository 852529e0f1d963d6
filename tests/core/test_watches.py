"""Whoever knocks is known by what they bring, whatever that is."""

from core.watches import Watch, hashed


def test_half_a_character_is_no_secret_and_no_error() -> None:
    watch = Watch(id="1", owner_id="alice", secret=hashed("secret"))

    assert not watch.knows("\ud800")
    assert watch.knows("secret")
