"""People who are away, and whose programs answer each mail as such programs used to."""

import email.utils
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default

from .mail_router import Passed, Router

QUESTION = "I am away until Monday. By the way: how much is the Alpine Tent 2?"
"""Away, and yet with something to ask, so that it is not the words that keep a machine silent."""

Notice = Callable[[EmailMessage], dict[str, str]]
"""The headers of the notice that a mail brings about."""


def bulk(mail: EmailMessage) -> dict[str, str]:
    """As BSD's vacation once did: nothing but the precedence gives it away."""
    return {"Subject": "away from my mail", "Precedence": "bulk"}


def bare(mail: EmailMessage) -> dict[str, str]:
    """As it looks behind a gateway that takes every mark away."""
    subject = f"Out of office: {mail['Subject']}"
    return {"Subject": subject, "In-Reply-To": str(mail["Message-ID"])}


class Away:
    """Those at one domain who are away. They keep no memory of whom they have told."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._people: dict[str, Notice] = {}

    def leave(self, address: str, notice: Notice) -> None:
        self._people[address] = notice

    def deliver(self, sender: str, recipient: str, raw: bytes) -> None:
        """Answer from the person's own address: a null sender would be a mark as well."""
        mail = BytesHeaderParser(policy=default).parsebytes(raw)
        assert isinstance(mail, EmailMessage)
        answer = EmailMessage()
        answer["From"], answer["To"] = recipient, sender
        answer["Date"] = email.utils.localtime()
        answer["Message-ID"] = email.utils.make_msgid(domain="away.example")
        for name, value in self._people[recipient](mail).items():
            answer[name] = value
        answer.set_content(QUESTION)
        self._router.take(Passed(recipient, (sender,), answer.as_bytes(), ""))
