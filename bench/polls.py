"""Ways to find out that nothing is new in a Gmail mailbox."""

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import google_auth_httplib2  # type: ignore[import-untyped]  # it brings no types
import httplib2  # type: ignore[import-untyped]  # nor does it
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped]  # nor does it

from core.feeds import Feed
from providers.tls import trusting
from services.inbox import INNER_THREADS

from .gmail_stub import NEWEST, TOKEN
from .linked import Mailboxes

Poll = Callable[[int], int]
"""Makes so many polls, of the next mailboxes in turn; how many it has made."""
REQUEST = f"""\
GET /gmail/v1/users/me/history?startHistoryId={NEWEST}&historyTypes=messageAdded\
&historyTypes=labelRemoved&maxResults=500 HTTP/1.1\r
Host: localhost\r
Authorization: Bearer {TOKEN}\r
\r
""".encode()
END = b"\r\n0\r\n\r\n"


class Floor:
    """asyncio and TLS, and nothing else: bytes that are ready are written, and an end waited for.
    As many connections as the others have."""

    def __init__(self, port: int, authority: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._lines = self._loop.run_until_complete(self._open(port, authority))

    def __call__(self, count: int) -> int:
        return self._loop.run_until_complete(self._all(-(-count // len(self._lines))))

    def close(self) -> None:
        for _, writer in self._lines:
            writer.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _open(
        self, port: int, authority: Path
    ) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        context = trusting(str(authority))
        return [
            await asyncio.open_connection("localhost", port, ssl=context)
            for _ in range(INNER_THREADS)
        ]

    async def _all(self, each: int) -> int:
        return sum(await asyncio.gather(*(self._one(*line, each) for line in self._lines)))

    async def _one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int
    ) -> int:
        for _ in range(count):
            writer.write(REQUEST)
            await reader.readuntil(END)
        return count


class Threads:
    """The threads of a batch of polls."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(INNER_THREADS)

    def __call__(self, work: Callable[[Any], object], things: Iterable[Any]) -> int:
        return len(list(self._pool.map(work, things)))

    def close(self) -> None:
        self._pool.shutdown()


class Google:
    """google-api-python-client as its own pages show it, and with everything kept that can be."""

    def __init__(self, url: str, authority: Path, threads: Threads) -> None:
        self._url = url
        self._authority = str(authority)
        self._threads = threads
        self._service = self._build(self._http())
        self._of_thread = threading.local()

    def build_each(self, count: int) -> int:
        return self._threads(self._poll_anew, range(count))

    def kept(self, count: int) -> int:
        return self._threads(self._poll_on, range(count))

    def _poll_anew(self, _: int) -> None:
        http = self._http()
        service = self._build(google_auth_httplib2.AuthorizedHttp(Credentials(TOKEN), http=http))  # type: ignore[no-untyped-call]  # of google-auth
        self._ask(service).execute(num_retries=0)
        service.close()

    def _poll_on(self, _: int) -> None:
        if not hasattr(self._of_thread, "http"):
            self._of_thread.http = self._http()
        http = google_auth_httplib2.AuthorizedHttp(Credentials(TOKEN), http=self._of_thread.http)  # type: ignore[no-untyped-call]  # of google-auth
        self._ask(self._service).execute(http=http, num_retries=0)

    def _http(self) -> Any:
        return httplib2.Http(ca_certs=self._authority)

    def _build(self, http: Any) -> Any:
        options = {"api_endpoint": f"{self._url}/"}
        return build("gmail", "v1", http=http, static_discovery=True, client_options=options)

    def _ask(self, service: Any) -> Any:
        return (
            service.users()
            .history()
            .list(
                userId="me",
                startHistoryId=NEWEST,
                historyTypes=["messageAdded", "labelRemoved"],
                maxResults=500,
            )
        )


class Provider:
    """Ours: an account is borrowed and asked, and given back."""

    def __init__(self, mailboxes: Mailboxes, threads: Threads) -> None:
        connections = mailboxes.app.connections
        feeds = mailboxes.app.database.for_workers().find(Feed)
        cursors = {feed.id: feed.cursor for feed in feeds}
        self._connections = itertools.cycle(mailboxes.connections())
        self._threads = threads

        def poll(connection: Any) -> None:
            with connections.borrow(connection) as provider:
                assert not provider.fetch_new(cursors[connection.id]).envelopes

        self._poll = poll

    def __call__(self, count: int) -> int:
        return self._threads(self._poll, itertools.islice(self._connections, count))


def whole(mailboxes: Mailboxes) -> Poll:
    """All that happens: claiming what is due, reading, polling, giving back."""

    def poll(count: int) -> int:
        mailboxes.pass_time(mailboxes.interval * count / mailboxes.count)
        return mailboxes.poll_due()

    return poll
