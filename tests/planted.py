"""Puts one mark into every secret, so that whoever looks for secrets looks for one word.

`plant` sees to those that are made while tests run, by the product as well as by simulators: all
of them come from `secrets`. Those that tests write down are written with `MARK`. Loaded alone and
by its path into the processes that tests start: nothing but the standard library belongs here.
"""

import secrets

MARK = "PLaNt3d7QzKx"
"""Any service takes it in a token or a password. Too long to come by chance."""
PASSWORD = f"correct horse {MARK}"
"""Of people who sign up."""
LEAST = 24
"""Random bytes below this many are nonces and names, which are no secrets."""


def plant() -> None:
    """From now on, in this process, every random token and key begins with the mark."""
    if hasattr(secrets, "unmarked"):
        return
    token_bytes, token_urlsafe = secrets.token_bytes, secrets.token_urlsafe
    raw = MARK.encode()

    def marked_bytes(nbytes: int | None = None) -> bytes:
        made = token_bytes(nbytes)
        return raw + made[len(raw) :] if len(made) >= LEAST else made

    def marked_text(nbytes: int | None = None) -> str:
        made = token_urlsafe(nbytes)
        return MARK + made[len(MARK) :] if len(made) >= LEAST else made

    secrets.token_bytes, secrets.token_urlsafe = marked_bytes, marked_text
    vars(secrets)["unmarked"] = token_bytes
