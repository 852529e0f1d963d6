"""What looks for secrets finds them: else nothing that it says is worth anything."""

import base64
import json
import logging
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.secrets_scan import Listening, Scan, kinds_in

SECRET = 'ca"nary/+?é-4f1d9c'
DISGUISES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a URL": lambda secret: "https://x.example/?a=" + urllib.parse.quote_plus(secret),
    "in a path": lambda secret: "/bot" + urllib.parse.quote(secret, safe="") + "/getMe",
    "in JSON": lambda secret: json.dumps({"token": secret}),
    "in JSON in JSON": lambda secret: json.dumps({"body": json.dumps({"token": secret})}),
    "in a representation": lambda secret: repr({"token": secret}),
    "in a representation of bytes": lambda secret: repr({"body": secret.encode()}),
    "in hexadecimal": lambda secret: secret.encode().hex(),
    "in a SASL answer": lambda secret: base64.b64encode(f"\0alice\0{secret}".encode()).decode(),
    "in basic authentication": lambda secret: base64.b64encode(f"al:{secret}".encode()).decode(),
    "in base64 alone": lambda secret: base64.b64encode(secret.encode()).decode(),
    "in base64url": lambda secret: base64.urlsafe_b64encode(f"ab{secret}cd".encode()).decode(),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
@pytest.mark.parametrize("padding", range(3))
def test_a_secret_is_found_in_any_disguise(
    tmp_path: Path, disguise: Callable[[str], str], padding: int
) -> None:
    text = b"\x00\xff" * 1000 + disguise(SECRET + "." * padding).encode() + b"\x00" * 500
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file.aof").write_bytes(text)
    scan = Scan({"token": SECRET})

    scan.files(tmp_path)

    assert {leak.where for leak in scan.leaks} == {"deep/file.aof"}
    assert {leak.canary for leak in scan.leaks} == {"token"}
    assert SECRET not in repr(scan.leaks)


def test_what_is_left_out_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "sealing.key").write_text(SECRET)
    (tmp_path / "owner.json").write_text(SECRET)
    scan = Scan({"token": SECRET})

    scan.files(tmp_path, leave_out=["keys", "owner.json"])

    assert scan.leaks == []


def test_names_of_files_count(tmp_path: Path) -> None:
    (tmp_path / "canary-4f1d9c").touch()
    scan = Scan({"token": "canary-4f1d9c"})

    scan.files(tmp_path)

    assert [leak.where for leak in scan.leaks] == ["names of files"]


def test_innocent_words_are_let_alone() -> None:
    scan = Scan({"token": SECRET})

    scan.text('{"event": "poll_failed", "error": "Slack no longer takes the token"}', "log")

    assert scan.leaks == []
    assert list(scan.scanned) == ["log"]


@pytest.mark.parametrize(
    "text",
    [
        "GET /bot7000000001:AAFakeTokenOfABotThatIsNotThere_0001/getMe",
        "Authorization: Bearer ya29.abcdefghijklmnopqrst",
        "refresh_token=1//abcdefghijklmnopqrstu",
        "xoxb-1-2-secret",
        "client_secret=orchestre-client-secret",
        "v2.0a1b2c3d.AAAAAAAAAAAAAAAAAAAAAAAA.BBBBBBBBBBBBB",
        "-----BEGIN RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_in_the_log_is_heard(text: str) -> None:
    listening, log = Listening(), logging.getLogger("tests.unheard")
    log.propagate = False
    log.addHandler(listening)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("it_broke")
    log.removeHandler(listening)

    assert len(listening.found) == 1
    assert text not in listening.found[0]


def test_our_own_words_are_no_secrets() -> None:
    assert kinds_in("Slack no longer takes the token: link the account again.") == set()
    assert kinds_in('{"id": "0d3c6f1e-7f5a-4a53-8d3c-9f0f8b0c2a11", "version": "v1.2"}') == set()
