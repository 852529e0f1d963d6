"""The contract between Orchestre and a service that carries messages."""

from abc import ABC, abstractmethod
from datetime import datetime
from enum import Flag, auto
from pathlib import Path
from typing import Any, ClassVar

from core.connections import Credentials
from core.deployment import Deployment
from core.errors import NotSupported
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from core.records import Value


class Capability(Flag):
    """What a provider can do beyond the five things that all of them do."""

    NONE = 0
    DRAFTS = auto()
    """`prepare`: a draft of the service's own, that it sends once only."""
    THREADS = auto()
    """`fetch_thread`: the conversation, from the service."""
    MAIL = auto()
    """It can write to any mail address, so the owner can be told of trouble through it."""
    PROOF = auto()
    """`find_sent`: whether something was sent, either way."""


class Settings(Value):
    """What a provider asks for besides credentials. Subclass it; the fields are the form."""


class Account(Value):
    """The account that a provider is opened for."""

    address: Address
    credentials: Credentials = Credentials()
    settings: dict[str, Any] = {}
    home: Path = Path("var")
    """The folder below which local providers keep and find what is theirs."""
    deployment: Deployment = Deployment()
    """Where services are reached from here, and as whom."""


class BaseProvider(ABC):
    """One linked account, borrowed for one piece of work.

    A provider translates: the service's words into ours, and ours into the service's. It
    decides nothing and remembers nothing; what must be remembered between polls goes into
    the cursor, whose format is the provider's own.

    Raise `Unavailable` to be called again later, `ReauthorizationRequired` when the user must
    link the account again, and `Refused` when trying again cannot help; each promises that
    nothing was done. Let every other exception through. Every call has a deadline.

    The constructor opens nothing: connections are made when they are first needed.
    """

    name: ClassVar[str]
    """What the provider is called in URLs and in the store. It never changes."""
    title: ClassVar[str]
    """What people call the service."""
    description: ClassVar[str] = ""
    """One sentence for the person who chooses."""
    settings_type: ClassVar[type[Settings]] = Settings
    capabilities: Capability = Capability.NONE
    """An instance may have fewer than its class, where its settings take one away."""
    local: ClassVar[bool] = False
    """It reads this machine's own files, so only whoever runs the machine may link it."""
    hidden: ClassVar[bool] = False
    """Left out of what people are offered."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @abstractmethod
    def identify(self) -> Address:
        """Whose account this is, after proving that it can be read and written."""

    @abstractmethod
    def cursor_at(self, moment: datetime) -> str:
        """A cursor that comes just before everything received since `moment`."""

    @abstractmethod
    def fetch_new(self, cursor: str, *, limit: int = 50) -> Page:
        """The envelopes of what came in after `cursor`, oldest first.

        It may repeat, but never omits. A page that is not empty moves the cursor on; an
        empty page means that there is nothing more now.
        """

    @abstractmethod
    def fetch(self, envelope: Envelope) -> Message:
        """The whole message. One that cannot be read comes back with its `problem`."""

    @abstractmethod
    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        """Transport exactly these words, once, and mark them with `key`."""

    def prepare(self, outgoing: Outgoing, *, key: str) -> str:
        """Put it where the service sends it once only; the handle that `send` takes."""
        return ""

    def fetch_thread(self, message: Message) -> tuple[Message, ...]:
        """The conversation up to and including `message`, oldest first."""
        return (message,)

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        """The receipt for `key`, or `None` when the service's own record proves its absence."""
        raise NotSupported(f"{self.title} cannot tell whether something was sent.")

    def answered_by_hand(self, message: Message) -> bool:
        """Whether the owner has answered `message` without us, as far as the service shows."""
        return False

    def close(self) -> None:
        """Let go of every connection. Called once, when nobody will borrow this again."""
