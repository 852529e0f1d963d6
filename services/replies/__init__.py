"""Moves replies along their life-cycle. The only package that does."""

from .moves import Parts
from .replies import Replies

__all__ = ["Parts", "Replies"]
