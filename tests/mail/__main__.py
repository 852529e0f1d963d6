"""Writes the corpus into a folder: `python -m tests.mail FOLDER`."""

import sys
from pathlib import Path

from .corpus import MAILS, lay_down

if len(sys.argv) != 2:
    sys.exit("Name the folder: python -m tests.mail FOLDER")
lay_down(Path(sys.argv[1]))
print(f"{len(MAILS)} mails, questions.jsonl and labels.jsonl are in {sys.argv[1]}")
