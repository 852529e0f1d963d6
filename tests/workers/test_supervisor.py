"""`orchestre up` keeps everything running, says what it does, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.bots import Bot
from core.config import broker_file
from core.connections import Connection
from db.base import Add
from tests.servers.install import require
from tests.servers.up import ROOT, Up, letters, run, running, write
from workers.home import Home, Trouble

PARTS = {"api", "beat", "broker", "door", "supervisor", "worker"}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs, for what does not end it."""
    with running(tmp_path_factory.mktemp("up") / "home", "--json", "--empty") as up:
        up.facts()
        yield up


def test_the_line_says_where_everything_is(up: Up) -> None:
    facts = up.facts()

    assert list(facts) == ["url", "smtp", "home", "owner", "password", "mailbox"]
    assert facts["home"] == str(up.home)
    assert facts["owner"] == "owner@localhost"
    assert facts["mailbox"] == "shop@localhost"
    assert urllib.request.urlopen(f"{facts['url']}/probe").status == 200


def test_the_line_is_all_that_it_writes(up: Up) -> None:
    assert up.output.read_text().count("\n") == 1


def test_the_password_opens_the_owners_account(up: Up) -> None:
    password = up.facts()["password"]

    assert up.app().users.sign_in("owner@localhost", password)


def test_nobody_else_reads_what_is_kept(up: Up) -> None:
    up.facts()

    for name in ("owner.json", "keys/sealing.key", "orchestre.db", "logs/api.log"):
        assert stat.S_IMODE((up.home / name).stat().st_mode) == 0o600
    for folder in (up.home, up.home / "run", up.home / "broker", Home(up.home).socket().parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_command_line_finds_the_broker(up: Up) -> None:
    up.facts()

    assert broker_file(up.home).read_text() == f"redis+socket://{Home(up.home).socket()}"


def test_the_status_names_every_part(up: Up) -> None:
    facts = up.facts()

    asked = run(up.home, "--status", "--json")

    found = json.loads(asked.stdout)
    assert asked.returncode == 0
    assert found["running"] is True
    assert found["url"] == facts["url"]
    assert found["smtp"] == facts["smtp"]
    assert set(found["pids"]) == PARTS
    assert all(psutil.pid_exists(pid) for pid in found["pids"].values())


def test_a_second_start_says_who_holds_the_home(up: Up) -> None:
    facts = up.facts()

    second = run(up.home, "--json")

    assert second.returncode == 75
    assert str(up.process.pid) in second.stderr
    assert facts["url"] in second.stderr
    assert second.stdout == ""


@pytest.mark.parametrize("part", ["worker", "beat", "api", "door", "broker"])
def test_a_killed_part_comes_back(up: Up, part: str) -> None:
    facts = up.facts()
    first = up.pid_of(part)

    os.kill(first, signal.SIGKILL)

    up.until(lambda: up.pid_of(part) not in (0, first))
    write(
        _when_open(up, facts["smtp"]),
        sender=f"{part}@customers.example",
        to="shop@localhost",
        subject="Hello",
        text="Are you still there?",
    )
    up.until(lambda: _knows(up, f"{part}@customers.example"))
    assert urllib.request.urlopen(f"{facts['url']}/probe").status == 200


def _when_open(up: Up, smtp: str) -> str:
    """The same address: a door that was killed comes back where it was."""
    host, _, port = smtp.partition(":")

    def is_open() -> bool:
        with socket.socket() as client:
            return client.connect_ex((host, int(port))) == 0

    up.until(is_open)
    return smtp


def _knows(up: Up, sender: str) -> bool:
    return any(reply.sender == sender and reply.reason for reply in up.replies())


def test_an_empty_start_has_no_samples_and_answers_what_comes(up: Up) -> None:
    facts = up.facts()
    write(
        _when_open(up, facts["smtp"]),
        sender="eve@customers.example",
        to="shop@localhost",
        subject="Alpine 2 Dome Tent",
        text="How much is the Alpine 2 Dome Tent?",
    )

    up.until(lambda: letters(up.home, "eve@customers.example"))

    assert letters(up.home, "anna@customers.example") == []


def test_lines_are_held_once_an_account_can_use_one(tmp_path: Path) -> None:
    with running(tmp_path / "home", "--json", "--empty", "--no-celery") as up:
        up.facts()
        assert not up.pid_of("listener")
        store = up.app().database.for_workers()
        [shop] = store.find(Connection)
        [bot] = store.find(Bot)
        names = {"id": "another", "connection_id": "another"}
        store.commit(
            Add(shop.model_copy(update={"id": "another", "provider": "imap", "version": 0})),
            Add(bot.model_copy(update=names | {"version": 0})),
        )

        up.until(lambda: up.pid_of("listener"))
        killed = up.pid_of("listener")
        os.kill(killed, signal.SIGKILL)

        up.until(lambda: up.pid_of("listener") not in (0, killed))


def test_a_stop_ends_what_brings_work_first_and_the_broker_last(tmp_path: Path) -> None:
    with running(tmp_path / "home", "--json", "--empty") as up:
        up.facts()
        pids = {part: psutil.Process(up.pid_of(part)) for part in PARTS}
        ended: list[str] = []

        up.process.send_signal(signal.SIGTERM)
        while pids:
            for part, process in list(pids.items()):
                if not _lives(process):
                    ended.append(part)
                    del pids[part]
            time.sleep(0.001)

        assert ended == ["door", "beat", "worker", "api", "broker", "supervisor"]
        assert up.process.wait(10) == 0
        assert not broker_file(up.home).exists()
        assert not list((up.home / "run").glob("*.pid"))


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_ctrl_c_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    with running(tmp_path / "home", "--json", "--empty", "--no-celery") as up:
        up.facts()
        assert set(Home(up.home).status()["pids"]) == {"api", "door", "runner", "supervisor"}

        code = up.stop(signal.SIGINT)

        assert code == 130


def test_a_stop_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "home", "--json") as up:
        up.until(lambda: up.pid_of("broker"))
        broker = up.pid_of("broker")

        code = up.stop()

        assert code == 0
        assert not psutil.pid_exists(broker)
        assert up.output.read_text() == ""


def test_what_does_not_run_is_told_by_the_exit_code(tmp_path: Path) -> None:
    found = run(tmp_path / "home", "--status", "--json")

    assert found.returncode == 3
    assert json.loads(found.stdout)["running"] is False
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("option", ["--port", "--smtp-port"])
def test_a_port_in_use_is_told_in_words(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = {"--port": "--smtp-port", "--smtp-port": "--port"}[option]

        ended = run(tmp_path / "home", option, str(port), other, "0")

    assert ended.returncode == 69
    assert f"Port {port} of 127.0.0.1 is in use by" in ended.stderr
    assert f"(process {os.getpid()})" in ended.stderr
    assert f"choose another with {option}" in ended.stderr


def test_malformed_settings_are_told_in_words(tmp_path: Path) -> None:
    ended = run(tmp_path / "home", ORCHESTRE_WORKER_THREADS="many")

    assert ended.returncode == 78
    assert "ORCHESTRE_WORKER_THREADS" in ended.stderr


def test_a_package_that_is_missing_is_told_in_words() -> None:
    program = "import sys; sys.modules['aiosmtpd'] = None; import workers.supervisor"

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 69
    assert "needs aiosmtpd" in ended.stderr
    assert "orchestre[embedded]" in ended.stderr


def test_what_is_not_fit_for_production_does_not_start(tmp_path: Path) -> None:
    ended = run(tmp_path / "home", ORCHESTRE_ENVIRONMENT="production")

    assert ended.returncode == 78
    assert "ORCHESTRE_KEY" in ended.stderr


def test_a_home_that_cannot_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    ended = run(tmp_path / "file" / "home")

    assert ended.returncode == 73
    assert "cannot be written to: Not a directory" in ended.stderr
    assert "--home" in ended.stderr


def test_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "run").mkdir(parents=True)
    (home / "run" / ".room").symlink_to("/dev/full")

    ended = run(home)

    assert ended.returncode == 73
    assert "is full" in ended.stderr


def test_a_part_that_never_starts_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "spool").write_text("where the door wants a folder")

    ended = run(home, "--no-celery", "--port", "0", "--smtp-port", "0")

    assert ended.returncode == 69
    assert "The door did not start." in ended.stderr
    assert "FileExistsError" in ended.stderr


def test_a_socket_folder_of_somebody_else_is_not_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    home = Home(tmp_path / "home")
    home.socket().parent.chmod(0o777)

    with pytest.raises(Trouble, match="not ours alone"):
        home.socket()


def test_there_is_always_a_socket_that_can_be_listened_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 8)
    deep.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    listening = Home(deep).socket()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(listening))

    listening.unlink()
    listening.parent.rmdir()


def test_a_mail_that_swaks_sends_is_answered_in_its_thread(up: Up) -> None:
    """As the README says."""
    _, _, port = up.facts()["smtp"].rpartition(":")
    subprocess.run(
        [
            *(str(require("swaks")), "--server", f"127.0.0.1:{port}", "--to", "shop@localhost"),
            *("--from", "you@example.org", "--header", "Subject: A tent"),
            *("--body", "How much is the Alpine 2 Dome Tent, and is it in stock?"),
        ],
        check=True,
        capture_output=True,
    )

    up.until(lambda: letters(up.home, "you@example.org"))

    [answer] = letters(up.home, "you@example.org")
    written = [letter for letter in letters(up.home, "shop@localhost") if "you@example" in letter]
    [named] = re.findall(r"^Message-Id: (.*)$", written[0], re.MULTILINE)
    assert f"In-Reply-To: {named}" in answer
    assert "249.00" in answer
