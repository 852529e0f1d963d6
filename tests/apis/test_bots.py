import pytest
from fastapi.testclient import TestClient

from core.bots import Bot, Mode
from core.errors import Unavailable
from db.base import Swap
from tests.apis.conftest import Headers
from tests.conftest import World, Write

ALICE = {"provider_name": "dummy", "identifier_name": "alice@shop.example"}


def test_start_look_and_stop(client: TestClient, alice: Headers) -> None:
    started = client.post("/bots/start_auto_bot", headers=alice, params=ALICE)
    running = client.post("/bots/status_auto_bot", headers=alice, params=ALICE)
    stopped = client.post("/bots/stop_auto_bot", headers=alice, params=ALICE)
    after = client.post("/bots/status_auto_bot", headers=alice, params=ALICE)

    assert started.json()["ok"] == "Success"
    assert started.json()["data"]["message"] == "User started auto-bot successfully"
    assert started.json()["data"]["bot"]["mode"] == "auto"
    assert started.json()["data"]["bot"]["interval_seconds"] == 25
    assert running.json()["data"]["message"]["status"] is True
    assert running.json()["data"]["message"]["state"] == "running"
    assert stopped.json()["data"]["message"] == "User stopped auto-bot successfully"
    assert after.json()["data"]["message"]["status"] is False
    assert after.json()["data"]["message"]["state"] == "stopped"


def hold_back(world: World) -> None:
    store = world.database.for_workers()
    bot = store.get(Bot, world.connection.id)
    store.commit(Swap(bot, bot.hold_back("Too many machines.")))


def test_a_bot_that_holds_everything_back_says_why_and_is_resumed(
    client: TestClient, world: World, alice: Headers
) -> None:
    world.start()
    hold_back(world)

    held = client.post("/bots/status_auto_bot", headers=alice, params=ALICE)
    resumed = client.post("/bots/resume_auto_bot", headers=alice, params=ALICE)
    again = client.post("/bots/resume_auto_bot", headers=alice, params=ALICE)

    message = held.json()["data"]["message"]
    assert (message["status"], message["state"]) == (True, "held_back")
    assert message["reason"].startswith("Too many machines.")
    for answer in (resumed, again):
        assert answer.json()["data"]["bot"]["state"] == "running"


def test_a_bot_that_was_never_started_cannot_be_resumed(client: TestClient, alice: Headers) -> None:
    answer = client.post("/bots/resume_auto_bot", headers=alice, params=ALICE)

    assert answer.status_code == 404


def test_a_bot_is_told_how_to_write(client: TestClient, alice: Headers) -> None:
    told = {"instructions": "Sign as Anna.\nBe brief."}

    answer = client.post("/bots/instruct_auto_bot", headers=alice, params=ALICE, json=told)

    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["bot"]["instructions"] == told["instructions"]
    assert client.get("/bots", headers=alice).json()["data"][0]["instructions"].endswith("brief.")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"instructions": "x" * 4_001}, 422),
        ({"instructions": "\0"}, 422),
        ({"instructions": ["Be brief."]}, 422),
        ({"instruction": "Be brief."}, 422),
        ({}, 422),
        (None, 422),
    ],
)
def test_what_no_bot_can_be_told_is_refused(
    client: TestClient, alice: Headers, told: object, status: int
) -> None:
    answer = client.post("/bots/instruct_auto_bot", headers=alice, params=ALICE, json=told)

    assert answer.status_code == status, answer.text
    assert client.get("/bots", headers=alice).json()["data"][0]["instructions"] == ""


def test_starting_a_bot_again_after_a_stop_resumes_it(world: World) -> None:
    world.start()
    hold_back(world)

    world.start()
    still = world.app.bots.status(world.connection.id, by=world.by).state
    world.stop()
    world.start()

    assert still == "held_back"
    assert world.app.bots.status(world.connection.id, by=world.by).state == "running"


def test_what_comes_in_is_answered_by_itself(
    client: TestClient, world: World, alice: Headers, write: Write
) -> None:
    client.post("/bots/start_auto_bot", headers=alice, params=ALICE)

    write()
    world.tick()

    assert "199" in world.bodies()[0]


def test_a_provider_goes_by_the_names_that_clients_know(
    client: TestClient, alice: Headers, subtests: pytest.Subtests
) -> None:
    for name in ("DUMMY", "dummyprovider", "DummyProvider", " dummy "):
        names = {"provider_name": name, "identifier_name": "ALICE@shop.example"}
        with subtests.test(name):
            answer = client.post("/bots/status_auto_bot", headers=alice, params=names)

            assert answer.status_code == 200


SENSELESS = [
    ("interval_seconds", "0"),
    ("interval_seconds", "-25"),
    ("interval_seconds", "86401"),
    ("interval_seconds", "9" * 40),
    ("interval_seconds", "soon"),
    ("since_hours", "-1"),
    ("since_hours", "100000000000"),
    ("mode", "wild"),
    ("identifier_name", "a\x00"),
]


def test_what_makes_no_sense_is_refused(
    client: TestClient, world: World, alice: Headers, subtests: pytest.Subtests
) -> None:
    for option, value in SENSELESS:
        given = {**ALICE, option: value}
        with subtests.test(f"{option}={value}"):
            answer = client.post("/bots/start_auto_bot", headers=alice, params=given)

            assert answer.status_code == 422
            assert option in answer.json()["reason"]
            assert world.app.bots.status(world.connection.id, by=world.by).state == "stopped"


def test_an_unknown_provider_is_told_what_there_is(client: TestClient, alice: Headers) -> None:
    names = {**ALICE, "provider_name": "pigeon"}

    answer = client.post("/bots/start_auto_bot", headers=alice, params=names)

    assert answer.status_code == 404
    assert "no provider called 'pigeon'. There are:" in answer.json()["reason"]


def test_an_unknown_account_is_told_what_there_is(client: TestClient, alice: Headers) -> None:
    names = {**ALICE, "identifier_name": "carol@shop.example"}

    answer = client.post("/bots/stop_auto_bot", headers=alice, params=names)

    assert answer.status_code == 404
    assert "alice@shop.example" in answer.json()["reason"]


def test_a_bot_in_trouble_is_still_on_and_says_why(
    client: TestClient, world: World, alice: Headers
) -> None:
    client.post("/bots/start_auto_bot", headers=alice, params=ALICE)
    world.mailbox.fault = Unavailable("The server is down.")
    world.poll()

    answer = client.post("/bots/status_auto_bot", headers=alice, params=ALICE)

    message = answer.json()["data"]["message"]
    assert (message["status"], message["state"]) == (True, "error")
    assert message["reason"] == "The server is down."


def test_everything_can_be_stopped_at_once(
    client: TestClient, world: World, alice: Headers
) -> None:
    world.start(Mode.AUTO)

    stopped = client.post("/bots/stop_all", headers=alice)
    again = client.post("/bots/stop_all", headers=alice)
    listed = client.get("/bots", headers=alice)

    assert [bot["account"] for bot in stopped.json()["data"]["stopped"]] == ["alice@shop.example"]
    assert again.json()["data"]["stopped"] == []
    assert [bot["state"] for bot in listed.json()["data"]] == ["stopped"]


def test_stopping_everything_leaves_other_owners_alone(
    client: TestClient, world: World, mallory: Headers
) -> None:
    world.start(Mode.AUTO)

    client.post("/bots/stop_all", headers=mallory)

    assert world.app.bots.status(world.connection.id, by=world.by).state == "running"
