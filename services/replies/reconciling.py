"""Finds out what became of answers in doubt. A failure to ask proves nothing."""

from core.errors import NotSupported, OrchestreError, ReauthorizationRequired
from core.failpoints import failpoint
from core.messages import Receipt
from core.replies import Exchange, Reply, Status

from .moves import WORKER, given_back
from .pacing import Pacing

ASKING_SECONDS = 120.0
PROVEN_ABSENT = 2
"""How many times in a row "it is not there" must be heard before it is believed."""


class Reconciling(Pacing):
    def reconcile(self, reply_id: str) -> Reply:
        """Ask the provider what became of a reply in doubt."""
        with self._parts.claims.alone(reply_id, seconds=ASKING_SECONDS):
            reply, exchange = self._store.get(Reply, reply_id), self._store.get(Exchange, reply_id)
            now = self._clock()
            if reply.status is not Status.UNCERTAIN or not reply.due_at or reply.due_at > now:
                return reply
            if not self._is_linked(reply):
                return self._park(reply, "The account was unlinked before anybody could find out.")
            try:
                receipt = self._find(reply, exchange)
            except NotSupported as error:
                return self._park(reply, str(error))
            except Exception as error:  # any failure to find out leaves the doubt as it is
                if isinstance(error, ReauthorizationRequired):
                    self._parts.connections.expire(reply.connection_id, str(error))
                later = self._backoff(1, first=self._parts.settle.total_seconds() or 1, most=300)
                again = reply.look_again(_words(error), at=later, absences=0)
                return self._save(reply, again, by=WORKER)
            return self._believe(reply, receipt)

    def _find(self, reply: Reply, exchange: Exchange) -> Receipt | None:
        assert exchange.outgoing, "a reply in doubt has an answer"
        with self._parts.connections.borrow(self._connection(reply)) as provider:
            failpoint("reconcile.find")
            found = provider.find_sent(reply.id, outgoing=exchange.outgoing, handle=exchange.handle)
            failpoint("reconcile.found")
            return found

    def _believe(self, reply: Reply, receipt: Receipt | None) -> Reply:
        now = self._clock()
        if receipt:
            return self._save(
                reply, reply.confirm(receipt, "The provider's record shows it."), by=WORKER
            )
        if reply.absences + 1 < PROVEN_ABSENT:
            words = "The provider's record does not show it yet."
            again = reply.look_again(
                words, at=now + self._parts.settle, absences=reply.absences + 1
            )
            return self._save(reply, again, by=WORKER)
        moved = reply.resend("The provider's record proves that it was not sent.", now=now)
        saved = self._save(reply, moved, *given_back(reply), by=WORKER, durable=True)
        self._take_back(saved)
        return saved

    def _park(self, reply: Reply, reason: str) -> Reply:
        words = f"{reason} Look in the account whether it was sent, and say so here."
        return self._save(reply, reply.park(words), by=WORKER)


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, OrchestreError) else repr(error)
