"""One process of an installation with one account, at a service of a chosen kind."""

from pathlib import Path
from typing import Any

from core.bots import Bot, Mode
from core.clock import Clock
from core.config import Settings
from core.connections import Connection, Credentials
from core.feeds import Feed
from core.messages import Address
from core.replies import Reply
from core.users import User
from db.base import Database
from providers import Registry
from services.bell import Bell
from services.bootstrap import Orchestre, bootstrap
from services.llm import LLM
from tests.conftest import CHEAP, PRODUCTS

from .mailboxes import KINDS, MAILBOXES, Mailbox
from .verdict import is_settled

HANDLE = "alice@shop.example"


class Shop:
    def __init__(
        self,
        database: Database,
        mailbox: Mailbox,
        *,
        home: Path,
        clock: Clock,
        bell: Bell,
        llm: LLM | None = None,
        **settings: Any,
    ) -> None:
        MAILBOXES[HANDLE] = mailbox
        mailbox.handle, mailbox.clock = HANDLE, clock
        self.database = database
        self.mailbox = mailbox
        self.app: Orchestre = bootstrap(
            Settings.model_validate({"home": home, "llm": "composer", **settings}),
            database=database,
            registry=Registry(KINDS),
            llm=llm,
            bell=bell,
            clock=clock,
            hasher=CHEAP,
        )
        self.store = database.for_workers()

    def open(self, kind: str, *, mode: Mode = Mode.AUTO, **options: Any) -> None:
        """Sign up, import a catalogue, link the account and start its bot."""
        owner = self.app.users.sign_up("alice@home.example", "correct horse")
        self.app.products.import_csv(PRODUCTS, by=owner.id)
        self.link(kind)
        self.app.bots.start(self.connection.id, by=owner.id, mode=mode, **options)

    def link(self, kind: str) -> Connection:
        return self.app.connections.link(
            kind, Address(handle=HANDLE), by=self.by, settings={}, credentials=Credentials()
        )

    @property
    def by(self) -> str:
        [owner] = self.store.find(User)
        return owner.id

    @property
    def connection(self) -> Connection:
        [connection] = self.store.find(Connection)
        return connection

    @property
    def bot(self) -> Bot:
        return self.store.get(Bot, self.connection.id)

    def replies(self) -> list[Reply]:
        return self.store.find(Reply)

    def is_quiet(self) -> bool:
        """Whether all that came in was received, and all that was received has settled."""
        read = all(
            int(feed.cursor) >= len(MAILBOXES[HANDLE].inbox) for feed in self.store.find(Feed)
        )
        return read and all(map(is_settled, self.replies()))
