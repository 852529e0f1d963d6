import pytest
from fastapi.testclient import TestClient

from core.products import Catalogue, StoredProduct
from core.replies import Reply, Status
from db.base import Drop, Swap
from tests.apis.conftest import Headers
from tests.conftest import World, Write


def test_what_waits_is_listed_and_counted(client: TestClient, alice: Headers, held: Reply) -> None:
    answer = client.get("/replies", headers=alice, params={"status": "awaiting_approval"})

    data = answer.json()["data"]
    [item] = data["items"]
    assert item["id"] == held.id
    assert item["needs_you"] is True
    assert data["next_cursor"] is None
    assert data["counts"]["awaiting_approval"] == 1
    assert set(data["counts"]) == set(Status)


def test_a_long_list_comes_in_parts(
    client: TestClient, world: World, alice: Headers, write: Write
) -> None:
    world.start()
    for number in range(5):
        write(sender=f"c{number}@customer.example")
        world.clock.advance(seconds=30)
        world.tick()

    seen: list[str] = []
    cursor: str | None = None
    while True:
        given = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        data = client.get("/replies", headers=alice, params=given).json()["data"]
        seen += [item["sender"] for item in data["items"]]
        cursor = data["next_cursor"]
        if cursor is None:
            break

    assert seen == [f"c{number}@customer.example" for number in reversed(range(5))]


def test_everything_about_a_reply_is_shown(client: TestClient, alice: Headers, held: Reply) -> None:
    data = client.get(f"/replies/{held.id}", headers=alice).json()["data"]

    assert data["message"]["text"] == "How much is the Alpine Tent 2?"
    assert data["outgoing"]["to"]["handle"] == "bob@customer.example"
    assert "199" in data["outgoing"]["body"]
    assert data["draft"]["product_ids"] == ["TENT-2"]
    assert [event["status"] for event in data["history"]] == [
        "received",
        "awaiting_approval",
    ]


def test_what_was_shown_is_sent_when_it_is_approved(
    client: TestClient, world: World, alice: Headers, held: Reply
) -> None:
    shown = client.get(f"/replies/{held.id}", headers=alice).json()["data"]

    answer = client.post(
        f"/replies/{held.id}/approve", headers=alice, json={"seen": shown["digest"]}
    )
    world.work()

    assert answer.json()["data"]["status"] == "approved"
    [sent] = world.mailbox.sent
    assert sent.outgoing.model_dump(mode="json") == shown["outgoing"]


def test_a_double_click_sends_once(
    client: TestClient, world: World, alice: Headers, held: Reply
) -> None:
    approval = {"seen": held.digest}

    first = client.post(f"/replies/{held.id}/approve", headers=alice, json=approval)
    second = client.post(f"/replies/{held.id}/approve", headers=alice, json=approval)
    world.work()
    third = client.post(f"/replies/{held.id}/approve", headers=alice, json=approval)

    assert (first.status_code, second.status_code, third.status_code) == (200, 409, 409)
    assert len(world.mailbox.sent) == 1


def test_an_answer_that_changed_meanwhile_is_not_sent(
    client: TestClient, world: World, alice: Headers, held: Reply
) -> None:
    edited = client.post(
        f"/replies/{held.id}/edit",
        headers=alice,
        json={"seen": held.digest, "body": "It costs 199 euros."},
    )
    stale = client.post(f"/replies/{held.id}/approve", headers=alice, json={"seen": held.digest})

    assert edited.json()["data"]["status"] == "awaiting_approval"
    assert stale.status_code == 409
    assert "Look again" in stale.json()["reason"]


def test_a_person_answers_in_other_words(
    client: TestClient, world: World, alice: Headers, held: Reply
) -> None:
    client.post(
        f"/replies/{held.id}/approve",
        headers=alice,
        json={"seen": held.digest, "body": "Call me."},
    )
    world.work()

    assert world.bodies() == ["Call me."]


def test_a_rejected_answer_is_not_sent(
    client: TestClient, world: World, alice: Headers, held: Reply
) -> None:
    answer = client.post(
        f"/replies/{held.id}/reject", headers=alice, json={"reason": "I know him."}
    )
    world.tick()

    assert answer.json()["data"]["status"] == "rejected"
    assert answer.json()["data"]["reason"] == "I know him."
    assert world.mailbox.sent == []


def test_another_draft_can_be_asked_for(
    client: TestClient, world: World, alice: Headers, held: Reply
) -> None:
    answer = client.post(f"/replies/{held.id}/redraft", headers=alice)
    world.work()

    assert answer.json()["data"]["status"] == "received"
    assert world.reply().status is Status.AWAITING_APPROVAL


def test_an_answer_of_before_is_not_shown_as_the_answer(
    client: TestClient, world: World, alice: Headers, held: Reply
) -> None:
    store = world.database.for_workers()
    [mark] = store.find(Catalogue)
    sold_out = [Drop(product) for product in store.find(StoredProduct)]
    store.commit(*sold_out, Swap(mark, mark.evolve()))

    client.post(f"/replies/{held.id}/redraft", headers=alice)
    world.work()
    shown = client.get(f"/replies/{held.id}", headers=alice).json()["data"]
    approved = client.post(f"/replies/{held.id}/approve", headers=alice, json={"seen": ""})

    assert (shown["status"], shown["digest"]) == ("awaiting_approval", "")
    assert shown["outgoing"] is None
    assert shown["draft"] is None
    assert approved.status_code == 409


def test_a_sender_is_never_answered_again(
    client: TestClient, world: World, alice: Headers, held: Reply, write: Write
) -> None:
    answer = client.post(f"/replies/{held.id}/never_answer", headers=alice)
    world.clock.advance(hours=1)
    write("And the stove?")
    world.tick()

    assert answer.json()["data"]["status"] == "rejected"
    assert [reply.status for reply in world.replies()] == [Status.REJECTED, Status.SKIPPED]


@pytest.mark.parametrize(("sent", "status"), [(True, "sent"), (False, "approved")])
def test_a_doubt_is_settled_by_a_person(
    client: TestClient, world: World, alice: Headers, write: Write, sent: bool, status: str
) -> None:
    world.start()
    write()
    world.mailbox.fault, world.mailbox.fault_on = OSError("the line went dead"), "send"
    world.tick()
    reply = world.reply()
    assert reply.status is Status.UNCERTAIN

    answer = client.post(f"/replies/{reply.id}/settle", headers=alice, json={"sent": sent})

    assert answer.json()["data"]["status"] == status


SENSELESS: list[tuple[str, object]] = [
    ("approve", {}),
    ("approve", {"seen": "x", "extra": 1}),
    ("approve", {"seen": None}),
    ("approve", {"seen": "x" * 400}),
    ("edit", {"seen": "x"}),
    ("settle", {"sent": "perhaps"}),
    ("settle", None),
    ("reject", {"reason": 1}),
    ("reject", {"reason": "a\x00"}),
]


def test_a_decision_that_makes_no_sense_changes_nothing(
    client: TestClient,
    world: World,
    alice: Headers,
    held: Reply,
    subtests: pytest.Subtests,
) -> None:
    wordless = ["", "  \n", "x" * 50_001, "a\x00b"]
    senseless = [*SENSELESS, *(("approve", {"seen": held.digest, "body": w}) for w in wordless)]
    for action, body in senseless:
        with subtests.test(f"{action} {str(body)[-30:]}"):
            answer = client.post(f"/replies/{held.id}/{action}", headers=alice, json=body)

            assert answer.status_code == 422
            assert world.reply() == held


def test_what_cannot_be_done_now_is_a_conflict(
    client: TestClient, alice: Headers, held: Reply
) -> None:
    answer = client.post(f"/replies/{held.id}/settle", headers=alice, json={"sent": True})

    assert answer.status_code == 409
    assert "awaiting_approval" in answer.json()["reason"]


def test_every_silence_shows_its_rule_and_its_words(
    client: TestClient, world: World, alice: Headers, write: Write
) -> None:
    world.start()
    write(headers=(("auto-submitted", "auto-replied"),))
    world.tick()

    answer = client.get(f"/replies/{world.reply().id}", headers=alice)

    reply = answer.json()["data"]
    assert (reply["status"], reply["rule"]) == ("skipped", "S1")
    assert reply["reason"] == "It was sent automatically."
