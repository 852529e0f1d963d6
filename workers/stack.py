"""All the parts of one home together: started so that each finds what it needs, and stopped so
that nothing is cut short."""

import errno
import os
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from core.config import Settings, broker_file

from . import parts, pids
from .children import Child, Children, Tell
from .home import Home, Trouble

LOCALHOST = "127.0.0.1"
ANYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104
START_SECONDS = 90.0
PORT_SECONDS = 1.0
TICK_SECONDS = 0.05
MOST_FAILURES = 4
"""A part that ends so often before it was ever ready does not become so by waiting."""
UNAVAILABLE = 69


class Stack:
    """To be used by one thread. `pause` waits for so long, and raises when it is to end."""

    def __init__(
        self, settings: Settings, home: Home, *, tell: Tell, pause: Callable[[float], None]
    ) -> None:
        self._settings = settings
        self._home = home
        self._pause = pause
        self._environment = {
            "ORCHESTRE_HOME": str(home.folder),
            "PYTHONPATH": _python_path(),
            "BROKER_URL": "",
        }
        self._children = Children(
            run=home.run, logs=home.logs, environment=self._environment, tell=tell
        )
        self._listener: socket.socket | None = None
        self._socket: Path | None = None
        self.smtp_port = settings.smtp_port

    @property
    def url(self) -> str:
        assert self._listener, "it is open"
        host, port = self._listener.getsockname()[:2]
        shown = LOCALHOST if host in ANYWHERE else host
        return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"

    def open_ports(self) -> None:
        """Take the ports now, so that one in use is told at once and in words."""
        self._listener = self._listen(self._settings.host, self._settings.port, option="--port")
        if self._settings.smtp_port:
            self._listen(LOCALHOST, self._settings.smtp_port, option="--smtp-port").close()
        self._environment["ORCHESTRE_PORT"] = str(self._listener.getsockname()[1])
        self._environment["ORCHESTRE_SMTP_PORT"] = str(self._settings.smtp_port)

    def end_leftovers(self) -> list[str]:
        """End what an earlier run has left behind when it was killed; which parts that were."""
        broker_file(self._home.folder).unlink(missing_ok=True)
        return pids.end_all(self._home.run)

    def start_broker(self) -> None:
        """Start the embedded one, unless there is another. Without it, nobody rings."""
        if self._settings.broker_url:
            self._environment["BROKER_URL"] = self._settings.broker_url
            return
        self._socket = self._home.socket()
        url = f"redis+socket://{self._socket}"
        self._children.start(parts.broker(self._home.folder / "broker", self._socket))
        self.wait_for("broker")
        self._environment["BROKER_URL"] = url
        path = broker_file(self._home.folder)
        draft = path.with_name(f".{path.name}")
        draft.write_text(url)
        draft.rename(path)

    def start_doors(self) -> None:
        """Start what listens, and return when mail can be handed over."""
        assert self._listener, "the ports were opened before"
        self._children.start(
            parts.door(self._home.run / "door.port", bound=self._door_is_at),
            parts.api(self._listener, url=self.url),
        )

    def start_workers(self, *, celery: bool, is_ready: Callable[[], bool]) -> None:
        """Start what does the work."""
        if celery:
            self._children.start(parts.worker(is_ready), parts.beat(is_ready))
        else:
            self._children.start(parts.runner(is_ready))

    def start_listener(self) -> None:
        """Start what holds lines open, for accounts that can use it."""
        self._children.start(parts.listener())

    def wait_for(self, *names: str) -> None:
        """Return when these parts serve, or all when none is named; `Trouble` with the end of
        the log of one that does not come to it."""
        until = time.monotonic() + START_SECONDS
        while late := self._late(names):
            for child in late:
                if child.failures >= MOST_FAILURES or time.monotonic() > until:
                    words = f"The {child.part.name} did not start. {child.tail()}"
                    raise Trouble(words, code=UNAVAILABLE)
            self._pause(TICK_SECONDS)
            self.watch()

    def watch(self) -> None:
        """Start again what has ended. To be called several times in a second."""
        self._children.watch()

    def look(self) -> None:
        """Notice what is ready again. To be called every second."""
        self._children.late()

    def stop(self, *, hurry: Callable[[], bool]) -> None:
        self._children.stop(parts.STOP_ORDER, hurry=hurry)
        with suppress(OSError):
            broker_file(self._home.folder).unlink(missing_ok=True)
        if self._socket:
            shutil.rmtree(self._socket.parent, ignore_errors=True)
        if self._listener:
            self._listener.close()

    def _late(self, names: tuple[str, ...]) -> list[Child]:
        late = self._children.late()
        return [child for child in late if not names or child.part.name in names]

    def _door_is_at(self, port: int) -> None:
        """Keep the port that was taken, for when the door starts again."""
        self.smtp_port = port
        self._environment["ORCHESTRE_SMTP_PORT"] = str(port)

    def _listen(self, host: str, port: int, *, option: str) -> socket.socket:
        until = time.monotonic() + PORT_SECONDS
        while True:
            try:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                return socket.create_server((host, port), family=family, backlog=512)
            except OSError as error:
                # One that was killed a moment ago may still be about to let go of it.
                if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                    words = _why_no_port(host, port, option=option, error=error)
                    raise Trouble(words, code=UNAVAILABLE) from error
            self._pause(TICK_SECONDS)


def _python_path() -> str:
    """Where the children find this very code, wherever they were started from."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    own = [] if parts.ROOT.name == "site-packages" else [str(parts.ROOT)]
    return os.pathsep.join(filter(None, [*own, *paths]))


def _why_no_port(host: str, port: int, *, option: str, error: OSError) -> str:
    other = f"choose another with {option}; {option} 0 takes any free one."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use by {_who_listens(port)}. Stop that, or {other}"
    if error.errno == errno.EACCES:
        return f"Port {port} is not for everybody to take: ports below 1024 are root's. So {other}"
    return f"Port {port} of {host} cannot be used: {os.strerror(error.errno or 0)}. So {other}"


def _who_listens(port: int) -> str:
    """Which program has a port, as far as we may know."""
    with suppress(psutil.Error, OSError):
        for line in psutil.net_connections("tcp"):
            address: tuple[str, int] | tuple[()] = line.laddr
            if line.status == psutil.CONN_LISTEN and address[1:] == (port,) and line.pid:
                return f"{psutil.Process(line.pid).name()} (process {line.pid})"
    return "another program, perhaps another Orchestre with a home of its own"
