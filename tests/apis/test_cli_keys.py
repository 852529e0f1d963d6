"""Keys on the command line: what is said, and what has become of the accounts."""

import json
from pathlib import Path

import pytest

from core.connections import Connection, Health
from core.keyring import LocalKey, make_key, read_key
from core.sealing import key_id
from tests.apis.test_cli import Cli, cli, clock
from tests.conftest import World

__all__ = ["cli", "clock"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NEW = make_key()
NEW_ID = LocalKey(read_key(NEW)).name


@pytest.fixture
def old_key(world: World, tmp_path: Path) -> str:
    """The line in the key file that the world's account is sealed with."""
    return (tmp_path / "keys" / "sealing.key").read_text().strip()


@pytest.fixture
def old_id(old_key: str) -> str:
    return LocalKey(read_key(old_key)).name


@pytest.fixture
def changed(old_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings between two keys."""
    monkeypatch.setenv("ORCHESTRE_KEY", NEW)
    monkeypatch.setenv("ORCHESTRE_OLD_KEYS", old_key)


def sealed_with(world: World) -> str:
    return key_id(world.database.for_workers().get(Connection, world.connection.id).sealed)


def test_a_rotation_says_that_the_old_key_can_go(
    cli: Cli, world: World, changed: None, old_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sealed_with(world) == old_id

    code, output, complaint = cli("keys", "rotate")

    assert code == 0
    assert output == f"1 were sealed anew; key {NEW_ID} seals.\n"
    assert "ORCHESTRE_OLD_KEYS can be emptied" in complaint
    assert sealed_with(world) == NEW_ID
    monkeypatch.delenv("ORCHESTRE_OLD_KEYS")
    assert cli("keys", "list")[1].split()[-3:] == [NEW_ID, "seals", "1"]


def test_a_rotation_that_leaves_something_names_the_key_and_ends_with_one(
    cli: Cli, world: World, old_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRE_KEY", NEW)

    code, _, complaint = cli("keys", "rotate")

    assert code == 1
    assert f"1 still need key {old_id} (missing): keep it." in complaint
    assert sealed_with(world) == old_id


def test_keys_are_listed_for_programs(cli: Cli, changed: None, old_id: str) -> None:
    _, output, _ = cli("keys", "list", "--json")

    assert json.loads(output) == [
        {"id": NEW_ID, "role": "seals", "records": 0},
        {"id": old_id, "role": "opens", "records": 1},
    ]


@pytest.mark.parametrize(
    "command",
    [["serve"], ["connections", "add", "dummy", "other@shop.example"]],
    ids=["serve", "add"],
)
def test_with_another_key_nothing_starts_and_nothing_is_sealed(
    cli: Cli, world: World, old_id: str, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("ORCHESTRE_KEY", NEW)

    code, _, complaint = cli(*command)

    assert code in (2, 78)
    assert f"sealed with key {old_id}" in complaint
    assert f"orchestre keys give-up {old_id}" in complaint
    assert len(world.app.connections.list(by=world.by)) == 1


def test_the_doctor_names_the_key_that_is_missing(
    cli: Cli, world: World, old_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRE_KEY", NEW)

    code, output, _ = cli("doctor", "--json")

    [found] = [each for each in json.loads(output) if each["name"] == "credentials"]
    assert code == 78
    assert found["level"] == "problem"
    assert old_id in found["words"]


def test_a_key_that_is_lost_is_given_up(
    cli: Cli, world: World, old_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRE_KEY", NEW)

    code, output, _ = cli("keys", "give-up", old_id, "--yes")

    assert code == 0
    assert "1 were sealed" in output
    [kept] = world.app.connections.list(by=world.by)
    assert kept.health is Health.NEEDS_REAUTHORIZATION
    assert cli("keys", "rotate")[0] == 0


@pytest.mark.parametrize(
    "weak",
    {
        "all zero": "A" * 43 + "=",
        "hex": "ab" * 32,
        "a word": "secret",
        "the sample": "Make one with openssl rand -base64 32",
    }.values(),
)
def test_a_weak_key_starts_nothing(
    cli: Cli, world: World, monkeypatch: pytest.MonkeyPatch, weak: str
) -> None:
    monkeypatch.setenv("ORCHESTRE_KEY", weak)

    for command in ("serve", "doctor"):
        code, output, complaint = cli(command)

        assert code == 78, command
        assert "orchestre keys make" in output + complaint
        assert weak not in output + complaint


def test_a_key_file_that_others_can_read_starts_nothing(
    cli: Cli, world: World, tmp_path: Path
) -> None:
    file = tmp_path / "keys" / "sealing.key"
    file.chmod(0o644)

    code, _, complaint = cli("serve")

    assert code == 78
    assert f"chmod 600 {file}" in complaint
