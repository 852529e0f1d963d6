"""What the command line says of accounts, and of what only a real one can tell."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.config import Settings
from core.connections import Credentials
from providers.http import shared
from services.bootstrap import bootstrap
from services.live import writing
from tests.apis.test_cli import Cli, cli, clock
from tests.conftest import ALICE, World, Write
from tests.simulators.gmail import GmailSimulator
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
__all__ = ["cli", "clock"]


def test_health_says_that_all_is_well(cli: Cli, world: World, write: Write) -> None:
    world.start()
    write()
    world.poll()

    code, output, _ = cli("connections", "health")

    assert code == 0
    assert "alice@shop.example ok" in " ".join(output.split())
    assert "0 s" in output


def test_health_says_what_troubles_an_account_and_what_to_do(cli: Cli, world: World) -> None:
    world.app.connections.expire(world.connection.id, "It was withdrawn.")

    code, output, _ = cli("connections", "health", "alice@shop.example")

    assert code == 0
    assert "needs_reauthorization" in output
    assert "It was withdrawn." in output
    assert "Link the same account again" in output


def test_health_is_json_for_programs(cli: Cli, world: World) -> None:
    _, output, _ = cli("connections", "health", "--json")

    [health] = json.loads(output)
    assert (health["account"], health["state"]) == ("alice@shop.example", "off")


def test_a_canary_that_does_not_come_in_says_where_to_look(cli: Cli, world: World) -> None:
    world.start()

    code, _, error = cli("connections", "canary", "alice@shop.example", "--wait", "0")

    assert code == 69
    assert "orchestre connections health alice@shop.example" in error


def test_a_canary_of_an_account_that_is_not_read_is_not_sent(cli: Cli, world: World) -> None:
    code, _, error = cli("connections", "canary", "alice@shop.example")

    assert code == 1
    assert "Start its bot" in error


def test_the_doctor_explains_every_trouble_and_its_fix(cli: Cli, world: World) -> None:
    world.app.connections.expire(world.connection.id, "It was withdrawn.")

    code, output, _ = cli("doctor", "--json")

    findings = [one for one in json.loads(output) if one["name"] == "account alice@shop.example"]
    assert code == 0
    assert [one["level"] for one in findings] == ["warning"]
    assert "It was withdrawn." in findings[0]["words"]
    assert "Link the same account again" in findings[0]["words"]


def test_a_live_check_that_there_is_none_of_names_those_there_are(cli: Cli, world: World) -> None:
    code, _, error = cli("doctor", "--live", "carrier-pigeon")

    assert code == 2
    for name in ("gmail", "outlook", "slack", "telegram", "imap", "kms"):
        assert name in error


def test_a_live_check_wants_an_account(cli: Cli, world: World) -> None:
    code, _, error = cli("doctor", "--live", "gmail")

    assert code == 1
    assert "Linked: none" in error


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    yield authority
    shared(authority.bundle).close()


@pytest.fixture
def gmail(
    authority: Authority, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GmailSimulator]:
    """The settings lead to a simulated Gmail, and the world's owner has linked an account."""
    simulator = GmailSimulator(authority)
    addresses = {
        "ORCHESTRE_GMAIL_API_URL": simulator.url,
        "ORCHESTRE_GOOGLE_TOKEN_URL": simulator.token_url,
        "ORCHESTRE_CA_BUNDLE": str(authority.bundle),
        "GOOGLE_CLIENT_ID": CLIENT_ID,
        "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
    }
    for name, value in addresses.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(writing, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(writing, "QUIET_SECONDS", 0.2)
    with simulator.running():
        app = bootstrap(Settings.read(home=tmp_path))
        app.connections.link(
            "gmail",
            ALICE,
            by=world.by,
            settings={},
            credentials=Credentials(refresh_token=SecretStr(simulator.link())),
        )
        app.close()
        yield simulator


@pytest.mark.network
def test_live_checks_print_what_they_proved(cli: Cli, gmail: GmailSimulator) -> None:
    code, output, error = cli("doctor", "--live", "gmail", "--yes")

    assert code == 0, output + error
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "ok send twice: The same draft was refused the second time (Gone)." in lines
    assert any(line.startswith("ok come in: It came in once") for line in lines)
    assert len(gmail.sent()) == 1


@pytest.mark.network
def test_live_checks_send_nothing_that_nobody_agreed_to(cli: Cli, gmail: GmailSimulator) -> None:
    code, output, _ = cli("doctor", "--live", "gmail", "--json")

    found = {finding["name"]: finding for finding in json.loads(output)}
    assert code == 0
    assert "--yes" in found["a mail to itself"]["words"]
    assert gmail.sent() == []
