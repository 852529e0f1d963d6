"""An account at each simulated service: asked by customers, and looked into from the other side."""

from abc import ABC, abstractmethod
from email.message import EmailMessage
from typing import ClassVar, NamedTuple

from tests.simulators.graph_mailbox import DRAFTS, SENT
from tests.simulators.linkage import OWNER, Services
from tests.simulators.slack import BOT
from tests.simulators.telegram import TOKEN, USERNAME

PEOPLE = {"bob": 5001, "carol": 5002, "dave": 5003}


class Answer(NamedTuple):
    """One answer, as the service has it."""

    id: str
    """What the service calls it."""
    place: object
    """What it answers, and where."""
    text: str
    key: str


class Linked(ABC):
    """One account to be linked, and the people who write to it."""

    provider: ClassVar[str]
    address: ClassVar[str] = OWNER
    token: ClassVar[str] = ""
    """What it is linked with, where no consent is asked for."""

    def __init__(self, services: Services) -> None:
        self.services = services

    @abstractmethod
    def ask(self, words: str, *, by: str) -> object:
        """Somebody writes; where the answer belongs."""

    @abstractmethod
    def answers(self) -> list[Answer]:
        """All of them, in the order that they arrived."""

    def key(self, reply_id: str) -> str:
        """The mark that an answer carries."""
        return reply_id

    def leftovers(self) -> list[object]:
        """What was prepared and lies there unsent."""
        return []


class Gmail(Linked):
    provider = "gmail"

    def ask(self, words: str, *, by: str) -> object:
        mail = self.services.gmail.receive(
            words, subject=f"Tent for {by}", sender=f"{by}@customer.example"
        )
        return _place(mail.thread_id, mail.header("Message-ID"), f"{by}@customer.example")

    def answers(self) -> list[Answer]:
        simulator = self.services.gmail
        with simulator.lock:
            mails = [mail for mail in simulator.mailbox.mails.values() if "SENT" in mail.labels]
        return [
            Answer(
                mail.id,
                _place(mail.thread_id, mail.header("In-Reply-To"), mail.header("To")),
                one.body,
                one.key,
            )
            for mail, one in zip(mails, simulator.sent(), strict=True)
            if mail.header("Auto-Submitted") == "auto-replied"
        ]

    def leftovers(self) -> list[object]:
        return list(self.services.gmail.mailbox.drafts)


class Outlook(Linked):
    provider = "outlook"

    def ask(self, words: str, *, by: str) -> object:
        mail = EmailMessage()
        mail["From"], mail["To"] = f"{by}@customer.example", OWNER
        mail["Subject"], mail["Message-ID"] = f"Tent for {by}", f"<tent.{by}@customer.example>"
        mail.set_content(words)
        simulator = self.services.graph
        item = simulator.mailbox.items[simulator.receive(bytes(mail))]
        return _place(item.conversation, item.message_id, str(item.mail["From"]))

    def answers(self) -> list[Answer]:
        simulator = self.services.graph
        with simulator.lock:
            items = [one for one in simulator.mailbox.items.values() if one.folder == SENT]
        return [
            Answer(
                item.immutable,
                _place(item.conversation, str(item.mail["In-Reply-To"]), one.to),
                one.body,
                one.key,
            )
            for item, one in zip(items, simulator.sent(), strict=True)
            if item.mail["Auto-Submitted"] == "auto-replied"
        ]

    def leftovers(self) -> list[object]:
        items = self.services.graph.mailbox.items.values()
        return [one.immutable for one in items if one.folder == DRAFTS]


class Slack(Linked):
    provider = "slack"
    address = BOT

    def ask(self, words: str, *, by: str) -> object:
        workspace = self.services.workspace
        channel = workspace.channel("orders")
        stamp = workspace.receive(f"<@{BOT}> {words}", sender=f"U0{by.upper()}", channel=channel)
        return channel, stamp

    def answers(self) -> list[Answer]:
        return [
            Answer(
                f"{one.conversation}:{one.ts}", (one.conversation, one.thread), one.text, one.key
            )
            for one in self.services.workspace.sent()
        ]


class Telegram(Linked):
    provider = "telegram"
    address = USERNAME
    token = TOKEN

    def ask(self, words: str, *, by: str) -> object:
        self.services.telegram.receive(words, sender=PEOPLE[by], name=by.title())
        return str(PEOPLE[by])

    def answers(self) -> list[Answer]:
        return [
            Answer(f"{one.to}:{one.id}", one.to, one.text, "")
            for one in self.services.telegram.sent()
        ]

    def key(self, reply_id: str) -> str:
        """Telegram has no place for one."""
        return ""


def _place(thread: str, question: str, to: str) -> object:
    return thread, question, to.rpartition("<")[2].rstrip(">")


ACCOUNTS: list[type[Linked]] = [Gmail, Outlook, Slack, Telegram]
