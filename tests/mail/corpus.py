"""The whole corpus, and how it is laid down in a folder as a batch of questions."""

import json
from pathlib import Path

from . import (
    addressees,
    automatic,
    clients,
    languages,
    lists,
    others,
    reports,
    senders,
    words,
)
from .writing import Mail

MAILS: tuple[Mail, ...] = (
    *lists.MAILS,
    *automatic.MAILS,
    *reports.MAILS,
    *senders.MAILS,
    *addressees.MAILS,
    *others.MAILS,
    *clients.MAILS,
    *languages.MAILS,
    *words.MAILS,
)


def lay_down(folder: Path) -> None:
    """Write every mail, the questions as `orchestre explain --batch` reads them, the labels."""
    (folder / "mails").mkdir(parents=True, exist_ok=True)
    questions, labels = [], []
    for number, mail in enumerate(MAILS, start=1):
        file = f"mails/{number:04}.eml"
        (folder / file).write_bytes(mail.raw)
        question = {"id": mail.name, "file": file, "me": mail.me, "envelope_to": mail.envelope_to}
        questions.append(question | {"envelope_from": mail.envelope_from})
        labels.append(
            {"id": mail.name, "kind": mail.kind, "level": mail.level, "rule": mail.rule}
            | {"respond": mail.from_person, "reply_to": mail.target}
        )
    for name, lines in (("questions", questions), ("labels", labels)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
