"""Which providers there are, and the open ones that this process keeps."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Self

from core.errors import NotFound
from core.loader import load_plugins

from . import plugins
from .base import Account, BaseProvider

GROUP = "orchestre.providers"
IDLE_SECONDS = 240.0
"""Kept open this long without use: RFC 9051 lets a server hang up after 30 minutes, and
middle boxes forget a silent connection after about five."""


class Registry:
    def __init__(
        self,
        providers: Iterable[type[BaseProvider]],
        *,
        broken: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.broken = dict(broken)
        """The plug-ins that could not be loaded, and why."""
        self._providers: dict[str, type[BaseProvider]] = {}
        for provider in providers:
            if not getattr(provider, "name", ""):
                self.broken[provider.__name__] = "It has no name: give its class `name = …`."
                continue
            if self._providers.get(provider.name, provider) is not provider:
                raise ValueError(
                    f"Two providers are called {provider.name!r}: "
                    f"{self._providers[provider.name].__module__} and {provider.__module__}. "
                    "Rename or remove one of them."
                )
            self._providers[provider.name] = provider
        self._idle: defaultdict[str, deque[tuple[float, BaseProvider]]] = defaultdict(deque)
        self._lock = threading.Lock()

    @classmethod
    def discover(cls) -> Self:
        found = load_plugins(plugins, BaseProvider, group=GROUP)  # type: ignore[type-abstract]
        return cls(found.classes, broken=found.broken)

    def __iter__(self) -> Iterator[type[BaseProvider]]:
        return iter(self._providers.values())

    def named(self, name: str) -> type[BaseProvider]:
        try:
            return self._providers[name]
        except KeyError:
            known = ", ".join(sorted(cls.name for cls in self if not cls.hidden))
            raise NotFound(f"There is no provider called {name!r}. There are: {known}.") from None

    @contextmanager
    def borrow(self, name: str, account: Account, *, key: str) -> Iterator[BaseProvider]:
        """An open provider, for this thread alone, until the block ends.

        `key` names the account in its present form: what was kept under another key is never
        handed out. After an exception the provider is closed rather than kept.
        """
        provider = self._take(key) or self.named(name)(account)
        try:
            yield provider
        except BaseException:
            _close(provider)
            raise
        with self._lock:
            self._idle[key].append((time.monotonic(), provider))
        self._close_idle()

    def close(self) -> None:
        """Close whatever is kept."""
        with self._lock:
            kept = [provider for idle in self._idle.values() for _, provider in idle]
            self._idle.clear()
        for provider in kept:
            _close(provider)

    def _take(self, key: str) -> BaseProvider | None:
        with self._lock:
            idle = self._idle.get(key)
            fresh = idle and idle[-1][0] >= time.monotonic() - IDLE_SECONDS
            return idle.pop()[1] if idle and fresh else None

    def _close_idle(self) -> None:
        limit = time.monotonic() - IDLE_SECONDS
        old: list[BaseProvider] = []
        with self._lock:
            for key in list(self._idle):
                idle = self._idle[key]
                while idle and idle[0][0] < limit:
                    old.append(idle.popleft()[1])
                if not idle:
                    del self._idle[key]
        for provider in old:
            _close(provider)


def _close(provider: BaseProvider) -> None:
    with suppress(Exception):  # it is being thrown away, whatever state it is in
        provider.close()
