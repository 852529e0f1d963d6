"""The automatic responders that Debian ships, asked about one mail each: would they answer it?

Each runs as it does in production, but what it would send goes to its standard output. None keeps
a memory between two mails, and nothing leaves the machine.
"""

import os
import pwd
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.mail.writing import Mail
from tests.servers.install import find

Answers = Callable[[Mail, Path], bool]
"""Whether a responder answers a mail; the file is the mail, as a mailbox holds it."""

TEXT = "I am away.\n"
SENDMAIL = b"/usr/sbin/sendmail"
DOVECOT = """\
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_home = {home}
mail_location = maildir:{home}/mail
base_dir = {home}/run
"""
NULL_PATH = re.compile(rb"(?im)^return-path[ \t]*:\s*<[ \t]*>")
UNPRIVILEGED = ("nobody", "nogroup")
"""Dovecot never handles the mail of root."""


class Responder(NamedTuple):
    """One program, and how it is set up."""

    name: str
    binary: str
    package: str
    set_up: Callable[[Path, Path, frozenset[tuple[str, ...]]], Answers]


@contextmanager
def installed(owners: frozenset[tuple[str, ...]]) -> Iterator[dict[str, Answers | None]]:
    """Every responder by name, ready for mail to these owners; `None` for one that is missing."""
    with ExitStack() as stack:
        found: dict[str, Answers | None] = {}
        for responder in RESPONDERS:
            binary = find(responder.binary)
            # BSD vacation has room for 18 octets of path, and Dovecot drops to another user.
            home = Path(stack.enter_context(TemporaryDirectory(prefix="", dir="/tmp")))
            home.chmod(0o755)
            found[responder.name] = responder.set_up(binary, home, owners) if binary else None
        yield found


def sieve(binary: Path, home: Path, owners: frozenset[tuple[str, ...]]) -> Answers:
    """Pigeonhole: RFC 5230 with every own address named, as an administrator would."""
    as_root = os.geteuid() == 0
    own = (pwd.getpwuid(os.geteuid()).pw_name, str(os.getegid()))
    user, group = UNPRIVILEGED if as_root else own
    configuration = home / "dovecot.conf"
    configuration.write_text(DOVECOT.format(user=user, group=group, home=home))
    scripts = {me: home / f"{number}.sieve" for number, me in enumerate(sorted(owners))}
    for me, script in scripts.items():
        addresses = ", ".join(f'"{address}"' for address in me)
        script.write_text(
            f'require ["vacation"];\nvacation :addresses [{addresses}] "Away.";\ndiscard;\n'
        )
        run([str(binary.with_name("sievec")), "-c", str(configuration), str(script)])

    def answers(mail: Mail, file: Path) -> bool:
        sender = _sender(mail)
        if not sender:
            # sieve-test refuses the null sender as an option; Pigeonhole never answers it.
            return False
        envelope = ["-f", sender, "-r", mail.me[0], "-a", mail.envelope_to]
        options = ["-c", str(configuration), "-e", *envelope]
        done = run([str(binary), *options, str(scripts[mail.me]), str(file)])
        return b"START MESSAGE" in done.stdout

    return answers


def bsd_vacation(binary: Path, home: Path, owners: frozenset[tuple[str, ...]]) -> Answers:
    """BSD vacation. It runs the one sendmail whose path it was built with: a copy has another."""
    sendmail = _outbox(home)
    private = home / "vacation"
    path = str(sendmail).encode().ljust(len(SENDMAIL), b"\0")
    private.write_bytes(binary.read_bytes().replace(SENDMAIL, path))
    private.chmod(0o755)
    text, database = home / "text", home / "database"
    text.write_text(f"Subject: Away\n\n{TEXT}")
    login = pwd.getpwuid(os.geteuid()).pw_name
    run([str(private), "-i", "-r", "0", "-f", str(database), "-m", str(text), login])

    def answers(mail: Mail, file: Path) -> bool:
        # Mail systems write the null sender as MAILER-DAEMON here.
        sender = _sender(mail) or "MAILER-DAEMON"
        letter = f"From {sender} Tue Jan 13 09:00:00 2026\n".encode() + _unix(file)
        aliases = [part for address in mail.me for part in ("-a", address)]
        options = ["-d", "-f", str(database), "-m", str(text), *aliases]
        return bool(run([str(private), *options, login], letter).stdout)

    return answers


def mailbot(binary: Path, home: Path, owners: frozenset[tuple[str, ...]]) -> Answers:
    """Courier's mailbot, as its manual shows it."""
    sendmail = _outbox(home)
    text = home / "text"
    text.write_text(TEXT)

    def answers(mail: Mail, file: Path) -> bool:
        command = [str(binary), "-t", str(text), "-A", f"From: {mail.me[0]}", str(sendmail)]
        return bool(run(command, _unix(file)).stdout)

    return answers


def exim(binary: Path, home: Path, owners: frozenset[tuple[str, ...]]) -> Answers:
    """Exim's `personal` condition, in a filter that is only tested."""
    filters = {me: home / f"{number}.filter" for number, me in enumerate(sorted(owners))}
    for me, file in filters.items():
        aliases = " ".join(f"alias {address}" for address in me)
        file.write_text(f'# Exim filter\nif personal {aliases} then mail text "Away." endif\n')

    def answers(mail: Mail, file: Path) -> bool:
        local, _, domain = mail.envelope_to.rpartition("@")
        names = ["-f", _sender(mail), "-bfl", local, "-bfd", domain]
        done = run([str(binary), "-bf", str(filters[mail.me]), *names], _unix(file))
        return b"\nMail to: " in done.stdout

    return answers


def run(command: list[str], letter: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=letter, capture_output=True, check=False, timeout=20)


def _outbox(home: Path) -> Path:
    """A sendmail that sends nothing, and says that it was called."""
    sendmail = home / "s"
    sendmail.write_text("#!/bin/sh\nread -r line\necho answered\n")
    sendmail.chmod(0o755)
    return sendmail


def _sender(mail: Mail) -> str:
    """The SMTP sender; where nobody knows it, what the delivery noted, else the author."""
    if mail.envelope_from is not None:
        return mail.envelope_from
    if NULL_PATH.search(mail.raw):
        return ""
    return mail.target or "somebody@customer.example"


def _unix(file: Path) -> bytes:
    return file.read_bytes().replace(b"\r\n", b"\n")


RESPONDERS = (
    Responder("Pigeonhole vacation", "sieve-test", "dovecot-sieve", sieve),
    Responder("BSD vacation", "vacation", "vacation", bsd_vacation),
    Responder("mailbot", "mailbot", "maildrop", mailbot),
    Responder("Exim personal", "exim4", "exim4-daemon-light", exim),
)
