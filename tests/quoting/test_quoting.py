"""The sender's own words come out of replies of the development clients, in 30 locales."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from providers.mail.mime import read_envelope, read_message
from tests.quoting import Case, development, held_out, leaks, same

NOW = datetime(2026, 12, 1, tzinfo=UTC)
EXACT = 0.97
CLIENT_EXACT = 0.93
LEAKS = 0.01
UNSEEN_EXACT = 0.85
UNSEEN_LEAKS = 0.02


@pytest.fixture(scope="module")
def found() -> list[tuple[Case, str]]:
    return words_of(development())


def words_of(cases: list[Case]) -> list[tuple[Case, str]]:
    """Each case, with the words that are taken for its sender's."""
    return [
        (case, read_message(case.raw, envelope=envelope).new_text)
        for case in cases
        for envelope in [read_envelope(case.raw, id=case.name, received_at=NOW)]
    ]


def test_the_words_of_the_sender_come_out_exactly(found: list[tuple[Case, str]]) -> None:
    right = [same(words, case.expected, flowing=case.flowing) for case, words in found]

    assert sum(right) / len(right) >= EXACT


def test_no_client_is_left_behind(found: list[tuple[Case, str]]) -> None:
    right = defaultdict(list)

    for case, words in found:
        right[case.client].append(same(words, case.expected, flowing=case.flowing))

    behind = {client for client, marks in right.items() if sum(marks) / len(marks) < CLIENT_EXACT}
    assert not behind


def test_nearly_nothing_of_a_quotation_is_taken_for_new(found: list[tuple[Case, str]]) -> None:
    leaky = [leaks(words, case.quoted) for case, words in found]

    assert sum(leaky) / len(leaky) <= LEAKS


def test_no_words_are_found_where_the_sender_wrote_none(found: list[tuple[Case, str]]) -> None:
    empty = [(case, words) for case, words in found if not case.expected]

    assert empty
    assert not any(words for _, words in empty)


def test_so_do_those_of_clients_that_were_looked_at_only_at_the_end() -> None:
    found = words_of(held_out())

    right = [same(words, case.expected, flowing=case.flowing) for case, words in found]
    leaky = [leaks(words, case.quoted) for case, words in found]

    assert sum(right) / len(right) >= UNSEEN_EXACT
    assert sum(leaky) / len(leaky) < UNSEEN_LEAKS
