"""How far all conversations of an account have been read, in few words."""

from typing import Self

from core.records import Value

MOST = 1000
"""Characters of a cursor."""
END = "~"
"""Behind every conversation."""


class Place(Value):
    """All times are in microseconds.

    Conversations are read in rounds, in the order of their ids. `mark` is the newest message
    that was known when the round began; so at its end, whatever was said before `mark` has been
    read everywhere, and `floor` rises to it. `further` names the few conversations that were read
    beyond the floor. What is left out of it for want of space is read again.
    """

    floor: int
    mark: int = 0
    at: str = ""
    """The conversation with which the round goes on; `END` when it is over."""
    until: int = 0
    """More has been said in it than one answer holds: read it up to here first."""
    further: dict[str, int] = {}

    def began(self) -> Self:
        """With a new round begun, unless one is under way."""
        if self.at:
            return self
        newest = max((self.floor, *self.further.values()))
        return self.model_copy(update={"mark": newest, "until": 0})

    def start(self, conversation: str) -> int:
        return max(self.floor, self.further.get(conversation, 0))

    def read(self, conversation: str, upto: int) -> Self:
        """Having read a conversation up to `upto`, and standing in it."""
        further = self.further
        if upto > self.start(conversation):
            further = further | {conversation: upto}
        return self.model_copy(update={"further": further, "at": conversation, "until": 0})

    def stand(self, conversation: str, *, until: int = 0) -> Self:
        return self.model_copy(update={"at": conversation, "until": until})

    def ended(self) -> Self:
        """At the end of a round."""
        floor = max(self.floor, self.mark)
        further = {id: upto for id, upto in self.further.items() if upto > floor}
        return self.model_copy(update={"floor": floor, "further": further, "at": END, "until": 0})

    def is_over(self) -> bool:
        """Whether the last page was not empty, and the round ended with it."""
        return self.at == END

    def rested(self) -> Self:
        return self.model_copy(update={"at": ""})

    def cursor(self) -> str:
        """Short enough to be kept. Where the round stands is never left out, so it goes on."""
        place = self
        while len(text := place.model_dump_json(exclude_defaults=True)) > MOST:
            others = [id for id in place.further if id != place.at]
            if not others:
                break
            first = min(others, key=lambda id: place.further[id])
            rest = {id: upto for id, upto in place.further.items() if id != first}
            place = place.model_copy(update={"further": rest})
        return text
