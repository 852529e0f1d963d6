import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import NotFound, Unavailable
from core.messages import Address
from providers import Account, Registry, plugins, registry
from providers.plugins.dummy import DummyProvider

PIGEON = """
from providers.base import BaseProvider
from providers.plugins.dummy import DummyProvider

class {name}(DummyProvider):
    name = "{name}"
    title = "Pigeon post"

class Unfinished(BaseProvider):
    name = "unfinished"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One more folder of the plug-ins' package."""
    monkeypatch.setattr(plugins, "__path__", [*plugins.__path__, str(tmp_path)])
    yield tmp_path
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(f"{plugins.__name__}.{file.stem}", None)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for installed packages."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("pigeons", None)


def install(site: Path, *entries: str) -> None:
    """What an installer writes down about a package with these entry points."""
    notes = site / "pigeons-1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeons\nVersion: 1.0\n")
    (notes / "entry_points.txt").write_text("\n".join(["[orchestre.providers]", *entries]))


class Counted(DummyProvider):
    name = "counted"
    hidden = False
    closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def account() -> Account:
    return Account(address=Address(handle="alice@shop.example"))


class TestDiscovery:
    def test_what_is_shipped_loads(self) -> None:
        found = Registry.discover()

        assert {"dummy", "imap"} <= {provider.name for provider in found}
        assert found.broken == {}

    def test_adding_a_file_is_enough(self, folder: Path) -> None:
        (folder / "pigeon.py").write_text(PIGEON.format(name="pigeon"))

        found = Registry.discover()

        assert found.named("pigeon").title == "Pigeon post"

    def test_only_finished_classes_of_the_file_itself_count(self, folder: Path) -> None:
        before = {provider.name for provider in Registry.discover()}
        (folder / "pigeon.py").write_text(PIGEON.format(name="pigeon"))

        after = {provider.name for provider in Registry.discover()}

        assert after - before == {"pigeon"}

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("import no_such_package", "pip install no_such_package"),
            ("def (", "SyntaxError"),
            ("1 / 0", "ZeroDivisionError"),
        ],
    )
    def test_one_that_does_not_import_is_listed_and_stops_nothing(
        self, folder: Path, text: str, reason: str
    ) -> None:
        (folder / "broken.py").write_text(text)
        (folder / "pigeon.py").write_text(PIGEON.format(name="pigeon"))

        found = Registry.discover()

        assert reason in found.broken["broken"]
        assert found.named("pigeon")

    def test_two_of_one_name_stop_with_a_sentence(self, folder: Path) -> None:
        (folder / "pigeon.py").write_text(PIGEON.format(name="pigeon"))
        (folder / "dove.py").write_text(PIGEON.format(name="pigeon"))

        with pytest.raises(ValueError, match=r"'pigeon'.*plugins\.dove.*plugins\.pigeon.*Rename"):
            Registry.discover()

    def test_a_package_brings_its_own(self, site: Path) -> None:
        (site / "pigeons.py").write_text(PIGEON.format(name="pigeon"))
        install(site, "pigeon = pigeons:pigeon")

        found = Registry.discover()

        assert found.named("pigeon").__module__ == "pigeons"

    def test_a_package_that_does_not_import_is_listed_and_stops_nothing(self, site: Path) -> None:
        install(site, "pigeon = no_such_package:Pigeon")

        found = Registry.discover()

        assert "pip install no_such_package" in found.broken["pigeon"]
        assert found.named("dummy")

    def test_one_that_is_found_twice_is_one(self, site: Path) -> None:
        install(site, "dummy = providers.plugins.dummy:DummyProvider")

        found = Registry.discover()

        assert [provider.name for provider in found].count("dummy") == 1

    def test_a_name_that_nobody_has_is_answered_with_those_that_there_are(self) -> None:
        with pytest.raises(NotFound, match=r"'pigeon'\. There are: counted\."):
            Registry([DummyProvider, Counted]).named("pigeon")


class TestBorrowing:
    def test_an_open_provider_is_kept_for_the_next(self, account: Account) -> None:
        kept = Registry([Counted])

        with kept.borrow("counted", account, key="1") as first:
            pass
        with kept.borrow("counted", account, key="1") as second:
            pass

        assert first is second
        assert first.closed == 0  # type: ignore[attr-defined]

    def test_two_at_a_time_never_share(self, account: Account) -> None:
        kept = Registry([Counted])

        with (
            kept.borrow("counted", account, key="1") as first,
            kept.borrow("counted", account, key="1") as second,
        ):
            assert first is not second

    def test_what_was_kept_under_another_key_is_never_handed_out(self, account: Account) -> None:
        kept = Registry([Counted])
        with kept.borrow("counted", account, key="with the old password") as old:
            pass

        with kept.borrow("counted", account, key="with the new password") as new:
            assert new is not old

    def test_after_trouble_it_is_closed_and_not_kept(self, account: Account) -> None:
        kept = Registry([Counted])

        with pytest.raises(Unavailable), kept.borrow("counted", account, key="1") as first:
            raise Unavailable

        assert first.closed == 1  # type: ignore[attr-defined]
        with kept.borrow("counted", account, key="1") as second:
            assert second is not first

    def test_what_nobody_uses_is_closed(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = Registry([Counted])
        with kept.borrow("counted", account, key="1") as unused:
            pass

        monkeypatch.setattr(registry, "IDLE_SECONDS", -1.0)
        with kept.borrow("counted", account, key="2"):
            pass

        assert unused.closed == 1  # type: ignore[attr-defined]

    def test_an_account_that_is_kept_is_not_asked_for_again(self, account: Account) -> None:
        kept, asked = Registry([Counted]), []

        def ask() -> Account:
            asked.append(account)
            return account

        for _ in range(3):
            with kept.borrow("counted", ask, key="1"):
                pass

        assert asked == [account]

    def test_beyond_what_may_be_open_an_account_is_closed_after_use(
        self, account: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registry, "MOST_KEPT", 2)
        kept = Registry([Counted, DummyProvider])
        opened: dict[str, set[int]] = {key: set() for key in "123"}
        borrowed = []

        for key in "123" * 4:
            with kept.borrow("counted", account, key=key) as provider:
                borrowed.append(provider)
                opened[key].add(id(provider))
        with kept.borrow("dummy", account, key="4") as other:
            pass
        with kept.borrow("dummy", account, key="4") as same:
            pass

        assert [len(opened[key]) for key in "123"] == [1, 1, 4]
        assert [provider.closed for provider in borrowed[2::3]] == [1] * 4  # type: ignore[attr-defined]
        assert same is other

    def test_closing_closes_everything(self, account: Account) -> None:
        kept = Registry([Counted])
        with (
            kept.borrow("counted", account, key="1") as first,
            kept.borrow("counted", account, key="2") as second,
        ):
            pass

        kept.close()
        kept.close()

        assert [first.closed, second.closed] == [1, 1]  # type: ignore[attr-defined]
