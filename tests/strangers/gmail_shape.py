"""How the API tells a message: the resources of gmail.v1, with the freedom that they leave."""

import base64
import random
from email.message import Message
from typing import Any

from .gmail_mailbox import Mail


def encoded(data: bytes, dice: random.Random) -> str:
    """base64url (RFC 4648 5). Google pads; the schema says nothing of it."""
    text = base64.urlsafe_b64encode(data).decode()
    return text if dice.random() < 0.5 else text.rstrip("=")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def stub(mail: Mail, dice: random.Random) -> dict[str, Any]:
    """As lists have it: typically `id` and `threadId` only."""
    short: dict[str, Any] = {"id": mail.id, "threadId": mail.thread}
    if mail.labels and dice.random() < 0.3:
        short["labelIds"] = list(mail.labels)
    return short


def message(
    mail: Mail, form: str, dice: random.Random, wanted: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A whole one. What is empty is absent, as everywhere in Google's JSON."""
    told: dict[str, Any] = {
        "id": mail.id,
        "threadId": mail.thread,
        "snippet": "",
        "sizeEstimate": len(mail.raw),
        "historyId": str(mail.changed),
        "internalDate": str(mail.internal_ms),
    }
    if mail.labels:
        told["labelIds"] = dice.sample(mail.labels, len(mail.labels))
    if form == "raw":
        told["raw"] = encoded(mail.raw, dice)
    if form == "metadata":
        names = {one.lower() for one in wanted}
        shown = [one for one in mail.headers() if not names or one[0].lower() in names]
        told["payload"] = {"mimeType": mail.parsed().get_content_type(), "headers": headers(shown)}
    if form == "full":
        told["payload"] = part(mail.parsed(), "", dice, top=mail.headers())
    return told


def headers(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value.strip()} for name, value in pairs]


def part(
    piece: Message, number: str, dice: random.Random, *, top: list[tuple[str, str]] | None = None
) -> dict[str, Any]:
    pairs = top if top is not None else [(k, str(v)) for k, v in piece.items()]
    told: dict[str, Any] = {
        "partId": number,
        "mimeType": piece.get_content_type(),
        "filename": piece.get_filename() or "",
        "headers": headers(pairs),
    }
    if piece.is_multipart():
        told["body"] = {"size": 0}
        children = piece.get_payload()
        assert isinstance(children, list)
        told["parts"] = [
            part(child, f"{number}.{index}".lstrip("."), dice)
            for index, child in enumerate(children)
            if isinstance(child, Message)
        ]
        return told
    data = piece.get_payload(decode=True)
    body = data if isinstance(data, bytes) else b""
    told["body"] = {"size": len(body)}
    if piece.get_filename():
        told["body"]["attachmentId"] = "ANGjdJ" + encoded(number.encode() or b"0", dice).rstrip("=")
    elif body:
        told["body"]["data"] = encoded(body, dice)
    return told


def chosen(value: Any, fields: str) -> Any:
    """Only what the `fields` parameter names ("partial response", as in `a,b(c,d/e)`)."""
    return _mask(value, _tree(fields)) if fields else value


def _tree(fields: str) -> dict[str, Any]:
    root: dict[str, Any] = {}
    stack, at, name = [root], root, ""
    node: dict[str, Any] = root
    for sign in fields + ",":
        if sign in ",/()":
            if name:
                node = at.setdefault(name, {})
                name = ""
            if sign == "/":
                at = node
            elif sign == "(":
                stack.append(node)
                at = node
            elif sign == ")":
                stack.pop()
                at = stack[-1]
            else:
                at = stack[-1]
        elif not sign.isspace():
            name += sign
    return root


def _mask(value: Any, tree: dict[str, Any]) -> Any:
    if not tree or "*" in tree:
        return value
    if isinstance(value, list):
        return [_mask(one, tree) for one in value]
    if isinstance(value, dict):
        return {name: _mask(one, tree[name]) for name, one in value.items() if name in tree}
    return value
