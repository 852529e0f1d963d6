"""What reading a mail may cost, and that what is spared changes nothing.

The figures are ratios, with room for a busy machine.
"""

import email
import email.policy
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.messages import Attachment, Message
from core.replies import Status
from providers.mail.headers import read_block
from providers.mail.mime import read_envelope, read_message
from tests.conftest import World, Write
from tests.providers.mail.mails import SIZES, large_html, large_text, realistic

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
LIST = ("List-Id", "Tents <tents.lists.example>")


def read(raw: bytes) -> Message:
    return read_message(raw, envelope=read_envelope(raw, id="1", received_at=NOW))


def read_headers(raw: bytes) -> object:
    return read_envelope(raw[: raw.find(b"\r\n\r\n") + 4], id="1", received_at=NOW)


def read_by_the_standard_library(raw: bytes) -> object:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return mail.items(), texts, [part.get_payload(decode=True) for part in mail.iter_attachments()]


def cpu(*works: Callable[[], object], rounds: int = 7) -> list[float]:
    """CPU seconds of each, the best of several rounds in which they take turns."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for number, work in enumerate(works):
            start = time.process_time()
            work()
            best[number] = min(best[number], time.process_time() - start)
    return best


def most_memory(work: Callable[[], object]) -> int:
    work()
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@pytest.mark.parametrize(("size", "share"), [("3 KB", 0.3), ("25 KB", 0.5), ("2.5 MB", 0.2)])
def test_reading_costs_a_share_of_what_the_standard_library_takes(size: str, share: float) -> None:
    raw = realistic(SIZES[size])

    ours, theirs = cpu(lambda: read(raw), lambda: read_by_the_standard_library(raw))

    assert ours <= theirs * share


def test_headers_cost_next_to_nothing_beside_a_large_mail() -> None:
    raw = realistic(SIZES["2.5 MB"])

    headers, whole = cpu(lambda: read_headers(raw), lambda: read(raw))

    assert headers <= whole * 0.15


@pytest.mark.parametrize("made", [realistic, large_text, large_html])
def test_twice_the_size_takes_twice_the_time(made: Callable[[int], bytes]) -> None:
    once, twice = made(100_000), made(200_000)

    first, second = cpu(lambda: read(once), lambda: read(twice), rounds=5)

    assert second <= first * 2.6


def test_attachments_take_no_memory() -> None:
    raw = realistic(SIZES["2.5 MB"])

    assert most_memory(lambda: read(raw)) <= len(raw) / 4


@pytest.mark.parametrize(("made", "multiple"), [(large_text, 12), (large_html, 10)])
def test_a_large_text_takes_a_few_times_its_size(
    made: Callable[[int], bytes], multiple: int
) -> None:
    raw = made(150_000)

    assert most_memory(lambda: read(raw)) <= len(raw) * multiple


FIELDS = st.sampled_from(
    [
        *("Subject: Tent", "Received: by x\r\n\tfor y", "X-A:", "X-B:  b \t", "to: a@x.example"),
        *("X-C: a\r\n  b\r\n\tc", "X-D : d", "X-E\t: e", "X-F\r\n : f", "X-G: a: b", "no header"),
        *("From bob 10:00", "\tfold", " ", "X-H: \x0c", "X-I: \x1b$B8@8l\x1b(B", "X-J: ~{<:Ky~}"),
    ]
)


@given(st.lists(FIELDS, max_size=8), st.sampled_from(["\r\n", "\n", "\r"]))
def test_a_plain_header_block_reads_as_any_other(fields: list[str], line_end: str) -> None:
    lines = [field.replace("\r\n", line_end) for field in ["X-First: 1", *fields]]
    plain = line_end.join([*lines, "X-Last: 1", "", "Body: no"]).encode()
    other = line_end.join([*lines, "X-Last: ä", "", "Body: no"]).encode()

    headers = read_block(plain).headers

    assert headers[:-1] == read_block(other).headers[:-1]
    assert plain[read_block(plain).body_at :] == b"Body: no"


def test_headers_in_hz_are_read_although_they_look_plain() -> None:
    head = b"Content-Type: text/plain; charset=hz-gb-2312\r\nSubject: %s\r\n\r\n"

    assert read_block(head % "帐篷".encode("hz")).first("subject") == "帐篷"


def test_the_text_of_a_part_without_headers_is_kept_whole() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n\r\nBob\r\n--b--\r\n"
    )

    assert read(raw).text == "Hello\n\nBob"


@pytest.mark.parametrize(
    ("packed", "size"),
    [
        (b"AAAA", 3),
        (b"AAA=", 2),
        (b"AA==", 1),
        (b"AA", 1),
        (b"A", 0),
        (b"A!A?A A=\r\n", 3),
        (b"", 0),
    ],
)
def test_attachments_in_base64_are_counted_to_the_byte(packed: bytes, size: int) -> None:
    raw = b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + packed

    assert [attachment.size for attachment in read(raw).attachments] == [size]


def test_attachments_are_measured_as_if_they_had_been_decoded() -> None:
    raw = realistic(SIZES["250 KB"])
    mail = email.message_from_bytes(raw, policy=email.policy.default)

    attachments = read(raw).attachments

    assert attachments == tuple(
        Attachment(
            name=part.get_filename() or "",
            media_type=part.get_content_type(),
            size=len(part.get_payload(decode=True)),
        )
        for part in mail.iter_attachments()
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": [LIST]},
        {"headers": [("Auto-Submitted", "auto-replied")]},
        {"headers": [("Precedence", "bulk")]},
        {"sender": "MAILER-DAEMON@mx.example"},
        {"return_path": ""},
    ],
)
def test_machine_mail_is_left_alone_without_its_body_being_fetched(
    world: World, write: Write, fields: dict[str, object]
) -> None:
    world.start()
    write(**fields)
    world.mailbox.fault, world.mailbox.fault_on = OSError("the body was fetched"), "fetch"

    for _ in range(3):
        world.tick()
        world.clock.advance(hours=1)

    assert world.reply().status is Status.SKIPPED
    assert world.mailbox.fault is not None


def test_mail_of_a_person_is_fetched(world: World, write: Write) -> None:
    world.start()
    write()
    world.mailbox.fault, world.mailbox.fault_on = OSError("the body was fetched"), "fetch"

    world.tick()

    assert world.mailbox.fault is None
