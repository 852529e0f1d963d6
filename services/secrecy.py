"""Recognises what looks like a key, a token or an account number. Pure."""

import re

_KEYS = re.compile(
    r"-----BEGIN|\beyJ[\w-]{8,}|\b(?:sk|pk|rk)[-_][\w-]{12,}|\bhf_\w{12,}|\bgh[a-z]_\w{16,}"
    r"|\bgithub_pat_\w+|\bxox[a-z]-[\w-]+|\bAKIA[0-9A-Z]{12,}|\bAIza[\w-]{20,}|\bya29\.[\w-]+"
    r"|\bglpat-[\w-]+|\bnpm_\w{16,}|\bSG\.[\w-]{8,}|\bAC[0-9a-f]{24,}|\borch_\w{8,}"
    r"|\b1//[\w-]{16,}"
)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}[\s:-]?){12,}(?![0-9A-Za-z])")
_LONG = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_SPACED_OUT = re.compile(r"(?:(?<=\s)|^)(?:[^\W_][ ._-]{1,2}){9,}[^\W_](?!\w)", re.MULTILINE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
_SAYS_SO = re.compile(
    r"\b(?:passwor[dt]|passwort|kennwort|mot de passe|api[ _-]?key|secret|access[ _-]?token)\b",
    re.IGNORECASE,
)


def looks_secret(text: str) -> bool:
    """Whether any of `text` is in the form of a secret, or says that it is one."""
    patterns = (_KEYS, _HEX, _SPACED_OUT, _IBAN, _CARD, _SAYS_SO)
    return any(pattern.search(text) for pattern in patterns) or any(
        _is_random(word) for word in _LONG.findall(text)
    )


def _is_random(word: str) -> bool:
    """Long German words have no digits in them, and capitals only at the front."""
    parts = [part for part in re.split("[-/_]", word) if part]
    return not all(part.isalpha() and part[1:].islower() for part in parts if len(part) > 1)
