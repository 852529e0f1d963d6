"""An application whose owners link accounts at simulated services, and their browsers."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.clock import Clock
from core.config import Settings
from core.connections import Attempt, Connection
from core.users import Session, User
from db.base import Add, Database
from providers import Registry
from providers.http import Http, shared
from providers.plugins.dummy import DummyProvider
from providers.plugins.gmail import GmailProvider
from providers.plugins.outlook import OutlookProvider
from providers.plugins.slack import SlackProvider
from providers.plugins.telegram import TelegramProvider
from services.bell import Bell
from services.bootstrap import Orchestre, bootstrap
from services.consent import Start
from services.users import user_id
from tests.simulators.consent import ConsentSimulator, answer_page
from tests.simulators.gmail import GmailSimulator
from tests.simulators.graph import GraphSimulator
from tests.simulators.oauth import CLIENT_ID, CLIENT_SECRET
from tests.simulators.service import Authority
from tests.simulators.slack import Slack
from tests.simulators.telegram import Telegram

PUBLIC = "https://orchestre.example"
OWNER = "alice@shop.example"


class Services:
    """Google, Microsoft and Slack, each with its desk; and Telegram, which has none."""

    def __init__(self, authority: Authority, *, public: str = PUBLIC) -> None:
        self.bundle = authority.bundle
        self.http = Http(ca_bundle=authority.bundle)
        self.google = ConsentSimulator(authority)
        self.microsoft = ConsentSimulator(authority, style="microsoft")
        self.slack = ConsentSimulator(authority, style="slack")
        self.gmail = GmailSimulator(authority)
        self.graph = GraphSimulator(authority, address=OWNER)
        self.workspace = Slack(authority)
        self.telegram = Telegram(authority)
        self.gmail.tokens = self.google.desk
        self.graph.tokens = self.microsoft.desk
        self.slack.desk.bot_token = self.workspace.token
        self.slack.desk.signed_in = self.workspace.bot
        self.register(public)

    def register(self, public: str) -> None:
        """Tell each service where its browsers go back to."""
        for name, desk in (("google", self.google), ("outlook", self.microsoft)):
            desk.desk.redirect_uris = {f"{public}/providers/{name}_auth"}
        self.slack.desk.redirect_uris = {f"{public}/providers/slack_auth"}

    def settings(self) -> dict[str, Any]:
        return {
            "gmail_api_url": self.gmail.url,
            "google_auth_url": self.google.auth_url,
            "google_token_url": self.google.token_url,
            "google_revoke_url": self.google.revoke_url,
            "google_userinfo_url": self.google.userinfo_url,
            "graph_api_url": self.graph.api_url,
            "microsoft_auth_url": self.microsoft.auth_url,
            "microsoft_token_url": self.microsoft.token_url,
            "slack_api_url": f"{self.workspace.url}/api",
            "slack_auth_url": self.slack.auth_url,
            "slack_token_url": self.slack.token_url,
            "slack_revoke_url": self.slack.revoke_url,
            "telegram_api_url": self.telegram.url,
            "ca_bundle": self.bundle,
            **{f"{name}_CLIENT_ID": CLIENT_ID for name in ("GOOGLE", "MICROSOFT", "SLACK")},
            **{f"{name}_CLIENT_SECRET": CLIENT_SECRET for name in ("GOOGLE", "MICROSOFT", "SLACK")},
        }

    @contextmanager
    def running(self) -> Iterator["Services"]:
        with ExitStack() as stack:
            for one in (self.google, self.microsoft, self.slack):
                stack.enter_context(one.running())
            for api in (self.gmail, self.graph, self.workspace, self.telegram):
                stack.enter_context(api.running())
            yield self
        self.http.close()
        shared(self.bundle).close()


class Linkage:
    """Alice and Mallory, each signed in, at one server."""

    def __init__(
        self,
        services: Services,
        database: Database,
        home: Path,
        *,
        clock: Clock,
        bell: Bell | None = None,
        **settings: Any,
    ) -> None:
        self.services = services
        self.database = database
        given = {"home": home, "llm": "composer", "public_url": PUBLIC}
        self.settings = Settings.model_validate({**given, **services.settings(), **settings})
        self.bell = bell
        self.clock = clock
        self.app = self.again(database)
        self.alice = self.user("alice", id="alice")
        self.mallory = self.user("mallory", id="mallory")

    def again(self, database: Database) -> Orchestre:
        """The application once more, as another process would have it."""
        return bootstrap(
            self.settings,
            database=database,
            registry=Registry(
                [DummyProvider, GmailProvider, OutlookProvider, SlackProvider, TelegramProvider]
            ),
            bell=self.bell,
            clock=self.clock,
        )

    def user(self, name: str, *, id: str = "") -> User:
        email = f"{name}@home.example"
        id = id or user_id(email)
        user = User(
            id=id,
            owner_id=id,
            email=email,
            password_hash="",
            created_at=self.clock(),
        )
        self.database.for_workers().commit(Add(user))
        return user

    def sign_in(self, user: User) -> str:
        """The id of a new sign-in."""
        return hashlib.sha256(self.token(user).encode()).hexdigest()

    def token(self, user: User) -> str:
        """A new bearer token, without the second that checking a password takes."""
        token = secrets.token_urlsafe(8)
        session = Session(
            id=hashlib.sha256(token.encode()).hexdigest(),
            owner_id=user.id,
            expires_at=self.clock() + timedelta(hours=12),
        )
        self.database.for_workers().commit(Add(session))
        return token

    def set_out(self, provider: str = "gmail", *, by: str = "alice", **options: Any) -> Start:
        session = self.sign_in(self.app.users.get(by))
        return self.app.consents.begin(provider, by=by, session=session, **options)

    def agree(self, start: Start, **options: Any) -> dict[str, str]:
        """What the browser brings back."""
        return answer_page(start.url, http=self.services.http, **options)

    def come_back(
        self, start: Start, brought: dict[str, str], *, callback: str = "google", browser: str = "-"
    ) -> Attempt:
        known = start.browser.get_secret_value()
        return self.app.consents.finish(
            callback,
            state=brought.get("state", ""),
            browser=known if browser == "-" else browser,
            code=brought.get("code", ""),
            error=brought.get("error", ""),
            issuer=brought.get("iss", ""),
        )

    def link(self, provider: str = "gmail", *, by: str = "alice", **options: Any) -> Attempt:
        """There and back, as it should be."""
        callbacks = {"gmail": "google"}
        start = self.set_out(provider, by=by, **options)
        return self.come_back(start, self.agree(start), callback=callbacks.get(provider, provider))

    def linked(self, *, by: str = "alice") -> list[Connection]:
        return self.app.connections.list(by=by)

    def given(self) -> list[str]:
        """Every token that a service has given."""
        desks = (self.services.google, self.services.microsoft, self.services.slack)
        given = [token for one in desks for token in (*one.desk.grants, *one.desk.tokens)]
        codes = [code for one in desks for code in one.desk.codes]
        return [*given, *codes, CLIENT_SECRET]
