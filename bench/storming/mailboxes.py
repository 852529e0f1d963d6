"""Mail servers of the storm: mail comes into Maildirs, and answers leave by a relay.

`maildir` accounts are read from the folder itself, and nothing proves what they have sent. `imap`
accounts are read through a real Dovecot, which files a copy of whatever its relay takes.
"""

import os
import pwd
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from core import local_mail
from tests.servers.dovecot import PASSWORD, running_dovecot

from .boards import SHOP, asked_in
from .letters import Letter, mail
from .relay import Relay
from .weather import Weather


class Post:
    """One kind of mail server with its accounts."""

    name: ClassVar[str]

    def __init__(self, weather: Weather, home: Path) -> None:
        self.weather = weather
        self.home = home
        self.relay = Relay(weather, self.name, self._take)
        self._answered: list[str] = []
        self._letters: dict[int, bytes] = {}
        self._names = count(1)

    @property
    def calm(self) -> bool:
        return self.relay.calm

    @calm.setter
    def calm(self, calm: bool) -> None:
        self.relay.calm = calm

    @property
    def tally(self) -> Counter[str]:
        return self.relay.tally

    def deliver(self, letter: Letter) -> str:
        handle = SHOP.format(letter.account, self.name)
        # A copy is the same mail, to the byte.
        raw = self._letters.setdefault(letter.number, mail(letter, to=handle))
        self._file(self._folder(handle), raw)
        return letter.mark

    def answered(self) -> Iterator[str]:
        return iter(self._answered)

    def linked(self, number: int) -> dict[str, Any]:
        raise NotImplementedError

    def _folder(self, handle: str) -> Path:
        raise NotImplementedError

    def _take(self, recipient: str, raw: bytes) -> None:
        self._answered.append(asked_in(raw))

    def _file(self, folder: Path, raw: bytes) -> None:
        """cr.yp.to/proto/maildir.html: write it beside, and move it into place."""
        name = f"{time.time_ns()}.{next(self._names)}.storm"
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "tmp" / name).write_bytes(raw)
        self._own(folder / "tmp" / name)
        (folder / "tmp" / name).rename(folder / "new" / name)

    def _own(self, path: Path) -> None:
        """Whoever reads the mail may do so already."""


class Maildirs(Post):
    name = "maildir"

    def linked(self, number: int) -> dict[str, Any]:
        settings = {
            "relay_host": "127.0.0.1",
            "relay_port": self.relay.port,
            "relay_timeout": self.weather.patience,
            "journal": False,
        }
        handle = SHOP.format(number, self.name)
        return {"provider": "maildir", "handle": handle, "settings": settings}

    def _folder(self, handle: str) -> Path:
        return local_mail.mailbox(self.home, handle)


class Imaps(Post):
    name = "imap"

    def __init__(self, weather: Weather, home: Path) -> None:
        super().__init__(weather, home)
        self._stack = ExitStack()
        self._server = self._stack.enter_context(running_dovecot())
        self._mail = self._server.ca_file.parent / "mail"
        self._owner = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
        for number in range(weather.accounts(self.name)):
            self._server.box(SHOP.format(number, self.name)).create("Outbound")

    def close(self) -> None:
        self._stack.close()

    def linked(self, number: int) -> dict[str, Any]:
        settings = {
            "host": "localhost",
            "port": self._server.tls_port,
            "ca_file": str(self._server.ca_file),
            "relay_host": "127.0.0.1",
            "relay_port": self.relay.port,
            "relay_tls": "none",
            "sent_copies": "server",
            "timeout": max(10.0, self.weather.patience),
        }
        handle = SHOP.format(number, self.name)
        return {
            "provider": "imap",
            "handle": handle,
            "password": PASSWORD,
            "settings": settings,
        }

    def _folder(self, handle: str) -> Path:
        return self._mail / handle

    def _take(self, recipient: str, raw: bytes) -> None:
        super()._take(recipient, raw)
        self._file(self._folder(_sender(raw)) / ".Outbound", raw)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:  # the server does not run as root
            shutil.chown(path, self._owner)


def _sender(raw: bytes) -> str:
    return parseaddr(str(BytesHeaderParser().parsebytes(raw)["From"]))[1]


POSTS: dict[str, type[Post]] = {post.name: post for post in (Maildirs, Imaps)}
