"""A key is 32 random bytes, kept where its owner alone may read; anything else is refused."""

import base64
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from core.errors import Invalid
from core.keyring import Altered, LocalKey, make_key, read_key, read_key_file

KEY = b"\xd8K\xfdk#\x84\xef\x82]\xb3(\xc3<\xd6jf\xaa\x8c~\xf7nW\xc8$3\x9eDQ\x88:E\xd4"


def text_of(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode()


WHOLE = text_of(KEY)


def test_a_made_key_is_32_random_bytes() -> None:
    keys = {read_key(make_key()) for _ in range(1000)}

    assert len(keys) == 1000
    assert {len(key) for key in keys} == {32}


def test_a_whole_key_is_read() -> None:
    assert read_key(f" {WHOLE}\n") == KEY
    assert read_key(WHOLE.translate(str.maketrans("-_", "+/"))) == KEY


WEAK = {
    "nothing": "",
    "a word": "short",
    "the sample that the compose file asks for": "Make one with openssl rand -base64 32",
    "the default of many": "changeme" * 4,
    "31 bytes": text_of(KEY[:31]),
    "33 bytes": text_of(KEY + b"x"),
    "hex instead of base64": KEY.hex(),
    "without its padding": WHOLE[:-1],
    "cut short": WHOLE[:-4],
    "something before it": "AAAA" + WHOLE,
    "something after it": WHOLE + "AAAA",
    "all zero": text_of(bytes(32)),
    "one byte repeated": text_of(b"\xa7" * 32),
    "four bytes repeated": text_of(b"\x01\x82\xf3\x44" * 8),
    "a key of half the length, twice": text_of(bytes(range(8)) * 4),
    "one byte after another": text_of(bytes(range(32))),
    "one byte after another, backwards": text_of(bytes(range(200, 168, -1))),
    "a sentence": text_of(b"correct horse battery staple 42!"),
    "letters outside ASCII": "é" * 43,
}


@pytest.mark.parametrize("text", WEAK.values(), ids=WEAK)
def test_what_is_no_key_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(Invalid, match="orchestre keys make"):
        read_key(text)


@pytest.mark.parametrize("length", [31, 33, 48])
def test_a_key_of_another_length_is_told_its_length(length: int) -> None:
    with pytest.raises(Invalid, match=f"these are {length}"):
        read_key(text_of(secrets.token_bytes(length)))


def test_no_error_repeats_the_key() -> None:
    with pytest.raises(Invalid) as caught:
        read_key(WHOLE[:-4])

    assert WHOLE[:8] not in str(caught.value)


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


@pytest.mark.parametrize("held", [b"", b"deadbeef", KEY], ids=["nothing", "hex", "raw bytes"])
def test_a_key_file_without_a_key_is_named(tmp_path: Path, held: bytes) -> None:
    path = tmp_path / "sealing.key"
    path.write_bytes(held)
    path.chmod(0o600)

    with pytest.raises(Invalid, match=f"{path}.*holds no key"):
        read_key_file(path)


def test_a_data_key_is_unwrapped_for_what_it_was_wrapped_for() -> None:
    key = LocalKey(KEY)

    id, wrapped = key.wrap(b"data key", bound=b"here")

    assert id == key.name == key.current_id()
    assert key.unwrap(wrapped, bound=b"here") == b"data key"
    with pytest.raises(Altered):
        key.unwrap(wrapped, bound=b"there")


def test_what_is_too_short_to_have_been_wrapped_is_altered() -> None:
    for length in range(28):
        with pytest.raises(Altered):
            LocalKey(KEY).unwrap(bytes(length), bound=b"")
