"""Opens the shop: the tables, the owner, the sample shop, and proof that work gets done."""

import smtplib
import time
from contextlib import suppress

from core.clock import system_clock
from core.config import Settings
from core.errors import OrchestreError
from services import shop
from services.bell import SilentBell
from services.bootstrap import bootstrap
from services.shop import Shop

from .children import Tell
from .home import Home
from .samples import SAMPLES, deliver

NO_PROOF_SECONDS = 3.0
"""When there is nothing to poll, a worker that has lived for so long counts as ready."""


class Opening:
    """Loads the application. Its bell is silent, so that beat must prove that it works."""

    def __init__(self, settings: Settings, home: Home) -> None:
        self.orchestre = bootstrap(settings, bell=SilentBell())
        self._home = home
        self._asked_at = 0.0
        self._is_polled = False
        self._shop: Shop | None = None

    @property
    def shop(self) -> Shop:
        assert self._shop, "it has been opened"
        return self._shop

    def migrate(self) -> None:
        """Make the tables, so that every part finds them. `Invalid` with another's key."""
        self.orchestre.database.migrate()
        self.orchestre.keys.check()

    def open_shop(self, *, relay_port: int) -> None:
        """Set up what is missing, and ask for a poll. The mail door must be open."""
        if self._home.first_start.exists():
            self._shop = shop.reopen_shop(self.orchestre, relay_port=relay_port)
        if self._shop is None:
            self._shop = shop.make_shop(self.orchestre, relay_port=relay_port)
        hinted = self.orchestre.inbox.hint(shop.PROVIDER, shop.MAILBOX.handle)
        self._is_polled, self._asked_at = bool(hinted), time.time()

    def works(self) -> bool:
        """Whether the poll that was asked for has been handed out and done."""
        if not self._asked_at:
            return False
        if not self._is_polled:
            return time.time() - self._asked_at > NO_PROOF_SECONDS
        with suppress(OrchestreError):
            status = self.orchestre.bots.status(self.shop.connection_id, by=self.shop.owner_id)
            return bool(status.polled_at and status.polled_at.timestamp() >= self._asked_at)
        return False

    def can_listen(self) -> bool:
        """Whether there is an account that a line can be held open for."""
        with suppress(OrchestreError):
            return self.orchestre.push.can_listen()
        return False

    def finish_first_start(self, *, port: int, with_samples: bool, tell: Tell) -> None:
        """Deliver the samples, if they are wanted: once in the life of a home."""
        if self._home.first_start.exists():
            return
        try:
            if with_samples:
                folder, to = self._home.folder, self.shop.mailbox
                deliver(SAMPLES, folder, to=to, port=port, now=system_clock())
            self._home.first_start.touch()
        except (OSError, smtplib.SMTPException) as error:
            tell(f"Some samples are left for the next start: {error}.")

    def close(self) -> None:
        self.orchestre.close()
