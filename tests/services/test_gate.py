"""The gate on a thousand labelled mails, through the function that the command line uses."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from services.explaining import Question, Verdict, explain, explain_lines
from services.policy import RULES
from tests.mail.corpus import MAILS, lay_down
from tests.mail.writing import HUMAN, MUST, POLICY, SHOULD, Mail

SILENT = [mail for mail in MAILS if not mail.from_person]
PEOPLE = [mail for mail in MAILS if mail.from_person]
RULE_IDS = sorted({rule.id for rule in RULES})

Judge = Callable[[Mail], Verdict]


@pytest.fixture(scope="module")
def judged() -> Judge:
    """The verdict on one mail of the corpus, the same for every test here."""
    verdicts = {
        mail.name: explain(
            mail.raw,
            Question(
                id=mail.name,
                file="-",
                me=mail.me,
                envelope_from=mail.envelope_from,
                envelope_to=mail.envelope_to,
            ),
        )
        for mail in MAILS
    }
    return lambda mail: verdicts[mail.name]


def test_the_corpus_is_large_and_every_mail_has_a_name_of_its_own() -> None:
    assert len(MAILS) >= 1_000
    assert len(PEOPLE) >= 500
    assert len({mail.name for mail in MAILS}) == len(MAILS)
    assert {mail.level for mail in MAILS} == {HUMAN, MUST, SHOULD, POLICY}
    assert len({mail.kind for mail in MAILS}) >= 30


@pytest.mark.parametrize("rule", RULE_IDS)
def test_every_rule_is_needed_by_five_mails_at_least(rule: str) -> None:
    assert Counter(mail.rule for mail in SILENT)[rule] >= 5


def test_nothing_that_must_not_be_answered_is_answered(judged: Judge) -> None:
    answered = [mail.name for mail in SILENT if mail.level == MUST and judged(mail).respond]

    assert answered == []


def test_hardly_anything_that_should_not_be_answered_is_answered(judged: Judge) -> None:
    should_not = [mail for mail in SILENT if mail.level == SHOULD]

    answered = [mail.name for mail in should_not if judged(mail).respond]

    assert len(answered) <= 0.02 * len(should_not), answered


def test_what_is_left_to_the_deployment_is_left_alone(judged: Judge) -> None:
    answered = [mail.name for mail in SILENT if mail.level == POLICY and judged(mail).respond]

    assert answered == []


def test_people_are_answered(judged: Judge) -> None:
    silenced = [(mail.name, judged(mail).reason) for mail in PEOPLE if not judged(mail).respond]

    assert silenced == []


def test_people_are_answered_at_the_right_address(judged: Judge) -> None:
    wrong = [
        (mail.name, judged(mail).reply_to)
        for mail in PEOPLE
        if judged(mail).respond and judged(mail).reply_to != mail.target
    ]

    assert wrong == []


def test_every_silence_names_the_rule_that_comes_first_and_says_it_in_words(judged: Judge) -> None:
    named = [(mail, *judged(mail).reason.partition(": ")[::2]) for mail in SILENT]

    assert [(mail.name, rule) for mail, rule, _ in named if rule != mail.rule] == []
    assert [mail.name for mail, _, words in named if len(words.split()) < 3] == []


def test_no_mail_of_the_corpus_is_an_error(judged: Judge) -> None:
    assert [(mail.name, judged(mail).error) for mail in MAILS if judged(mail).error] == []


def test_the_corpus_lies_in_a_folder_as_a_batch_reads_it(tmp_path: Path, judged: Judge) -> None:
    folder = tmp_path / "corpus"

    lay_down(folder)

    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    verdicts = list(explain_lines(lines, folder=folder))
    assert [verdict.respond for verdict in verdicts] == [judged(mail).respond for mail in MAILS]
    assert len((folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()) == len(MAILS)
