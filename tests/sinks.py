"""Fails any test that lets a secret come to where none may be.

A plugin, so that no test has to ask for it. What is said in the process of a test passes a few
narrow places (loggers, HTTP clients, `Popen`, what is captured, expected exceptions), and there it
is read. What other processes write is read from their files after the test. Simulators and the
servers of `tests.servers` hand over by themselves what they were asked and what they kept.
"""

import logging
import os
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from core.logs import CHATTY, JsonFormatter
from tests.leaks import watch
from tests.planted import plant

STARTED = str(Path(__file__).with_name("started"))


def _read_the_log() -> None:
    """Every record that the product could ever write, whether or not anybody hears it here."""
    handle, enabled = logging.Logger.handle, logging.Logger.isEnabledFor
    formatter, logger_class = JsonFormatter(), cast(Any, logging.Logger)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)  # as `configure` does at the least

    def read_first(self: logging.Logger, record: logging.LogRecord) -> None:
        try:
            said = formatter.format(record)
        except (TypeError, ValueError):
            said = repr((record.msg, record.args))
        watch.text(said, sink="log", where=f"{record.name} {record.levelname}")
        if enabled(self, record.levelno):
            handle(self, record)

    logger_class.handle = read_first
    logger_class.isEnabledFor = lambda self, level: level >= _quietened(self)


def _quietened(logger: logging.Logger) -> int:
    """The level that a logger, or one above it, was given; that of the root can be configured."""
    while logger.parent:
        if logger.level:
            return logger.level
        logger = logger.parent
    return logging.DEBUG


def _read_after(cls: Any, method: str, read: Callable[[Any, Any], None]) -> None:
    """Have what a method returns read, and then go where it was going."""
    original = getattr(cls, method)

    def reading(self: Any, *given: Any, **named: Any) -> Any:
        returned = original(self, *given, **named)
        read(self, returned)
        return returned

    setattr(cls, method, reading)


def _answer(client: Any, answer: httpx2.Response) -> None:
    where = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
    for name, value in answer.headers.items():
        watch.text(value, sink="answer", where=f"{where} header {name}")
    if answer.is_closed:
        watch.bytes(answer.content, sink="answer", where=where)


def _output(process: Any, said: tuple[Any, Any]) -> None:
    command = process.args if isinstance(process.args, list | tuple) else [process.args]
    where = " ".join(Path(str(word)).name for word in command[:4])
    _said(where, said)


def _captured(_: Any, said: Any) -> None:
    _said("captured", said)


def _said(where: str, streams: Any) -> None:
    for stream in streams:
        if stream:
            raw = stream if isinstance(stream, bytes) else stream.encode("utf-8", "surrogatepass")
            watch.bytes(raw, sink="output", where=where)


def _expected(raises: Any, _: object) -> None:
    caught: BaseException | None = raises.excinfo.value if raises.excinfo else None
    while caught:
        watch.text(f"{caught!r} {caught}", sink="exception", where=type(caught).__name__)
        caught = caught.__cause__ or caught.__context__


def pytest_configure(config: pytest.Config) -> None:
    if STARTED not in (paths := os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [STARTED, *paths]))
    plant()
    _read_the_log()
    _read_after(httpx2.Client, "send", _answer)
    _read_after(subprocess.Popen, "communicate", _output)
    _read_after(pytest.CaptureFixture, "readouterr", _captured)
    _read_after(pytest.RaisesExc, "__exit__", _expected)


@pytest.fixture(autouse=True)
def log_is_put_back() -> Iterator[None]:
    """What a test configured of the log would deafen the tests after it, and this reader."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("root", *CHATTY)}
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session", autouse=True)
def shared_folders_are_read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What modules and sessions left in folders of theirs, after all else has let go."""
    yield
    for folder in sorted(tmp_path_factory.getbasetemp().iterdir()):
        watch.folder(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    for name, text in report.sections:
        if name.startswith(("Captured stdout", "Captured stderr")):
            watch.text(text, sink="output", where="captured")
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After the fixtures have let go: what a test left in its folder, and its verdict."""
    yield
    if folder := getattr(item, "funcargs", {}).get("tmp_path"):
        watch.folder(folder)
    leaks, watch.leaks = watch.leaks, []
    if leaks:
        pytest.fail("Secrets came to where none may be:\n" + "\n".join(map(str, leaks)), False)
