"""One call of the command line: where, for whom, and in which form."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from core import logs
from core.config import Settings
from core.connections import Connection
from core.errors import Invalid, NotFound
from core.users import User

from .cli_console import Misconfigured, print_json, print_table

if TYPE_CHECKING:
    from services.bootstrap import Orchestre


@dataclass
class Call:
    home: Path | None = None
    email: str = ""
    as_json: bool = False

    def settings(self) -> Settings:
        """The settings, with the home folder of this call."""
        try:
            return Settings.read(**({"home": self.home} if self.home else {}))
        except Invalid as error:
            raise Misconfigured(str(error)) from error

    @contextmanager
    def opened(self) -> Iterator["Orchestre"]:
        """The application, over a database whose tables are current."""
        from services.bootstrap import bootstrap  # loads all of it, which takes half a second

        settings = self.settings()
        logs.configure("ERROR")
        try:
            app = bootstrap(settings)
        except Invalid as error:
            raise Misconfigured(str(error)) from error
        try:
            app.database.check()
            yield app
        finally:
            app.close()

    @contextmanager
    def as_user(self) -> Iterator[tuple["Orchestre", str]]:
        """The application, and the id of the user for whom this is done."""
        with self.opened() as app:
            yield app, self.user(app).id

    def show(
        self, headings: Sequence[str], rows: Sequence[Sequence[object]], *, json: object
    ) -> None:
        if self.as_json:
            print_json(json)
        else:
            print_table(headings, rows)

    def become(self, *arguments: str) -> NoReturn:
        """Turn this process into another program of ours, with the same settings."""
        home = {"ORCHESTRE_HOME": str(self.home)} if self.home else {}
        os.execve(arguments[0], arguments, {**os.environ, **home})  # noqa: S606

    def user(self, app: "Orchestre") -> User:
        """For whom this is done."""
        if self.email:
            if user := app.users.find(self.email):
                return user
            raise NotFound(f"There is no user {self.email!r}. See: orchestre users list")
        users = app.users.all()
        if not users:
            raise NotFound("There is no user yet. Make one with: orchestre users add EMAIL")
        if len(users) == 1:
            return users[0]
        from services.shop import OWNER

        if user := app.users.find(OWNER):
            return user
        emails = ", ".join(sorted(user.email for user in users)[:10])
        raise Invalid(f"There are several users; say which, as in --as EMAIL: {emails}")


def call_of(context: typer.Context) -> Call:
    call: Call = context.find_root().obj
    return call


def _as_json(context: typer.Context, value: bool) -> bool:
    if value:
        call_of(context).as_json = True
    return value


Json = Annotated[
    bool, typer.Option("--json", help="Print JSON.", callback=_as_json, show_default=False)
]


Account = Annotated[str, typer.Argument(help="Its address, or PROVIDER/ADDRESS.")]


def account(app: "Orchestre", text: str, *, by: str) -> Connection:
    """The one account that `text` means: its address, `provider/address`, or how its id begins."""
    wanted = text.strip().casefold()
    linked = app.connections.list(by=by)
    found = [
        kept
        for kept in linked
        if wanted in (kept.handle, f"{kept.provider}/{kept.handle}", kept.id)
    ] or [kept for kept in linked if wanted and kept.id.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{kept.provider}/{kept.handle}" for kept in found or linked) or "none"
    if found:
        raise Invalid(f"{text!r} may mean several accounts: {names}. Say which.")
    raise NotFound(f"There is no account {text!r}. Linked: {names}.")


def dumped(value: Any, *, leave_out: set[str] | None = None) -> Any:
    """A record as JSON, without its book-keeping, and never with a secret."""
    hidden = {"sealed", "password_hash", "owner_id", "version", "chain"}
    return value.model_dump(mode="json", exclude=hidden | (leave_out or set()))
