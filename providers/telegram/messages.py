"""Telegram's messages as envelopes, and our answers as its own. Pure
(core.telegram.org/bots/api#message).

In a group only what names the bot, or replies to it, is for it; the rest is nobody's business.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from core.messages import Address, Envelope

CONTENTS = (
    *("text", "animation", "audio", "document", "paid_media", "photo", "sticker", "story"),
    *("video", "video_note", "voice", "checklist", "contact", "dice", "game", "poll", "venue"),
    *("location", "invoice"),
)
"""What somebody says or shows. A message with none of these reports an event."""
SPEECHLESS = frozenset({"animation", "dice", "game", "sticker", "story"})
"""There is nothing in these that a person would have to look at."""
PRIVATE = "private"
START = "/start"
"""What the button sends with which a conversation with a bot begins."""


class Spot(NamedTuple):
    """Where an answer goes: a chat, in a forum a topic of it, in a group to one message."""

    chat: str
    topic: str = ""
    message: str = ""

    @classmethod
    def of(cls, thread_id: str) -> "Spot":
        return cls(*thread_id.split(":", 2))

    def thread_id(self) -> str:
        return ":".join(self).rstrip(":")


def envelope_of(message: dict[str, Any], *, bot_id: str, username: str) -> Envelope | None:
    """The envelope of what somebody says to the bot; `None` for everything else."""
    kind = next((name for name in CONTENTS if name in message), "")
    if not kind or message.get("is_automatic_forward"):
        return None
    chat, text = message["chat"], str(message.get("text") or message.get("caption") or "")
    private = chat.get("type") == PRIVATE
    if private and text.split(" ", 1)[0] == START:
        return None
    if not private and not _names(message, bot_id=bot_id, username=username):
        return None
    sender = message.get("sender_chat") or message.get("from") or {}
    spot = Spot(
        str(chat["id"]),
        str(message["message_thread_id"]) if message.get("is_topic_message") else "",
        "" if private else str(message["message_id"]),
    )
    bot = bool(message.get("from", {}).get("is_bot") or "sender_chat" in message)
    return Envelope(
        id=f"{chat['id']}:{message['message_id']}",
        thread_id=spot.thread_id(),
        sender=Address(handle=str(sender.get("id") or ""), name=_name(sender)),
        subject=str(chat.get("title") or ""),
        received_at=datetime.fromtimestamp(message["date"], UTC),
        size=len(text.encode()),
        labels=(*(("bot",) if bot else ()), *(() if kind == "text" else (kind,))),
        text=_without_mention(text, username),
    )


def answer_at(spot: Spot, text: str) -> dict[str, Any]:
    """What `sendMessage` is asked with, to show exactly these characters there."""
    body: dict[str, Any] = {
        "chat_id": int(spot.chat) if spot.chat.lstrip("-").isdecimal() else spot.chat,
        "text": text,
        "link_preview_options": {"is_disabled": True},
    }
    if spot.topic:
        body["message_thread_id"] = int(spot.topic)
    if spot.message:
        body["reply_parameters"] = {"message_id": int(spot.message)}
    return body


def length_of(text: str) -> int:
    """Characters as Telegram counts those of entities, in UTF-16 code units: never too few."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def needs_person(envelope: Envelope) -> str:
    """Why a message without words is for a person, in words; empty when it is not."""
    shown = [label for label in envelope.labels if label in CONTENTS]
    if envelope.text or SPEECHLESS.intersection(shown):
        return ""
    what = shown[0].replace("_", " ") if shown else "message"
    return f"It has no words to read: look at the {what} in Telegram."


def _names(message: dict[str, Any], *, bot_id: str, username: str) -> bool:
    """Whether it replies to the bot, or mentions it."""
    replied = message.get("reply_to_message", {}).get("from", {})
    if str(replied.get("id")) == bot_id:
        return True
    text = str(message.get("text") or message.get("caption") or "").encode("utf-16-le")
    named = f"@{username}".casefold()
    for entity in message.get("entities") or message.get("caption_entities") or ():
        if str(entity.get("user", {}).get("id")) == bot_id:
            return True
        # Offsets and lengths count UTF-16 code units.
        start, length = 2 * int(entity.get("offset", 0)), 2 * int(entity.get("length", 0))
        part = text[start : start + length].decode("utf-16-le", "replace").casefold()
        if entity.get("type") == "mention" and part == named:
            return True
        if entity.get("type") == "bot_command" and part.endswith(named):
            return True
    return False


def _without_mention(text: str, username: str) -> str:
    """`text` without the mention that it begins with: that is its address."""
    mention, start = f"@{username}".casefold(), text.lstrip()
    if not start.casefold().startswith(mention):
        return text
    rest = start[len(mention) :]
    return text if rest[:1].isalnum() or rest[:1] == "_" else rest.lstrip(" ,:\n")


def _name(sender: dict[str, Any]) -> str:
    parts = (sender.get("first_name"), sender.get("last_name"))
    return " ".join(str(part) for part in parts if part) or str(sender.get("title") or "")
