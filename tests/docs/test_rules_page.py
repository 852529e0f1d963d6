"""The page of rules names every rule there is, and every setting that moves one."""

import re
from pathlib import Path

from core.config import environment_names
from services.policy import RULES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "rules.md").read_text()


def named() -> set[str]:
    """The ids on the page, with those of the ranges."""
    ids = set(re.findall(r"\b[A-Z]\d{1,2}\b", PAGE))
    for letter, first, last in re.findall(r"\b([A-Z])0?(\d+) – [A-Z](\d+)", PAGE):
        width = 2 if letter == "G" else 1
        ids |= {f"{letter}{number:0{width}}" for number in range(int(first), int(last) + 1)}
    return ids


def test_every_rule_of_the_gate_is_on_it_in_the_order_in_which_they_are_asked() -> None:
    table = PAGE[: PAGE.index("## Held")]
    rows = re.findall(r"^\| ([A-Z]\d) \|", table, re.MULTILINE)

    gate = list(dict.fromkeys(rule.id for rule in RULES))

    assert rows[: len(gate)] == gate


def test_every_other_rule_in_the_code_is_on_it() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
    ids = set(re.findall(r"""(?:rule=|return |[A-Z]+ = )"([A-Z]\d{1,2})\"""", code))

    assert ids
    assert ids <= named()


def test_every_setting_on_it_exists() -> None:
    settings = set(re.findall(r"ORCHESTRE_[A-Z_]+\*?", PAGE))

    for name in settings:
        known = environment_names()
        assert name in known or any(each.startswith(name.rstrip("*")) for each in known)
