"""What is sealed is opened whole, in its own place, with its own key; or not at all."""

import base64
import itertools
import secrets
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused, Unavailable
from core.keyring import LocalKey
from core.sealing import KEPT_KEYS, KEPT_SECONDS, Place, Sealed, Sealer, is_current, key_id

KEY = bytes(range(32))
OTHER = bytes(range(100, 132))
PLACE = Place("alice", "connection", "credentials")
ELSEWHERE = [
    Place("mallory", "connection", "credentials"),
    Place("alice", "another", "credentials"),
    Place("alice", "connection", "settings"),
    Place("aliceconnection", "", "credentials"),
    Place("alice", 'connection", "credentials', ""),
]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=."


class RemoteKey(LocalKey):
    """A key that is asked for, as a service keeps it: it counts, has versions, and may be gone."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        self.version = 1
        self.asked = 0
        self.silent = False

    def current_id(self) -> str:
        return f"{self.name}-{self.version}"

    def wrap(self, data_key: bytes, *, bound: bytes) -> tuple[str, bytes]:
        self._ask()
        return self.current_id(), super().wrap(data_key, bound=bound)[1]

    def unwrap(self, wrapped: bytes, *, bound: bytes) -> bytes:
        self._ask()
        return super().unwrap(wrapped, bound=bound)

    def _ask(self) -> None:
        self.asked += 1
        if self.silent:
            raise Unavailable("It does not answer.")


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([LocalKey(KEY)])


def old_form(text: str, *, record_id: str, key: bytes = KEY) -> str:
    """How a text was sealed before there were data keys."""
    nonce = secrets.token_bytes(12)
    raw = nonce + AESGCM(key).encrypt(nonce, text.encode(), record_id.encode())
    return f"v1.{LocalKey(key).name}.{base64.urlsafe_b64encode(raw).decode()}"


@given(text=st.text(), owner=st.text(), record=st.text(), field=st.text())
def test_what_was_sealed_is_opened(text: str, owner: str, record: str, field: str) -> None:
    sealer, place = Sealer([LocalKey(KEY)]), Place(owner, record, field)

    assert sealer.open(sealer.seal(text, place), place) == text


def test_the_text_cannot_be_seen(sealer: Sealer) -> None:
    sealed = sealer.seal("hunter2" * 10, PLACE)

    assert "hunter2" not in sealed
    assert b"hunter2" not in Sealed.read(sealed).body


def test_the_same_text_is_never_sealed_alike(sealer: Sealer) -> None:
    first = sealer.seal("text", PLACE)
    sealed = {sealer.seal("text", PLACE, kept=first) for _ in range(1000)}

    assert len(sealed) == 1000


def test_every_text_has_a_data_key_of_its_own(sealer: Sealer) -> None:
    wrapped = {Sealed.read(sealer.seal("text", PLACE)).wrapped for _ in range(100)}

    assert len(wrapped) == 100


# Altered


def flips(sealed: str) -> Iterator[str]:
    """The sealed text with each bit of its wrapped key, and of its body, turned over."""
    parts = Sealed.read(sealed)
    for raw in turned(parts.wrapped):
        yield str(parts._replace(wrapped=raw))
    for raw in turned(parts.body):
        yield str(parts._replace(body=raw))


def turned(raw: bytes) -> Iterator[bytes]:
    for place, bit in itertools.product(range(len(raw)), range(8)):
        changed = bytearray(raw)
        changed[place] ^= 1 << bit
        yield bytes(changed)


def test_any_bit_turned_over_is_noticed(sealer: Sealer) -> None:
    sealed = sealer.seal("password", PLACE)
    altered = list(flips(sealed))

    assert len(altered) == (12 + 32 + 16 + 12 + 8 + 16) * 8
    for each in altered:
        with pytest.raises(Refused, match="altered"):
            sealer.open(each, PLACE)


def test_any_bit_of_the_text_itself_turned_over_is_noticed(sealer: Sealer) -> None:
    raw = sealer.seal("password", PLACE).encode()

    for changed in turned(raw):
        with pytest.raises(Refused):
            sealer.open(changed.decode("latin-1"), PLACE)


@pytest.mark.parametrize("text", ["password", "password1", "password12"])
def test_any_character_replaced_by_any_other_is_noticed(sealer: Sealer, text: str) -> None:
    """Whatever the length: base64 has characters at its end of which not every bit counts."""
    sealed = sealer.seal(text, PLACE)

    for place, character in itertools.product(range(len(sealed)), ALPHABET):
        if character != sealed[place]:
            with pytest.raises(Refused):
                sealer.open(sealed[:place] + character + sealed[place + 1 :], PLACE)


@pytest.mark.parametrize("character", ["!", " ", "\n", "A", "é", ".", "="])
def test_any_character_added_is_noticed(sealer: Sealer, character: str) -> None:
    sealed = sealer.seal("password", PLACE)

    for place in range(len(sealed) + 1):
        with pytest.raises(Refused):
            sealer.open(sealed[:place] + character + sealed[place:], PLACE)


def test_a_text_cut_short_anywhere_is_noticed(sealer: Sealer) -> None:
    sealed = sealer.seal("password", PLACE)

    for length in range(len(sealed)):
        for part in (sealed[:length], sealed[length + 1 :]):
            with pytest.raises(Refused):
                sealer.open(part, PLACE)


@pytest.mark.parametrize(
    "sealed",
    ["", "v1", "v1.x", "v1..", "a.b.c.d", "v1.ab.!!", "é.é.é", "v2...", "v2.a.b", "v3.a.."],
)
def test_what_was_never_sealed_is_refused(sealer: Sealer, sealed: str) -> None:
    with pytest.raises(Refused):
        sealer.open(sealed, PLACE)


# Moved


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=str)
def test_what_was_sealed_for_one_place_does_not_open_at_another(
    sealer: Sealer, elsewhere: Place
) -> None:
    sealed = sealer.seal("password", PLACE)

    with pytest.raises(Refused, match="link the account again"):
        sealer.open(sealed, elsewhere)


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=str)
def test_no_part_of_one_fits_another(sealer: Sealer, elsewhere: Place) -> None:
    here = Sealed.read(sealer.seal("password", PLACE))
    there = Sealed.read(sealer.seal("password", elsewhere))

    for mixed in (here._replace(wrapped=there.wrapped), here._replace(body=there.body)):
        for place in (PLACE, elsewhere):
            with pytest.raises(Refused, match="altered"):
                sealer.open(str(mixed), place)


def test_a_data_key_that_is_kept_in_memory_opens_nothing_elsewhere() -> None:
    """Neither the text of another row under it, nor the row that it was copied to."""
    remote = RemoteKey(KEY)
    sealer = Sealer([remote])
    sealed = sealer.seal("password", PLACE)
    sealer.open(sealed, PLACE)

    for elsewhere in ELSEWHERE:
        with pytest.raises(Refused):
            sealer.open(sealed, elsewhere)


def test_two_texts_at_one_place_do_not_mix(sealer: Sealer) -> None:
    first, second = (Sealed.read(sealer.seal("password", PLACE)) for _ in range(2))

    with pytest.raises(Refused, match="altered"):
        sealer.open(str(first._replace(wrapped=second.wrapped)), PLACE)


def test_another_version_of_the_key_cannot_be_claimed() -> None:
    remote = RemoteKey(KEY)
    sealer = Sealer([remote])
    sealed = Sealed.read(sealer.seal("password", PLACE))

    with pytest.raises(Refused, match="altered"):
        sealer.open(str(sealed._replace(key_id=f"{remote.name}-2")), PLACE)


# Keys


def test_another_key_says_that_the_key_is_not_here(sealer: Sealer) -> None:
    sealed = sealer.seal("password", PLACE)

    with pytest.raises(Refused, match="Bring the old key back"):
        Sealer([LocalKey(OTHER)]).open(sealed, PLACE)


def test_after_a_rotation_the_old_is_opened_and_the_new_key_seals(sealer: Sealer) -> None:
    old = sealer.seal("password", PLACE)
    rotated = Sealer([LocalKey(OTHER), LocalKey(KEY)])

    new = rotated.renew(old, PLACE)

    assert rotated.open(old, PLACE) == "password"
    assert is_current(new, rotated.current_id())
    assert not is_current(old, rotated.current_id())
    assert Sealer([LocalKey(OTHER)]).open(new, PLACE) == "password"
    assert Sealed.read(new).wrapped != Sealed.read(old).wrapped


def test_what_is_sealed_after_a_rotation_leaves_the_old_data_key(sealer: Sealer) -> None:
    """Whoever has the old key knows it."""
    old = sealer.seal("password", PLACE)
    rotated = Sealer([LocalKey(OTHER), LocalKey(KEY)])

    new = rotated.seal("new password", PLACE, kept=old)

    assert key_id(new) == LocalKey(OTHER).name
    assert Sealer([LocalKey(OTHER)]).open(new, PLACE) == "new password"


def test_the_old_form_is_opened_and_brought_to_the_new_one(sealer: Sealer) -> None:
    old = old_form("password", record_id=PLACE.record_id)

    assert sealer.open(old, PLACE) == "password"
    assert not is_current(old, sealer.current_id())
    assert is_current(sealer.seal("password", PLACE, kept=old), sealer.current_id())
    assert sealer.open(sealer.renew(old, PLACE), PLACE) == "password"


def test_the_old_form_is_bound_to_its_record_too(sealer: Sealer) -> None:
    old = old_form("password", record_id="another")

    with pytest.raises(Refused, match="altered"):
        sealer.open(old, PLACE)


def test_a_new_text_cannot_be_passed_off_as_an_old_one(sealer: Sealer) -> None:
    parts = Sealed.read(sealer.seal("password", PLACE))

    for raw in (parts.wrapped, parts.body):
        forged = f"v1.{parts.key_id}.{base64.urlsafe_b64encode(raw).decode()}"
        with pytest.raises(Refused, match="altered"):
            sealer.open(forged, PLACE)


def test_the_keys_that_are_here_are_told_by_name() -> None:
    keys = [LocalKey(key) for key in (OTHER, KEY, bytes(range(50, 82)))]
    sealer = Sealer([*keys, keys[0]])

    assert sealer.names() == [key.name for key in keys]
    assert sealer.current_id() == keys[0].name
    assert not Sealer(keys[1:]).knows(sealer.seal("password", PLACE))


# A service keeps the key


def test_a_service_is_asked_once_for_many_openings() -> None:
    remote = RemoteKey(KEY)
    sealed = Sealer([remote]).seal("password", PLACE)
    sealer = Sealer([remote])
    remote.asked = 0

    for _ in range(100):
        sealer.open(sealed, PLACE)

    assert remote.asked == 1


def test_an_unwrapped_key_is_let_go_of_after_its_time() -> None:
    remote, clock = RemoteKey(KEY), Seconds()
    sealer = Sealer([remote], clock=clock)
    sealed = sealer.seal("password", PLACE)
    remote.asked = 0

    clock.now = KEPT_SECONDS - 1
    sealer.open(sealed, PLACE)
    assert remote.asked == 0
    clock.now = KEPT_SECONDS
    sealer.open(sealed, PLACE)

    assert remote.asked == 1


def test_no_more_unwrapped_keys_are_kept_than_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KEPT_KEYS == 20_000
    monkeypatch.setattr("core.sealing.KEPT_KEYS", 3)
    remote = RemoteKey(KEY)
    sealer = Sealer([remote])
    places = [PLACE._replace(record_id=str(number)) for number in range(4)]
    sealed = [sealer.seal("password", place) for place in places]
    remote.asked = 0

    for text, place in zip(sealed[1:], places[1:], strict=True):
        sealer.open(text, place)
    assert remote.asked == 0
    sealer.open(sealed[0], places[0])

    assert remote.asked == 1


def test_a_service_that_is_silent_breaks_no_link() -> None:
    remote = RemoteKey(KEY)
    sealed = Sealer([remote]).seal("password", PLACE)
    remote.silent = True

    with pytest.raises(Unavailable):
        Sealer([remote]).open(sealed, PLACE)


def test_a_renewed_secret_is_sealed_while_the_service_is_silent() -> None:
    """A refresh token that was just exchanged exists nowhere else."""
    remote = RemoteKey(KEY)
    sealer = Sealer([remote])
    kept = sealer.seal("password", PLACE)
    remote.silent = True

    renewed = sealer.seal("new password", PLACE, kept=kept)

    assert sealer.open(renewed, PLACE) == "new password"
    with pytest.raises(Unavailable):
        sealer.seal("new password", PLACE)


def test_a_renewed_secret_is_sealed_although_the_key_to_move_to_is_silent() -> None:
    remote = RemoteKey(OTHER)
    moving = Sealer([remote, LocalKey(KEY)])
    kept = Sealer([LocalKey(KEY)]).seal("password", PLACE)
    remote.silent = True

    renewed = moving.seal("new password", PLACE, kept=kept)

    assert Sealer([LocalKey(KEY)]).open(renewed, PLACE) == "new password"


def test_no_error_tells_the_secret_or_its_cause(sealer: Sealer) -> None:
    sealed = sealer.seal("password", PLACE)

    with pytest.raises(Refused) as caught:
        sealer.open(sealed, ELSEWHERE[0])

    assert "password" not in str(caught.value)
    assert caught.value.__suppress_context__
