"""What has appeared in a Maildir since a cursor: some may come twice, none is left out."""

import os
import random
import time
from pathlib import Path

import pytest

from core.errors import Refused
from providers.mail import arrivals
from providers.mail.arrivals import MAX_NAMES, OVERLAP_NS, Mail, Place

NOW = 1_800_000_000 * 10**9
MINUTE = 60 * 10**9
HOUR = 60 * MINUTE


def a_mail(id: str, *, appeared: int = NOW, written: int | None = None) -> Mail:
    return Mail(
        id=id,
        path=Path(id),
        flags=(),
        size=1,
        written=appeared if written is None else written,
        appeared=appeared,
    )


def by_appearance(*found: Mail) -> list[Mail]:
    return sorted(found, key=lambda mail: (mail.appeared, mail.id))


def drain(
    place: Place, found: list[Mail], *, now: int = NOW, limit: int = 50
) -> tuple[list[str], Place]:
    ids: list[str] = []
    for _ in range(10_000):
        page, place = arrivals.since(place, found, limit=limit, now=now)
        place = Place.read(str(place))
        if not page:
            return ids, place
        ids += [mail.id for mail in page]
    raise AssertionError("it never ends")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    for folder in ("tmp", "new", "cur"):
        (tmp_path / folder).mkdir()
    return tmp_path


class TestTheCursor:
    def test_each_mail_comes_once_while_the_clock_goes_right(self) -> None:
        first, second = a_mail("1"), a_mail("2", appeared=NOW + MINUTE)
        given_out, place = drain(arrivals.start(NOW), [first], now=NOW + 1)

        later, _ = drain(place, [first, second], now=NOW + MINUTE + 1)

        assert given_out == ["1"]
        assert later == ["2"]

    def test_two_of_the_same_tick_both_come(self) -> None:
        _, place = drain(arrivals.start(NOW), [a_mail("2")])

        later, _ = drain(place, [a_mail("1"), a_mail("2"), a_mail("3")])

        assert later == ["1", "3"]

    def test_a_mail_that_was_written_long_before_it_appeared_comes(self) -> None:
        _, place = drain(arrivals.start(NOW - HOUR), [a_mail("1")])

        late = a_mail("2", appeared=NOW + 2 * HOUR, written=NOW - MINUTE)
        later, _ = drain(place, [a_mail("1"), late], now=NOW + 2 * HOUR + 1)

        assert later == ["2"]

    def test_what_was_written_before_the_start_never_comes(self) -> None:
        flagged = a_mail("1", appeared=NOW + MINUTE, written=NOW - HOUR)

        ids, _ = drain(arrivals.start(NOW), [flagged], now=NOW + MINUTE)

        assert ids == []

    @pytest.mark.parametrize("back", [MINUTE, HOUR, 25 * HOUR])
    def test_a_clock_that_is_set_back_hides_nothing(self, back: int) -> None:
        first = a_mail("1")
        _, place = drain(arrivals.start(NOW - HOUR), [first], now=NOW + 1)

        second = a_mail("2", appeared=NOW - back + MINUTE // 2)
        later, _ = drain(place, by_appearance(first, second), now=NOW - back + MINUTE)

        assert "2" in later

    def test_a_clock_that_was_set_back_unnoticed_hides_nothing_for_an_hour(self) -> None:
        first = a_mail("1")
        _, place = drain(arrivals.start(NOW - 9 * HOUR), [first], now=NOW)

        second = a_mail("2", appeared=NOW - HOUR)
        later, _ = drain(place, by_appearance(first, second), now=NOW)

        assert later == ["2"]

    def test_what_is_out_of_reach_is_forgotten(self) -> None:
        old = [a_mail(str(number), appeared=NOW + number) for number in range(300)]
        _, place = drain(arrivals.start(NOW), old)

        later, following = drain(place, old, now=NOW + 2 * OVERLAP_NS)

        assert later == []
        assert following.names == ()
        assert len(str(following)) < 100

    def test_a_cursor_is_bounded_however_busy_the_mailbox(self) -> None:
        busy = [a_mail(str(number), appeared=NOW + number) for number in range(3 * MAX_NAMES)]

        ids, place = drain(arrivals.start(NOW), busy, now=NOW + MINUTE, limit=500)
        later, _ = drain(place, busy, now=NOW + MINUTE)

        assert len(ids) == len(set(ids)) == 3 * MAX_NAMES
        assert later == []
        assert len(str(place)) < 30_000

    def test_a_backlog_of_years_keeps_the_cursor_short(self) -> None:
        old = [
            a_mail(f"{number:04}", appeared=NOW - HOUR * (5000 - number)) for number in range(900)
        ]
        place = arrivals.start(0)

        longest = 0
        for _ in range(90):
            _, place = arrivals.since(place, old, limit=10, now=NOW)
            longest = max(longest, len(str(place)))

        assert longest < 200
        assert arrivals.since(place, old, limit=10, now=NOW)[0] == []

    @pytest.mark.parametrize("seed", range(40))
    def test_nothing_is_ever_left_out(self, seed: int) -> None:
        """Mails appear, are flagged and go away; the clock is an hour ahead at times."""
        chance = random.Random(seed)
        truth, place, got = NOW, arrivals.start(NOW - 24 * HOUR), set[str]()
        here: dict[str, Mail] = {}
        for step in range(80):
            truth += chance.choice([0, 1, MINUTE, HOUR])
            now = truth + chance.choice([0, HOUR])
            match chance.choice(["appear", "appear", "flag", "remove", "poll"]):
                case "appear":
                    id = str(step)
                    here[id] = a_mail(id, appeared=now, written=now - chance.choice([0, HOUR]))
                case "flag" if here:
                    id = chance.choice(sorted(here))
                    here[id] = here[id]._replace(appeared=now)
                case "remove" if got & here.keys():
                    del here[chance.choice(sorted(got & here.keys()))]
                case "poll":
                    found = by_appearance(*here.values())
                    page, place = arrivals.since(place, found, limit=chance.choice([1, 3]), now=now)
                    got |= {mail.id for mail in page}
        got |= set(drain(place, by_appearance(*here.values()), now=now)[0])

        assert here.keys() <= got

    @pytest.mark.parametrize(
        "cursor", ["", "x", "[]", "{}", "[1, 2]", '["a", "b", "c"]', "[1,2,3]"]
    )
    def test_what_is_no_cursor_is_refused(self, cursor: str) -> None:
        with pytest.raises(Refused, match="start"):
            Place.read(cursor)


class TestTheFolders:
    def test_a_mail_keeps_its_id_wherever_its_reader_moves_it(self, box: Path) -> None:
        (box / "new" / "1.host").write_bytes(b"Subject: x\n\n")
        [before] = arrivals.mails(box)

        (box / "new" / "1.host").rename(box / "cur" / "1.host:2,RS")
        [after] = arrivals.mails(box)

        assert before.id == after.id == "1.host"
        assert (before.flags, after.flags) == ((), ("R", "S"))
        assert before.written == after.written

    def test_a_mail_appears_when_it_is_moved_into_place(self, box: Path) -> None:
        (box / "tmp" / "1").write_bytes(b"x")
        os.utime(box / "tmp" / "1", (1, 1))
        time.sleep(0.02)
        moment = time.time_ns() - 10_000_000

        (box / "tmp" / "1").rename(box / "new" / "1")

        [mail] = arrivals.mails(box)
        assert mail.written == 10**9
        assert mail.appeared >= moment

    def test_what_is_no_mail_is_passed_over(self, box: Path, tmp_path: Path) -> None:
        (box / "new" / ".hidden").write_bytes(b"x")
        (box / "new" / "folder").mkdir()
        (box / "new" / "link").symlink_to("/etc/passwd")
        os.mkfifo(box / "new" / "pipe")

        assert arrivals.mails(box) == []

    def test_a_name_in_no_alphabet_is_a_mail_all_the_same(self, box: Path) -> None:
        Path(os.fsdecode(bytes(box / "new") + b"/1\xff")).write_bytes(b"x")

        [mail] = arrivals.mails(box)

        assert mail.id.encode() == b"1\\xff"
        assert arrivals.read_mail(box, mail.id, flags=(), size=9) == b"x"

    @pytest.mark.parametrize("place", ["new/1", "cur/1:2,", "cur/1:2,S", "cur/1:2,FRS", "cur/1"])
    def test_a_mail_is_read_wherever_it_is(self, place: str, box: Path) -> None:
        (box / place).write_bytes(b"0123456789")

        assert arrivals.read_mail(box, "1", flags=("S",), size=4) == b"0123"

    def test_a_mail_that_has_gone_is_none(self, box: Path) -> None:
        assert arrivals.read_mail(box, "1", flags=(), size=9) is None

    @pytest.mark.parametrize("id", ["../secret", "/etc/passwd", "x/../../secret"])
    def test_an_id_leads_nowhere_else(self, id: str, box: Path) -> None:
        (box / "secret").write_bytes(b"x")

        assert arrivals.read_mail(box, id, flags=(), size=9) is None
