"""`orchestre explain` from a shell."""

import json
import subprocess
import sys
from pathlib import Path

from tests.services.test_explaining import SHOP, raw

ORCHESTRE = str(Path(sys.executable).with_name("orchestre"))


def run(*arguments: str, mail: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(
        [ORCHESTRE, "explain", *arguments], input=mail, capture_output=True, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_mail_from_standard_input() -> None:
    code, said, _ = run("--me", SHOP, "--me", "sales@your-shop.example", mail=raw())

    assert code == 0
    assert "bob@customer.example" in said
    assert "Is it waterproof?" in said


def test_a_mail_as_json(tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(b"List-Id: <x>\r\n" + raw())

    code, said, _ = run(str(tmp_path / "mail.eml"), "--me", SHOP, "--json")

    verdict = json.loads(said)
    assert (code, verdict["respond"]) == (0, False)
    assert verdict["reason"].startswith("L1: ")


def test_a_batch_is_one_object_a_line(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(raw())
    batch = tmp_path / "batch.jsonl"
    batch.write_text(
        "".join(
            json.dumps({"id": str(number), "file": "1.eml", "me": ["sales@your-shop.example"]})
            + "\n"
            for number in range(3)
        )
    )

    code, said, _ = run("--batch", str(batch))

    assert code == 0
    assert [json.loads(line)["id"] for line in said.splitlines()] == ["0", "1", "2"]


def test_whose_mail_it_is_must_be_said(tmp_path: Path) -> None:
    code, _, complaint = run(mail=raw())

    assert code != 0
    assert "--me" in complaint


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    code, _, complaint = run(str(tmp_path / "none.eml"), "--me", SHOP)

    assert code != 0
    assert "none.eml" in complaint
