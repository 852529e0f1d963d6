"""Finds plug-ins: the classes of a given kind, in a package and among the entry points."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass
class Found(Generic[T]):
    """What was found, and what could not be loaded: its name, and why."""

    classes: list[type[T]] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)


def load_plugins(package: ModuleType, kind: type[T], *, group: str) -> Found[T]:
    """Every concrete subclass of `kind` that is defined in `package`, or named by an entry point.

    One that does not import stops nothing: it is listed, with the reason.
    """
    found: Found[T] = Found()
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        try:
            found.classes.extend(_defined(importlib.import_module(module.name), kind))
        except Exception as error:  # a stranger's module may raise anything at all
            found.broken[module.name.rpartition(".")[2]] = _why(error)
    for entry in entry_points(group=group):
        try:
            found.classes.append(_checked(entry.load(), kind))
        except Exception as error:
            found.broken[entry.name] = _why(error)
    return found


def _checked(named: object, kind: type[T]) -> type[T]:
    """What an entry point names, if it is a finished plug-in."""
    if not (inspect.isclass(named) and issubclass(named, kind) and not inspect.isabstract(named)):
        raise TypeError(f"{named!r} is no finished {kind.__name__}")
    return named


def _defined(module: ModuleType, kind: type[T]) -> Iterator[type[T]]:
    for _, cls in inspect.getmembers(module, inspect.isclass):
        own: Any = cls.__module__ == module.__name__
        if own and issubclass(cls, kind) and not inspect.isabstract(cls):
            yield cls


def _why(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"The package {error.name!r} is not installed: pip install {error.name}"
    return f"{type(error).__name__}: {error}"
