"""Two machines that answer each other come to an end; two people do not."""

from datetime import UTC, datetime, timedelta

import pytest

from core.messages import Address, Envelope, Message
from core.pace import Heard, Pace, Turn
from services.pacing import LOOP_WORDS, OFTEN_WORDS, SAME_WORDS, points_of, turn_of, why_stop

START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
PACE = Pace()


def turn(
    seconds: float,
    *,
    sender: str = "bob@customer.example",
    thread: str = "t",
    subject: str = "tent",
    topic: str = "",
    words: str = "",
    typed: bool = False,
) -> Turn:
    at = START + timedelta(seconds=seconds)
    words = words or f"{seconds}"
    return Turn(
        sender=sender,
        thread=thread,
        subject=subject,
        topic=topic or subject,
        words=words,
        at=at,
        typed=typed,
    )


def exchange(*turns: Turn, answered_after: float = 1) -> list[int]:
    """Which of these turns are answered, each `answered_after` seconds after it came."""
    heard: list[Heard] = []
    numbers = []
    for number, one in enumerate(turns):
        now = one.at + timedelta(seconds=answered_after)
        points = points_of(one, tuple(heard), pace=PACE)
        stop = why_stop(one, tuple(heard), pace=PACE, now=now)
        heard.append(
            Heard(reply_id=f"{number}", turn=one, at=now, points=points, answered=not stop)
        )
        if not stop:
            numbers.append(number)
    return numbers


def test_a_machine_that_answers_at_once_is_answered_once() -> None:
    assert exchange(*(turn(3 * number) for number in range(20))) == [0]


def test_a_machine_that_takes_a_minute_is_answered_three_times() -> None:
    assert exchange(*(turn(62 * number) for number in range(20))) == [0, 1, 2]


def test_a_machine_that_takes_its_time_is_answered_five_times_in_three_hours() -> None:
    assert len(exchange(*(turn(300 * number) for number in range(36)))) == 5


def test_a_machine_whose_gateway_loses_the_thread_is_known_by_its_subject() -> None:
    turns = [turn(3 * number, thread=f"{number}") for number in range(20)]

    assert exchange(*turns) == [0]


def test_a_machine_that_counts_its_subjects_is_answered_three_times() -> None:
    turns = [turn(3 * n, thread=f"{n}", subject=f"case {n}", topic="case 0") for n in range(20)]

    assert exchange(*turns) == [0, 1, 2]


def test_a_machine_that_changes_its_address_is_known_by_its_thread() -> None:
    turns = [turn(3 * number, sender=f"t{number}@desk.example") for number in range(20)]

    assert exchange(*turns) == [0]


def test_people_who_write_in_one_thread_are_answered_each() -> None:
    turns = [turn(900 * number, sender=f"p{number}@customer.example") for number in range(3)]

    assert exchange(*turns) == [0, 1, 2]


def test_one_persons_words_in_anothers_mouth_are_another_question() -> None:
    turns = [
        turn(900 * n, sender=f"p{n}@customer.example", thread=f"{n}", words="x") for n in (0, 1)
    ]

    assert exchange(*turns) == [0, 1]


def test_a_person_who_comes_back_every_40_minutes_is_always_answered() -> None:
    assert len(exchange(*(turn(2400 * number) for number in range(12)))) == 12


def test_three_questions_in_three_mails_are_three_answers() -> None:
    turns = [turn(40 * number, thread=f"{number}", subject=f"{number}") for number in range(3)]

    assert exchange(*turns) == [0, 1, 2]


def test_one_correspondent_has_ten_answers_in_three_hours() -> None:
    turns = [turn(600 * number, thread=f"{number}", subject=f"{number}") for number in range(18)]

    assert exchange(*turns) == list(range(10))


def test_the_same_words_are_answered_once_a_week() -> None:
    days = (0, 1, 6.9, 8)
    turns = [turn(day * 86_400, thread=f"{day}", subject=f"{day}", words="x") for day in days]

    assert exchange(*turns) == [0, 3]


def test_what_was_written_before_our_answer_is_no_reaction_to_it() -> None:
    assert exchange(turn(0), turn(5), turn(10), answered_after=60) == [0, 1, 2]


def test_in_a_chat_people_answer_at_once() -> None:
    assert exchange(*(turn(5 * number, typed=True) for number in range(3))) == [0, 1, 2]


@pytest.mark.parametrize(
    ("turns", "words", "circles"),
    [
        ((turn(0), turn(5)), LOOP_WORDS, True),
        ((turn(0, words="x"), turn(9_000, words="x", thread="u", subject="u")), SAME_WORDS, False),
        (
            tuple(turn(600 * n, thread=f"{n}", subject=f"{n}") for n in range(11)),
            OFTEN_WORDS,
            False,
        ),
    ],
)
def test_a_stop_says_why(turns: tuple[Turn, ...], words: str, circles: bool) -> None:
    *earlier, last = turns
    answered = tuple(Heard(reply_id="r", turn=one, at=one.at, points=1) for one in earlier)

    stop = why_stop(last, answered, pace=PACE, now=last.at)

    assert stop is not None
    assert (stop.words, stop.circles) == (words, circles)


def test_a_turn_knows_its_words_and_its_subject_whatever_surrounds_them() -> None:
    def read(subject: str, text: str, sender: str) -> Turn:
        envelope = Envelope(
            id="m",
            thread_id="t",
            sender=Address(handle=sender),
            subject=subject,
            received_at=START,
            headers=(("from", "bob@customer.example"),),
        )
        return turn_of(Message(envelope=envelope, text=text, new_text=text))

    plain = read("Tent 7", "How  much?\n", "bob@customer.example")
    marked = read("[EXTERNAL] AW: Re[2]: tent 7", "how much?", "Bob+x12@customer.example")

    assert plain == marked
    assert read("Tent 12", "", "bob@customer.example").topic == plain.topic
    assert not plain.typed


def test_two_questions_in_two_subjects_are_not_the_same_words() -> None:
    def read(subject: str) -> Turn:
        envelope = Envelope(
            id="1",
            thread_id="t",
            sender=Address(handle="bob@customer.example"),
            subject=subject,
            received_at=START,
            headers=(("subject", subject),),
        )
        return turn_of(Message(envelope=envelope))

    assert read("How much is the tent?").words == read("[EXTERNAL] how much is the tent?").words
    assert read("How much is the tent?").words != read("How much is the stove?").words


def test_strangers_whom_a_service_puts_in_one_thread_are_strangers() -> None:
    def read(id: str, sender: str, **headers: str) -> Turn:
        found = {"from": sender, "message-id": id} | headers
        envelope = Envelope(
            id=id,
            thread_id="one topic",
            sender=Address(handle=sender),
            subject="Question",
            received_at=START,
            headers=tuple((name.replace("_", "-"), value) for name, value in found.items()),
        )
        return turn_of(Message(envelope=envelope, text="", new_text=id))

    first = read("<a@x.example>", "a@x.example", references="<r1@shop.example>")
    other = read("<b@y.example>", "b@y.example", references="<r2@shop.example>")

    assert (first.thread, other.thread) == ("<r1@shop.example>", "<r2@shop.example>")
