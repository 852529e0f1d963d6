"""Logs are lines of JSON that tell what happened, and no secret."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.logs import JsonFormatter, configure, correlation_id, is_secret

log = logging.getLogger("orchestre.tests")


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Path]:
    configure("INFO", file=tmp_path / "logs" / "orchestre.log")
    yield tmp_path / "logs" / "orchestre.log"
    logging.getLogger().handlers[0].close()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_line_is_the_event_and_its_facts(written: Path) -> None:
    log.info("poll_failed", extra={"bot_id": "bot-1", "attempts": 3})

    [line] = lines(written)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "event": "poll_failed",
        "logger": "orchestre.tests",
        "bot_id": "bot-1",
        "attempts": 3,
    }


@pytest.mark.parametrize(
    "name",
    ["password", "client_secret", "access_token", "API_KEY", "Authorization", "credentials"],
)
def test_a_secret_is_redacted_by_its_name(written: Path, name: str) -> None:
    log.warning("linked", extra={name: "hunter2", "bot_id": "bot-1"})

    [line] = lines(written)
    assert line[name] == "[redacted]"
    assert line["bot_id"] == "bot-1"
    assert "hunter2" not in written.read_text()


@pytest.mark.parametrize("name", ["bot_id", "reply_id", "provider", "status", "key_id"])
def test_what_is_no_secret_is_shown(name: str) -> None:
    assert not is_secret(name)


def test_lines_of_one_request_carry_its_id(written: Path) -> None:
    token = correlation_id.set("request-1")
    log.info("asked")
    correlation_id.reset(token)
    log.info("later")

    asked, later = lines(written)
    assert asked["correlation_id"] == "request-1"
    assert "correlation_id" not in later


def test_an_exception_brings_its_traceback_on_the_same_line(written: Path) -> None:
    try:
        raise ZeroDivisionError("by nought")
    except ZeroDivisionError:
        log.exception("failed")

    [line] = lines(written)
    assert line["traceback"].startswith("Traceback")
    assert "ZeroDivisionError: by nought" in line["traceback"]


def test_what_json_does_not_know_is_written_as_text() -> None:
    record = logging.makeLogRecord({"msg": "kept", "folder": Path("var"), "name": "Zoë"})

    line = JsonFormatter().format(record)

    assert json.loads(line)["folder"] == "var"
    assert "Zoë" in line


def test_configuring_twice_writes_every_line_once(written: Path) -> None:
    logging.getLogger().handlers[0].close()
    configure("INFO", file=written)

    log.info("once")

    assert len(lines(written)) == 1


def test_below_its_level_nothing_is_written(written: Path) -> None:
    log.debug("detail")

    assert not written.read_text()


def test_chatty_libraries_speak_only_of_trouble(written: Path) -> None:
    logging.getLogger("httpx2").info("HTTP Request: GET an address")
    logging.getLogger("httpx2").warning("retrying")

    assert [line["event"] for line in lines(written)] == ["retrying"]


def test_without_a_file_lines_go_to_standard_error(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().handlers[0].close()
    configure("INFO")

    log.info("started")

    captured = capsys.readouterr()
    assert json.loads(captured.err)["event"] == "started"
    assert captured.out == ""
    assert logging.getLogger().handlers[0].stream is sys.stderr  # type: ignore[attr-defined]
