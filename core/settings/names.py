"""What settings are called in the environment."""

from typing import Any

from pydantic import AliasChoices, Field

PREFIX = "ORCHESTRE_"


def vendor(default: Any, name: str) -> Any:
    """A setting that goes by the name that its vendor gave it."""
    return Field(default=default, validation_alias=AliasChoices(name, PREFIX + name))
