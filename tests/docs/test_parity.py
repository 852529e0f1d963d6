"""Every row that is said to be done names a file and a test that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "parity.md").read_text().splitlines()
    if re.match(r"\| [A-Z]{3}-\d\d ", line)
]


DONE = [row for row in ROWS if len(row) == 4]
OTHERWISE = [row for row in ROWS if len(row) == 3]
"""What was asked for, and what there is instead."""


@pytest.mark.parametrize("row", DONE, ids=[row[0] for row in DONE])
def test_a_row_names_what_is_there(row: list[str]) -> None:
    _, _, where, test = row

    for place in re.findall(r"`([^`]+/[^`]*|[\w.]+)`", where):
        assert (ROOT / place).exists(), place
    for named in re.findall(r"`([^`]+)`", test):
        file, _, name = named.partition("::")
        assert (ROOT / file).exists(), file
        assert not name or re.search(rf"(def|class) {name}\b", (ROOT / file).read_text()), named


def test_a_row_stands_once() -> None:
    ids = [row[0] for row in ROWS]

    assert len(DONE) + len(OTHERWISE) == len(ROWS)
    assert len(ids) == len(set(ids))
