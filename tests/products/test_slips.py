import pytest

from products.slips import Slips

SLIPS = Slips(["alpine", "glacier", "nordic"])


@pytest.mark.parametrize("written", ["alpne", "alpline", "alpime", "lapine", "alpien", "lpine"])
def test_a_word_is_found_with_one_slip(written: str) -> None:
    assert SLIPS.near(written) == ["alpine"]


@pytest.mark.parametrize("written", ["lpines", "aplien", "alp", "", "tunnel"])
def test_two_slips_are_another_word(written: str) -> None:
    assert SLIPS.near(written) == []


def test_the_word_itself_is_no_slip() -> None:
    assert SLIPS.near("alpine") == []
