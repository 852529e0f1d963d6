"""The contract between Orchestre and a service that carries messages."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Flag, auto
from pathlib import Path
from typing import Any, ClassVar

from core.connections import Access, Credentials
from core.deployment import Deployment
from core.errors import NotFound, NotSupported
from core.messages import Address, Envelope, Message, Outgoing, Page, Receipt
from core.records import Value

from .auth import AuthScheme, Secret
from .notices import Heard, Notice, Watched, Webhook, Wire

Ask = Callable[[Credentials], Credentials]
"""Asks a service to renew credentials; the new ones."""


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
    PUSH = auto()
    """`watch` and `heard`: the service can be asked to tell of news."""
    LINE = auto()
    """`listen`: a line can be held open, over which the service tells of news."""
    ALIASES = auto()
    """`aliases`: the account may have more addresses than one."""
    LOOKUP = auto()
    """`find` and `newest`: what came in can be looked up as often as anybody likes."""


SENDS_A_DRAFT_ONCE = (
    "Every answer goes out once: it is a draft first, and the service sends a draft once only."
)
CAN_BE_ASKED = (
    "Every answer goes out once: where it is in doubt whether one was sent, the account is asked."
)
SENDS_NOTHING = "Nothing is sent from this account: sending is left to you."
CANNOT_BE_ASKED = (
    "No answer goes out twice. Where it is in doubt whether one was sent, it waits for you, "
    "because the service cannot be asked."
)


class Settings(Value):
    """What a provider asks for besides credentials. Subclass it; the fields are the form."""


class Account(Value):
    """The account that a provider is opened for."""

    id: str = ""
    """Its connection's; empty before it is linked."""
    address: Address
    aliases: tuple[Address, ...] = ()
    """Its other addresses."""
    credentials: Credentials = Credentials()
    settings: dict[str, Any] = {}
    home: Path = Path("var")
    """The folder below which local providers keep and find what is theirs."""
    deployment: Deployment = Deployment()
    """Where services are reached from here, and as whom."""
    access: Access = Access.SEND
    """What its owner lets us do with it."""
    private_hosts: bool = True
    """Whether its settings may name hosts of the network that this machine is in, and files of this
    machine. Those of a stranger who signed up may not."""
    renew: Callable[[Ask], Credentials] | None = None
    """Lets one process at a time renew the newest credentials there are, and keeps what came of
    it before it is used; `None` where nothing is kept."""


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
    auth: ClassVar[AuthScheme] = Secret()
    """How an account is linked."""
    settings_type: ClassVar[type[Settings]] = Settings
    capabilities: Capability = Capability.NONE
    """An instance may have fewer than its class, where its settings take one away."""
    local: ClassVar[bool] = False
    """It reads this machine's own files, so only whoever runs the machine may link it."""
    names_hosts: ClassVar[bool] = False
    """Its settings name the hosts that it connects to. It heeds `Account.private_hosts` then, as
    `providers.dial` does."""
    hidden: ClassVar[bool] = False
    """Left out of what people are offered."""
    carries: ClassVar[bool] = False
    """A notice brings the messages themselves, and the service forgets what was acknowledged."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def promise(self) -> str:
        """What "exactly once" means for this account, for the person who links it."""
        if self.account.access is not Access.SEND:
            return SENDS_NOTHING
        if Capability.DRAFTS in self.capabilities:
            return SENDS_A_DRAFT_ONCE
        return CAN_BE_ASKED if Capability.PROOF in self.capabilities else CANNOT_BE_ASKED

    @abstractmethod
    def identify(self) -> Address:
        """Whose account this is, after proving that it can be read and written."""

    def aliases(self) -> tuple[Address, ...]:
        """The account's other addresses: what is written to them is written to the account, and
        it may answer from them. With `Capability.ALIASES` only."""
        return ()

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

    @classmethod
    def check(cls, outgoing: Outgoing) -> None:
        """`Refused`, with the limit in words, where no such answer can be sent in one piece.

        Nothing is asked for it, so a person hears of it before they approve. `send` refuses the
        same.
        """

    @abstractmethod
    def send(self, outgoing: Outgoing, *, key: str, handle: str = "") -> Receipt:
        """Transport exactly these words, once, and mark them with `key`."""

    def prepare(self, outgoing: Outgoing, *, key: str) -> str:
        """Put it where the service sends it once only; the handle that `send` takes."""
        return ""

    def find(self, id: str) -> Envelope | None:
        """What came in under this id and is still there: the envelope that `fetch_new` gave, or
        would give. `None` for any other id, and for what is no id of this service: it is whatever
        somebody typed, and the service is asked only for what has the form of its own ids."""
        raise NotSupported(f"{self.title} cannot look up a message.")

    def newest(self) -> Iterator[Envelope]:
        """What came in, newest first, asked for as it is taken. It may end after some fifty."""
        raise NotSupported(f"{self.title} cannot say what is newest.")

    def fetch_thread(self, message: Message) -> tuple[Message, ...]:
        """The conversation up to and including `message`, oldest first."""
        return (message,)

    def find_sent(self, key: str, *, outgoing: Outgoing, handle: str = "") -> Receipt | None:
        """The receipt for `key`, or `None` when the service's own record proves its absence."""
        raise NotSupported(f"{self.title} cannot tell whether something was sent.")

    def answered_by_hand(self, message: Message, *, key: str = "") -> bool:
        """Whether the owner has answered `message` without us, as far as the service shows.

        Our own answers do not count, but for the one that bears `key`: that one is about to be
        sent, so that somebody else has sent it, from among the drafts.
        """
        return False

    def watch(self, webhook: Webhook, *, subscription: str = "") -> Watched:
        """Ask to be told of news, or to be told for longer; `subscription` is what there was.

        `NotSupported`, with what to set, where this deployment is not set up for it.
        """
        raise NotSupported(f"{self.title} tells nobody of news.")

    def unwatch(self, subscription: str) -> None:
        """Ask to be told no more. What there is no more of is no error."""

    def carried(self, notice: Notice, cursor: str) -> tuple[Envelope, ...]:
        """The messages in a proven notice, where those of the service carry them. Those from
        before the start that `cursor` knows are left out."""
        raise NotSupported(f"{self.title} carries no messages in its notices.")

    def listen(self, told: Callable[[], None], stopped: threading.Event) -> None:
        """Hold a line open until `stopped`, and say whenever there may be news.

        The first time as soon as nothing can slip by any more. A line that breaks raises.
        """
        raise NotSupported(f"{self.title} holds no line open.")

    @classmethod
    def heard(cls, notice: Notice, deployment: Deployment) -> Heard:
        """What a notice says; `NotSignedIn` unless it proves who sent it."""
        raise NotFound(f"{cls.title} sends no notices.")

    @classmethod
    def wire(cls, deployment: Deployment) -> Wire | None:
        """The line for all accounts; `None` where there is none, or it is not set up."""
        return None

    def close(self) -> None:
        """Let go of every connection. Called once, when nobody will borrow this again."""
