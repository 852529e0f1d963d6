"""Where local mail is kept, and the record of what was accepted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core import local_mail
from core.local_mail import Accepted, folder_name

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOSTILE = [
    "../../etc/passwd@x",
    "a/b@c",
    "/etc/passwd",
    "..",
    ".",
    "",
    ".hidden@x",
    "nul\0@x",
    "new\nline@x",
    "back\\slash@x",
    "a" * 300 + "@x.example",
    "ü" * 200 + "@x.example",
    "🏕@x.example",
    "\udcff@x",
    "CON",
    "*?[a]@x",
    "two words@x",
    "a:2,S@x",
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    local_mail.spool(tmp_path).mkdir()
    return tmp_path


def a_record(id: str = "1", *, at: datetime = NOON, key: str = "", to: str = "bob@x") -> Accepted:
    return Accepted(id=id, at=at, sender="alice@shop.example", to=(to,), key=key)


def found(home: Path, key: str, *, since: datetime = NOON) -> list[str]:
    return [record.id for record in local_mail.with_key(home, key, since=since)]


def test_an_ordinary_address_is_its_own_folder() -> None:
    assert folder_name("Alice+Tents@Shop.example") == "alice+tents@shop.example"


@pytest.mark.parametrize("address", HOSTILE)
def test_a_hostile_address_stays_in_one_folder(address: str, tmp_path: Path) -> None:
    box = local_mail.mailbox(tmp_path, address)

    box.mkdir(parents=True)

    assert box.resolve().parent == tmp_path.resolve() / "mail"
    assert not box.name.startswith(".")
    assert len(box.name.encode()) <= 255
    assert box.name.isprintable()


@given(some.text(), some.text())
def test_addresses_that_differ_in_more_than_case_never_share(one: str, other: str) -> None:
    shared = folder_name(one) == folder_name(other)

    assert shared <= (one.lower() == other.lower() or not (one + other).isascii())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("straße@x", "strasse@x"),
        ("a/b@x", "a_b@x"),
        ("a" * 300, "a" * 301),
        (".a@x", "a@x"),
        ("jürgen@x", "j_rgen@x"),
        (folder_name("a/b@x"), "a/b@x"),
    ],
)
def test_what_had_to_be_altered_is_still_told_apart(one: str, other: str) -> None:
    assert folder_name(one) != folder_name(other)


def test_case_makes_no_difference() -> None:
    assert folder_name("Jürgen@X.example") == folder_name("JÜRGEN@x.EXAMPLE")


def test_a_record_can_be_read_again() -> None:
    record = a_record(key="k", to='"ü\n"@x')

    line = local_mail.to_line(record)

    assert local_mail.from_line(line) == record
    assert line.count(b"\n") == 1
    assert b'"from": "alice@shop.example"' in line


@pytest.mark.parametrize("line", [b"", b"{}", b'{"id": "1", "at"', b"\xff\n", b"[]"])
def test_half_a_record_is_none(line: bytes) -> None:
    assert local_mail.from_line(line) is None


def test_a_key_is_found_in_the_journal_of_its_day_or_later(home: Path) -> None:
    local_mail.append(home, [a_record("1", key="k"), a_record("2", key="other")])

    assert found(home, "k") == ["1"]
    assert found(home, "k", since=NOON - timedelta(days=9)) == ["1"]
    assert found(home, "k", since=NOON + timedelta(days=1)) == []
    assert found(home, "1") == []


def test_each_day_has_its_journal(home: Path) -> None:
    tomorrow = NOON + timedelta(days=1)

    local_mail.append(home, [a_record("1", key="k"), a_record("2", key="k", at=tomorrow)])

    assert [path.name for path in sorted(local_mail.spool(home).iterdir())] == [
        "journal-2026-01-01.jsonl",
        "journal-2026-01-02.jsonl",
    ]
    assert found(home, "k") == ["1", "2"]
    assert found(home, "k", since=tomorrow) == ["2"]


def test_a_key_is_found_while_the_mail_still_waits(home: Path) -> None:
    line = local_mail.to_line(a_record("1", key="k"))
    (local_mail.spool(home) / "1.mail").write_bytes(line + b"Subject: k\r\n\r\n")
    (local_mail.spool(home) / "2.mail").write_bytes(b"X-Orchestre-Reply: k\r\n")

    assert found(home, "k") == ["1"]


def test_a_mail_that_moves_on_during_the_search_is_found(home: Path) -> None:
    record = a_record("1", key="k")
    waiting = local_mail.spool(home) / "1.mail"
    waiting.write_bytes(local_mail.to_line(a_record("0")))
    search = local_mail.mentioning(home, "alice", since=NOON)
    first = next(search)

    local_mail.append(home, [record])
    waiting.unlink()

    assert [first, *search] == [a_record("0"), record]


def test_half_a_line_of_a_crash_spoils_no_other(home: Path) -> None:
    local_mail.append(home, [a_record("1", key="k")])
    with local_mail.journal(home, NOON.date()).open("ab") as file:
        file.write(b'{"id": "2", "key": "k')

    local_mail.append(home, [a_record("3", key="k")])

    assert found(home, "k") == ["1", "3"]


def test_a_key_in_any_alphabet_is_found(home: Path) -> None:
    local_mail.append(home, [a_record("1", key='"ü\\')])

    assert found(home, '"ü\\') == ["1"]


def test_what_is_recorded_already_is_known(home: Path) -> None:
    yesterday = a_record("1", at=NOON - timedelta(days=1))
    local_mail.append(home, [yesterday])

    assert local_mail.recorded_ids(home, [yesterday, a_record("2")]) == {"1"}
    assert local_mail.recorded_ids(home, []) == set()


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    with pytest.raises(OSError, match="taken"):
        local_mail.write_synced(tmp_path / "taken", b"words")

    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_door_keeps_its_name(home: Path) -> None:
    before = local_mail.door_name(home)
    name = local_mail.name_door(home)

    assert before == ""
    assert name
    assert local_mail.name_door(home) == local_mail.door_name(home) == name


def test_message_ids_are_found_in_any_surroundings() -> None:
    assert local_mail.message_ids("<a@x>,<b@y> (see <c@z>\n)") == ["<a@x>", "<b@y>", "<c@z>"]
