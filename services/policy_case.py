"""One message before the gate: what the rules ask about it, worked out once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from core.config import Settings
from core.messages import Address, Envelope, Message
from core.records import Value
from providers.mail.addresses import parse, parse_loosely
from providers.mail.headers import MediaType, read_media_type

from .policy_people import is_mine


class Veto(Value):
    """Why there is no answer: the rule's id, and words for a person."""

    rule: str
    reason: str


class PolicySettings(Value):
    """What a deployment may decide. The defaults are the careful choice."""

    recipient_delimiter: str = "+"
    """What parts a sub-address from its address: `sales+berlin@`."""
    max_recipients: int = 20
    max_received: int = 50
    """Hops, before a mail counts as looping."""
    max_scl: int = 5
    """Microsoft's spam confidence level from which mail is left alone."""
    authserv_ids: frozenset[str] = frozenset()
    """Whose Authentication-Results are trusted, besides our own domains'."""
    answer_copies: bool = False
    """Answer without a person what this account got as a copy only."""
    answer_contact_forms: bool = False
    """Answer a person's Reply-To beside a sender that takes no answers."""
    answer_postmaster: bool = False
    answer_calendar: bool = False
    """Answer invitations by mail."""
    answer_thanks: bool = False
    """Answer mail that says nothing but thanks."""
    answer_campaigns: bool = False
    """Answer mail that carries the marks of marketing or of a CRM."""

    @classmethod
    def chosen(cls, settings: Settings) -> Self:
        """What a deployment decided."""
        names = cls.model_fields.keys() & Settings.model_fields.keys()
        ids = frozenset(settings.authserv_ids.replace(",", " ").split())
        return cls(**{name: getattr(settings, name) for name in names} | {"authserv_ids": ids})


DEFAULT = PolicySettings()


@dataclass(frozen=True)
class Case:
    envelope: Envelope
    me: frozenset[str]
    message: Message | None
    settings: PolicySettings

    def problem(self) -> str:
        return self.message.problem if self.message else ""

    def is_mail(self) -> bool:
        """Chat services have no headers, and so none of the rules about them."""
        return bool(self.envelope.headers)

    def mine(self, handle: str) -> bool:
        return is_mine(handle, me=self.me, delimiter=self.settings.recipient_delimiter)

    def values(self, *names: str) -> list[str]:
        """Every value of these headers."""
        return [value for key, value in self.envelope.headers if key in names]

    def has(self, names: frozenset[str]) -> bool:
        return any(key in names for key, _ in self.envelope.headers)

    def keywords(self, *names: str) -> list[str]:
        """The first word of every value, without comments and parameters, in lower case."""
        return [bare(value).partition(";")[0].strip().lower() for value in self.values(*names)]

    @cached_property
    def authors(self) -> list[str]:
        """The handles in From; the envelope's own notion of the sender where there is none."""
        found = [one.handle for value in self.values("from") for one in parse_loosely(value)]
        return found or [self.envelope.sender.handle]

    @cached_property
    def return_paths(self) -> list[str]:
        """Every word on the SMTP sender, the null sender as ""."""
        paths = [] if self.envelope.return_path is None else [self.envelope.return_path]
        return [
            bare(path).strip().strip("<>").strip() for path in paths + self.values("return-path")
        ]

    @cached_property
    def senders(self) -> list[str]:
        """Everybody who is said to have sent it."""
        named = [one.handle for value in self.values("sender") for one in parse_loosely(value)]
        return [*self.authors, *named, *filter(None, self.return_paths)]

    def recipients(self, *names: str) -> list[Address]:
        return [address for value in self.values(*names) for address in parse(value)]

    @cached_property
    def media_types(self) -> list[MediaType]:
        """The outermost type, by header and as it was found in the body."""
        texts = self.values("content-type")
        if self.message is not None:
            texts = [*texts, self.message.media_type]
        return [read_media_type(text) for text in texts]


def bare(value: str) -> str:
    """A structured value without its comments, however deep they nest."""
    if "(" not in value:
        return value
    out: list[str] = []
    depth = 0
    for character in value:
        depth += character == "("
        if not depth:
            out.append(character)
        depth -= character == ")" and depth > 0
    return "".join(out)
