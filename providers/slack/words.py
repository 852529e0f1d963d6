"""Slack's markup and plain words, in both directions. Pure.

docs.slack.dev/messaging/formatting-message-text: `&`, `<` and `>` are the only control
characters; what stands in angle brackets is a reference, with a label behind a bar.
"""

import re

_REFERENCE = re.compile(r"<([^<>|]{1,3000})(?:\|([^<>]{0,3000}))?>")
_NAMES = {"mailto:", "tel:"}


def plain(text: str, *, me: str = "") -> str:
    """What a reader sees, without the mention of `me` that it begins with."""
    if me:
        text = re.sub(
            rf"\A\s*<@{re.escape(me)}(?:\|[^<>]*)?>[\s,:]*", "", text, flags=re.IGNORECASE
        )
    text = _REFERENCE.sub(_shown, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def written(text: str) -> str:
    """`text` so that Slack shows exactly these characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mentions(text: str, *, me: str) -> bool:
    """Whether `text` names `me`."""
    return bool(re.search(rf"<@{re.escape(me)}(?:\|[^<>]*)?>", text, flags=re.IGNORECASE))


def _shown(found: re.Match[str]) -> str:
    target, label = found[1], found[2] or ""
    if target.startswith(("@", "#")):
        return target[0] + (label.lstrip("@#") or target[1:])
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    for scheme in _NAMES:
        if target.startswith(scheme):
            return label or target.removeprefix(scheme)
    return f"{label} ({target})" if label and label != target else target
