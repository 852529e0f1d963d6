"""A real IMAP server: Debian's Dovecot, unprivileged, over TLS, on loopback.

Asked to, it takes mail by LMTP as well, and does with it what each user's Sieve script says.
"""

import grp
import imaplib
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import trustme

from tests.planted import MARK

from .install import free_port, missing, require

PASSWORD = f"open-sésame-{MARK}"
"""Of every user. Any name is a user, and has a mailbox of its own."""
START_SECONDS = 15.0

CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
mail_fsync = never
mail_max_userip_connections = 100
auth_failure_delay = 0
auth_mechanisms = plain login
ssl = yes
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.key
service imap-login {{
  chroot =
  process_min_avail = 1
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  # Or else a wrong password would slow down every later test.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={{PLAIN}}{password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%u
}}
namespace inbox {{
  inbox = yes
  mailbox Outbound {{
    special_use = \\Sent
  }}
}}
"""

DELIVERY = """
protocols = imap lmtp
submission_host = 127.0.0.1:{submission_port}
lmtp_save_to_detail_mailbox = no
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
protocol lmtp {{
  mail_plugins = sieve
  postmaster_address = postmaster@localhost
}}
plugin {{
  sieve = file:{home}/sieve/%u.sieve
}}
"""
"""What it needs besides to take mail, and to send what the scripts have to say."""
LMTP = Path("/usr/lib/dovecot/lmtp")


class Dovecot:
    """One server. `start` and `stop` as often as needed: ports and mail stay."""

    def __init__(self, binary: Path, home: Path, *, submission_port: int = 0) -> None:
        self.port, self.tls_port = free_port(), free_port()
        self.lmtp_port = free_port() if submission_port else 0
        """Where mail is taken; 0 where none is."""
        self.authority = trustme.CA()
        """What the server's certificate is from."""
        self.ca_file = home / "ca.pem"
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._command = [str(binary), "-F", "-c", str(home / "dovecot.conf")]
        self._prepare(submission_port)

    def start(self) -> None:
        """Start, and return once it answers."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        limit = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > limit or self._process.poll() is not None:
                raise AssertionError(f"Dovecot did not start:\n{self.log()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, and every session with it: SIGKILL."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(START_SECONDS)
            self._process = None

    def log(self) -> str:
        path = self._home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def logins(self, user: str) -> int:
        """How many times `user` has logged in."""
        return len(re.findall(rf"Login: user=<{re.escape(user)}>", self.log()))

    def context(self) -> ssl.SSLContext:
        """A client's, that trusts this server."""
        return ssl.create_default_context(cafile=str(self.ca_file))

    def script(self, user: str, sieve: str) -> None:
        """What is to be done with the mail that `user` gets from now on."""
        (self._home / "sieve" / f"{user}.sieve").write_text(sieve)

    def box(self, user: str) -> "Box":
        """The owner's own view of a mailbox."""
        return Box(self, user)

    def _prepare(self, submission_port: int) -> None:
        certificate = self.authority.issue_cert("localhost", "127.0.0.1")
        self.authority.cert_pem.write_to_path(str(self.ca_file))
        certificate.private_key_pem.write_to_path(str(self._home / "server.key"))
        certificate.cert_chain_pems[0].write_to_path(str(self._home / "server.pem"))
        for folder in ("mail", "sieve"):
            (self._home / folder).mkdir()
        owner = pwd.getpwuid(os.geteuid())
        # It must not outlive a test run that was killed.
        start = ["setpriv", "--pdeathsig", "TERM"]
        if owner.pw_uid == 0:  # Dovecot refuses to keep the mail of root
            owner = pwd.getpwnam("nobody")
            start += [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
            for path in (self._home, *self._home.iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        self._command[:0] = start
        configuration = (CONFIGURATION + DELIVERY * bool(submission_port)).format(
            home=self._home,
            user=owner.pw_name,
            group=grp.getgrgid(owner.pw_gid).gr_name,
            port=self.port,
            tls_port=self.tls_port,
            lmtp_port=self.lmtp_port,
            submission_port=submission_port,
            password=PASSWORD,
        )
        (self._home / "dovecot.conf").write_text(configuration)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as probe:
                return probe.recv(4) == b"* OK"
        except OSError:
            return False


class Box:
    """What the owner does in one mailbox, with a mail program of their own."""

    def __init__(self, server: Dovecot, user: str) -> None:
        self._server = server
        self._user = user

    def append(
        self,
        raw: bytes,
        *,
        at: datetime | None = None,
        folder: str = "INBOX",
        flags: str = "",
    ) -> None:
        with self._open() as client:
            when = at or time.time()
            check(client.append(folder, flags, when, raw))

    def append_many(self, mails: list[bytes], *, at: datetime) -> None:
        with self._open() as client:
            for raw in mails:
                check(client.append("INBOX", "", at, raw))

    def create(self, folder: str) -> None:
        with self._open() as client:
            check(client.create(folder))

    def recreate(self, folder: str) -> None:
        """Delete a folder with all that is in it, and make an empty one of its name."""
        with self._open() as client:
            check(client.delete(folder))
            check(client.create(folder))

    def delete(self, uid: str, *, folder: str = "INBOX") -> None:
        with self._open(folder) as client:
            check(client.uid("STORE", uid, "+FLAGS", r"(\Deleted)"))
            check(client.expunge())

    def flag(self, uid: str, flag: str, *, folder: str = "INBOX") -> None:
        with self._open(folder) as client:
            check(client.uid("STORE", uid, "+FLAGS", f"({flag})"))

    def folders(self) -> list[str]:
        with self._open() as client:
            return [line.decode().split()[-1] for line in check(client.list())]

    def flags(self, folder: str = "INBOX") -> list[str]:
        """What is there, with its marks: one line for each mail."""
        with self._open(folder, readonly=True) as client:
            found = check(client.uid("FETCH", "1:*", "(UID FLAGS)"))
            return [line.decode() for line in found if line]

    def mails(self, folder: str) -> list[EmailMessage]:
        if folder not in self.folders():
            return []
        with self._open(folder, readonly=True) as client:
            found = check(client.uid("FETCH", "1:*", "(BODY.PEEK[])"))
            raws = [part[1] for part in found if isinstance(part, tuple)]
        return [message_from_bytes(raw, policy=default) for raw in raws]

    @contextmanager
    def _open(self, folder: str = "", *, readonly: bool = False) -> Iterator[imaplib.IMAP4]:
        server = self._server
        with imaplib.IMAP4_SSL(
            "localhost", server.tls_port, ssl_context=server.context(), timeout=10
        ) as client:
            check(client.authenticate("PLAIN", lambda _: f"\0{self._user}\0{PASSWORD}".encode()))
            if folder:
                check(client.select(folder, readonly))
            yield client


def check(answer: tuple[str, Any]) -> Any:
    """What an IMAP command brought, once it is certain that it went well."""
    assert answer[0] == "OK", answer
    return answer[1]


@contextmanager
def running_dovecot(*, submission_port: int = 0) -> Iterator[Dovecot]:
    """A server that is stopped, and whose mail is gone, afterwards.

    With the port of a relay, it takes mail too, and the scripts answer by way of that relay.
    """
    binary = require("dovecot", install="apt-get install dovecot-imapd")
    if submission_port:
        require("sieve-test")
        if not LMTP.exists():
            missing("dovecot-lmtpd", install="apt-get install dovecot-lmtpd")
    home = Path(tempfile.mkdtemp(prefix="dovecot-"))
    try:
        server = Dovecot(binary, home, submission_port=submission_port)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)
