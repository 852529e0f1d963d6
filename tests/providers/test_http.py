"""A request is written once, and what became of it is never guessed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from core.clock import system_clock
from core.errors import Invalid, Unavailable
from core.messages import Address
from providers import Account
from providers import http as http_module
from providers.http import Answered, Http, NoAnswer, retry_after
from providers.plugins.imap import ImapProvider
from providers.tls import trusting
from tests.servers.install import free_port
from tests.simulators.service import Authority, Fault, Request, Response, Simulator

MANY = 40
"""More than were once kept."""


class Counter(Simulator):
    """Remembers what was written to it."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority)
        self.written: list[bytes] = []
        self.together = threading.Barrier(1)
        """So many are answered at a time."""

    def effect(self, request: Request) -> Response:
        self.together.wait()
        return super().effect(request)

    def answer(self, request: Request) -> Response:
        if request.method == "POST":
            self.written.append(request.body)
        return Response.of({"written": len(self.written), "filler": "x" * 1000})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def counter(authority: Authority) -> Iterator[Counter]:
    counter = Counter(authority)
    with counter.running():
        yield counter


@pytest.fixture
def http(authority: Authority) -> Iterator[Http]:
    http = Http(ca_bundle=authority.bundle)
    yield http
    http.close()


def test_an_answer_is_an_answer_whatever_it_says(http: Http, counter: Counter) -> None:
    counter.faults.append(Fault("answer", response=Response.of({"error": "gone"}, status=404)))

    answered = http.request("GET", f"{counter.url}/x")

    assert (answered.status, answered.body) == (404, b'{"error": "gone"}')


@pytest.mark.parametrize("kind", ["close", "reset", "cut", "hang"])
@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_is_a_doubt_and_nothing_is_written_again(
    http: Http, counter: Counter, kind: str, after: bool
) -> None:
    http.request("POST", f"{counter.url}/warm", body=b"warm")
    counter.faults.append(Fault(kind, after=after, seconds=1))

    with pytest.raises(NoAnswer):
        http.request("POST", f"{counter.url}/x", body=b"once", seconds=0.5)

    assert [request.body for request in counter.requests].count(b"once") == 1
    assert counter.written.count(b"once") == after


def test_a_server_that_is_not_there_has_seen_nothing(http: Http) -> None:
    with pytest.raises(Unavailable, match="localhost cannot be reached"):
        http.request("POST", f"https://localhost:{free_port()}/secret-token", body=b"x")


def test_a_server_that_nobody_vouches_for_sees_nothing(counter: Counter) -> None:
    http = Http()

    with pytest.raises(Unavailable, match="cannot be trusted"):
        http.request("POST", f"{counter.url}/x", body=b"once")

    http.close()
    assert counter.requests == []


def test_connections_are_kept(http: Http, counter: Counter) -> None:
    for _ in range(20):
        http.request("GET", f"{counter.url}/x")

    assert counter.handshakes == 1


def test_threads_share_it(http: Http, counter: Counter) -> None:
    def write() -> None:
        for _ in range(10):
            http.request("POST", f"{counter.url}/x", body=b"y")

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(counter.written) == 80
    assert counter.handshakes <= 8


def test_however_many_ask_at_once_nobody_connects_twice(http: Http, counter: Counter) -> None:
    counter.together = threading.Barrier(MANY)

    def ask(_: int) -> None:
        http.request("GET", f"{counter.url}/x")

    with ThreadPoolExecutor(MANY) as pool:
        for _ in range(4):
            list(pool.map(ask, range(MANY)))

    assert counter.handshakes == MANY


def test_what_was_not_needed_lately_is_closed(
    http: Http, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    http.request("GET", f"{counter.url}/x")
    monkeypatch.setattr(http_module, "IDLE_SECONDS", -1.0)
    http.request("GET", f"{counter.url}/x")

    http.request("GET", f"{counter.url}/x")

    assert counter.handshakes == 2


def test_everybody_shares_one_context(authority: Authority) -> None:
    bundle = str(authority.bundle)
    together = threading.Barrier(8)

    def make(_: int) -> int:
        together.wait()
        return id(trusting(bundle))

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(make, range(8)))

    mail = ImapProvider(
        Account(
            address=Address(handle="alice@shop.example"),
            settings={"host": "localhost", "relay_host": "localhost", "ca_file": bundle},
        )
    )
    assert made == {id(Http(ca_bundle=authority.bundle)._context)} == {id(mail._ssl_context)}


def test_redirects_are_not_followed(http: Http, counter: Counter) -> None:
    moved = Response(302, headers={"Location": f"{counter.url}/elsewhere"})
    counter.faults.append(Fault("answer", response=moved))

    assert http.request("POST", f"{counter.url}/x", body=b"x").status == 302
    assert len(counter.requests) == 1


def test_a_bundle_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="ORCHESTRE_CA_BUNDLE"):
        Http(ca_bundle=tmp_path / "nowhere.pem")


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 1994 08:50:07 GMT",
        "Sunday, 06-Nov-94 08:50:07 GMT",
        "Sun Nov  6 08:50:07 1994",
    ],
)
def test_a_time_to_wait_for_is_by_the_clock_of_the_server(value: str) -> None:
    headers = {"retry-after": value, "date": "Sun, 06 Nov 1994 08:49:37 GMT"}

    assert retry_after(Answered(status=503, headers=headers, body=b"")) == 30.0


@pytest.mark.parametrize(
    ("later", "seconds"), [(timedelta(minutes=2), 120.0), (timedelta(days=9), 3600.0)]
)
@pytest.mark.parametrize("date", ["", "today"])
def test_without_a_clock_of_its_own_ours_is_taken(
    later: timedelta, seconds: float, date: str
) -> None:
    headers = {"retry-after": format_datetime(system_clock() + later), "date": date}

    found = retry_after(Answered(status=503, headers=headers, body=b""))

    assert found == pytest.approx(seconds, abs=2)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999999 08:49:37 GMT", None),
        ("-5", None),
        ("9" * 400, 3600.0),
    ],
)
def test_a_time_that_is_over_or_none_is_no_reason_to_wait(
    value: str, seconds: float | None
) -> None:
    assert retry_after(Answered(status=503, headers={"retry-after": value}, body=b"")) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("99999", 3600.0), ("soon", None), ("", None)]
)
def test_how_long_to_wait(value: str, seconds: float | None) -> None:
    assert retry_after(Answered(status=429, headers={"retry-after": value}, body=b"")) == seconds
