"""Real mailing lists: Debian's mlmmj, one folder for each list, sending through a relay."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from .install import require
from .mail_router import Undeliverable

FOLDERS = (
    *("incoming", "queue/discarded", "archive", "text", "subconf", "unsubconf", "bounce"),
    *("control", "moderation", "subscribers.d", "digesters.d", "requeue", "nomailsubs.d"),
)
TEXTS = Path("/usr/share/mlmmj/text.skel/en")
SECONDS = 20.0


class MailingLists:
    """The lists of one domain. Mail for it is to be handed to `deliver`."""

    def __init__(self, folder: Path, *, relay_port: int) -> None:
        self._receive = require("mlmmj-receive")
        self._folder = folder
        self._relay_port = relay_port

    def make(self, address: str, *, subscribers: Iterable[str], **control: str) -> None:
        """A list to which anybody may write. `control` holds its settings, as in TUNABLES."""
        folder = self._folder / address.partition("@")[0]
        for name in FOLDERS:
            (folder / name).mkdir(parents=True)
        (folder / "index").touch()
        shutil.copytree(TEXTS, folder / "text", dirs_exist_ok=True)
        settings = {
            "listaddress": address,
            "owner": f"owner-of-{address}",
            "relayhost": "127.0.0.1",
            "smtpport": str(self._relay_port),
            **control,
        }
        for name, text in settings.items():
            (folder / "control" / name).write_text(f"{text}\n")
        for subscriber in subscribers:
            with (folder / "subscribers.d" / subscriber[0]).open("a") as file:
                file.write(f"{subscriber}\n")

    def reword(self, address: str, text: str, *, subject: str, words: str) -> None:
        """Have a list write one of its own texts in the words of its owner."""
        path = self._folder / address.partition("@")[0] / "text" / text
        path.write_text(f"Subject: {subject}\n\n{words}\n")

    def deliver(self, sender: str, recipient: str, raw: bytes) -> None:
        """As Postfix's pipe does with the flags DR; returns when the list has sent its mails."""
        name = recipient.partition("@")[0].partition("+")[0]
        folder = self._folder / name
        if not folder.exists():
            raise Undeliverable(f"5.1.1 There is no list {name!r}")
        trace = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        subprocess.run(
            [str(self._receive), "-F", "-L", str(folder)],
            input=(trace + raw).replace(b"\r\n", b"\n"),
            timeout=SECONDS,
            check=True,
            capture_output=True,
        )
