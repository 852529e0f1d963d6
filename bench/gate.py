"""Which mail Orchestre answers, and which other responders do: `python -m bench.gate`.

Every mail of the labelled corpus goes through all of them in one run. Prints one JSON object, and
a table on standard error. Positive is an answer to a person: precision is the share of people's
mail in what was answered, recall the share of people's mail that was. Fails when Orchestre
answers what nobody may, over 2 % of what nobody should, or under 99 % of the people.

The corpus is the project's own, labelled by the rules that the gate was built from, so the figures
say where the others differ, not how Orchestre does on mail that nobody here has seen.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from services.explaining import Question, explain
from tests.mail.corpus import MAILS
from tests.mail.writing import HUMAN, MUST, POLICY, SHOULD, Mail

from .responders import RESPONDERS, Answers, installed

ORCHESTRE = "Orchestre"
WORKERS = 4
MOST_SHOULD = 0.02
LEAST_PEOPLE = 0.99


def orchestre(mail: Mail, file: Path) -> bool:
    question = Question(
        file=str(file),
        me=mail.me,
        envelope_from=mail.envelope_from,
        envelope_to=mail.envelope_to,
    )
    return explain(file.read_bytes(), question).respond


def answered_by_all() -> Iterator[tuple[str, list[bool] | None]]:
    """For each responder whether it answered each mail; `None` for one that is not installed."""
    owners = frozenset(mail.me for mail in MAILS)
    with TemporaryDirectory(prefix="gate-") as folder, installed(owners) as responders:
        Path(folder).chmod(0o755)
        files = [Path(folder) / f"{number:04}.eml" for number in range(len(MAILS))]
        for mail, file in zip(MAILS, files, strict=True):
            file.write_bytes(mail.raw)
        everybody: dict[str, Answers | None] = {ORCHESTRE: orchestre, **responders}
        with ThreadPoolExecutor(WORKERS) as pool:
            for name, answers in everybody.items():
                yield name, answers and list(pool.map(answers, MAILS, files))


def figures(answered: list[bool]) -> dict[str, Any]:
    """Precision and recall, and what share of machine mail was answered, by level and by kind."""
    sent = [mail for mail, answer in zip(MAILS, answered, strict=True) if answer]
    people = sum(mail.from_person for mail in sent)
    machines = [mail for mail in MAILS if not mail.from_person]
    return {
        "confusion": {
            "people_answered": people,
            "people_left": sum(mail.from_person for mail in MAILS) - people,
            "machines_answered": len(sent) - people,
            "machines_left": len(machines) - len(sent) + people,
        },
        "precision": share(people, len(sent)),
        "recall": share(people, sum(mail.from_person for mail in MAILS)),
        "machine_mail_answered": share(len(sent) - people, len(machines)),
        "by_level": _shares(sent, machines, "level"),
        "by_rule": _shares(sent, machines, "rule"),
        "by_kind": _shares(sent, machines, "kind"),
    }


def _shares(sent: list[Mail], machines: list[Mail], field: str) -> dict[str, float]:
    of_all = Counter(getattr(mail, field) for mail in machines)
    answered = Counter(getattr(mail, field) for mail in sent if not mail.from_person)
    return {name: share(answered[name], of_all[name]) for name in sorted(of_all)}


def share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def table(results: dict[str, dict[str, Any] | None]) -> str:
    """For reading: a line a responder, and below it the rules, a column each."""
    columns = ("precision", "recall", "machines", MUST, SHOULD, POLICY)
    lines = [f"{'':22}" + "".join(f"{name:>11}" for name in columns)]
    for name, result in results.items():
        if result is None:
            lines.append(f"{name:22}    not installed")
            continue
        values = [result["precision"], result["recall"], result["machine_mail_answered"]]
        values += [result["by_level"][level] for level in (MUST, SHOULD, POLICY)]
        lines.append(f"{name:22}" + "".join(f"{value:>11.1%}" for value in values))
    there = {name: result for name, result in results.items() if result}
    lines += ["", "Machine mail answered, by the rule that forbids it:"]
    lines.append(f"{'':6}" + "".join(f"{name[:12]:>14}" for name in there))
    for rule in sorted({mail.rule for mail in MAILS} - {""}):
        shares = "".join(f"{result['by_rule'][rule]:>14.1%}" for result in there.values())
        lines.append(f"{rule:6}{shares}")
    return "\n".join(lines)


def main() -> int:
    answered = dict(answered_by_all())
    results = {name: figures(given) if given else None for name, given in answered.items()}
    print(table(results), file=sys.stderr)
    levels = Counter(mail.level for mail in MAILS)
    missing = [
        f"{one.name}: apt-get install {one.package}"
        for one in RESPONDERS
        if results[one.name] is None
    ]
    ours = figures(answered[ORCHESTRE] or [])
    kept = (
        ours["by_level"][MUST] == 0
        and ours["by_level"][SHOULD] <= MOST_SHOULD
        and ours["recall"] >= LEAST_PEOPLE
    )
    print(
        json.dumps(
            {
                "mails": len(MAILS),
                "people": levels[HUMAN],
                "machines": {level: levels[level] for level in (MUST, SHOULD, POLICY)},
                "limits_kept": kept,
                "missing": missing,
                "responders": results,
            },
            ensure_ascii=False,
        )
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
