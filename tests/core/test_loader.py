"""Plug-ins are found by being there, and a broken one stops nothing."""

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from core import loader
from core.loader import Found, load_plugins

Make = Callable[..., ModuleType]

ABSTRACT = """
from abc import ABC, abstractmethod
class Plugin(ABC):
    @abstractmethod
    def greet(self): ...
"""
CONCRETE = """
from shelf_kind import Plugin
class {name}(Plugin):
    def greet(self): return "{name}"
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Writes a package of plug-in modules, and imports it."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "shelf_kind.py").write_text(ABSTRACT)

    def make(**modules: str) -> ModuleType:
        package = tmp_path / "shelf"
        package.mkdir()
        (package / "__init__.py").touch()
        for name, text in modules.items():
            (package / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module("shelf")

    yield make
    for name in [
        name for name in sys.modules if name.split(".")[0] in {"shelf", "shelf_kind", "shelf_far"}
    ]:
        del sys.modules[name]


def load(package: ModuleType, group: str = "orchestre.tests") -> Found[object]:
    kind: type[object] = importlib.import_module("shelf_kind").Plugin
    return load_plugins(package, kind, group=group)


def names(found: Found[object]) -> list[str]:
    return [cls.__name__ for cls in found.classes]


def test_a_module_in_the_package_is_a_plugin(make: Make) -> None:
    package = make(one=CONCRETE.format(name="One"), two=CONCRETE.format(name="Two"))

    found = load(package)

    assert names(found) == ["One", "Two"]
    assert not found.broken


def test_only_concrete_classes_that_are_defined_there_count(make: Make) -> None:
    package = make(
        one=CONCRETE.format(name="One") + "\nclass Unrelated: ...\n",
        two="from shelf_kind import Plugin\nfrom shelf.one import One\nclass Half(Plugin): ...\n",
    )

    assert names(load(package)) == ["One"]


def test_one_that_does_not_import_is_listed_and_stops_nothing(make: Make) -> None:
    package = make(
        bad="raise RuntimeError('no such luck')",
        good=CONCRETE.format(name="Good"),
        missing="import an_sdk_that_is_not_here",
        wrong="def (",
    )

    found = load(package)

    assert names(found) == ["Good"]
    assert found.broken["bad"] == "RuntimeError: no such luck"
    assert found.broken["missing"].endswith("pip install an_sdk_that_is_not_here")
    assert found.broken["wrong"].startswith("SyntaxError")


def test_a_distribution_adds_a_plugin_by_an_entry_point(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shelf_far.py").write_text(CONCRETE.format(name="Far"))
    entries = [
        EntryPoint("far", "shelf_far:Far", "orchestre.tests"),
        EntryPoint("clock", "core.clock:system_clock", "orchestre.tests"),
        EntryPoint("unfinished", "shelf_kind:Plugin", "orchestre.tests"),
        EntryPoint("gone", "core.nowhere:Gone", "orchestre.tests"),
    ]
    monkeypatch.setattr(loader, "entry_points", lambda *, group: entries)

    found = load(make())

    assert names(found) == ["Far"]
    assert list(found.broken) == ["clock", "unfinished", "gone"]
