"""Keys are replaced while everything goes on, and nothing newer is ever overwritten."""

import base64
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from core.clock import system_clock
from core.connections import Attempt, Connection, Credentials, Health, place_of
from core.errors import Invalid, Refused, Unavailable
from core.failpoints import Died, arm, disarm
from core.keyring import LocalKey
from core.messages import Address
from core.sealing import Sealer, is_current, key_id
from db.base import Add, Database, Drop, Swap
from providers.http import shared
from services.attempts import place_of_attempt
from services.keys import PAGE, Keys, KeyUse, Role
from services.kms import GoogleToken, KmsKey
from services.renewals import Renewals
from tests.simulators.kms import KEY, CryptoKey, KmsSimulator
from tests.simulators.service import Authority

OLD, NEW = (LocalKey(secrets.token_bytes(32)) for _ in range(2))
BEFORE, AFTER = Sealer([OLD]), Sealer([NEW, OLD])
MANY = PAGE * 2 + 7


class Running:
    """A clock that goes on by some seconds whenever somebody looks at it."""

    now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=7)
        return self.now


@pytest.fixture(autouse=True)
def nothing_stays_armed() -> Iterator[None]:
    yield
    disarm()


def linked(
    database: Database, id: str, *, sealer: Sealer = BEFORE, owner_id: str = "alice"
) -> Connection:
    """A connection whose password is its own id."""
    connection = Connection(
        id=id,
        owner_id=owner_id,
        provider="dummy",
        account=Address(handle=f"{id}@shop.example"),
        handle=f"{id}@shop.example",
        sealed=sealer.seal(id, place_of(id, owner_id=owner_id)),
        linked_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    database.for_workers().commit(Add(connection))
    return connection


def many(database: Database, number: int = MANY, *, sealer: Sealer = BEFORE) -> list[Connection]:
    return [
        linked(database, f"c{index:05}", sealer=sealer, owner_id=f"owner{index % 3}")
        for index in range(number)
    ]


def password(database: Database, id: str, *, sealer: Sealer) -> str:
    kept = database.for_workers().get(Connection, id)
    return sealer.open(kept.sealed, place_of(id, owner_id=kept.owner_id))


def on_key(database: Database, key: LocalKey) -> int:
    return sum(key_id(kept.sealed) == key.name for kept in database.dump(Connection))


def test_after_a_rotation_the_new_key_alone_opens_everything(database: Database) -> None:
    there = many(database)

    done = Keys(database, AFTER).rotate()

    assert (done.renewed, done.left) == (MANY, ())
    alone = Sealer([NEW])
    assert [password(database, kept.id, sealer=alone) for kept in there] == [
        kept.id for kept in there
    ]


def test_a_rotation_twice_changes_nothing(database: Database) -> None:
    many(database)
    keys = Keys(database, AFTER)
    keys.rotate()
    before = list(database.dump(Connection))

    done = keys.rotate()

    assert done.renewed == 0
    assert list(database.dump(Connection)) == before


def test_data_keys_are_replaced_too(database: Database) -> None:
    """Whoever had the old key and the database knows them."""
    before = linked(database, "c1")

    Keys(database, AFTER).rotate()

    after = database.for_workers().get(Connection, "c1")
    assert before.sealed.split(".")[2:] != after.sealed.split(".")[2:]
    with pytest.raises(Refused, match="not here"):
        BEFORE.open(after.sealed, place_of("c1", owner_id="alice"))


def test_the_form_of_before_is_brought_to_the_new_one(database: Database) -> None:
    raw = secrets.token_bytes(32)
    nonce = secrets.token_bytes(12)
    sealed = nonce + AESGCM(raw).encrypt(nonce, b"hunter2", b"c1")
    kept = linked(database, "c1")
    text = f"v1.{LocalKey(raw).name}.{base64.urlsafe_b64encode(sealed).decode()}"
    database.for_workers().commit(Swap(kept, kept.evolve(sealed=text)))

    done = Keys(database, Sealer([LocalKey(raw)])).rotate()

    assert (done.renewed, done.left) == (1, ())
    assert password(database, "c1", sealer=Sealer([LocalKey(raw)])) == "hunter2"


def test_attempts_to_link_are_sealed_anew_too(database: Database) -> None:
    place = place_of_attempt("a1", "alice")
    sealed = BEFORE.seal("verifier", place)
    database.for_workers().commit(
        Add(Attempt(id="a1", owner_id="alice", provider="gmail", sealed=sealed))
    )

    done = Keys(database, AFTER).rotate()

    assert done.renewed == 1
    kept = database.for_workers().get(Attempt, "a1")
    assert Sealer([NEW]).open(kept.sealed, place) == "verifier"


@pytest.mark.parametrize("number", [1, PAGE, MANY])
def test_a_credential_that_was_renewed_meanwhile_stays(database: Database, number: int) -> None:
    """Wherever in a page it is: the others of its page are sealed anew all the same."""
    many(database, number)
    store = database.for_workers()
    newest = f"c{number - 1:05}"

    def refresh(_: str) -> None:
        disarm()
        kept = store.get(Connection, newest)
        place = place_of(kept.id, owner_id=kept.owner_id)
        store.commit(Swap(kept, kept.evolve(sealed=BEFORE.seal("newer", place))))

    arm("key.renew", refresh)
    done = Keys(database, AFTER).rotate()

    assert done.left == ()
    assert password(database, newest, sealer=Sealer([NEW])) == "newer"
    assert on_key(database, OLD) == 0


def test_a_token_that_is_being_exchanged_finds_its_place_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service has taken the old one back: the new one must not be lost to a rotation."""
    monkeypatch.setattr("services.keys.PATIENCE", timedelta(0))
    there = many(database, 3)
    renewed = there[1]

    def seal(kept: Connection, new: Credentials) -> str:
        place = place_of(kept.id, owner_id=kept.owner_id)
        assert new.refresh_token
        return AFTER.seal(new.refresh_token.get_secret_value(), place, kept=kept.sealed)

    def exchange(_: Credentials) -> Credentials:
        done = Keys(database, AFTER).rotate()
        assert done.renewed == 2
        assert [(use.id, use.records) for use in done.left] == [(OLD.name, 1)]
        return Credentials(refresh_token=SecretStr("newer"))

    renewals = Renewals(database, unseal=lambda kept: Credentials(), seal=seal, clock=system_clock)
    renewals.renew(renewed.id, exchange)

    assert Keys(database, AFTER).rotate().left == ()
    assert password(database, renewed.id, sealer=Sealer([NEW])) == "newer"


def test_a_renewal_whose_process_died_is_waited_for_and_then_passed_over(
    database: Database,
) -> None:
    kept = linked(database, "c1")
    clock = Running()
    busy = kept.evolve(renewing_until=clock.now + timedelta(seconds=40))
    database.for_workers().commit(Swap(kept, busy))

    done = Keys(database, AFTER, clock=clock).rotate()

    assert (done.renewed, done.left) == (1, ())
    assert clock.now >= datetime(2026, 1, 1, 0, 0, 40, tzinfo=UTC)


def test_an_account_that_was_unlinked_meanwhile_stays_away(database: Database) -> None:
    first, second = many(database, 2)

    def unlink(_: str) -> None:
        disarm()
        database.for_workers().commit(Drop(first))

    arm("key.renew", unlink)
    done = Keys(database, AFTER).rotate()

    assert (done.renewed, done.left) == (1, ())
    assert [kept.id for kept in database.dump(Connection)] == [second.id]


@pytest.mark.parametrize("point", ["key.renew", "key.renewed"])
def test_a_rotation_that_died_is_taken_up_where_it_was(database: Database, point: str) -> None:
    many(database)
    pages = 0

    def die_in_the_second_page(name: str) -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise Died(name)

    arm(point, die_in_the_second_page)
    with pytest.raises(Died):
        Keys(database, AFTER).rotate()
    disarm()
    before = on_key(database, NEW)
    done = Keys(database, AFTER).rotate()

    assert 0 < before < MANY
    assert (done.renewed, done.left) == (MANY - before, ())


def test_what_cannot_be_opened_is_left_and_counted(database: Database) -> None:
    lost = LocalKey(secrets.token_bytes(32))
    linked(database, "c1", sealer=Sealer([lost]))
    altered = linked(database, "c2")
    linked(database, "c3")
    sealed = altered.sealed[:-4] + "AAAA"
    database.for_workers().commit(Swap(altered, altered.evolve(sealed=sealed)))

    done = Keys(database, AFTER).rotate()

    assert done.renewed == 1
    assert set(done.left) == {
        KeyUse(id=OLD.name, role=Role.OPENS, records=1),
        KeyUse(id=lost.name, role=Role.MISSING, records=1),
    }


def test_keys_are_listed_with_what_is_sealed_with_each(database: Database) -> None:
    linked(database, "c1")
    linked(database, "c2", sealer=AFTER)
    linked(database, "c3", sealer=AFTER)

    assert Keys(database, AFTER).in_use() == [
        KeyUse(id=NEW.name, role=Role.SEALS, records=2),
        KeyUse(id=OLD.name, role=Role.OPENS, records=1),
    ]
    assert Keys(database, BEFORE).in_use() == [
        KeyUse(id=OLD.name, role=Role.SEALS, records=1),
        KeyUse(id=NEW.name, role=Role.MISSING, records=2),
    ]


# At the start


def test_a_start_with_the_right_key_says_nothing(database: Database) -> None:
    Keys(database, BEFORE).check()
    many(database, 3)

    Keys(database, BEFORE).check()
    Keys(database, AFTER).check()


@pytest.mark.parametrize("number", [1, 3])
def test_a_start_with_another_key_is_refused_with_words(database: Database, number: int) -> None:
    many(database, number)

    with pytest.raises(Invalid, match=f"sealed with key {OLD.name}.*ORCHESTRE_OLD_KEYS"):
        Keys(database, Sealer([NEW])).check()


def test_a_start_half_way_through_a_rotation_needs_both_keys(database: Database) -> None:
    linked(database, "c1", sealer=AFTER)
    linked(database, "c2", sealer=AFTER)
    linked(database, "c3")

    for alone in (Sealer([OLD]), Sealer([NEW])):
        with pytest.raises(Invalid, match="are sealed"):
            Keys(database, alone).check()
    Keys(database, AFTER).check()


def test_one_altered_credential_stops_no_start(database: Database) -> None:
    kept = linked(database, "c1")
    database.for_workers().commit(Swap(kept, kept.evolve(sealed="nonsense")))

    Keys(database, BEFORE).check()


def test_what_is_sealed_with_a_lost_key_is_given_up(database: Database) -> None:
    linked(database, "c1")
    linked(database, "c2", sealer=AFTER)
    keys = Keys(database, Sealer([NEW]))

    assert keys.give_up(OLD.name) == 1

    keys.check()
    lost, kept = database.dump(Connection)
    assert (lost.health, lost.sealed) == (Health.NEEDS_REAUTHORIZATION, "")
    assert "Link the account again" in lost.trouble
    assert kept.health is Health.LINKED
    assert keys.rotate().left == ()


def test_nothing_is_given_up_whose_key_is_here(database: Database) -> None:
    linked(database, "c1")

    with pytest.raises(Invalid, match="nothing is lost"):
        Keys(database, AFTER).give_up(OLD.name)

    assert password(database, "c1", sealer=BEFORE) == "c1"


# With a key that a service keeps


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def kms(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KmsSimulator]:
    kms = KmsSimulator(authority)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(kms.credentials_file(tmp_path)))
    with kms.running():
        yield kms
    shared(authority.bundle).close()


@pytest.fixture
def remote(kms: KmsSimulator, authority: Authority) -> KmsKey:
    http = shared(authority.bundle)
    return KmsKey(KEY, http=http, url=kms.url, token=GoogleToken(http))


def test_credentials_move_to_the_service_and_back(database: Database, remote: KmsKey) -> None:
    many(database, 7)

    into = Keys(database, Sealer([remote, OLD])).rotate()
    inside = on_key(database, OLD)
    out_of = Keys(database, Sealer([NEW, remote])).rotate()

    assert (into.renewed, into.left, inside) == (7, (), 0)
    assert into.key_id == f"{remote.name}-1"
    assert (out_of.renewed, out_of.left) == (7, ())
    assert password(database, "c00003", sealer=Sealer([NEW])) == "c00003"


def test_a_new_version_in_the_service_is_rotated_to(
    database: Database, kms: KmsSimulator, remote: KmsKey
) -> None:
    """Then the version of before can be disabled there."""
    sealer = Sealer([remote])
    many(database, 3, sealer=sealer)
    crypto_key: CryptoKey = kms.keys[KEY]
    crypto_key.rotate()

    done = Keys(database, sealer).rotate()

    crypto_key.versions[0].state = "DISABLED"
    assert (done.renewed, done.left, done.key_id) == (3, (), f"{remote.name}-2")
    assert password(database, "c00001", sealer=Sealer([remote])) == "c00001"


def test_a_rotation_goes_on_when_the_service_is_back(
    database: Database, kms: KmsSimulator, remote: KmsKey
) -> None:
    many(database, MANY)
    keys = Keys(database, Sealer([remote, OLD]))
    seen = 0

    def fall_silent(_: str) -> None:
        nonlocal seen
        seen += 1
        kms.keys[KEY].granted = seen < 2

    arm("key.renewed", fall_silent)
    with pytest.raises(Unavailable, match="Grant it"):
        keys.rotate()
    kms.keys[KEY].granted = True
    disarm()
    done = keys.rotate()

    assert 0 < done.renewed < MANY
    assert done.left == ()
    assert all(is_current(kept.sealed, done.key_id) for kept in database.dump(Connection))
