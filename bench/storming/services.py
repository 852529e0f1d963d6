"""One service as a process of its own, which nobody kills: what it has recorded is the truth.

`python -m bench.storming.services gmail WEATHER FOLDER` says where it is in one line of JSON, and
then answers a line of JSON for each line: `begin`, `count`, `report`. It ends with its input.
"""

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.simulators.service import Authority

from .boards import Board
from .chat_boards import Slacks, Telegrams
from .letters import Letter, letters
from .mail_boards import Gmails, Graphs
from .mailboxes import POSTS, Imaps, Post
from .weather import Weather

BOARDS: dict[str, type[Board]] = {one.name: one for one in (Gmails, Graphs, Slacks, Telegrams)}


class Service:
    """Lets customers write when it is their time, and remembers what became of it."""

    def __init__(self, place: Board | Post, weather: Weather, pushes: Path) -> None:
        self._place = place
        self._weather = weather
        self._letters = letters(weather, place.name)
        self._pushes = pushes
        self.marks: dict[str, Letter] = {}
        self.items = 0
        """Everything that lies in mailboxes: letters and their copies."""
        self.finished = False

    def begin(self) -> dict[str, Any]:
        self._place.calm = False
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._push, daemon=True).start()
        return {}

    def count(self) -> dict[str, Any]:
        return {
            "finished": self.finished,
            "items": self.items,
            "letters": len(self.marks),
            "sent": self._place.tally["sent"],
            "cpu": time.process_time(),
        }

    def report(self) -> dict[str, Any]:
        """How often each letter was answered, by its mark; and what went wrong on purpose."""
        answers = Counter(self._place.answered())
        alerts = answers.pop("", 0)
        return {
            "alerts": alerts,
            "answers": {mark: answers[mark] for mark in self.marks},
            "strays": sum(n for mark, n in answers.items() if mark not in self.marks),
            "tally": dict(self._place.tally),
            "items": self.items,
        }

    def _write(self) -> None:
        times = sorted(
            (letter.at + delay, letter.number, letter)
            for letter in self._letters
            for delay in (0.0, *letter.copies)
        )
        for _, letter in _in_time((when, letter) for when, _, letter in times):
            self.marks[self._place.deliver(letter)] = letter
            self.items += 1
        self.finished = True

    def _push(self) -> None:
        """Say that there is news: the file is read by whatever stands for a push door."""
        times = sorted((when, one.account) for one in self._letters for when in one.pushes)
        handles = [self._place.linked(n)["handle"] for n in range(self._accounts)]
        with self._pushes.open("a") as file:
            for _, account in _in_time(times):
                file.write(f"{self._place.name} {handles[account]}\n")
                file.flush()

    @property
    def _accounts(self) -> int:
        return self._weather.accounts(self._place.name)

    def where(self) -> dict[str, Any]:
        linked = [self._place.linked(number) for number in range(self._accounts)]
        url = self._place.url if isinstance(self._place, Board) else ""
        return {"url": url, "accounts": linked}


def _in_time(times: Any) -> Iterator[tuple[float, Any]]:
    """Each when it is due, counted from now."""
    began = time.monotonic()
    for when, what in times:
        time.sleep(max(0.0, began + when - time.monotonic()))
        yield when, what


@contextmanager
def opened(name: str, weather: Weather, folder: Path) -> Iterator[Board | Post]:
    with ExitStack() as stack:
        if name in BOARDS:
            own = folder / name
            own.mkdir(exist_ok=True)
            board = BOARDS[name](Authority(own), weather)
            stack.enter_context(board.running())
            yield board
            return
        post = POSTS[name](weather, folder / "home")
        post.relay.serve()
        if isinstance(post, Imaps):
            stack.callback(post.close)
        yield post


def main() -> None:
    name, words, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    weather = Weather.of(json.loads(words))
    with opened(name, weather, folder) as place:
        service = Service(place, weather, folder / "pushes")
        print(json.dumps(service.where()), flush=True)
        for line in sys.stdin:
            said: dict[str, Any] = getattr(service, line.strip())()
            print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
