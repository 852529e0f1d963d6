"""What is sealed is opened whole, in its own place, with its own key; or not at all."""

import base64
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid, Refused
from core.sealing import Sealer, make_key, read_key, read_key_file

KEY = bytes(range(32))
OTHER = bytes(range(100, 132))


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([KEY])


@given(text=st.text(), context=st.text())
def test_what_was_sealed_is_opened(text: str, context: str) -> None:
    sealer = Sealer([KEY])

    assert sealer.open(sealer.seal(text, context=context), context=context) == text


def test_the_text_cannot_be_seen(sealer: Sealer) -> None:
    sealed = sealer.seal("hunter2" * 10, context="connection")

    assert "hunter2" not in sealed
    assert b"hunter2" not in base64.urlsafe_b64decode(sealed.rpartition(".")[2])


def test_the_same_text_is_never_sealed_alike(sealer: Sealer) -> None:
    sealed = {sealer.seal("text", context="connection") for _ in range(100)}

    assert len(sealed) == 100


def flips(sealed: str) -> Iterator[str]:
    """The sealed text with each bit of its body turned over, one at a time."""
    head, _, body = sealed.rpartition(".")
    raw = base64.urlsafe_b64decode(body)
    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            yield f"{head}.{base64.urlsafe_b64encode(changed).decode()}"


def test_any_bit_turned_over_is_noticed(sealer: Sealer) -> None:
    sealed = sealer.seal("password", context="connection")

    for altered in flips(sealed):
        with pytest.raises(Refused, match="altered"):
            sealer.open(altered, context="connection")


def test_any_character_replaced_is_noticed(sealer: Sealer) -> None:
    sealed = sealer.seal("password", context="connection")

    for place, character in enumerate(sealed):
        other = "A" if character != "A" else "B"
        with pytest.raises(Refused):
            sealer.open(sealed[:place] + other + sealed[place + 1 :], context="connection")


@pytest.mark.parametrize("character", ["!", " ", "\n", "A", "é", "."])
def test_any_character_added_is_noticed(sealer: Sealer, character: str) -> None:
    sealed = sealer.seal("password", context="connection")

    for place in range(len(sealed) + 1):
        with pytest.raises(Refused):
            sealer.open(sealed[:place] + character + sealed[place:], context="connection")


@pytest.mark.parametrize("length", [0, 1, 5, 20, 30, -1])
def test_a_text_cut_short_is_noticed(sealer: Sealer, length: int) -> None:
    sealed = sealer.seal("password", context="connection")

    with pytest.raises(Refused):
        sealer.open(sealed[:length], context="connection")


@pytest.mark.parametrize("sealed", ["", "v1", "v1.x", "v1..", "a.b.c.d", "v1.ab.!!", "é.é.é"])
def test_what_was_never_sealed_is_refused(sealer: Sealer, sealed: str) -> None:
    with pytest.raises(Refused):
        sealer.open(sealed, context="connection")


def test_what_was_sealed_for_one_connection_does_not_open_for_another(sealer: Sealer) -> None:
    sealed = sealer.seal("password", context="of alice")

    with pytest.raises(Refused, match="link the account again"):
        sealer.open(sealed, context="of mallory")


def test_another_key_says_that_the_key_is_not_here(sealer: Sealer) -> None:
    sealed = sealer.seal("password", context="connection")

    with pytest.raises(Refused, match="Bring the old key file back"):
        Sealer([OTHER]).open(sealed, context="connection")


def test_after_a_rotation_the_old_is_opened_and_the_new_key_seals(sealer: Sealer) -> None:
    old = sealer.seal("password", context="connection")
    rotated = Sealer([OTHER, KEY])

    new = rotated.seal("password", context="connection")

    assert rotated.open(old, context="connection") == "password"
    assert Sealer([OTHER]).open(new, context="connection") == "password"


def test_no_error_tells_the_secret_or_its_cause(sealer: Sealer) -> None:
    sealed = sealer.seal("password", context="connection")

    with pytest.raises(Refused) as caught:
        sealer.open(sealed, context="another")

    assert "password" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_made_key_is_32_random_bytes() -> None:
    keys = {read_key(make_key()) for _ in range(100)}

    assert len(keys) == 100
    assert {len(key) for key in keys} == {32}


WHOLE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def test_a_whole_key_is_read() -> None:
    assert read_key(f" {WHOLE}\n") == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "not base64",
        WHOLE[:-4],
        WHOLE[:-1],
        "AAAA" + WHOLE,
        "AAAA" * 10 + "AAA=",
        WHOLE + "AAAA",
    ],
)
def test_what_is_no_key_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(Invalid, match="orchestre keys make"):
        read_key(text)


def test_sixteen_threads_make_one_key_file(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "sealing.key"
    barrier = Barrier(16)

    def read() -> bytes:
        barrier.wait()
        return read_key_file(path)

    with ThreadPoolExecutor(16) as pool:
        keys = {future.result() for future in [pool.submit(read) for _ in range(16)]}

    assert len(keys) == 1
    assert [file.name for file in path.parent.iterdir()] == ["sealing.key"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "sealing.key"
    read_key_file(path)
    path.chmod(mode)

    with pytest.raises(Invalid, match=f"chmod 600 {path}"):
        read_key_file(path)


def test_a_key_file_without_a_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    path.write_text(secrets.token_hex(4))
    path.chmod(0o600)

    with pytest.raises(Invalid, match=f"{path}.*holds no key"):
        read_key_file(path)
