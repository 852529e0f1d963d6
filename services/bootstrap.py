"""Puts the application together. The only place that chooses implementations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pwdlib import PasswordHash

from core.clock import Clock, system_clock
from core.config import Settings
from core.errors import Invalid
from core.keyring import LocalKey, WrappingKey
from core.sealing import Sealer
from core.settings.services import Writer
from db.base import Database
from db.memory import MemoryDatabase
from db.sql import SqlDatabase
from products.catalogs.csv_file import read_products
from products.catalogs.stored import StoredCatalog
from providers import Registry

from .alerts import Alerts
from .audit import Audit
from .bell import Bell, CeleryBell, SilentBell
from .bots import Bots
from .by_hand import ByHand
from .canary import Canaries
from .claims import Claims
from .connections import Connections
from .consent import Consents
from .health import Health
from .housekeeping import Housekeeping
from .inbox import Inbox
from .intervals import Intervals, Quota
from .keys import Keys
from .kms import open_kms
from .llm import LLM
from .llm.composer import Composer
from .llm.huggingface import HuggingFaceLLM
from .llm.openai import OpenAILLM
from .messages import Messages
from .policy import PolicySettings
from .products import Products
from .push import Push
from .replies import Parts, Replies
from .restorations import Restorations
from .revocations import Revocations
from .users import Users
from .vouching import Vouching
from .watchman import Watchman
from .webhook import Webhook

POLL_UNITS = 2
"""What Gmail counts for `history.list`."""


@dataclass(frozen=True)
class Orchestre:
    """The application: one attribute for each thing it does."""

    settings: Settings
    database: Database
    bell: Bell
    claims: Claims
    restorations: Restorations
    users: Users
    vouching: Vouching
    keys: Keys
    connections: Connections
    consents: Consents
    revocations: Revocations
    products: Products
    bots: Bots
    inbox: Inbox
    push: Push
    replies: Replies
    alerts: Alerts
    health: Health
    canaries: Canaries
    watchman: Watchman
    messages: Messages
    by_hand: ByHand
    audit: Audit
    house: Housekeeping
    clock: Clock

    def close(self) -> None:
        self.restorations.close()
        self.connections.close()
        self.database.close()


def bootstrap(
    settings: Settings,
    *,
    database: Database | None = None,
    registry: Registry | None = None,
    llm: LLM | None = None,
    bell: Bell | None = None,
    clock: Clock = system_clock,
    hasher: PasswordHash | None = None,
) -> Orchestre:
    settings.check()
    database = database or open_database(settings)
    bell = bell or open_bell(settings)
    claims = Claims(database.owners())
    restorations = Restorations(
        database, claims, folder=settings.home / "run" / "intents", clock=clock
    )
    sealer = open_sealer(settings)
    registry = registry or Registry.discover()
    connections = Connections(
        database,
        registry,
        sealer,
        home=settings.home,
        deployment=settings.deployment(),
        access=settings.link_access,
        private_hosts=settings.private_hosts,
        clock=clock,
    )
    products = Products(database, read=read_products, open=StoredCatalog)
    replies = Replies(
        Parts(
            database=database,
            connections=connections,
            products=products,
            llm=llm or open_llm(settings),
            clock=clock,
            bell=bell,
            claims=claims,
            restorations=restorations,
            caps=settings.caps(),
            pace=settings.pace(),
            policy=PolicySettings.chosen(settings),
            settle=settings.settle(),
            retry=timedelta(seconds=settings.retry_seconds),
            llm_seconds=settings.llm_timeout_seconds,
            effect_seconds=settings.effect_seconds,
        )
    )
    gmail = Quota(units=POLL_UNITS, units_a_day=settings.gmail_poll_units_per_day)
    inbox = Inbox(
        database,
        connections,
        replies,
        claims,
        intervals=Intervals(database, {"gmail": gmail}),
        bell=bell,
        clock=clock,
    )
    alerts = Alerts(database, connections, clock=clock, webhook=open_webhook(settings))
    messages = Messages(database, connections, sealer, delimiter=settings.recipient_delimiter)
    health = Health(database, grace=settings.silence(), clock=clock)
    canaries = Canaries(database, connections, every=settings.canaries_every(), clock=clock)
    audit = Audit(database, clock=clock)
    watchman = Watchman(database, health, canaries, alerts, clock=clock)
    consents = Consents(
        database,
        registry,
        connections,
        sealer,
        deployment=settings.deployment(),
        public_url=settings.public(),
        redirect_urls=settings.redirect_urls,
        access=settings.link_access,
        clock=clock,
    )
    revocations = Revocations(
        database, registry, connections, sealer, deployment=settings.deployment(), clock=clock
    )
    push = Push(
        database,
        connections,
        registry,
        inbox,
        revocations,
        on=settings.push,
        deployment=settings.deployment(),
        public_url=settings.public_url,
        clock=clock,
    )
    users = Users(
        database,
        clock=clock,
        session=timedelta(hours=settings.session_hours),
        hasher=hasher or PasswordHash.recommended(),
    )
    return Orchestre(
        settings=settings,
        database=database,
        bell=bell,
        claims=claims,
        restorations=restorations,
        users=users,
        vouching=Vouching(
            users, registry, deployment=settings.deployment(), may_join=settings.signup
        ),
        keys=Keys(database, sealer, clock=clock),
        connections=connections,
        consents=consents,
        revocations=revocations,
        products=products,
        bots=Bots(database, connections, bell=bell, clock=clock),
        inbox=inbox,
        push=push,
        replies=replies,
        alerts=alerts,
        health=health,
        canaries=canaries,
        watchman=watchman,
        messages=messages,
        by_hand=ByHand(database, replies, messages),
        audit=audit,
        house=Housekeeping(
            {
                "claims": inbox.take_over,
                "replies": replies.sweep,
                "alerts": alerts.tell_due,
                "watch": watchman.work_due,
                "push": push.renew_due,
                "consents": consents.sweep,
                "revocations": revocations.work_due,
                "audit": audit.anchor_due,
            }
        ),
        clock=clock,
    )


def open_database(settings: Settings) -> Database:
    if settings.database_url == "memory://":
        return MemoryDatabase()
    home = settings.home.absolute()
    url = settings.database_url or f"sqlite:///{home}/orchestre.db"
    if not url.startswith(("sqlite:", "postgres:", "postgresql:", "postgresql+psycopg:")):
        raise Invalid(
            "DATABASE_URL must be postgresql+psycopg://user:password@host/name, "
            "sqlite:////absolute/path.db, or empty for SQLite in the home folder."
        )
    return SqlDatabase(url, run=home / "run", pool_size=settings.worker_threads + 8)


def open_sealer(settings: Settings) -> Sealer:
    """A key in KMS seals before those that are kept here."""
    local: list[WrappingKey] = list(map(LocalKey, settings.keys()))
    kms = open_kms(settings, settings.kms_keys())
    return Sealer([*kms, *local] if settings.kms_key else [*local, *kms])


def open_webhook(settings: Settings) -> Webhook | None:
    url = settings.alert_webhook_url
    return Webhook(url.get_secret_value(), ca_bundle=settings.ca_bundle) if url else None


def open_bell(settings: Settings) -> Bell:
    url = settings.broker()
    return CeleryBell(url) if url else SilentBell()


def open_llm(settings: Settings) -> LLM:
    """The writer that was asked for; with none asked for, the first that has a key."""
    openers: dict[Writer, Callable[[], LLM]] = {
        Writer.OPENAI: lambda: OpenAILLM(
            api_key=_key(settings, "openai"),
            base_url=settings.openai_base_url,
            model=settings.openai_model,
        ),
        Writer.HUGGINGFACE: lambda: HuggingFaceLLM(
            api_key=_key(settings, "huggingface"),
            endpoint=settings.huggingface_endpoint,
            model=settings.huggingface_model,
        ),
        Writer.COMPOSER: Composer,
    }
    writer = settings.llm
    if writer is Writer.AUTO:
        keys = {
            Writer.OPENAI: settings.openai_api_key,
            Writer.HUGGINGFACE: settings.huggingface_api_key,
        }
        writer = next((name for name, key in keys.items() if key), Writer.COMPOSER)
    return openers[writer]()


def _key(settings: Settings, vendor: str) -> str:
    key = settings.openai_api_key if vendor == "openai" else settings.huggingface_api_key
    if key is None:
        name = f"{vendor.upper()}_API_KEY"
        raise Invalid(f"ORCHESTRE_LLM is {vendor}, but {name} is missing. Set it in .env.")
    return key.get_secret_value()
