"""An IMAP server where nothing is new (RFC 9051): whoever comes is let in."""

from .stubs import Talk

STATUS = b'* STATUS "INBOX" (UIDVALIDITY 1204 UIDNEXT 88125)\r\n'
SAYS = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n",
    b"STATUS": STATUS,
    b"LOGOUT": b"* BYE logging out\r\n",
}
"""Before the line that says that it is done; nothing for the others."""
AUTHENTICATE = b"AUTHENTICATE"


class ImapTalk(Talk):
    greeting = b"* OK ready\r\n"

    def __init__(self) -> None:
        self._tag = b""

    def take(self, unread: bytes) -> tuple[str, bytes, bytes] | None:
        line, found, rest = unread.partition(b"\r\n")
        if not found:
            return None
        if self._tag:  # the name and the password
            tag, self._tag = self._tag, b""
            return "password", tag + b" OK welcome\r\n", rest
        tag, _, command = line.partition(b" ")
        name = command.partition(b" ")[0].upper()
        if name == AUTHENTICATE:
            self._tag = tag
            return name.decode(), b"+ \r\n", rest
        return name.decode(), SAYS.get(name, b"") + tag + b" OK done\r\n", rest
