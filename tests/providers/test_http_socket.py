"""An answer is read whole, in time, or not at all."""

import gzip
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from core.errors import Refused, Unavailable
from providers import http_socket
from providers.http import Http, NoAnswer
from tests.providers.scripted_http import scripted_http

PACKED = gzip.compress(b"x", mtime=0)
OK = b"HTTP/1.1 200 OK\r\n"
EMPTY = OK + b"Content-Length: 0\r\n\r\n"


@pytest.fixture
def http() -> Iterator[Http]:
    http = Http()
    yield http
    http.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    authority = trustme.CA()
    bundle = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return bundle, context


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"Content-Length: 5\r\n\r\nwords", b"words"),
        (b"content-length:5 , 5\r\n\r\nwords", b"words"),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nwor\r\n2;x=y\r\nds\r\n0\r\n\r\n", b"words"),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\nExpires: never\r\n\r\n", b""),
        (b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
def test_a_body_is_read_as_it_is_announced(http: Http, said: bytes, body: bytes) -> None:
    with scripted_http([OK + said], [EMPTY]) as server:
        answered = http.request("GET", server.url)
        http.request("GET", server.url)

        assert answered.body == body
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        OK + b"Content-Length: 5\r\n\r\nword",
        OK + b"Content-Length: 5\r\nContent-Length: 4\r\n\r\nwords",
        OK + b"Content-Length: -5\r\n\r\nwords",
        OK + b"Content-Length : 5\r\n\r\nwords",
        OK + b"two words: x\r\nContent-Length: 0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nwords",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nwords",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nwordsworth\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nwords\r\n0\r\n\r\n",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nwords",
        OK + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nwords",
        OK + b"Content-Length: 20\r\nContent-Encoding: gzip\r\n\r\n" + PACKED[:20],
        OK + b"X: " + b"x" * 200_000,
    ],
)
def test_what_is_not_a_whole_answer_is_none(http: Http, answer: bytes) -> None:
    with scripted_http([answer]) as server, pytest.raises(NoAnswer):
        http.request("POST", server.url, body=b"once", seconds=5)


def test_what_comes_before_the_answer_is_not_it(http: Http) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    with scripted_http([hints, OK + b"Content-Length: 2\r\n\r\nme"]) as server:
        assert http.request("GET", server.url).body == b"me"


def test_headers_that_come_twice_or_go_on_are_one(http: Http) -> None:
    headers = b"Vary: A\r\nvary:  B \r\nLong: one\r\n  two\r\nContent-Length: 0\r\n\r\n"
    with scripted_http([OK + headers]) as server:
        found = http.request("GET", server.url).headers

    assert found == {"vary": "A, B", "long": "one two", "content-length": "0"}


def test_a_body_without_a_length_lasts_until_the_server_says_so(
    authority: tuple[Path, ssl.SSLContext], http: Http
) -> None:
    bundle, context = authority
    trusting = Http(ca_bundle=bundle)
    with scripted_http([OK + b"\r\nwords"]) as server:
        assert http.request("GET", server.url).body == b"words"

    with scripted_http([OK + b"\r\nwor"], context=context) as server, pytest.raises(NoAnswer):
        trusting.request("GET", server.url)

    trusting.close()


def test_one_deadline_holds_for_the_whole_answer(http: Http) -> None:
    drips = [step for _ in range(100) for step in (b"x", 0.05)]
    begun = time.monotonic()

    with scripted_http([OK + b"X: ", *drips]) as server, pytest.raises(NoAnswer):
        http.request("GET", server.url, seconds=0.3)

    assert time.monotonic() - begun < 2


def test_more_than_anybody_sends_is_not_taken(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_socket, "MAX_BYTES", 1_000)
    bomb = gzip.compress(b"x" * 1_001)
    packed = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    plain = OK + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"x" * 1_001 + b"\r\n0\r\n\r\n"

    for answer in (packed, plain):
        with scripted_http([answer]) as server, pytest.raises(NoAnswer, match="1000 bytes"):
            http.request("GET", server.url)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Connection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        EMPTY + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
    ],
)
def test_a_connection_that_is_over_or_says_too_much_is_not_used_again(
    http: Http, answer: bytes
) -> None:
    with scripted_http([answer], [OK + b"Content-Length: 4\r\n\r\ntrue"]) as server:
        http.request("GET", server.url)

        assert http.request("GET", server.url).body == b"true"
        assert server.connections == 2


def test_what_would_be_two_lines_is_not_written(http: Http) -> None:
    with scripted_http() as server:
        with pytest.raises(Refused):
            http.request("GET", server.url, headers={"Authorization": "x\r\nHost: evil.example"})

        assert server.connections == 0


@pytest.mark.parametrize("url", ["localhost", "ftp://localhost/", "https://", "https://a:b/x"])
def test_what_is_no_address_is_not_asked(http: Http, url: str) -> None:
    with pytest.raises(Unavailable):
        http.request("GET", url)


def test_an_address_is_written_as_one_line(http: Http) -> None:
    with scripted_http([EMPTY]) as server:
        http.request("GET", f"{server.url}/a b\r\nX: y?q=ä&r=%20#part", headers={"X-Key": "1"})

        line, *headers = server.requests[0].decode().split("\r\n")
    assert line == "GET /a%20b%0D%0AX:%20y?q=%C3%A4&r=%20 HTTP/1.1"
    assert {"host: " + server.url.removeprefix("http://"), "x-key: 1"} < set(headers)
