"""Lets a process act on signals as on anything else that happens: in a thread, in its own time.

A handler runs between any two lines of the main thread, also while that one holds the lock of the
event that it waits on. To set that event from the handler would wait for itself, for ever.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress


def heed(numbers: Iterable[int], act: Callable[[int], object]) -> None:
    """Have `act` called with the number of each of these signals that comes, one after another."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def tell(number: int, frame: object) -> None:
        with suppress(BlockingIOError):
            os.write(writing, bytes([number]))

    def listen() -> None:
        while told := os.read(reading, 1):
            act(told[0])

    threading.Thread(target=listen, name="signals", daemon=True).start()
    for number in numbers:
        signal.signal(number, tell)
