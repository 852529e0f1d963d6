"""Finds words that were meant by a word with one slip in it."""

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import OSA


class Slips:
    """Words, to be found by what they become when one letter is lost.

    Two words that are one letter, or one exchange of neighbours, apart become equal when each
    loses at most one letter (or two, for the exchange), so a search looks at a few words only.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words: defaultdict[str, list[str]] = defaultdict(list)
        for word in words:
            for shorter in _shortened(word):
                self._words[shorter].append(word)

    def near(self, word: str) -> list[str]:
        """The words that differ from `word` by one letter, or by two that changed places."""
        candidates = {
            known for shorter in _shortened(word) for known in self._words.get(shorter, ())
        }
        return sorted(
            known for known in candidates if OSA.distance(known, word, score_cutoff=1) == 1
        )


def _shortened(word: str) -> set[str]:
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}
