"""What a message asks, wherever it says so: below its subject, or in the subject alone. Pure."""

from core.messages import Message

from .answering import bare_subject, is_reply_subject
from .policy_thanks import only_closing, only_thanks


def asked(message: Message) -> str:
    """The words that want an answer: the sender's own; where there are none, the subject's."""
    own = "" if has_words(message) and not is_thanks(message) else own_subject(message)
    return own or message.new_text


def has_words(message: Message) -> bool:
    """Whether anything is said below the subject, more than a closing and a name."""
    text = message.new_text.strip()
    spoken = any(character.isalnum() for character in text)
    return spoken and not only_closing(text, author=_author(message))


def is_thanks(message: Message) -> bool:
    """Whether it says thanks below the subject, and nothing else."""
    return only_thanks(message.new_text.strip(), author=_author(message))


def own_subject(message: Message) -> str:
    """What the subject says, where it is the sender's to say: in a mail that begins a conversation.

    In a reply it is somebody else's, and in a chat it is where something was said.
    """
    envelope = message.envelope
    replies = envelope.values("in-reply-to") + envelope.values("references")
    if not envelope.headers or replies or is_reply_subject(envelope.subject):
        return ""
    subject = bare_subject(envelope.subject)
    return subject if any(character.isalnum() for character in subject) else ""


def _author(message: Message) -> str:
    sender = message.envelope.sender
    return f"{sender.name} {sender.handle.partition('@')[0]}"
