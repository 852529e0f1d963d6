"""Where a long list goes on: a sort value and an id, as opaque text."""

import base64
import json
from typing import Any

from core.errors import Invalid


def write_cursor(value: Any, id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, id]).encode()).decode()


def read_cursor(text: str) -> tuple[Any, str]:
    try:
        value, id = json.loads(base64.urlsafe_b64decode(text))
    except ValueError:
        raise Invalid("That cursor did not come from this list; start without one.") from None
    if not isinstance(id, str) or not isinstance(value, str | int):
        raise Invalid("That cursor did not come from this list; start without one.")
    return value, id
