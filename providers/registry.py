"""Which providers there are, and the open ones that this process keeps."""

import resource
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
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
MOST_KEPT = 10_000
"""Open accounts of one provider; fewer where this process may open fewer than twice as many files.
Beyond that an account is closed after each use. Those that are kept stay: to close the one that was
unused longest would close each just before its next poll."""


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
        self._idle: OrderedDict[str, deque[tuple[float, BaseProvider]]] = OrderedDict()
        """By key; the key that was used last is the last."""
        self._kept: Counter[str] = Counter()
        self._most_kept = _most_kept()
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
    def borrow(
        self, name: str, account: Account | Callable[[], Account], *, key: str
    ) -> Iterator[BaseProvider]:
        """An open provider, for this thread alone, until the block ends.

        `key` names the account in its present form: what was kept under another key is never
        handed out. An account that is given as a function is asked for only when it has to be
        opened. After an exception the provider is closed rather than kept.
        """
        provider = self._take(key)
        if provider is None:
            provider = self.named(name)(account() if callable(account) else account)
        try:
            yield provider
        except BaseException:
            _close(provider)
            raise
        for old in self._keep(key, provider):
            _close(old)

    def close(self) -> None:
        """Close whatever is kept."""
        with self._lock:
            kept = [provider for idle in self._idle.values() for _, provider in idle]
            self._idle.clear()
            self._kept.clear()
        for provider in kept:
            _close(provider)

    def _take(self, key: str) -> BaseProvider | None:
        with self._lock:
            idle = self._idle.get(key)
            if not idle or idle[-1][0] < time.monotonic() - IDLE_SECONDS:
                return None
            provider = idle.pop()[1]
            self._kept[provider.name] -= 1
            if not idle:
                del self._idle[key]
            return provider

    def _keep(self, key: str, provider: BaseProvider) -> list[BaseProvider]:
        """Keep one, where there is room; those that are to be closed."""
        now = time.monotonic()
        with self._lock:
            old = self._unused(since=now - IDLE_SECONDS)
            if self._kept[provider.name] >= self._most_kept:
                return [*old, provider]
            self._kept[provider.name] += 1
            self._idle.setdefault(key, deque()).append((now, provider))
            self._idle.move_to_end(key)
        return old

    def _unused(self, *, since: float) -> list[BaseProvider]:
        """Let go of what nobody has used since then. Only the oldest are looked at: there may be
        thousands, and this happens with every poll."""
        old: list[BaseProvider] = []
        while self._idle:
            key, idle = next(iter(self._idle.items()))
            while idle and idle[0][0] < since:
                old.append(idle.popleft()[1])
            if idle:
                break
            del self._idle[key]
        self._kept.subtract(provider.name for provider in old)
        return old


def _most_kept() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_KEPT if files == resource.RLIM_INFINITY else min(MOST_KEPT, files // 2)


def _close(provider: BaseProvider) -> None:
    with suppress(Exception):  # it is being thrown away, whatever state it is in
        provider.close()
