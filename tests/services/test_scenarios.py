"""What an account remembers from one mail to the next."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.explaining import Verdict, explain_lines

SHOP = "shop@your-shop.example"
BOB = "bob@customer.example"


def letter(id: str, text: str, **fields: str) -> bytes:
    usual = {
        "From": BOB,
        "To": SHOP,
        "Subject": "Tent",
        "Message-ID": f"<{id}@customer.example>" if id else "",
        "Date": "Thu, 1 Jan 2026 09:00:00 +0000",
    }
    headers = usual | {name.replace("_", "-"): value for name, value in fields.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    return f"{head}\r\n{text}\r\n".encode()


class Story:
    """Mails in the order in which they show up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._steps: list[dict[str, Any]] = []

    def then(self, raw: bytes, **step: Any) -> "Story":
        name = f"{len(self._steps)}.eml"
        (self._folder / name).write_bytes(raw)
        self._steps.append({"file": name, "minute": 0, "direction": "in", "folder": "INBOX"} | step)
        return self

    def verdicts(self) -> list[Verdict]:
        line = json.dumps({"id": "s", "me": [SHOP], "steps": self._steps})
        return list(explain_lines([line], folder=self._folder))

    def answered(self) -> list[bool]:
        return [verdict.respond for verdict in self.verdicts()]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def test_each_step_has_a_verdict_named_after_its_place(story: Story) -> None:
    story.then(letter("a", "How much?")).then(letter("b", "And the big one?"), minute=30)

    assert [verdict.id for verdict in story.verdicts()] == ["s#0", "s#1"]


def test_a_copy_in_another_folder_is_not_answered_again(story: Story) -> None:
    story.then(letter("a", "How much?"), uid=7)
    story.then(letter("a", "How much?", Delivered_To="x@y.example"), folder="Archive", uid=90)

    first, second = story.verdicts()

    assert first.respond
    assert second.reason.startswith("P1: ")


def test_other_words_under_the_same_id_are_another_mail(story: Story) -> None:
    story.then(letter("a", "How much?")).then(letter("a", "Is it red?"), minute=30)

    assert story.answered() == [True, True]


def test_another_sender_under_the_same_id_is_another_mail(story: Story) -> None:
    story.then(letter("a", "How much?"))
    story.then(letter("a", "How much?", From="carol@other.example"))

    assert story.answered() == [True, True]


def test_without_an_id_the_same_mail_is_known_again(story: Story) -> None:
    story.then(letter("", "How much?")).then(letter("", "How much?"), minute=600)

    assert story.answered() == [True, False]


@pytest.mark.parametrize("flag", ["\\Answered", "$Forwarded", "\\answered"])
def test_what_is_flagged_as_answered_is_left_alone(story: Story, flag: str) -> None:
    story.then(letter("a", "How much?"), flags=["\\Seen", flag])

    [verdict] = story.verdicts()

    assert verdict.reason.startswith("P4: ")


@pytest.mark.parametrize(
    "where", [{"direction": "out"}, {"folder": "[Gmail]/Sent Mail"}, {"folder": "INBOX.Sent"}]
)
@pytest.mark.parametrize("header", ["In_Reply_To", "References"])
def test_what_the_owner_answered_is_left_alone(
    story: Story, where: dict[str, str], header: str
) -> None:
    by_hand = {"From": SHOP, "To": BOB, header: "<a@customer.example>"}
    story.then(letter("h", "It is 99 euros.", **by_hand), **where)
    story.then(letter("a", "How much?"), minute=5)

    sent, received = story.verdicts()

    assert sent.reason.startswith("R3: ")
    assert received.reason.startswith("P4: ")


def test_a_later_mail_of_the_owner_in_the_thread_answers_it_too(story: Story) -> None:
    by_hand = {"From": SHOP, "To": BOB, "References": "<root@customer.example>"}
    later = {"Date": "Thu, 1 Jan 2026 10:00:00 +0000"}
    story.then(letter("h", "As I said on the phone.", **by_hand, **later), direction="out")
    story.then(letter("a", "How much?", References="<root@customer.example>"), minute=5)

    assert story.answered() == [False, False]


def test_a_question_after_the_owners_mail_is_a_new_one(story: Story) -> None:
    story.then(letter("h", "Dear Bob …", From=SHOP, To=BOB), direction="out")
    answer = {"In_Reply_To": "<h@customer.example>", "Date": "Thu, 1 Jan 2026 11:00:00 +0000"}
    story.then(letter("a", "How much?", **answer), minute=120)

    assert story.answered() == [False, True]


def test_our_own_answer_in_the_sent_folder_is_not_a_persons(story: Story) -> None:
    ours = {"From": SHOP, "To": BOB, "X-Orchestre-Reply": "k", "References": "<a@customer.example>"}
    story.then(letter("o", "It is 99 euros.", **ours), direction="out")
    story.then(letter("a", "How much?"), minute=5)

    assert story.answered() == [False, True]


def test_a_machine_that_answers_at_once_is_stopped(story: Story) -> None:
    for number in range(6):
        story.then(letter(f"{number}", f"Noted, {number}. More?"), minute=number * 0.1)

    verdicts = story.verdicts()

    assert [verdict.respond for verdict in verdicts] == [True] + [False] * 5
    assert verdicts[1].reason.startswith("P3: ")


def test_the_same_words_are_not_answered_twice(story: Story) -> None:
    story.then(letter("a", "How much?")).then(letter("b", "How much?"), minute=600)

    assert story.answered() == [True, False]


def test_a_conversation_of_days_goes_on(story: Story) -> None:
    for number in range(6):
        story.then(letter(f"{number}", f"And {number} of them?"), minute=number * 400)

    assert story.answered() == [True] * 6


def test_scenarios_know_nothing_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(letter("a", "How much?"))
    line = json.dumps({"id": "s", "me": [SHOP], "steps": [{"file": "a.eml"}]})

    assert [verdict.respond for verdict in explain_lines([line] * 2, folder=tmp_path)] == [True] * 2


def test_a_mail_that_cannot_be_read_spoils_only_its_step(story: Story, tmp_path: Path) -> None:
    story.then(letter("a", "How much?")).then(letter("b", "And the stove?"), minute=30)
    (tmp_path / "0.eml").unlink()

    first, second = story.verdicts()

    assert "cannot be read" in first.error
    assert second.respond


def test_a_question_without_mail_is_refused(tmp_path: Path) -> None:
    [verdict] = explain_lines([json.dumps({"id": "s", "me": [SHOP]})], folder=tmp_path)

    assert "give either a file or steps" in verdict.error


def test_what_else_a_line_says_is_its_authors(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(letter("a", "How much?"))
    line = json.dumps(
        {"id": "s", "me": [SHOP], "file": "a.eml", "label": "human", "envelope_to": [1]}
    )

    [verdict] = explain_lines([line], folder=tmp_path)

    assert verdict.respond


def test_another_machines_answer_in_the_sent_folder_answers_only_what_it_names(
    story: Story,
) -> None:
    root = {"References": "<root@customer.example>"}
    notice = {"From": SHOP, "To": BOB, "Auto-Submitted": "auto-replied", **root}
    story.then(
        letter("o", "We are away.", **notice, Date="Thu, 1 Jan 2026 10:00:00 +0000"),
        direction="out",
    )
    story.then(letter("a", "How much?", **root), minute=5)

    assert story.answered() == [False, True]
