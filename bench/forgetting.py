"""A Gmail that forgets its history at random moments, and a database that loses cursors."""

import random
import tempfile
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from core.bots import Mode
from core.config import Settings
from core.connections import Credentials
from core.errors import Conflict
from core.feeds import Feed
from core.messages import Address
from core.replies import Reply
from db.base import Swap
from services.bell import NEXT_TASK, SilentBell
from services.bootstrap import Orchestre, bootstrap
from tests.journeys.deployment import CATALOGUE, PRODUCT
from tests.limits import NO_LIMITS
from tests.simulators.gmail import OWNER, GmailSimulator
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority

MOST_AT_ONCE = 60
ROUNDS = 30
"""After the last letter, until everything has come to rest."""


class Forgetting:
    """One linked mailbox, read by the real provider over TLS."""

    def __init__(self, folder: Path, gmail: GmailSimulator, authority: Authority) -> None:
        self.gmail = gmail
        self.asked: list[str] = []
        self.app: Orchestre = bootstrap(
            Settings.model_validate(
                {
                    "home": folder,
                    "gmail_api_url": gmail.url,
                    "google_token_url": gmail.token_url,
                    "GOOGLE_CLIENT_ID": CLIENT_ID,
                    "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
                    "ca_bundle": authority.bundle,
                    "llm": "composer",
                    **NO_LIMITS,
                }
            ),
            bell=SilentBell(),
        )
        self.app.database.migrate()
        by = self.app.users.sign_up("owner@home.example", "correct horse battery").id
        self.app.products.import_csv(CATALOGUE, by=by)
        linked = self.app.connections.link(
            "gmail",
            Address(handle=OWNER),
            by=by,
            settings={},
            credentials=Credentials(refresh_token=SecretStr(gmail.link())),
        )
        self.app.bots.start(linked.id, by=by, mode=Mode.AUTO, interval_seconds=5)
        self.store = self.app.database.for_workers()
        self.cursors = [self.feed.cursor]

    @property
    def feed(self) -> Feed:
        [feed] = self.store.find(Feed)
        return feed

    def ask(self, count: int) -> None:
        for _ in range(count):
            number = len(self.asked)
            self.asked.append(f"customer{number}@customer.example")
            self.gmail.receive(
                f"Hello, this is letter {number}. How much is the {PRODUCT}?",
                subject=f"Question {number}",
                sender=self.asked[-1],
            )

    def forget(self, chance: random.Random) -> None:
        """Lose the cursor: to the service's forgetting, or to an earlier state of ours."""
        if chance.random() < 0.5:
            self.gmail.mailbox.kept_from = self.gmail.mailbox.history_id + 1
        else:
            feed = self.feed
            self.store.commit(Swap(feed, feed.evolve(cursor=chance.choice(self.cursors))))

    def go_on(self) -> int:
        """Poll once, and take every step that is due; how many."""
        self.app.inbox.hint("gmail", OWNER)
        for ids in self.app.inbox.claim_due():
            self.app.inbox.poll_batch(ids)
        self.cursors = [*self.cursors[-20:], self.feed.cursor]
        due = self.app.replies.due()
        for reply in due:
            with suppress(Conflict):
                getattr(self.app.replies, NEXT_TASK[reply.status].removeprefix("orchestre."))(
                    reply.id
                )
        return len(due)

    def verdict(self) -> dict[str, Any]:
        answered = Counter(delivered.to for delivered in self.gmail.sent())
        return {
            "messages": len(self.asked),
            "lost": len(set(self.asked) - answered.keys()),
            "duplicated": sum(count - 1 for count in answered.values()),
            "statuses": Counter(reply.status.value for reply in self.store.find(Reply)),
        }


def forget_cursors(letters: int, losses: int, chance: random.Random) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="orchestre-forgetting-") as name:
        authority = Authority(Path(name))
        gmail = GmailSimulator(authority, seed=chance.randrange(10**6))
        with gmail.running():
            shop = Forgetting(Path(name) / "home", gmail, authority)
            with closing(shop.app):
                moments = set(chance.sample(range(letters), losses))
                while len(shop.asked) < letters:
                    before = len(shop.asked)
                    shop.ask(min(chance.randint(1, MOST_AT_ONCE), letters - before))
                    for _ in moments & set(range(before, len(shop.asked))):
                        shop.forget(chance)
                        if chance.random() < 0.5:
                            shop.go_on()
                    shop.go_on()
                for _ in range(ROUNDS):
                    if not shop.go_on():
                        break
                return shop.verdict() | {"losses": losses}
