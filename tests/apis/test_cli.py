"""The command line, in this process: what it says and how it ends."""

import io
import json
import shlex
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from apis.cli import run
from core.alerts import Alert
from core.bots import Bot, Mode
from core.clock import system_clock
from core.connections import Health
from core.replies import Reply, Status
from db.base import Swap
from providers.base import CAN_BE_ASKED
from providers.plugins.dummy import MAILBOXES
from tests.conftest import FrozenClock, World, Write

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clock() -> FrozenClock:
    """The command line has the real clock: the world agrees with it."""
    clock = FrozenClock()
    clock.now = system_clock()
    return clock


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command in the world's home; its exit code, output and complaints."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "BROKER_URL", "ORCHESTRE_HOME", "ORCHESTRE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ORCHESTRE_LLM", "composer")

    def cli(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["--home", str(tmp_path), *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return cli


@pytest.fixture
def held(world: World, write: Write) -> Reply:
    world.start(Mode.ASSIST)
    write()
    world.tick()
    return world.reply()


def test_an_answer_is_shown_and_sent_as_it_was_shown(cli: Cli, world: World, held: Reply) -> None:
    code, output, _ = cli("replies", "approve", held.id[:8])
    world.clock.advance(minutes=1)
    world.sweep()
    world.work()

    assert code == 0
    assert "bob@customer.example" in output
    assert "199" in output
    assert f"{held.id[:8]} is approved." in output
    [body] = world.bodies()
    assert body in output


def test_an_answer_is_sent_in_other_words(cli: Cli, world: World, held: Reply) -> None:
    words = Path("words.txt")
    words.write_text("Call me.\n")

    code, output, _ = cli("replies", "approve", held.id, "--body-file", str(words))
    world.clock.advance(minutes=1)
    world.sweep()
    world.work()

    assert (code, world.bodies()) == (0, ["Call me."])
    assert "Call me." in output


def test_an_answer_is_changed_in_an_editor(
    cli: Cli, world: World, held: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/199/198/")
    monkeypatch.delenv("VISUAL", raising=False)

    code, _, _ = cli("replies", "edit", held.id)

    look = world.app.replies.look(held.id, by=world.by)
    assert code == 0
    assert look.outgoing
    assert "198" in look.outgoing.body
    assert look.reply.status is Status.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["reject", "--reason", "I know him."], Status.REJECTED),
        (["redraft"], Status.RECEIVED),
        (["never-answer"], Status.REJECTED),
    ],
)
def test_an_answer_is_decided_on(
    cli: Cli, world: World, held: Reply, arguments: list[str], status: Status
) -> None:
    code, _, _ = cli("replies", arguments[0], held.id, *arguments[1:])

    assert (code, world.reply().status) == (0, status)


def test_a_doubt_is_settled(cli: Cli, world: World, write: Write) -> None:
    world.start()
    write()
    world.mailbox.fault, world.mailbox.fault_on = OSError("the line went dead"), "send"
    world.tick()

    unsaid = cli("replies", "settle", world.reply().id)
    settled = cli("replies", "settle", world.reply().id, "--sent")

    assert unsaid[0] == 2
    assert settled[0] == 0
    assert world.reply().status is Status.SENT


def test_replies_are_listed_for_people_and_for_programs(cli: Cli, held: Reply) -> None:
    _, table, _ = cli("replies", "list", "--status", "awaiting_approval")
    _, listed, _ = cli("replies", "list", "--json")
    _, shown, _ = cli("--json", "replies", "show", held.id[:6], "--trace")

    assert held.id[:8] in table
    assert "\x1b" not in table
    assert [reply["id"] for reply in json.loads(listed)] == [held.id]
    assert json.loads(shown)["outgoing"]["to"]["handle"] == "bob@customer.example"
    assert [event["status"] for event in json.loads(shown)["history"]][-1] == "awaiting_approval"


def test_everything_that_happened_is_shown(cli: Cli, held: Reply) -> None:
    _, output, _ = cli("replies", "show", held.id, "--trace")

    assert "How much is the Alpine Tent 2?" in output
    assert "received by worker" in output
    assert "The chain is whole." in output


def test_a_mail_cannot_steer_the_terminal(cli: Cli, world: World, write: Write) -> None:
    world.start(Mode.ASSIST)
    write("\x1b]0;owned\x07 How much is the Alpine Tent 2?", subject="[red]\x1b[31mhello")
    world.tick()

    _, shown, _ = cli("replies", "show", world.reply().id)
    _, listed, _ = cli("replies", "list")

    assert "\x1b" not in shown + listed
    assert "\x07" not in shown + listed
    assert "[red]" in listed


def test_a_bot_is_started_looked_at_and_stopped(cli: Cli, world: World) -> None:
    _, started, _ = cli("bots", "start", "alice@shop.example", "--interval", "30")
    _, listed, _ = cli("bots", "list", "--json")
    _, stopped, _ = cli("bots", "stop", "dummy/alice@shop.example")
    _, status, _ = cli("bots", "status", world.connection.id[:8], "--json")

    assert "running" in started
    assert "assist" in started
    assert json.loads(listed)[0]["interval_seconds"] == 30
    assert "stopped" in stopped
    assert json.loads(status)[0]["state"] == "stopped"


def test_a_bot_is_told_how_to_write(
    cli: Cli, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = world.connection.handle
    nothing = cli("bots", "instruct", alice)
    told = cli("bots", "instruct", alice, "Sign as Anna.")
    (tmp_path / "words.txt").write_text("Be brief.\nBe kind.\n")
    read = cli("bots", "instruct", alice, "--file", str(tmp_path / "words.txt"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Be merry."), encoding="utf-8"))
    piped = cli("bots", "instruct", alice, "--file", "-")
    seen = cli("bots", "instruct", alice)
    both = cli("bots", "instruct", alice, "Be brief.", "--file", "-")
    _, status, _ = cli("bots", "status", alice, "--json")
    taken_back = cli("bots", "instruct", alice, "")

    assert nothing == (0, "It was told nothing of how to write.\n", "")
    assert told[1] == "Sign as Anna.\n"
    assert read[1] == "Be brief.\nBe kind.\n"
    assert piped == seen == (0, "Be merry.\n", "")
    assert both[0] != 0
    assert "not both" in both[2]
    assert json.loads(status)[0]["instructions"] == "Be merry."
    assert taken_back == nothing


def test_a_bot_that_holds_everything_back_is_resumed(cli: Cli, world: World) -> None:
    world.start()
    store = world.database.for_workers()
    bot = store.get(Bot, world.connection.id)
    store.commit(Swap(bot, bot.hold_back("Too many machines.")))

    _, held, _ = cli("bots", "list")
    _, doctor, _ = cli("doctor")
    _, resumed, _ = cli("bots", "resume", "alice@shop.example")

    assert "held_back" in held
    assert "orchestre bots resume alice@shop.example" in " ".join(doctor.split())
    assert "running" in resumed


def test_the_big_red_button_stops_everybodys_bots(cli: Cli, world: World) -> None:
    world.start()

    code, output, _ = cli("stop")
    again = cli("stop", "--json")

    assert code == 0
    assert "Stopped dummy/alice@shop.example" in output
    assert world.app.bots.status(world.connection.id, by=world.by).state == "stopped"
    assert json.loads(again[1]) == []


def test_an_account_is_linked_with_a_password_from_standard_input(
    cli: Cli, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("hunter2\n"))

    code, output, error = cli(
        "connections", "add", "dummy", "sales@shop.example", "--password-stdin"
    )
    _, listed, _ = cli("connections", "list", "--json")

    assert (code, output) == (0, f"Linked dummy/sales@shop.example. {CAN_BE_ASKED}\n")
    assert "orchestre bots start" in error
    assert {kept["handle"] for kept in json.loads(listed)} == {
        "sales@shop.example",
        "alice@shop.example",
    }
    assert "hunter2" not in output + error + listed
    assert "sealed" not in listed
    borrowed = next(k for k in world.app.connections.list(by=world.by) if "sales" in k.handle)
    with world.app.connections.borrow(borrowed) as provider:
        assert provider.account.credentials.password
        assert provider.account.credentials.password.get_secret_value() == "hunter2"


def test_an_account_of_somebody_else_is_linked_when_that_is_confirmed(
    cli: Cli, world: World
) -> None:
    world.app.users.sign_up("mallory@evil.example", "battery staple")
    add = ("--as", "mallory@evil.example", "connections", "add", "dummy", "alice@shop.example")

    refused, _, error = cli(*add)
    confirmed, output, _ = cli(*add, "--confirm")

    assert (refused, "--confirm" in error, "home.example" in error) == (1, True, False)
    assert (confirmed, "Linked dummy/alice@shop.example" in output) == (0, True)


def test_an_access_that_is_not_offered_is_refused(cli: Cli, world: World) -> None:
    code, _, error = cli("connections", "add", "dummy", "sales@shop.example", "--access", "read")

    assert (code, "Choose the access: send." in error) == (2, True)


def test_the_command_of_the_alert_links_the_account_again(
    cli: Cli, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.app.connections.expire(world.connection.id)
    [alert] = world.database.for_workers().find(Alert)
    command = alert.body.partition("Link it with: orchestre ")[2].partition("\n")[0]
    monkeypatch.setenv("ORCHESTRE_PASSWORD", "hunter2")

    code, output, _ = cli(*shlex.split(command))

    assert (code, "Linked dummy/alice@shop.example" in output) == (0, True)
    [linked] = world.app.connections.list(by=world.by)
    assert (linked.id, linked.health) == (world.connection.id, Health.LINKED)
    assert linked.account == world.connection.account


def test_settings_are_given_by_name(cli: Cli, world: World) -> None:
    wrong = ["connections", "add", "imap", "a@b.example", "--host", "mail.b.example"]

    code, _, error = cli(*wrong, "--relay", "mx.b.example:25x")
    missing = cli(*wrong)
    unknown = cli(*wrong, "--relay", "mx.b.example", "--set", "colour=red")
    unset = cli(*wrong, "--relay", "mx.b.example", "--set", "colour")

    assert (code, "HOST:PORT" in error) == (2, True)
    assert (missing[0], "relay_host" in missing[2]) == (2, True)
    assert (unknown[0], "colour" in unknown[2]) == (2, True)
    assert (unset[0], "KEY=VALUE" in unset[2]) == (2, True)


def test_an_account_is_tested_and_removed(cli: Cli, world: World) -> None:
    tested = cli("connections", "test", "alice@shop.example")
    MAILBOXES["alice@shop.example"].fault = OSError("no route")
    broken = cli("connections", "test", "alice@shop.example")
    removed = cli("connections", "remove", "alice@shop.example", "--yes")

    assert tested[:2] == (0, "alice@shop.example can be read and written.\n")
    assert (broken[0], "no route" in broken[2]) == (69, True)
    assert removed[0] == 0
    assert world.app.connections.list(by=world.by) == []


def test_products_are_imported_and_searched(cli: Cli, world: World) -> None:
    Path("lamps.csv").write_text("sku,name,price\nLAMP-1,Camp Lamp,19.90\nLAMP-2,Bad,cheap\n")

    imported = cli("products", "import", "lamps.csv")
    _, found, _ = cli("products", "search", "camp lamp", "--json")
    nothing = cli("products", "import", "nothing.csv")

    assert imported[0] == 0
    assert "Line 3 was left out" in imported[2]
    assert json.loads(found)[0]["product"]["sku"] == "LAMP-1"
    assert nothing[0] == 2


def test_the_only_user_is_meant_or_the_one_that_is_named(
    cli: Cli, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRE_PASSWORD", "battery staple")

    alone = cli("connections", "list")
    added = cli("users", "add", "bob@home.example")
    unclear = cli("connections", "list")
    bob = cli("--as", "Bob@home.example", "connections", "list", "--json")
    nobody = cli("--as", "nobody@home.example", "connections", "list")
    cli("users", "add", "owner@localhost")
    local = cli("connections", "list", "--json")

    assert "alice@shop.example" in alone[1]
    assert added[:2] == (0, "Created bob@home.example.\n")
    assert unclear[0] == 2
    assert "--as EMAIL" in unclear[2]
    assert json.loads(bob[1]) == []
    assert nobody[0] == 1
    assert json.loads(local[1]) == []
    assert world.app.users.sign_in("bob@home.example", "battery staple")


def test_somebody_elses_reply_is_not_there(cli: Cli, world: World, held: Reply) -> None:
    world.app.users.sign_up("mallory@evil.example", "battery staple")

    for command in ("show", "approve", "reject", "redraft", "never-answer"):
        code, output, error = cli("--as", "mallory@evil.example", "replies", command, held.id)
        assert (code, output) == (1, "")
        assert "no reply" in error
    assert world.reply() == held


def test_an_id_that_may_mean_several_is_not_guessed(cli: Cli, world: World, write: Write) -> None:
    world.start(Mode.ASSIST)
    for number in range(17):
        write(sender=f"c{number}@customer.example")
    world.poll()
    ids = sorted(reply.id for reply in world.replies())
    first = next(a[0] for a, b in pairwise(ids) if a[0] == b[0])

    code, _, error = cli("replies", "show", first)

    assert (code, "give more of the id" in error) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        ([], 2),
        (["replies"], 2),
        (["replies", "list", "--status", "wild"], 2),
        (["replies", "show", "abc"], 1),
        (["bots", "start", "nobody@shop.example"], 1),
        (["bots", "start", "alice@shop.example", "--interval", "0"], 2),
        (["bots", "stop", "alice@shop.example"], 1),
        (["connections", "add", "pigeon", "x"], 1),
        (["connections", "add", "maildir", "shop@localhost", "--relay", "127.0.0.1:1"], 77),
        (["users", "add", "bob@home.example"], 2),
        (["worker"], 78),
        (["beat"], 78),
    ],
)
def test_trouble_is_told_in_words_and_by_number(
    cli: Cli, world: World, arguments: list[str], code: int
) -> None:
    ended, output, error = cli(*arguments)

    assert ended == code
    assert output == ""
    assert error
    assert "Traceback" not in error


def test_settings_that_are_malformed_are_told_before_anything_starts(
    cli: Cli, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCHESTRE_PORT", "many")
    monkeypatch.setenv("ORCHESTRE_LOG_LEVEL", "LOUD")

    for command in ("doctor", "serve", "worker", "migrate", "stop"):
        code, _, error = cli(command)
        assert code == 78
        assert "ORCHESTRE_PORT" in error
        assert "ORCHESTRE_LOG_LEVEL" in error


def test_a_key_that_cannot_be_read_is_a_matter_of_settings(
    cli: Cli, world: World, tmp_path: Path
) -> None:
    (tmp_path / "keys" / "sealing.key").chmod(0o644)

    stopped, _, error = cli("stop")
    examined, found, _ = cli("doctor", "--json")

    assert (stopped, "chmod 600" in error) == (78, True)
    assert examined == 78
    assert {f["name"]: f["level"] for f in json.loads(found)}["key"] == "problem"


def test_a_database_without_tables_is_not_used(cli: Cli, world: World, tmp_path: Path) -> None:
    home = tmp_path / "other"

    before = cli("--home", str(home), "users", "list")
    migrated = cli("--home", str(home), "migrate")
    again = cli("--home", str(home), "migrate")
    after = cli("--home", str(home), "users", "list")

    assert (before[0], "orchestre migrate" in before[2]) == (69, True)
    assert (migrated[0], again[0], after[0]) == (0, 0, 0)


def test_the_doctor_finds_nothing_where_all_is_well(cli: Cli, world: World) -> None:
    code, output, _ = cli("doctor", "--json")

    findings = {finding["name"]: finding for finding in json.loads(output)}
    assert code == 0
    assert {finding["level"] for finding in findings.values()} == {"ok"}
    assert {"settings", "key", "writer", "database", "broker", "disk", "providers"} <= set(findings)


def test_the_doctor_names_the_account_in_trouble_and_goes_on(cli: Cli, world: World) -> None:
    world.app.connections.expire(world.connection.id)

    code, output, _ = cli("doctor")

    assert code == 0
    assert "warning  account alice@shop.example" in output
    assert "linked again" in output


def test_the_doctor_finds_a_broker_that_does_not_answer(
    cli: Cli, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_URL", "redis://:hunter2@127.0.0.1:1/0")

    code, output, error = cli("doctor")

    assert code == 69
    assert "Start Redis" in output
    assert "hunter2" not in output + error


def test_a_key_is_made(cli: Cli, world: World) -> None:
    _, one, _ = cli("keys", "make")
    _, other, _ = cli("keys", "make")

    assert len(one.strip()) == 44
    assert one != other
