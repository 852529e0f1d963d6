"""An IMAP server that answers as a script says, to show what real servers do at times."""

import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

DROP = "drop"
"""Close the connection instead of answering."""
DRIP = "drip"
"""Answer without end, one byte at a time."""

WORDS = {
    "GREETING": "* OK ready",
    "CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n{tag} OK done",
    "AUTHENTICATE": "{tag} OK welcome",
    "LOGIN": "{tag} OK welcome",
    "EXAMINE": "* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 9] next\r\n{tag} OK [READ-ONLY] done",
    "UID SEARCH": "* SEARCH 3\r\n{tag} OK done",
    "UID FETCH": "{tag} OK done",
    "STATUS": '* STATUS "INBOX" (UIDVALIDITY 7 UIDNEXT 9)\r\n{tag} OK done',
    "CLOSE": "{tag} OK done",
    "STARTTLS": "{tag} OK go on",
    "NOOP": "{tag} OK done",
    "LIST": '* LIST () "/" INBOX\r\n{tag} OK done',
    "LOGOUT": "* BYE\r\n{tag} OK done",
}


class Script(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, script: Mapping[str, str], *, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.script = {**WORDS, **script}
        self.context = context
        self.over = threading.Event()
        self.commands: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Conversation(socketserver.StreamRequestHandler):
    server: Script

    def handle(self) -> None:
        with suppress(OSError):
            if not self._say(self.server.script["GREETING"]):
                return
            waiting = ""
            while line := self.rfile.readline():
                tag, _, command = line.decode().strip().partition(" ")
                if tag == "DONE":  # the end of what was asked for with an earlier tag
                    tag, command = waiting, tag
                waiting = tag
                self.server.commands.append(command)
                words = command.split()
                name = " ".join(words[:2]) if words[0] == "UID" else words[0]
                if name == "AUTHENTICATE":
                    self._say("+ ")
                    self.rfile.readline()
                if not self._say(self.server.script.get(name, "{tag} BAD what?"), tag=tag):
                    return
                if name == "STARTTLS":
                    self._secure()

    def _secure(self) -> None:
        assert self.server.context
        self.request = self.server.context.wrap_socket(self.connection, server_side=True)
        self.setup()

    def _say(self, words: str, *, tag: str = "*") -> bool:
        if words == DROP:
            return False
        if words == DRIP:
            while not self.server.over.wait(0.05):
                self.wfile.write(b"*")
            return False
        self.wfile.write(words.replace("{tag}", tag).encode() + b"\r\n")
        return True

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()


@contextmanager
def scripted_imap(
    script: Mapping[str, str], *, context: ssl.SSLContext | None = None
) -> Iterator[Script]:
    """A running server; what the script leaves out goes well."""
    server = Script(script, context=context)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
