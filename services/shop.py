"""What a first start sets up: an owner, and a sample shop whose bot answers by itself."""

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

from core.bots import Bot, Mode
from core.caps import Caps
from core.connections import Connection, Credentials
from core.errors import NotFound
from core.messages import Address
from core.records import Value

from .bootstrap import Orchestre

OWNER = "owner@localhost"
MAILBOX = Address(handle="shop@localhost", name="Sample Shop")
PROVIDER = "maildir"
POLL_SECONDS = 2
CAPS = Caps(
    per_sender_day=200,
    per_thread=20,
    per_connection_day=5000,
    per_owner_day=5000,
    fresh_connection_day=5000,
)
"""Wide: whoever tries the shop out writes to it often, and all of it stays on this machine."""
CATALOGUE = Path(__file__).parent.parent / "products" / "samples" / "outdoor.csv"


class Shop(Value):
    """The shop as it was set up, and how its owner signs in."""

    owner: str
    owner_id: str
    password: str
    """Empty when its file is gone: it is kept nowhere else."""
    mailbox: str
    """Empty when its owner has unlinked it since; so is `connection_id`."""
    connection_id: str


def make_shop(orchestre: Orchestre, *, relay_port: int) -> Shop:
    """The owner and the shop, made as far as they are missing. The mail door must be open.

    When it is cut short, it is to be called again.
    """
    password = _password(orchestre)
    owner = orchestre.users.find(OWNER) or orchestre.users.sign_up(OWNER, password, operator=True)
    connection = _link(orchestre, by=owner.id, relay_port=relay_port)
    if not orchestre.database.for_owner(owner.id).find(Bot, id=connection.id):
        orchestre.products.import_csv(CATALOGUE.read_bytes(), by=owner.id)
        orchestre.bots.start(
            connection.id,
            by=owner.id,
            mode=Mode.AUTO,
            interval_seconds=POLL_SECONDS,
            smallest_interval=1,
            caps=CAPS,
        )
    return _shop(owner.id, password, connection)


def reopen_shop(orchestre: Orchestre, *, relay_port: int) -> Shop | None:
    """The shop as its owner left it, or `None` when it was never made in this database."""
    owner = orchestre.users.find(OWNER)
    if owner is None:
        return None
    connection = _kept(orchestre, by=owner.id)
    if connection:
        connection = _link(orchestre, by=owner.id, relay_port=relay_port)
    return _shop(owner.id, _password(orchestre), connection)


def _shop(owner_id: str, password: str, connection: Connection | None) -> Shop:
    return Shop(
        owner=OWNER,
        owner_id=owner_id,
        password=password,
        mailbox=MAILBOX.handle if connection else "",
        connection_id=connection.id if connection else "",
    )


def _kept(orchestre: Orchestre, *, by: str) -> Connection | None:
    try:
        return orchestre.connections.named(PROVIDER, MAILBOX.handle, by=by)
    except NotFound:
        return None


def _link(orchestre: Orchestre, *, by: str, relay_port: int) -> Connection:
    """The shop's mailbox, whose answers leave by the door where it is today."""
    kept = _kept(orchestre, by=by)
    if kept and kept.settings.get("relay_port") == relay_port:
        return kept
    return orchestre.connections.link(
        PROVIDER,
        MAILBOX,
        by=by,
        settings={**(kept.settings if kept else {}), "relay_port": relay_port},
        credentials=Credentials(),
    )


def _password(orchestre: Orchestre) -> str:
    """The owner's password, kept in a file that nobody else may read.

    It is written before the account is made, so that a crash in between loses nothing.
    """
    path = orchestre.settings.home / "owner.json"
    with suppress(FileNotFoundError):
        return str(json.loads(path.read_text())["password"])
    if orchestre.users.find(OWNER):
        return ""
    password = secrets.token_urlsafe(18)
    draft = path.with_name(".owner.json")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps({"email": OWNER, "password": password}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return password
