"""The lines that the page of invariants speaks of are still there to be broken."""

from pathlib import Path

import pytest

from bench.invariants import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "invariants.md").read_text()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.line.strip()[:50])
def test_a_line_that_is_broken_stands_once_in_its_file(mutation: Mutation) -> None:
    code = (ROOT / mutation.file).read_text()

    assert code.count(mutation.line) == 1
    assert mutation.line.strip().splitlines()[0] in PAGE
