"""Calls whoever runs this when an account needs them: at an address of their own choosing."""

import json
from hashlib import sha256
from pathlib import Path

from core.alerts import Alert
from core.connections import Connection
from core.errors import Unavailable
from providers.http import NoAnswer, shared

SECONDS = 10.0


class Webhook:
    def __init__(self, url: str, *, ca_bundle: Path | None) -> None:
        self._url = url
        self._ca_bundle = ca_bundle

    def call(self, alert: Alert, connection: Connection) -> None:
        """Tell of one alert; `Unavailable` when nobody said that it was taken.

        It is told again then, so the same `id` may come twice. There is no address in it, and
        nothing that anybody wrote: `text` says where to look.
        """
        subject = alert.subject.replace(connection.account.handle, "An account")
        said = {
            "event": "alert",
            "id": sha256(alert.id.encode()).hexdigest()[:32],
            "connection_id": connection.id,
            "provider": connection.provider,
            "subject": subject,
            "text": f"[Orchestre] {subject}. Look at it with: "
            f"orchestre connections health {connection.id}",
        }
        try:
            answered = shared(self._ca_bundle).request(
                "POST",
                self._url,
                headers={"Content-Type": "application/json"},
                body=json.dumps(said).encode(),
                seconds=SECONDS,
            )
        except NoAnswer as error:
            raise Unavailable(f"The webhook does not answer: {error}") from error
        if not 200 <= answered.status < 300:
            raise Unavailable(f"The webhook answers {answered.status}.")
