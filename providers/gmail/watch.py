"""How Gmail tells of news: it writes to a Pub/Sub topic, from which Google pushes or we pull.

developers.google.com/workspace/gmail/api/guides/push. What is written names the mailbox and a
record of its history; the record is not believed, because whoever may write to the topic chose it.
"""

import base64
import binascii
from contextlib import suppress
from datetime import timedelta
from typing import Any

from core.clock import system_clock
from core.deployment import Deployment
from core.errors import Invalid, NotSupported
from providers.notices import Heard, Notice, Told, Watched, parsed

from . import tokens
from .answers import Unsure
from .client import Deadline, Gmail
from .letters import EPOCH

DAILY = timedelta(days=1)
"""Google's advice; after seven days Gmail stops by itself."""
LABEL = "INBOX"


def watch(gmail: Gmail, topic: str, deadline: Deadline) -> Watched:
    """Ask Gmail to write to `topic`. Asking again only makes it last longer."""
    if not topic:
        raise NotSupported("Set ORCHESTRE_GMAIL_TOPIC to a Pub/Sub topic that Gmail may write to.")
    body = {"topicName": topic, "labelIds": [LABEL], "labelFilterBehavior": "include"}
    profile = gmail.ask(gmail.calls.users.getProfile(userId="me"), deadline)
    said = gmail.order(gmail.calls.users.watch(userId="me", body=body), deadline)
    try:
        expires_at = EPOCH + timedelta(milliseconds=int(said["expiration"]))
        mailbox = str(profile["emailAddress"]).casefold()
    except (KeyError, ValueError) as error:
        raise Unsure("Gmail does not say until when it tells of news.") from error
    renew_at = system_clock() + DAILY
    return Watched(subscription=mailbox, expires_at=expires_at, renew_at=renew_at, is_new=False)


def unwatch(gmail: Gmail, deadline: Deadline) -> None:
    with suppress(Unsure):  # there is nothing in the answer
        gmail.order(gmail.calls.users.stop(userId="me"), deadline)


def heard(notice: Notice, deployment: Deployment) -> Heard:
    """What Pub/Sub pushes, once its token is right (cloud.google.com/pubsub/docs/push)."""
    tokens.prove(notice.headers.get("authorization", ""), deployment)
    said = parsed(notice.body)
    if not isinstance(said, dict) or "message" not in said:
        raise Invalid("This is signed by Google, but it is no message of Pub/Sub.")
    return Heard(told=told(said["message"]))


def told(message: Any) -> tuple[Told, ...]:
    """Which mailbox a message of Pub/Sub is about; none, where it is about something else. That
    is no error: it would only come again."""
    try:
        data = parsed(base64.b64decode(message["data"], validate=True))
        mailbox = data["emailAddress"]
    except (binascii.Error, Invalid, ValueError, KeyError, TypeError):
        return ()
    if not isinstance(mailbox, str) or not mailbox.isprintable():
        return ()
    return (Told(subscription=mailbox.casefold()),)
