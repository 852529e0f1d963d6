"""What is known after one mail was handed to an SMTP server."""

import socket
import ssl
import time

import pytest
import trustme

from core.errors import OrchestreError, ReauthorizationRequired, Refused, Unavailable
from providers.mail.smtp import check, dot_stuffed, send_once
from tests.providers.mail.scripted_smtp import DRIP, DROP, HANG, RESET, Script, scripted

MAIL = b"Subject: The tent\r\n\r\nIt is 99 euros.\r\n"
LONG_MAIL = MAIL + b"Dear Bob.\r\n" * 1_000_000
BEFORE_THE_BODY = ("greeting", "ehlo", "mail", "rcpt", "data")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def send(server: Script, raw: bytes = MAIL, *, deadline_seconds: float = 5) -> str:
    return send_once(
        raw,
        sender="alice@shop.example",
        recipient="bob@customer.example",
        host="127.0.0.1",
        port=server.port,
        deadline_seconds=deadline_seconds,
    )


def test_a_mail_is_sent_once_with_its_envelope() -> None:
    with scripted() as server:
        answer = send(server)

    assert answer == "250 taken as 17"
    assert server.bodies == [MAIL + b".\r\n"]
    assert server.commands == [
        "EHLO [127.0.0.1]",
        f"MAIL FROM:<alice@shop.example> SIZE={len(MAIL)}",
        "RCPT TO:<bob@customer.example>",
        "DATA",
        "QUIT",
    ]


@pytest.mark.parametrize("end", ["421 going down", "500 what?", DROP, RESET])
def test_a_250_after_the_dot_is_success_whatever_quit_does(end: str) -> None:
    with scripted({"quit": end}) as server:
        answer = send(server)

    assert answer == "250 taken as 17"


def test_a_quit_that_is_never_answered_costs_two_seconds_at_most() -> None:
    with scripted({"quit": HANG}) as server:
        began = time.monotonic()
        answer = send(server, deadline_seconds=30)

    assert answer == "250 taken as 17"
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("stage", [*BEFORE_THE_BODY, "dot"])
def test_a_5xx_is_refused_at_every_stage(stage: str) -> None:
    with scripted({stage: "550 go away"}) as server, pytest.raises(Refused, match="go away"):
        send(server)


@pytest.mark.parametrize("stage", [*BEFORE_THE_BODY, "dot"])
def test_a_4xx_may_be_tried_again_at_every_stage(stage: str) -> None:
    with scripted({stage: "451 not now"}) as server, pytest.raises(Unavailable, match="not now"):
        send(server)


@pytest.mark.parametrize("fault", [DROP, RESET, HANG, DRIP, "nonsense"])
@pytest.mark.parametrize("stage", BEFORE_THE_BODY)
def test_a_fault_before_the_body_is_certain(stage: str, fault: str) -> None:
    with scripted({stage: fault}) as server, pytest.raises(Unavailable):
        send(server, deadline_seconds=0.25)

    assert server.bodies == []


@pytest.mark.parametrize("fault", [DROP, RESET, HANG, DRIP, "nonsense", "354 more?"])
def test_a_fault_after_the_dot_leaves_doubt(fault: str) -> None:
    with (
        scripted({"dot": fault}) as server,
        pytest.raises((ConnectionError, TimeoutError)) as raised,
    ):
        send(server, deadline_seconds=0.25)

    assert not isinstance(raised.value, OrchestreError)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("fault", [DROP, RESET, HANG])
def test_a_fault_amid_the_body_leaves_doubt(fault: str) -> None:
    with (
        scripted({"body": fault}) as server,
        pytest.raises((ConnectionError, TimeoutError)) as raised,
    ):
        send(server, LONG_MAIL, deadline_seconds=1)

    assert not isinstance(raised.value, OrchestreError)


def test_half_a_final_answer_leaves_doubt() -> None:
    with scripted({"dot": "250-taken"}) as server, pytest.raises(TimeoutError):
        send(server, deadline_seconds=0.25)


@pytest.mark.parametrize("stage", ["greeting", "dot"])
def test_a_server_that_drips_cannot_outlast_the_deadline(stage: str) -> None:
    with scripted({stage: DRIP}) as server:
        began = time.monotonic()
        with pytest.raises((OSError, Unavailable)):
            send(server, deadline_seconds=0.5)

        assert time.monotonic() - began < 3


def test_nobody_listening_may_be_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

        with pytest.raises(Unavailable, match=str(port)):
            check(host="127.0.0.1", port=port)


@pytest.mark.parametrize(
    "address", ["", "bob@x\r\nRCPT TO:<eve@x>", "bob@x> SIZE=1", "two words@x", "nul\0@x"]
)
def test_an_address_cannot_smuggle_a_command(address: str) -> None:
    with scripted() as server, pytest.raises(Refused):
        send_once(
            MAIL,
            sender="alice@shop.example",
            recipient=address,
            host="127.0.0.1",
            port=server.port,
            deadline_seconds=5,
        )

    assert server.commands == ["EHLO [127.0.0.1]"]


def test_an_address_beyond_ascii_needs_a_server_that_can_carry_it() -> None:
    with scripted() as server, pytest.raises(Refused, match="SMTPUTF8"):
        send_once(
            MAIL,
            sender="alice@shop.example",
            recipient="jürgen@customer.example",
            host="127.0.0.1",
            port=server.port,
            deadline_seconds=5,
        )


def test_an_address_beyond_ascii_is_announced() -> None:
    with scripted({"ehlo": "250-scripted\r\n250 SMTPUTF8"}) as server:
        send_once(
            MAIL,
            sender="alice@shop.example",
            recipient="jürgen@customer.example",
            host="127.0.0.1",
            port=server.port,
            deadline_seconds=5,
        )

    assert "MAIL FROM:<alice@shop.example> SMTPUTF8" in server.commands
    assert "RCPT TO:<jürgen@customer.example>" in server.commands


def test_a_domain_beyond_ascii_goes_through_any_server() -> None:
    with scripted() as server:
        send_once(
            MAIL,
            sender="alice@zelte-müller.example",
            recipient="bob@bücher.example",
            host="127.0.0.1",
            port=server.port,
            deadline_seconds=5,
        )

    assert "MAIL FROM:<alice@xn--zelte-mller-zhb.example> SIZE=38" in server.commands
    assert "RCPT TO:<bob@xn--bcher-kva.example>" in server.commands


@pytest.mark.parametrize(
    ("raw", "wire"),
    [
        (b"a\nb\n", b"a\r\nb\r\n.\r\n"),
        (b"a\r\nb", b"a\r\nb\r\n.\r\n"),
        (b".\r\n.b\r\n", b"..\r\n..b\r\n.\r\n"),
        (b"a\r\n.\r\nMAIL FROM:<x>\r\n", b"a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x>\n", b"a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"),
        (b"a\r.\rMAIL FROM:<x>\r", b"a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b"a\r\n\r\n", b"a\r\n\r\n.\r\n"),
    ],
)
def test_no_line_of_a_body_can_end_it(raw: bytes, wire: bytes) -> None:
    assert dot_stuffed(raw) == wire


class TestSigningIn:
    def test_a_wrong_password_asks_to_link_again(self) -> None:
        with (
            scripted({"auth": "535 no"}) as server,
            pytest.raises(ReauthorizationRequired, match="535"),
        ):
            check(host="127.0.0.1", port=server.port, user="alice", password="wrong")

    def test_a_server_that_is_busy_may_be_tried_again(self) -> None:
        with scripted({"auth": "454 later"}) as server, pytest.raises(Unavailable):
            check(host="127.0.0.1", port=server.port, user="alice", password="right")

    def test_a_password_may_be_in_any_alphabet(self) -> None:
        with scripted() as server:
            check(host="127.0.0.1", port=server.port, user="alice", password="pässwort")

        assert server.commands[1:] == ["AUTH PLAIN AGFsaWNlAHDDpHNzd29ydA==", "QUIT"]

    def test_a_server_without_passwords_is_refused(self) -> None:
        with scripted({"ehlo": "250 scripted"}) as server, pytest.raises(Refused):
            check(host="127.0.0.1", port=server.port, user="alice", password="right")

    def test_a_password_never_travels_unencrypted(self) -> None:
        with pytest.raises(Refused, match="unencrypted"):
            check(host="mail.example", port=25, user="alice", password="right")


class TestEncryption:
    @pytest.fixture
    def context(self, authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        return context

    @pytest.fixture
    def trust(self, authority: trustme.CA) -> ssl.SSLContext:
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        return trust

    def test_starttls_comes_before_the_password(
        self, context: ssl.SSLContext, trust: ssl.SSLContext
    ) -> None:
        offers = "250-scripted\r\n250-STARTTLS\r\n250 AUTH PLAIN"
        with scripted({"ehlo": offers}, context=context) as server:
            answer = send_once(
                MAIL,
                sender="alice@shop.example",
                recipient="bob@customer.example",
                host="127.0.0.1",
                port=server.port,
                tls="starttls",
                user="alice",
                password="right",
                deadline_seconds=5,
                ssl_context=trust,
            )

        assert answer.startswith("250")
        assert [command.split()[0] for command in server.commands[:4]] == [
            "EHLO",
            "STARTTLS",
            "EHLO",
            "AUTH",
        ]

    def test_what_is_slipped_in_before_the_encryption_is_not_believed(
        self, context: ssl.SSLContext, trust: ssl.SSLContext
    ) -> None:
        script = {
            "ehlo": "250-scripted\r\n250 STARTTLS",
            "starttls": "220 go on\r\n250-scripted\r\n250 AUTH PLAIN",
        }
        with scripted(script, context=context) as server:
            offers = check(host="127.0.0.1", port=server.port, tls="starttls", ssl_context=trust)

        assert offers.keys() == {"STARTTLS"}

    def test_tls_may_be_there_from_the_start(
        self, context: ssl.SSLContext, trust: ssl.SSLContext
    ) -> None:
        with scripted({"tls": "yes"}, context=context) as server:
            check(host="127.0.0.1", port=server.port, tls="tls", ssl_context=trust)

        assert server.commands == ["EHLO [127.0.0.1]", "QUIT"]

    def test_a_server_without_starttls_is_refused(self) -> None:
        with scripted() as server, pytest.raises(Refused, match="STARTTLS"):
            check(host="127.0.0.1", port=server.port, tls="starttls")

    def test_a_certificate_that_nobody_vouches_for_stops_everything(
        self, context: ssl.SSLContext
    ) -> None:
        with scripted({"tls": "yes"}, context=context) as server, pytest.raises(Unavailable):
            check(host="127.0.0.1", port=server.port, tls="tls")

        assert server.commands == []
