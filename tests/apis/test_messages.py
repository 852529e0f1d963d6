"""The messages routes: what an account's owner reads and answers, and nobody else."""

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from apis.app import create_app
from core.bots import Mode
from core.connections import Credentials
from core.messages import Address
from core.replies import Status
from providers import Registry
from providers.base import Settings
from providers.plugins.dummy import MAILBOXES, DummyProvider, Mailbox
from services.bell import WakingBell
from services.bootstrap import bootstrap
from tests.apis.conftest import Headers
from tests.conftest import BOB, CHEAP, World, Write
from workers.runner import Runner

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ALICE = {"provider_name": "dummy", "identifier_name": "alice@shop.example"}


def read(client: TestClient, name: str, headers: Headers, **parameters: Any) -> dict[str, Any]:
    answer = client.get(f"/messages/{name}", headers=headers, params=ALICE | parameters)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def reply(client: TestClient, headers: Headers, to: str, message: str, **more: Any) -> Any:
    parameters = ALICE | {"to": to, "message": message, "wait": "0"} | more
    return client.post("/messages/reply_to_message", headers=headers, params=parameters)


@contextmanager
def working(world: World) -> Iterator[None]:
    """A worker is at work beside the requests."""
    bell, stopped = WakingBell(), threading.Event()
    runner = Runner(world.app, threads=2, woken=bell.woken)
    thread = threading.Thread(target=runner.run, args=(stopped,))
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        bell.woken.set()
        thread.join()


def test_the_last_message_is_the_newest_from_somebody_else(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    write("The first", received_at=world.clock() - timedelta(hours=3))
    write("The newest", subject="Tents", received_at=world.clock() - timedelta(hours=2))
    write("My own", sender="Alice <alice@shop.example>")

    last = read(client, "get_last_message", alice)

    assert last["messageId"] == "m2"
    assert last["sender"] == ["Bob <bob@customer.example>"]
    assert (last["subject"], last["snippet"]) == ("Tents", "The newest")
    assert last["html"] == '<p dir="auto">The newest</p>'


def test_what_comes_in_after_the_last_message_is_where_its_token_leads(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    write("Before")
    token = read(client, "get_last_message", alice)["option"]["nextPageToken"]
    write("After")

    page = read(client, "get_messages", alice, from_when=0, option=token)

    assert [one["snippet"] for one in page["messages"]] == ["After"]


def test_there_may_be_no_last_message(client: TestClient, alice: Headers, write: Write) -> None:
    write("My own", sender="Alice <alice@shop.example>")

    answer = client.get("/messages/get_last_message", headers=alice, params=ALICE)

    assert answer.status_code == 404
    assert "Nobody else" in answer.json()["detail"]


def test_messages_come_in_pages_oldest_first(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    since = world.clock()
    write("Too old", received_at=since - timedelta(hours=1))
    for n in range(5):
        write(f"Number {n}", received_at=since + timedelta(seconds=n))
    given = {"from_when": int(since.timestamp()), "count": 2}

    seen, option, pages = [], "", 0
    while option is not None:
        page = read(client, "get_messages", alice, **given, option=option)
        seen += [one["snippet"] for one in page["messages"]]
        option, pages = page["option"]["nextPageToken"], pages + 1

    assert seen == [f"Number {n}" for n in range(5)]
    assert pages == 3


def test_the_last_page_has_no_token(
    client: TestClient, alice: Headers, write: Write, subtests: pytest.Subtests
) -> None:
    for text in ("One", "Two", "My own"):
        sender = "Alice <alice@shop.example>" if text == "My own" else BOB
        write(text, sender=sender)
    for count, last in ((1, False), (2, True), (3, True)):
        with subtests.test(f"{count} at a time"):
            page = read(client, "get_messages", alice, from_when=0, count=count)

            assert len(page["messages"]) == min(count, 2)
            assert (page["option"]["nextPageToken"] is None) is last


def test_a_token_may_come_back_as_the_object_that_it_came_in(
    client: TestClient, alice: Headers, write: Write
) -> None:
    write("One")
    write("Two")
    token = read(client, "get_messages", alice, from_when=0, count=1)["option"]["nextPageToken"]

    page = read(client, "get_messages", alice, from_when=0, option=f'{{"nextPageToken":"{token}"}}')

    assert [one["snippet"] for one in page["messages"]] == ["Two"]


@pytest.mark.parametrize(
    "token",
    [
        *("0", "https://evil.example/", "{", "v2.x.y.z", '{"nextPageToken":"\\ud800"}'),
        *('{"a":' * 3_000, '{"a":' + "[" * 10_000, '{"nextPageToken":' + "9" * 10_000 + "}"),
    ],
    ids=lambda token: token[:24],
)
def test_a_token_that_nobody_gave_is_not_taken(
    client: TestClient, alice: Headers, write: Write, token: str
) -> None:
    answer = client.get(
        "/messages/get_messages", headers=alice, params=ALICE | {"from_when": 0, "option": token}
    )

    assert answer.status_code == 422
    assert "nextPageToken" in answer.json()["detail"]


def test_a_conversation_is_shown_whole(client: TestClient, alice: Headers, write: Write) -> None:
    write("How much is the tent?", thread_id="t1", id="q1")
    write("And the stove?", thread_id="t1", id="q2")
    write("Something else", thread_id="t2")

    thread = read(client, "get_full_messages", alice, of_what="q2")

    assert thread["messageId"] == "q2"
    assert [part["messageId"] for part in thread["messages"]] == ["q1", "q2"]
    assert thread["messages"][1] == {
        "messageId": "q2",
        "senders": ["Bob <bob@customer.example>"],
        "snippet": "And the stove?",
    }
    assert "How much is the tent?" in thread["one_message"]


def test_a_message_that_is_not_there_is_not_found(
    client: TestClient, alice: Headers, write: Write
) -> None:
    write()

    answer = client.get(
        "/messages/get_full_messages", headers=alice, params=ALICE | {"of_what": "x"}
    )

    assert answer.status_code == 404


def test_hostile_html_is_only_ever_text(client: TestClient, alice: Headers, write: Write) -> None:
    hostile = '<script>alert(1)</script>\n<img src="https://evil.example/p.gif">\n\n&lt;b&gt;'
    write(hostile, subject="<b>Tent</b>")

    shown = read(client, "get_last_message", alice)["html"]

    assert "<script" not in shown
    assert "<img" not in shown
    assert html.unescape(shown).count("<script>") == 1


def test_a_person_answers_by_the_route_and_it_is_sent_once(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    message = write("How much is it?")
    with working(world):
        answer = reply(client, alice, message.envelope.id, "It is 99 euros.", wait=10)

    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["message"] == "Email sent!"
    assert answer.json()["data"]["status"] == "sent"
    [sent] = world.mailbox.sent
    assert sent.outgoing.body == "It is 99 euros."
    assert sent.outgoing.to.handle == "bob@customer.example"
    assert sent.key == answer.json()["data"]["reply_id"]


def test_without_a_worker_it_is_on_its_way(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    message = write()

    answer = reply(client, alice, message.envelope.id, "It is 99 euros.")

    assert answer.status_code == 202
    assert answer.json()["data"]["message"] == "It is on its way."
    assert world.reply().status is Status.APPROVED
    assert world.reply().approved_by == world.by


@pytest.mark.parametrize("mode", [Mode.ASSIST, Mode.AUTO])
def test_a_second_call_for_a_message_is_refused(
    client: TestClient, alice: Headers, write: Write, world: World, mode: Mode
) -> None:
    message = write()
    reply(client, alice, message.envelope.id, "It is 99 euros.")

    before = reply(client, alice, message.envelope.id, "It is 98 euros.")
    world.start(mode, since_hours=24)
    world.tick()
    after = reply(client, alice, message.envelope.id, "It is 97 euros.")

    assert (before.status_code, after.status_code) == (409, 409)
    assert "about to be sent" in before.json()["detail"]
    assert "answered already" in after.json()["detail"]
    assert world.bodies() == ["It is 99 euros."]


def test_a_draft_that_waits_is_approved_in_the_persons_words(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    world.start(Mode.ASSIST)
    message = write()
    world.tick()
    assert world.reply().status is Status.AWAITING_APPROVAL

    answer = reply(client, alice, message.envelope.id, "It is 99 euros.")
    world.tick()

    assert answer.status_code == 202
    assert world.bodies() == ["It is 99 euros."]


def test_a_bot_that_sends_by_itself_never_drafts_what_a_person_took_up(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    world.start(Mode.AUTO)
    message = write()

    reply(client, alice, message.envelope.id, "It is 99 euros.")
    world.tick()
    world.tick()

    assert world.bodies() == ["It is 99 euros."]


def test_a_copy_of_an_answered_mail_is_not_answered_again(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    named = [("Message-ID", "<one@customer.example>")]
    write(id="m-inbox", headers=named)
    write(id="m-copy", headers=named)
    reply(client, alice, "m-inbox", "It is 99 euros.")

    again = reply(client, alice, "m-copy", "It is 99 euros.")

    assert again.status_code == 409
    assert len(world.replies()) == 1


def test_machines_are_not_answered_by_this_route_either(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    message = write(headers=[("Auto-Submitted", "auto-replied")])

    answer = reply(client, alice, message.envelope.id, "It is 99 euros.")

    assert answer.status_code == 409
    assert "sent automatically" in answer.json()["detail"]
    assert world.replies() == []


def test_words_need_not_stand_in_the_address(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    message = write()

    answer = client.post(
        "/providers/reply_to_message",
        headers=alice,
        params=ALICE | {"to": message.envelope.id, "wait": "0"},
        json={"message": "It is 99 euros."},
    )

    assert answer.status_code == 202
    world.tick()
    assert world.bodies() == ["It is 99 euros."]


def test_an_answer_has_words(client: TestClient, alice: Headers, write: Write) -> None:
    message = write()

    answer = reply(client, alice, message.envelope.id, " ")

    assert answer.status_code == 422
    assert "`message`" in answer.json()["detail"]


def test_the_history_of_what_a_person_took_up_is_whole(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    message = write()
    reply(client, alice, message.envelope.id, "It is 99 euros.")
    world.tick()

    look = world.app.replies.look(world.reply().id, by=world.by)

    assert [event.status for event in look.history] == [
        Status.RECEIVED,
        Status.AWAITING_APPROVAL,
        Status.APPROVED,
        Status.SENDING,
        Status.SENT,
    ]
    assert [event.before == "" for event in look.history] == [True, False, False, False, False]


def test_an_account_that_cannot_be_read_says_so(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    write()
    world.mailbox.fault = ConnectionError("hunter2 at /secret")

    answer = client.get("/messages/get_last_message", headers=alice, params=ALICE)

    assert answer.status_code == 503
    assert "hunter2" not in answer.text


def test_reading_keeps_nothing(
    client: TestClient, alice: Headers, write: Write, world: World
) -> None:
    write(sender=BOB)

    read(client, "get_last_message", alice)
    read(client, "get_messages", alice, from_when=0)
    read(client, "get_full_messages", alice, of_what="m1")

    assert world.replies() == []


class TwinSettings(Settings):
    box: str


class TwinProvider(DummyProvider):
    """Accounts of one name, each with a mailbox of its own, as on two mail servers."""

    name = "twin"
    settings_type = TwinSettings

    @property
    def mailbox(self) -> Mailbox:
        return MAILBOXES[self.account.settings["box"]]


TWIN = {"provider_name": "twin", "identifier_name": "shop@shop.example"}


@pytest.fixture
def both(world: World, alice: Headers, mallory: Headers) -> Iterator[tuple[TestClient, World]]:
    """Alice and Mallory have each linked an account of the same name."""
    app = bootstrap(
        world.settings,
        database=world.database,
        registry=Registry([TwinProvider]),
        bell=world.bell,
        clock=world.clock,
        hasher=CHEAP,
    )
    for user, box in ((world.by, "alices"), ("mallory", "mallorys")):
        app.connections.link(
            "twin",
            Address(handle="shop@shop.example"),
            by=user,
            settings={"box": box},
            credentials=Credentials(),
            confirm=True,
        )
        MAILBOXES[box].receive(
            f"The secret of {box}",
            sender=f"{box}-customer@customer.example",
            to=["shop@shop.example"],
            received_at=world.clock(),
            id=f"m-{box}",
        )
    world.app = app
    with TestClient(create_app(app)) as client:
        yield client, world


def test_accounts_of_the_same_name_never_show_each_others_mail(
    both: tuple[TestClient, World], alice: Headers, mallory: Headers, subtests: pytest.Subtests
) -> None:
    client, _ = both
    for headers, own, other in ((alice, "alices", "mallorys"), (mallory, "mallorys", "alices")):
        asked = {
            "get_last_message": {},
            "get_messages": {"from_when": "0"},
            "get_full_messages": {"of_what": f"m-{own}"},
        }
        for name, parameters in asked.items():
            with subtests.test(f"{own} {name}"):
                answer = client.get(f"/messages/{name}", headers=headers, params=TWIN | parameters)

                assert answer.status_code == 200
                assert own in answer.text
                assert other not in answer.text


def test_somebody_elses_message_is_not_there_by_its_id(
    both: tuple[TestClient, World], alice: Headers, mallory: Headers, subtests: pytest.Subtests
) -> None:
    client, world = both
    last = client.get("/messages/get_last_message", headers=alice, params=TWIN)
    token = last.json()["data"]["option"]["nextPageToken"]
    for headers, other in ((alice, "m-mallorys"), (mallory, "m-alices")):
        with subtests.test(f"read {other}"):
            answer = client.get(
                "/messages/get_full_messages", headers=headers, params=TWIN | {"of_what": other}
            )
            assert answer.status_code == 404
        for path in ("/messages/reply_to_message", "/providers/reply_to_message"):
            with subtests.test(f"{path} {other}"):
                answer = client.post(
                    path, headers=headers, params=TWIN | {"to": other, "message": "Hello"}
                )
                assert answer.status_code == 404
    with subtests.test("go on where somebody else was"):
        answer = client.get(
            "/messages/get_messages",
            headers=mallory,
            params=TWIN | {"from_when": "0", "option": token},
        )
        assert answer.status_code == 422
    assert world.app.replies.page(by=world.by).items == []
    assert MAILBOXES["alices"].sent == MAILBOXES["mallorys"].sent == []


def test_an_answer_goes_out_from_ones_own_account(
    both: tuple[TestClient, World], mallory: Headers
) -> None:
    client, world = both

    answer = client.post(
        "/messages/reply_to_message",
        headers=mallory,
        params=TWIN | {"to": "m-mallorys", "message": "Hello", "wait": "0"},
    )
    world.work()

    assert answer.status_code == 202
    assert MAILBOXES["alices"].sent == []
    [sent] = MAILBOXES["mallorys"].sent
    assert sent.outgoing.to.handle == "mallorys-customer@customer.example"


def test_an_account_that_one_has_not_linked_is_not_there(
    client: TestClient, mallory: Headers, write: Write, subtests: pytest.Subtests
) -> None:
    write()
    parameters = ALICE | {"from_when": "0", "of_what": "m1", "to": "m1", "message": "Hello"}
    for method, path in (
        ("GET", "/messages/get_last_message"),
        ("GET", "/messages/get_messages"),
        ("GET", "/messages/get_full_messages"),
        ("POST", "/messages/reply_to_message"),
        ("POST", "/providers/reply_to_message"),
    ):
        with subtests.test(path):
            answer = client.request(method, path, headers=mallory, params=parameters)

            assert answer.status_code == 404
            assert "Linked: none" in answer.json()["detail"]
