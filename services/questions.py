"""What is asked about mails, and what is said of each: the form of `orchestre explain`."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.records import Value

SENT_FOLDERS = frozenset(
    {"sent", "sent items", "sent mail", "sent messages", "sent-mail", "gesendet"}
    | {"gesendete elemente", "gesendete objekte", "envoyés", "éléments envoyés", "enviados"}
    | {"elementos enviados", "posta inviata", "inviata", "verzonden", "verzonden items"}
)
FOLDERS = {
    "draft": "drafts",
    "drafts": "drafts",
    "entwürfe": "drafts",
    "brouillons": "drafts",
    "borradores": "drafts",
    "junk": "junk",
    "junk e-mail": "junk",
    "junk email": "junk",
    "spam": "spam",
    "bulk mail": "junk",
    "trash": "trash",
    "bin": "trash",
    "papierkorb": "trash",
    "deleted items": "trash",
    "deleted messages": "trash",
} | dict.fromkeys(SENT_FOLDERS, "sent")
"""Folders by what their names say they hold, where no server says it (RFC 6154)."""


class Asked(BaseModel):
    """Something read from a line that others wrote: what it says besides is theirs."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Step(Asked):
    """One mail of a scenario, and how it shows up in the account."""

    file: str
    minute: float = 0
    """When it shows up, from the beginning of the scenario."""
    direction: Literal["in", "out"] = "in"
    """`out` is what the owner sent by hand."""
    folder: str = ""
    flags: tuple[str, ...] = ()
    """IMAP flags and keywords."""
    env_from: str | None = None
    """The SMTP envelope's sender: "" for the null one, `None` when nobody knows."""

    def is_sent(self) -> bool:
        return self.direction == "out" or "sent" in self.labels()

    def labels(self) -> tuple[str, ...]:
        """What the provider would say of where it lies."""
        name = self.folder.replace(".", "/").rpartition("/")[2].strip("[]").casefold()
        special = (FOLDERS[name],) if name in FOLDERS else ()
        return (*special, *self.flags)


class Question(Asked):
    """One mail to be explained, or several that tell a story, and whose they are."""

    id: str = ""
    file: str = ""
    me: tuple[str, ...] = Field(min_length=1)
    """Own addresses; the first is the account's."""
    recipient_delimiter: str | None = None
    """What parts a sub-address from its address; `None` for the deployment's setting."""
    envelope_from: str | None = None
    """The SMTP envelope's sender: "" for the null one, `None` when nobody knows."""
    steps: tuple[Step, ...] = ()
    """In the order in which they show up; what one leaves behind counts for the next."""

    @model_validator(mode="after")
    def _names_mail(self) -> Self:
        if bool(self.file) == bool(self.steps):
            raise ValueError("give either a file or steps")
        return self


class Verdict(Value):
    """What would become of one mail."""

    id: str = ""
    respond: bool = False
    """Whether a machine may answer it."""
    reason: str = ""
    """The id of the rule that forbids it, and words for a person."""
    reply_to: str = ""
    subject: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    new_text: str = ""
    """The sender's own words."""
    reply_b64: str = ""
    """The complete answer as it would be sent, RFC 5322 in base64."""
    error: str = ""
    """Why the mail could not be looked at."""
    seconds: float = 0.0

    def evolve(self, **changes: Any) -> Self:
        return self.model_copy(update=changes)
