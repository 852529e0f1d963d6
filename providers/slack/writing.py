"""Picks out what is said to the bot, and writes its envelopes.

Answered is what addresses us: direct messages, mentions, and what the asker says next in a thread
that we are in. What colleagues say to each other is left where it is: nobody expects an answer,
and nobody's talk is stored. Only what others say, without naming us, in a thread that we are in
comes along, labelled `overheard`, so that the silence is seen with its reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from core.errors import OrchestreError
from core.messages import Address, Envelope

from .client import Client
from .marks import SPOKEN, Conversation, id_of, is_bot, time_of
from .words import mentions


@dataclass
class Writer:
    client: Client
    me: str
    """The user id of our bot."""
    _names: dict[str, str] = field(default_factory=dict)

    def envelopes(
        self, conversation: Conversation, messages: Iterable[dict[str, Any]]
    ) -> list[Envelope]:
        read = ((one, self._labels(conversation, one)) for one in messages)
        return [
            self.envelope(conversation, one, labels) for one, labels in read if labels is not None
        ]

    def envelope(
        self, conversation: Conversation, message: dict[str, Any], labels: tuple[str, ...] = ()
    ) -> Envelope:
        stamp = str(message["ts"])
        thread = str(message.get("thread_ts") or stamp)
        if conversation.direct and thread == stamp:
            thread = ""
        return Envelope(
            id=id_of(conversation.id, stamp),
            thread_id=id_of(conversation.id, thread) if thread else conversation.id,
            sender=self._sender(message),
            subject=conversation.name,
            received_at=time_of(stamp),
            size=len(str(message.get("text") or "").encode()),
            labels=labels,
        )

    def _labels(
        self, conversation: Conversation, message: dict[str, Any]
    ) -> tuple[str, ...] | None:
        """The marks of what addresses us; `None` for what does not, and for what is no message."""
        if message.get("subtype", "") not in SPOKEN or self._is_mine(message):
            return None
        labels = ("bot",) * is_bot(message) + ("edited",) * ("edited" in message)
        if conversation.direct or mentions(str(message.get("text") or ""), me=self.me):
            return labels
        first = message.get("_first", {})
        if self._is_mine(first):
            return labels
        if self.me.casefold() not in {str(one).casefold() for one in first.get("reply_users", ())}:
            return None
        return labels if message.get("user") == first.get("user") else (*labels, "overheard")

    def _is_mine(self, message: dict[str, Any]) -> bool:
        return str(message.get("user") or "").casefold() == self.me.casefold()

    def _sender(self, message: dict[str, Any]) -> Address:
        profile = message.get("user_profile") or message.get("bot_profile") or {}
        given = message.get("username") or profile.get("real_name") or profile.get("name") or ""
        user = str(message.get("user") or "")
        handle = user or str(message.get("bot_id") or "")
        return Address(handle=handle, name=str(given) or (self._name(user) if user else ""))

    def _name(self, user: str) -> str:
        """What people call a user; empty where we may not know. One question for each user."""
        if user not in self._names:
            self._names[user] = ""
            try:
                found = self.client.ask("users.info", user=user).get("user") or {}
            except OrchestreError:  # a name is a courtesy: the message comes without it
                return ""
            profile = found.get("profile") or {}
            name = profile.get("display_name") or found.get("real_name") or found.get("name")
            self._names[user] = str(name or "")
        return self._names[user]
