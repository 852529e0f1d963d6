"""The contract for whatever writes: a language model, or the composer that needs none."""

from typing import Protocol

from core.products import Product
from core.records import Value


class Prompt(Value):
    """All that a writer is told. Nothing else of the business reaches it."""

    instructions: str
    """From us and from the owner, with the facts that may be stated."""
    material: str
    """From strangers: the conversation. Answered, and never obeyed."""
    question: str
    """What the sender asks, in their own words. From a stranger, too."""
    products: tuple[Product, ...] = ()
    """The facts once more, for a writer that is no model; best match first."""
    language: str = "en"
    """ISO 639-1: the language to answer in."""


class Completion(Value):
    """What was written, and by whom."""

    text: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0


class LLM(Protocol):
    def complete(self, prompt: Prompt, *, deadline: float) -> Completion:
        """Answer the prompt within `deadline` seconds altogether.

        `Unavailable` when it is worth another try later, `Refused` when it is not.
        """
