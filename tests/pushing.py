"""The application with accounts at simulated services, and the doors at which these knock."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from pydantic import SecretStr

from apis.app import create_app
from core.bots import Mode
from core.config import Settings
from core.connections import Connection, Credentials
from core.feeds import Feed, Hint
from core.messages import Address
from core.replies import Reply
from core.watches import Watch
from db.tables import KINDS
from providers import Registry
from providers.plugins.dummy import DummyProvider
from providers.plugins.gmail import GmailProvider
from providers.plugins.imap import ImapProvider
from providers.plugins.outlook import OutlookProvider
from providers.plugins.slack import SlackProvider
from providers.plugins.telegram import TelegramProvider
from services.bootstrap import bootstrap
from tests.conftest import CHEAP, RecordingBell
from tests.planted import PASSWORD
from tests.simulators import gmail, graph, oauth, pubsub, pushes, slack, slack_events, telegram
from tests.simulators.service import Authority

PLUGINS = [
    DummyProvider,
    GmailProvider,
    ImapProvider,
    OutlookProvider,
    SlackProvider,
    TelegramProvider,
]


class Post:
    """Alice's accounts; Mallory has none yet."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.bell = RecordingBell()
        self.app = bootstrap(
            Settings.model_validate(
                {
                    "home": home,
                    "llm": "composer",
                    "public_url": pushes.PUBLIC_URL,
                    "database_url": "memory://",
                }
                | settings
            ),
            registry=Registry(PLUGINS),
            bell=self.bell,
            hasher=CHEAP,
        )
        self.app.database.migrate()
        self.store = self.app.database.for_workers()
        self.by = self.app.users.sign_up("alice@home.example", PASSWORD).id
        self.other = self.app.users.sign_up("mallory@home.example", PASSWORD).id

    def link(
        self, provider: str, handle: str, *, token: str, by: str = "", **settings: Any
    ) -> Connection:
        """Link an account and start its bot, which is then told of news."""
        by = by or self.by
        kind = "refresh_token" if provider in ("gmail", "outlook") else "access_token"
        kind = "password" if provider == "imap" else kind
        connection = self.app.connections.link(
            provider,
            Address(handle=handle),
            by=by,
            settings=settings,
            credentials=Credentials(**{kind: SecretStr(token)}),
        )
        self.app.bots.start(connection.id, by=by, mode=Mode.AUTO, interval_seconds=3600)
        return connection

    def settle(self) -> None:
        """Read everything there is, and forget that anybody was rung for."""
        self.app.push.renew_due()
        self.poll()
        self.bell.woken.clear()
        self.bell.called.clear()

    def poll(self) -> int:
        """Beat strikes: poll whose turn it is."""
        return sum(self.app.inbox.poll_batch(ids) for ids in self.app.inbox.claim_due())

    def due_by_hint(self) -> set[str]:
        """The accounts that somebody said have news."""
        return {hint.id for hint in self.store.find(Hint)}

    def watch(self, connection: Connection) -> Watch:
        return self.store.get(Watch, connection.id)

    def feed(self, connection: Connection) -> Feed:
        return self.store.get(Feed, connection.id)

    def replies(self, connection: Connection) -> list[Reply]:
        return [one for one in self.store.find(Reply) if one.connection_id == connection.id]

    def rows(self) -> dict[str, list[tuple[str, int]]]:
        """Everything that is kept, in every table."""
        return {
            name: sorted((one.id, one.version) for one in self.app.database.dump(kind))
            for name, kind in KINDS.items()
        }


@contextmanager
def served(post: Post) -> Iterator[TestClient]:
    """The API of the application."""
    with TestClient(create_app(post.app)) as client:
        yield client


class Services:
    """One of each service."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.gmail = gmail.GmailSimulator(authority)
        self.graph = graph.GraphSimulator(authority, address="alice@shop.example")
        self.slack = slack.Slack(authority)
        self.telegram = telegram.Telegram(authority)
        self.pubsub = pubsub.PubSub(authority)

    @contextmanager
    def running(self) -> Iterator["Services"]:
        with ExitStack() as stack:
            for one in (self.gmail, self.graph, self.slack, self.telegram, self.pubsub):
                stack.enter_context(one.running())
            self.gmail.publish = self.pubsub.publish
            yield self

    def settings(self) -> dict[str, Any]:
        """How a deployment finds them, and is known to them."""
        return {
            "ca_bundle": self.authority.bundle,
            "gmail_api_url": self.gmail.url,
            "google_token_url": self.gmail.token_url,
            "graph_api_url": self.graph.api_url,
            "microsoft_token_url": self.graph.token_url,
            "slack_api_url": f"{self.slack.url}/api",
            "telegram_api_url": self.telegram.url,
            "pubsub_api_url": self.pubsub.url,
            "google_certs_url": f"{self.pubsub.url}/certs",
            "gmail_topic": pubsub.TOPIC,
            "pubsub_service_account": pubsub.ACCOUNT,
            "SLACK_SIGNING_SECRET": slack_events.SECRET,
            "GOOGLE_CLIENT_ID": oauth.CLIENT_ID,
            "GOOGLE_CLIENT_SECRET": oauth.CLIENT_SECRET,
            "MICROSOFT_CLIENT_ID": oauth.CLIENT_ID,
            "MICROSOFT_CLIENT_SECRET": oauth.CLIENT_SECRET,
        }
