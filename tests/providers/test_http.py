"""A request is written once, and what became of it is never guessed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Invalid, Unavailable
from providers.http import Answered, Http, NoAnswer, retry_after
from tests.servers.install import free_port
from tests.simulators.service import Authority, Fault, Request, Response, Simulator


class Counter(Simulator):
    """Remembers what was written to it."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority)
        self.written: list[bytes] = []

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


def test_redirects_are_not_followed(http: Http, counter: Counter) -> None:
    moved = Response(302, headers={"Location": f"{counter.url}/elsewhere"})
    counter.faults.append(Fault("answer", response=moved))

    assert http.request("POST", f"{counter.url}/x", body=b"x").status == 302
    assert len(counter.requests) == 1


def test_a_bundle_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="ORCHESTRE_CA_BUNDLE"):
        Http(ca_bundle=tmp_path / "nowhere.pem")


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("99999", 3600.0), ("soon", None), ("", None)]
)
def test_how_long_to_wait(value: str, seconds: float | None) -> None:
    assert retry_after(Answered(status=429, headers={"retry-after": value}, body=b"")) == seconds
