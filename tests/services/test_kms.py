"""A key in Google KMS seals as one of ours does; its silence is never taken for a broken link."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.config import Settings
from core.errors import Invalid, Refused, Unavailable
from core.keyring import Altered, LocalKey
from core.sealing import Place, Sealer, is_current, key_id
from providers.http import shared
from services.bootstrap import open_sealer
from services.kms import KmsKey, check_kms, open_kms
from tests.simulators.kms import KEY, OTHER, CryptoKey, KmsSimulator, error
from tests.simulators.service import Authority, Fault, Response

PLACE = Place("alice", "connection", "credentials")
DATA_KEY = bytes(range(32))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def kms(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KmsSimulator]:
    kms = KmsSimulator(authority)
    file = kms.credentials_file(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    with kms.running():
        yield kms
    shared(authority.bundle).close()


@pytest.fixture
def settings(kms: KmsSimulator, authority: Authority, tmp_path: Path) -> Settings:
    return settings_of(kms, authority, tmp_path)


def settings_of(kms: KmsSimulator, authority: Authority, home: Path, **others: Any) -> Settings:
    given = {"kms_key": KEY, "kms_api_url": kms.url, "ca_bundle": authority.bundle}
    return Settings.read(home=home, **(given | others))


@pytest.fixture
def key(settings: Settings) -> KmsKey:
    [key] = open_kms(settings, [KEY])
    return key


@pytest.fixture
def crypto_key(kms: KmsSimulator) -> CryptoKey:
    return kms.keys[KEY]


def test_a_data_key_is_wrapped_and_unwrapped(key: KmsKey) -> None:
    id, wrapped = key.wrap(DATA_KEY, bound=b"here")

    assert id == f"{key.name}-1"
    assert DATA_KEY not in wrapped
    assert key.unwrap(wrapped, bound=b"here") == DATA_KEY


def test_the_bound_data_goes_to_the_service_and_is_looked_at_there(
    kms: KmsSimulator, key: KmsKey
) -> None:
    _, wrapped = key.wrap(DATA_KEY, bound=b"here")

    with pytest.raises(Altered):
        key.unwrap(wrapped, bound=b"there")

    assert kms.bound == [b"here", b"there"]


def test_every_byte_of_what_is_wrapped_counts(key: KmsKey) -> None:
    _, wrapped = key.wrap(DATA_KEY, bound=b"here")

    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        with pytest.raises(Altered):
            key.unwrap(bytes(changed), bound=b"here")


def test_one_token_serves_many_calls(kms: KmsSimulator, key: KmsKey) -> None:
    for _ in range(5):
        key.wrap(DATA_KEY, bound=b"here")

    assert [request.path for request in kms.requests].count("/token") == 1
    assert kms.handshakes == 1


def test_the_version_that_wrapped_is_in_the_id(key: KmsKey, crypto_key: CryptoKey) -> None:
    before, wrapped = key.wrap(DATA_KEY, bound=b"here")

    crypto_key.rotate()

    assert (before, key.current_id()) == (f"{key.name}-1", f"{key.name}-2")
    assert key.unwrap(wrapped, bound=b"here") == DATA_KEY


# What goes wrong

UNAVAILABLE = {
    "it fails": Fault("answer", response=error(500, "INTERNAL", "Internal error")),
    "it is overloaded": Fault("answer", response=error(503, "UNAVAILABLE", "Try again")),
    "quota is used up": Fault("answer", response=error(429, "RESOURCE_EXHAUSTED", "Quota")),
    "it hangs up": Fault("close"),
    "it hangs up rudely": Fault("reset"),
    "half of the answer comes": Fault("cut", after=True),
    "a proxy answers": Fault("answer", response=Response(502, b"<html>Bad gateway</html>")),
    "the answer is no JSON": Fault("answer", response=Response(200, b"<html>hello</html>")),
    "the answer is empty": Fault("answer", response=Response.of({})),
    "the answer is a list": Fault("answer", response=Response.of([])),
    "it is somewhere else": Fault("answer", response=Response(302, headers={"Location": "/x"})),
}


@pytest.mark.parametrize("fault", UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_what_may_work_later_is_no_broken_link(
    kms: KmsSimulator, settings: Settings, fault: Fault
) -> None:
    sealed = open_sealer(settings).seal("password", PLACE)
    kms.faults.append(replace(fault, path=":decrypt"))
    sealer = open_sealer(settings)

    with pytest.raises(Unavailable):
        sealer.open(sealed, PLACE)

    assert sealer.open(sealed, PLACE) == "password"


@pytest.mark.parametrize("fault", UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_what_could_not_be_wrapped_is_not_kept(
    kms: KmsSimulator, settings: Settings, fault: Fault
) -> None:
    kms.faults.append(replace(fault, path=":encrypt"))

    with pytest.raises(Unavailable):
        open_sealer(settings).seal("password", PLACE)

    assert kms.calls("encrypt") == 1


@pytest.mark.parametrize("name", ["it hangs up", "the answer is no JSON", "the answer is a list"])
def test_a_token_that_is_not_given_is_no_broken_link(
    kms: KmsSimulator, settings: Settings, name: str
) -> None:
    kms.faults.append(replace(UNAVAILABLE[name], path="/token"))

    with pytest.raises(Unavailable):
        open_sealer(settings).seal("password", PLACE)


def test_a_service_that_is_not_there_is_no_broken_link(
    authority: Authority, kms: KmsSimulator, settings: Settings, tmp_path: Path
) -> None:
    sealed = open_sealer(settings).seal("password", PLACE)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"https://localhost:{unused.getsockname()[1]}"
        gone = settings_of(kms, authority, tmp_path, kms_api_url=url)

        with pytest.raises(Unavailable, match="cannot be reached"):
            open_sealer(gone).open(sealed, PLACE)


def test_a_service_that_nobody_vouches_for_is_not_spoken_to(
    kms: KmsSimulator, settings: Settings, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path)
    doubting = settings.model_copy(update={"ca_bundle": stranger.bundle})

    with pytest.raises(Unavailable, match="cannot be trusted"):
        open_sealer(doubting).seal("password", PLACE)

    assert kms.requests == []


@pytest.mark.parametrize("damage", ["request", "answer", "unseen"])
def test_what_is_damaged_on_its_way_is_not_used(
    kms: KmsSimulator, key: KmsKey, damage: str
) -> None:
    """cloud.google.com/kms/docs/data-integrity-guidelines"""
    kms.damage = damage

    with pytest.raises(Unavailable):
        key.wrap(DATA_KEY, bound=b"here")


@pytest.mark.parametrize("damage", ["request", "answer"])
def test_damage_on_the_way_is_no_broken_link(
    kms: KmsSimulator, settings: Settings, damage: str
) -> None:
    sealed = open_sealer(settings).seal("password", PLACE)
    kms.damage = damage

    with pytest.raises(Unavailable):
        open_sealer(settings).open(sealed, PLACE)


def test_a_version_that_was_disabled_is_said_and_comes_back(
    settings: Settings, crypto_key: CryptoKey
) -> None:
    sealed = open_sealer(settings).seal("password", PLACE)
    sealer = open_sealer(settings)
    crypto_key.versions[0].state = "DISABLED"

    with pytest.raises(Unavailable, match="whether its version is enabled"):
        sealer.open(sealed, PLACE)

    crypto_key.versions[0].state = "ENABLED"
    assert sealer.open(sealed, PLACE) == "password"


def test_a_right_that_is_missing_is_named(settings: Settings, crypto_key: CryptoKey) -> None:
    crypto_key.granted = False

    with pytest.raises(Unavailable, match=r"roles/cloudkms\.cryptoKeyEncrypterDecrypter"):
        open_sealer(settings).seal("password", PLACE)


def test_a_key_that_is_not_there_is_named(kms: KmsSimulator, settings: Settings) -> None:
    del kms.keys[KEY]

    with pytest.raises(Unavailable, match="ORCHESTRE_KMS_KEY"):
        open_sealer(settings).seal("password", PLACE)


def test_credentials_that_google_refuses_are_said_without_its_words(
    kms: KmsSimulator, key: KmsKey
) -> None:
    words = {"error": "invalid_grant", "error_description": "secret-in-the-words"}
    kms.faults.append(Fault("answer", path="/token", response=Response.of(words, status=400)))

    with pytest.raises(Unavailable, match="GOOGLE_APPLICATION_CREDENTIALS") as caught:
        key.wrap(DATA_KEY, bound=b"here")

    assert "secret-in-the-words" not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_credentials_that_are_not_there_are_asked_for(
    key: KmsKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))

    with pytest.raises(Unavailable, match="GOOGLE_APPLICATION_CREDENTIALS"):
        key.wrap(DATA_KEY, bound=b"here")


# From one kind of key to the other


def test_credentials_move_into_the_service_and_out_again(
    authority: Authority, kms: KmsSimulator, tmp_path: Path
) -> None:
    local = settings_of(kms, authority, tmp_path, kms_key="")
    sealed = open_sealer(local).seal("password", PLACE)

    into = open_sealer(settings_of(kms, authority, tmp_path))
    inside = into.renew(sealed, PLACE)
    out_of = open_sealer(settings_of(kms, authority, tmp_path, kms_key="", old_keys=KEY))
    outside = out_of.renew(inside, PLACE)

    assert is_current(inside, into.current_id())
    assert Sealer(open_kms(local, [KEY])).open(inside, PLACE) == "password"
    assert key_id(outside) == LocalKey(local.keys()[0]).name
    assert open_sealer(local).open(outside, PLACE) == "password"
    with pytest.raises(Refused, match="not here"):
        open_sealer(local).open(inside, PLACE)


def test_with_a_key_in_the_service_none_is_made_here(settings: Settings) -> None:
    open_sealer(settings).seal("password", PLACE)

    assert not (settings.home / "keys").exists()


def test_production_needs_no_key_of_its_own_beside_one_in_the_service(tmp_path: Path) -> None:
    production = {"environment": "production", "DATABASE_URL": "postgresql+psycopg://db/o"}

    Settings.read(home=tmp_path, kms_key=KEY, **production).check()

    with pytest.raises(Invalid, match="ORCHESTRE_KEY is missing"):
        Settings.read(home=tmp_path, **production).check()


@pytest.mark.parametrize("name", ["credentials", f"{KEY}/cryptoKeyVersions/1", f"{KEY},{OTHER}"])
def test_what_is_no_name_of_a_key_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid, match="ORCHESTRE_KMS_KEY"):
        Settings.read(home=tmp_path, kms_key=name)


def test_two_keys_of_the_service_are_told_apart(settings: Settings) -> None:
    sealed = open_sealer(settings).seal("password", PLACE)
    other = settings.model_copy(update={"kms_key": OTHER})

    with pytest.raises(Refused, match="not here"):
        open_sealer(other).open(sealed, PLACE)


# The live check


def test_the_live_check_uses_every_key_that_is_set(
    authority: Authority, kms: KmsSimulator, tmp_path: Path
) -> None:
    words = check_kms(settings_of(kms, authority, tmp_path, old_keys=OTHER))

    assert words.startswith("2 wrapped and unwrapped")
    assert {request.path.rpartition(":")[0] for request in kms.requests} >= {
        f"/v1/{KEY}",
        f"/v1/{OTHER}",
    }


def test_the_live_check_says_what_is_wrong(settings: Settings, crypto_key: CryptoKey) -> None:
    crypto_key.granted = False

    with pytest.raises(Unavailable, match="Grant it"):
        check_kms(settings)


def test_the_live_check_asks_for_a_key(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="ORCHESTRE_KMS_KEY"):
        check_kms(Settings.read(home=tmp_path))
