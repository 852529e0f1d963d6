"""Who does not run the machine reaches the internet through it, and nothing inside."""

import socket
from collections.abc import Iterator

import pytest

from core.errors import Refused
from providers.dial import anywhere, is_public, publicly

INSIDE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",  # this machine, to whoever connects to it
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
]
OUTSIDE = ["8.8.8.8", "193.0.6.139", "2001:67c:2e8:22::c100:68b", "64:ff9b::808:808"]
NAMES = ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "::1", "0"]


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_outside_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("name", NAMES)
def test_this_machine_is_not_connected_to_however_it_is_called(name: str, port: int) -> None:
    with pytest.raises(Refused, match="whoever runs it"):
        publicly(name, port, 5.0)


def test_an_open_port_and_a_closed_one_are_refused_alike(port: int) -> None:
    with pytest.raises(Refused) as opened:
        publicly("127.0.0.1", port, 5.0)
    with pytest.raises(Refused) as closed:
        publicly("127.0.0.1", 1, 5.0)

    assert str(opened.value) == str(closed.value)


def test_a_host_with_one_address_inside_is_refused_whole(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
        for address in ("8.8.8.8", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: named)

    with pytest.raises(Refused):
        publicly("mail.example", port, 5.0)


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a name means changes from one look to the next where its owner wants that."""
    looks = []

    def found(host: str, port: int, **_: object) -> list[object]:
        looks.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr("providers.dial.is_public", lambda address: True)

    publicly("mail.example", port, 5.0).close()

    assert looks == ["mail.example"]


def test_who_runs_the_machine_connects_to_it(port: int) -> None:
    anywhere("localhost", port, 5.0).close()
