"""Puts the application together. The only place that chooses implementations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pwdlib import PasswordHash

from core.clock import Clock, system_clock
from core.config import Settings, Writer
from core.errors import Invalid
from core.sealing import Sealer
from db.base import Database
from db.memory import MemoryDatabase
from db.sql import SqlDatabase
from products.catalogs.csv_file import read_products
from products.catalogs.stored import StoredCatalog
from providers import Registry

from .alerts import Alerts
from .bell import Bell, CeleryBell, SilentBell
from .bots import Bots
from .claims import Claims
from .connections import Connections
from .inbox import Inbox
from .llm import LLM
from .llm.composer import Composer
from .llm.huggingface import HuggingFaceLLM
from .llm.openai import OpenAILLM
from .policy import PolicySettings
from .products import Products
from .replies import Parts, Replies
from .restorations import Restorations
from .users import Users


@dataclass(frozen=True)
class Orchestre:
    """The application: one attribute for each thing it does."""

    settings: Settings
    database: Database
    bell: Bell
    claims: Claims
    restorations: Restorations
    users: Users
    connections: Connections
    products: Products
    bots: Bots
    inbox: Inbox
    replies: Replies
    alerts: Alerts
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
    sealer = Sealer(settings.keys())
    connections = Connections(
        database,
        registry or Registry.discover(),
        sealer,
        home=settings.home,
        deployment=settings.deployment(),
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
            llm_seconds=settings.llm_timeout_seconds,
            effect_seconds=settings.effect_seconds,
        )
    )
    return Orchestre(
        settings=settings,
        database=database,
        bell=bell,
        claims=claims,
        restorations=restorations,
        users=Users(
            database,
            clock=clock,
            session=timedelta(hours=settings.session_hours),
            hasher=hasher or PasswordHash.recommended(),
        ),
        connections=connections,
        products=products,
        bots=Bots(database, connections, bell=bell, clock=clock),
        inbox=Inbox(database, connections, replies, claims, bell=bell, clock=clock),
        replies=replies,
        alerts=Alerts(database, connections, clock=clock),
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
