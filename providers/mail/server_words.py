"""What a mail server says of a sign-in: worth repeating, unless it repeats the password itself."""

import base64


def of_sign_in(words: str, *, user: str, password: str) -> str:
    """The server's words, or none of them where the password is among them as it was sent."""
    sent = (password, _base64(password), _base64(f"\0{user}\0{password}"))
    return "in words that repeat it" if password and any(each in words for each in sent) else words


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
