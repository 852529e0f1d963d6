"""The language models that write, and the writer that needs none."""

from .base import LLM, Completion, Prompt

__all__ = ["LLM", "Completion", "Prompt"]
