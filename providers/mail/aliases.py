"""Other addresses of a mailbox, where nobody but its owner knows them."""

from typing import Any

from pydantic import field_validator

from core.messages import Address
from providers.base import Settings

from .addresses import well_formed


class AliasSettings(Settings):
    aliases: tuple[str, ...] = ()
    """Other addresses whose mail comes into this mailbox; separated by commas."""

    @field_validator("aliases", mode="before")
    @classmethod
    def _parted(cls, given: Any) -> Any:
        return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given

    @field_validator("aliases")
    @classmethod
    def _are_addresses(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for alias in given:
            if not well_formed(alias):
                raise ValueError(f"{alias!r} is no mail address")
        return given

    def own(self) -> tuple[Address, ...]:
        return tuple(Address(handle=alias) for alias in self.aliases)
