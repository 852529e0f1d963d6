"""What looks for secrets finds them: else nothing that the suite says of them is worth anything."""

import base64
import json
import logging
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from redis import Redis

from core.keyring import make_key, read_key
from core.logs import CHATTY, configure
from providers.http import Http
from tests.conftest import RecordingBell
from tests.leaks import RIGHTLY, Leak, Rightly, Watch, forms, watch
from tests.planted import MARK
from tests.servers.postgres import Postgres, running_postgres
from tests.servers.redis import TELLS, redis_binary, running_broker
from tests.simulators.service import Authority, Request, Response, Simulator

ROOT = Path(__file__).parents[1]
SECRET = f"xoxb-1-{MARK}-4f1d9c"
DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a URL": lambda secret: "https://x.example/?a=" + urllib.parse.quote_plus(secret),
    "in JSON in JSON": lambda secret: json.dumps({"body": json.dumps({"token": secret})}),
    "in a representation": lambda secret: repr({"token": secret}),
    "in a representation of bytes": lambda secret: repr({"body": secret.encode()}),
    "in hexadecimal": lambda secret: secret.encode().hex(),
    "in a SASL answer": lambda secret: base64.b64encode(f"\0alice\0{secret}".encode()).decode(),
    "in basic authentication": lambda secret: base64.b64encode(f"al:{secret}".encode()).decode(),
    "in base64url": lambda secret: base64.urlsafe_b64encode(f"ab{secret}cd".encode()).decode(),
    "backwards": lambda secret: secret[::-1],
}


@pytest.fixture
def leaks(tmp_path: Path) -> Iterator[list[Leak]]:
    """What leaks in a test that means to."""
    with watch.expecting() as leaks:
        yield leaks
        watch.folder(tmp_path)


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
@pytest.mark.parametrize("padding", range(3))
def test_a_secret_is_found_in_any_disguise(
    disguise: Callable[[str], str], padding: int, leaks: list[Leak]
) -> None:
    raw = b"\x00\xff" * 1000 + disguise("." * padding + SECRET).encode() + b"\x00" * 500

    watch.bytes(raw, sink="file", where="home/file.aof")

    assert [leak.where for leak in leaks] == ["home/file.aof"]
    assert not any(form.decode("latin-1") in repr(leaks) for form in forms(MARK).values())


def test_a_private_key_is_a_secret(leaks: list[Leak]) -> None:
    watch.text("-----BEGIN RSA PRIVATE KEY-----\nMII", sink="log", where="here")

    assert [leak.form for leak in leaks] == ["a private key"]


def test_innocent_words_are_let_alone(leaks: list[Leak]) -> None:
    watch.text('{"event": "poll_failed", "error": "no longer takes it"}', sink="log", where="here")

    assert leaks == []


def test_every_secret_that_is_made_is_marked() -> None:
    made = [secrets.token_urlsafe(size) for size in (18, 24, 32, 48)]
    code = "import secrets; print(secrets.token_urlsafe(32))"
    elsewhere = [sys.executable, "-c", code]

    with watch.expecting():
        made.append(subprocess.run(elsewhere, capture_output=True, text=True, check=True).stdout)

    assert [MARK in one for one in made] == [True] * 5
    assert len(set(made)) == 5
    assert MARK.encode() in read_key(make_key())
    assert MARK.encode() not in secrets.token_bytes(12)


# Each of these ways to leak is looked at.


@pytest.mark.parametrize("name", ["orchestre.tests", "google.auth", "celery", "asyncio"])
def test_the_log(name: str, leaks: list[Leak]) -> None:
    log = logging.getLogger(name)

    log.debug("told %s", SECRET)
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("it_broke")

    assert [leak.where for leak in leaks] == [f"{name} DEBUG", f"{name} ERROR"]


@pytest.mark.parametrize("name", CHATTY)
def test_the_log_of_a_library_that_is_kept_quiet(name: str, leaks: list[Leak]) -> None:
    logging.getLogger(name).info(SECRET)
    logging.getLogger(name).warning(SECRET)

    assert [leak.where for leak in leaks] == [f"{name} WARNING"]


@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_test_silenced_is_heard_again_in_the_next(turn: int) -> None:
    levels = {logging.getLogger(name).level for name in CHATTY}

    configure("CRITICAL")

    assert levels == {logging.WARNING}


def test_an_answer_of_the_api(leaks: list[Leak]) -> None:
    app = FastAPI()

    @app.get("/leaks")
    def leak() -> dict[str, str]:
        return {"said": SECRET}

    TestClient(app).get("/leaks")

    assert [(leak.sink, leak.where) for leak in leaks] == [("answer", "GET /leaks 200")]


def test_a_header_of_an_answer(leaks: list[Leak]) -> None:
    app = FastAPI()

    @app.get("/leaks")
    def leak() -> None:
        raise HTTPException(403, headers={"X-Said": SECRET})

    TestClient(app).get("/leaks")

    assert [leak.where for leak in leaks] == ["GET /leaks 403 header x-said"]


class Anything(Simulator):
    def answer(self, request: Request) -> Response:
        return Response.of({"access_token": SECRET})


def test_an_address_and_neither_header_nor_body(tmp_path: Path, leaks: list[Leak]) -> None:
    authority = Authority(tmp_path)
    http = Http(ca_bundle=authority.bundle)
    with Anything(authority).running() as service:
        headers = {"Authorization": f"Bearer {SECRET}"}
        http.request("POST", f"{service.url}/token", headers=headers, body=SECRET.encode())
        assert leaks == []

        http.request("GET", f"{service.url}/me?access_token={SECRET}")
    http.close()

    assert [(leak.sink, leak.where) for leak in leaks] == [("URL", "service GET")]


def test_what_a_process_says(leaks: list[Leak]) -> None:
    code = f"import sys; print('{SECRET}', file=sys.stderr)"

    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert [leak.sink for leak in leaks] == ["output"]


def test_what_is_printed_here(capsys: pytest.CaptureFixture[str], leaks: list[Leak]) -> None:
    print(SECRET)

    capsys.readouterr()

    assert [leak.where for leak in leaks] == ["captured"]


def test_what_an_error_says_or_what_it_came_from(leaks: list[Leak]) -> None:
    def fail() -> None:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError("it broke") from error

    with pytest.raises(ValueError, match="it broke"):
        fail()

    assert {(leak.sink, leak.where) for leak in leaks} == {("exception", "KeyError")}


def test_an_argument_of_a_task(leaks: list[Leak]) -> None:
    RecordingBell().call("orchestre.poll", SECRET)

    assert [(leak.sink, leak.where) for leak in leaks] == [("task", "orchestre.poll")]


@pytest.mark.network
def test_a_message_that_the_broker_has_long_given_away(leaks: list[Leak]) -> None:
    with running_broker(redis_binary(), options=TELLS) as broker:
        with Redis(port=broker.port) as client:
            client.lpush("celery", base64.b64encode(json.dumps([SECRET]).encode()))
            client.rpop("celery")
        broker.restart()
        with Redis(port=broker.port) as client:
            assert client.keys() == []

    assert {leak.sink for leak in leaks} == {"broker"}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One for these tests alone: its log of writes keeps whatever was in a row."""
    with ExitStack() as stack:
        yield stack.enter_context(running_postgres())
        with watch.expecting():
            stack.close()


@pytest.mark.network
@pytest.mark.parametrize("kind", ["text", "jsonb", "bytea"])
def test_a_row_of_postgresql(server: Postgres, kind: str, leaks: list[Leak]) -> None:
    value = {"text": SECRET, "jsonb": json.dumps([SECRET]), "bytea": SECRET}[kind]
    with server.database() as url:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute(f"CREATE TABLE accounts (held {kind})".encode())
            connection.execute("INSERT INTO accounts VALUES (%s)", [value])
        assert leaks == []

    assert [(leak.sink, leak.where) for leak in leaks] == [("PostgreSQL", "accounts")]


@pytest.mark.parametrize("deleted", [False, True])
def test_a_row_of_sqlite_and_its_log(tmp_path: Path, deleted: bool, leaks: list[Leak]) -> None:
    connection = sqlite3.connect(tmp_path / "orchestre.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE accounts (held)")
    connection.execute("INSERT INTO accounts VALUES (?)", [SECRET])
    connection.commit()
    if deleted:
        connection.execute("DELETE FROM accounts")
        connection.commit()

    watch.files(tmp_path, sink="file")
    connection.close()

    assert {leak.where.rpartition("/")[2] for leak in leaks} == {"orchestre.db-wal"}


def test_files_and_their_names(tmp_path: Path, leaks: list[Leak]) -> None:
    (tmp_path / "home" / "logs").mkdir(parents=True)
    (tmp_path / "home" / "logs" / "worker.log").write_text(SECRET)
    (tmp_path / SECRET).touch()

    watch.files(tmp_path, sink="file")

    assert {leak.where.rpartition("/")[2] for leak in leaks} == {"worker.log", "names of files"}


# What is let alone, and no more than that.


KEY = base64.urlsafe_b64encode(MARK.encode() + bytes(20)).decode()
PEM = "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n"
CONSENT = f"/auth?client_id=us&state={MARK}1&nonce={MARK}2"
RIGHT = [
    ("home/keys/sealing.key", KEY),
    ("home/owner.json", json.dumps({"password": MARK})),
    ("up/home.output", json.dumps({"url": "http://127.0.0.1", "password": MARK})),
    ("keys/service-account.json", json.dumps({"private_key": PEM})),
    ("docker-compose --env-file null --profile", json.dumps({"ORCHESTRE_KEY": KEY})),
    ("captured", f"{KEY}\n"),
    ("telegram POST", f"/bot7000000001:AA{MARK}/getMe"),
    ("consent GET", CONSENT),
    ("GET /links/1f/open 303 header location", f"https://google.example{CONSENT}"),
    ("POST /providers/link_provider 200 header set-cookie", f"__Host-orchestre-link-1f={MARK}"),
    ("POST /users/token 200", json.dumps({"access_token": MARK}, separators=(",", ":"))),
]


@pytest.mark.parametrize(
    ("place", "example"), list(zip(RIGHTLY, RIGHT, strict=True)), ids=lambda one: one[1].split()[0]
)
def test_what_is_right_in_a_place_is_right_only_there(
    place: Rightly, example: tuple[str, str]
) -> None:
    (where, text), watching = example, Watch()

    watching.text(text, sink=place.sink, where=where)
    assert watching.leaks == []

    watching.text(f"{text} {SECRET}", sink=place.sink, where=where)
    watching.text(text, sink="log", where=where)
    watching.text(text, sink=place.sink, where=f"{where}?")

    assert {leak.sink for leak in watching.leaks} == {place.sink, "log"}
    assert {leak.where for leak in watching.leaks} == {where, f"{where}?"}


LEAKING = """
import logging, subprocess, sys
from pathlib import Path
from tests.planted import MARK

def test_into_the_log():
    logging.getLogger("x").info(MARK)

def test_into_a_file(tmp_path):
    (tmp_path / "out").write_text(MARK)

def test_into_a_shared_file(tmp_path_factory):
    (tmp_path_factory.mktemp("shared") / "out").write_text(MARK)
"""


@pytest.mark.parametrize("workers", [[], ["-n1"]], ids=["alone", "in a worker"])
def test_a_leak_fails_its_test_and_the_run(tmp_path: Path, workers: list[str]) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    options = ["-p", "tests.sinks", "-p", "xdist", "-p", "no:cacheprovider", *workers]
    told = {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ['PYTHONPATH']}"}
    told["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={tmp_path}", str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stdout
    for name in ("log", "a_file", "a_shared_file"):
        assert re.search(rf"ERROR at teardown of test_into_(the_)?{name}", done.stdout), done.stdout
    for said in ("log, x INFO: as it is, secret", "/out: as it is, secret"):
        assert said in done.stdout
    assert MARK not in done.stdout
