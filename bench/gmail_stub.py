"""The Gmail API where nothing is new: whoever comes can link an account, and finds it empty."""

import gzip
import json
import re
from typing import Any

from .stubs import Talk

NEWEST = "88125"
TOKEN = "ya29." + "a0AfB_byC3xRk9d7wWmVtYh1q0s4nJzLr8Kc2Pu5EoXgTiSvDlFbNhMaQeOyZxUwIpRtCs6" * 2
HISTORY = "history.list"
HEADERS = b"""HTTP/1.1 %s\r
Content-Type: application/json; charset=UTF-8\r
Vary: Origin\r
Vary: X-Origin\r
Vary: Referer\r
Date: Sat, 21 Nov 2026 12:00:00 GMT\r
Server: ESF\r
X-XSS-Protection: 0\r
X-Frame-Options: SAMEORIGIN\r
X-Content-Type-Options: nosniff\r
Alt-Svc: h3=":443"; ma=2592000,h3-29=":443"; ma=2592000\r
Transfer-Encoding: chunked\r
"""
"""As Google sends them."""
OK, MISSING = b"200 OK", b"404 Not Found"
SAYS: dict[bytes, tuple[str, bytes, dict[str, Any]]] = {
    b"/token": (
        "token",
        OK,
        {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"},
    ),
    b"/gmail/v1/users/me/history": (HISTORY, OK, {"historyId": NEWEST}),
    b"/gmail/v1/users/me/messages": ("messages.list", OK, {"resultSizeEstimate": 0}),
    b"/gmail/v1/users/me/profile": (
        "getProfile",
        OK,
        {"emailAddress": "alice@shop.example", "messagesTotal": 0, "historyId": NEWEST},
    ),
}
NOT_THERE = ("other", MISSING, {"error": {"code": 404, "status": "NOT_FOUND"}})

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PACKED = re.compile(rb"\r\naccept-encoding:[^\r]*gzip", re.IGNORECASE)


def _written(status: bytes, said: dict[str, Any], *, packed: bool) -> bytes:
    body = (json.dumps(said, indent=2) + "\n").encode()
    encoding = b"Content-Encoding: gzip\r\n" if packed else b""
    body = gzip.compress(body) if packed else body
    return b"%s%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (HEADERS % status, encoding, len(body), body)


ANSWERS = {
    (path, packed): (name, _written(status, said, packed=packed))
    for path, (name, status, said) in {**SAYS, b"": NOT_THERE}.items()
    for packed in (False, True)
}


class GmailTalk(Talk):
    def take(self, unread: bytes) -> tuple[str, bytes, bytes] | None:
        head, found, rest = unread.partition(b"\r\n\r\n")
        if not found:
            return None
        if length := _LENGTH.search(head):
            size = int(length[1])
            if len(rest) < size:
                return None
            rest = rest[size:]
        path = head.split(b" ", 2)[1].partition(b"?")[0]
        packed = _PACKED.search(head) is not None
        name, answer = ANSWERS[path if path in SAYS else b"", packed]
        return name, answer, rest
