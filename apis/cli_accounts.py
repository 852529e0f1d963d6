"""Commands for users, accounts and products."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from core.connections import Access, Credentials
from core.errors import Invalid
from core.messages import Address

from .cli_call import Account, Json, account, call_of, dumped
from .cli_console import complain, confirm, read_secret, say
from .cli_links import asks_in_a_browser, link_by_consent, say_linked

users = typer.Typer(help="Who may sign in.", no_args_is_help=True)
providers = typer.Typer(help="Services that accounts can be linked at.", no_args_is_help=True)
connections = typer.Typer(help="Linked accounts.", no_args_is_help=True)
products = typer.Typer(help="What you sell.", no_args_is_help=True)

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


@users.command("add")
def add_user(context: typer.Context, email: str, password_stdin: PasswordStdin = False) -> None:
    """Create a user. The password is asked for, or taken from ORCHESTRE_PASSWORD."""
    password = read_secret("Password", stdin=password_stdin)
    if not password:
        raise Invalid(
            "Give a password: at the prompt, with --password-stdin, or in ORCHESTRE_PASSWORD."
        )
    with call_of(context).opened() as app:
        user = app.users.sign_up(email, password, operator=True)
    say(f"Created {user.email}.")


@users.command("list")
def list_users(context: typer.Context, as_json: Json = False) -> None:
    """Who there is."""
    call = call_of(context)
    with call.opened() as app:
        found = app.users.all()
    rows = [(user.email, user.created_at) for user in found]
    call.show(("email", "since"), rows, json=[dumped(user) for user in found])


@providers.command("list")
def list_providers(context: typer.Context, as_json: Json = False) -> None:
    """Every provider, and the ones that could not be loaded."""
    call = call_of(context)
    with call.opened() as app:
        offers = app.connections.offers()
    rows = [
        (offer.name, "problem" if offer.problem else "ok", offer.problem or offer.description)
        for offer in offers
    ]
    call.show(("provider", "", ""), rows, json=[dumped(offer) for offer in offers])


@connections.command("add")
def add_connection(
    context: typer.Context,
    provider: Annotated[str, typer.Argument(help="See: orchestre providers list")],
    address: Annotated[
        str, typer.Argument(help="The account; not needed where you are asked in a browser.")
    ] = "",
    name: Annotated[str, typer.Option(help="Name beside the address in what is sent.")] = "",
    host: Annotated[str | None, typer.Option(help="Server that the mail is read from.")] = None,
    port: int | None = None,
    tls: Annotated[str | None, typer.Option(help="tls, starttls or none.")] = None,
    user: Annotated[str | None, typer.Option(help="Name to sign in with.")] = None,
    folder: str | None = None,
    relay: Annotated[
        str | None, typer.Option(metavar="HOST[:PORT]", help="Server that sends the answers.")
    ] = None,
    relay_tls: str | None = None,
    path: Annotated[str | None, typer.Option(help="Folder, for mail on this machine.")] = None,
    set: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Any other setting.")
    ] = None,
    access: Annotated[
        Access | None, typer.Option(help="What for, where the service lets you choose.")
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirm", help="Also where somebody else here has linked it.")
    ] = False,
    password_stdin: PasswordStdin = False,
) -> None:
    """Link an account. It is tested first, reading and sending, and kept only if that works."""
    call = call_of(context)
    if asks_in_a_browser(call, provider, address):
        with call.as_user() as (app, by):
            app.keys.check()
            agreed = link_by_consent(app, provider, by=by, access=access, account=address.strip())
        return say_linked(agreed)
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "tls": tls,
        "user": user,
        "folder": folder,
        "relay_tls": relay_tls,
        "path": path,
        **_relay(relay),
        **dict(_pair(text) for text in set or []),
    }
    settings = {key: value for key, value in given.items() if value is not None}
    password = read_secret("Password (empty for none)", stdin=password_stdin)
    secret = SecretStr(password) if password else None
    with call.as_user() as (app, by):
        app.keys.check()
        linked = app.connections.link(
            provider,
            Address(handle=address.strip(), name=name),
            by=by,
            settings=settings,
            credentials=Credentials(password=secret),
            access=access,
            confirm=confirmed,
        )
    return say_linked(linked)


@connections.command("list")
def list_connections(context: typer.Context, as_json: Json = False) -> None:
    """The accounts that are linked."""
    call = call_of(context)
    with call.as_user() as (app, by):
        found = app.connections.list(by=by)
    rows = [
        (kept.provider, kept.account.handle, kept.access, kept.health, kept.id, kept.trouble)
        for kept in found
    ]
    headings = ("provider", "account", "access", "health", "id", "")
    call.show(headings, rows, json=[dumped(kept) for kept in found])


@connections.command("test")
def test_connection(context: typer.Context, account_name: Account) -> None:
    """Prove again that an account can be read and written."""
    with call_of(context).as_user() as (app, by):
        connection = account(app, account_name, by=by)
        address = app.connections.test(connection.id, by=by)
    say(f"{address.handle} can be read and written.")


@connections.command("remove")
def remove_connection(
    context: typer.Context,
    account_name: Account,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop the bot, let go of what is open, and forget the account."""
    from services.linking import unlink

    with call_of(context).as_user() as (app, by):
        connection = account(app, account_name, by=by)
        if not yes:
            confirm(f"Unlink {connection.provider}/{connection.handle}?")
        words = unlink(app, connection.id, by=by)
    say(f"Unlinked {connection.provider}/{connection.handle}. {words}".strip())


@products.command("import")
def import_products(
    context: typer.Context,
    file: Path,
    replace: Annotated[
        bool, typer.Option("--replace", help="Forget the products that the file does not name.")
    ] = False,
) -> None:
    """Add or renew the products of a CSV file with the columns sku, name and price."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Invalid(f"{str(file)!r} cannot be read: {error.strerror}.") from error
    with call_of(context).as_user() as (app, by):
        take = app.products.replace_by_csv if replace else app.products.import_csv
        result = take(raw, by=by)
    for bad in result.errors:
        complain(f"Line {bad.line} was left out: {bad.problem}")
    say(f"{len(result.products)} products are in the catalogue from this file.")
    if result.errors and not result.products:
        raise typer.Exit(1)


@products.command("search")
def search_products(
    context: typer.Context, text: str, limit: int = 5, as_json: Json = False
) -> None:
    """The products that a text is about, best first."""
    call = call_of(context)
    with call.as_user() as (app, by):
        matches = app.products.search(text, by=by, limit=limit)
    rows = [
        (match.product.sku, match.product.name, match.product.price, ", ".join(match.words))
        for match in matches
    ]
    headings = ("sku", "name", "price", "because of")
    call.show(headings, rows, json=[dumped(match) for match in matches])


def _relay(text: str | None) -> dict[str, Any]:
    """HOST or HOST:PORT, as the settings of a provider name them."""
    if text is None:
        return {}
    host, colon, port = text.rpartition(":")
    if not colon:
        return {"relay_host": text}
    if not port.isdecimal():
        raise Invalid(f"{text!r} should be HOST or HOST:PORT.")
    return {"relay_host": host, "relay_port": int(port)}


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise Invalid(f"{text!r} should be KEY=VALUE.")
    try:
        return key, json.loads(value) if value[:1] in "[{" and value else value
    except ValueError:
        return key, value
