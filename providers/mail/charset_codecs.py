"""Bytes to text in one codec, whatever of them does not fit it. Never raises."""

import codecs
import re

from .japanese import euc_jp, iso_2022_jp

WIDE = frozenset({"utf-16-le", "utf-16-be", "utf_32", "utf_32_le", "utf_32_be"})
SEVEN_BITS = frozenset({"utf_7", "hz", "iso2022_kr"})
DOUBLE_BYTE = frozenset({"cp932", "gb18030", "big5hkscs", "cp949", "euc_jp"})
LATIN = frozenset({"cp1250", "cp1252", "cp1254", "cp1257", "iso8859-2", "iso8859-3", "iso8859-15"})
SINGLE_BYTE = re.compile(r"cp125\d|koi8-.|iso8859-.*|mac-.*|cp86\d|cp85\d|cp437")
ALPHABETS = re.compile(rf"{SINGLE_BYTE.pattern}|cp874")

_SURROGATES = re.compile("[\ud800-\udfff]")


def read(raw: bytes, codec: str) -> str:
    """`raw` in `codec`; what does not fit is replaced, or in Windows-1252 kept as browsers do."""
    if codec in {"", "cp1252", "utf-8"}:
        return clean(raw.decode("cp1252", "orchestre-latin1"))
    if codec == "iso-2022-jp":
        return clean(iso_2022_jp(raw))
    if codec == "euc_jp":
        return clean(euc_jp(raw))
    if codec == "big5hkscs":
        return clean(_big5(raw))
    if codec == "utf_7":
        return clean(_utf7(raw))
    if codec == "utf-16-le" and raw[::2].count(0) > raw[1::2].count(0):
        codec = "utf-16-be"
    return clean(raw.decode(codec, "orchestre-euro" if codec == "gb18030" else "replace"))


def _big5(raw: bytes) -> str:
    for codec in ("big5hkscs", "cp950"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("big5hkscs", "replace")


def _utf7(raw: bytes) -> str:
    """UTF-7, unless a plus sign in it is one."""
    try:
        return raw.decode("utf_7")
    except UnicodeDecodeError:
        return raw.decode("ascii" if raw.isascii() else "utf_7", "replace")


def clean(text: str) -> str:
    return _SURROGATES.sub("\ufffd", text).removeprefix("\ufeff")


def _latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


def _euro(error: UnicodeError) -> tuple[str, int]:
    """Windows writes the euro sign as one byte, among Chinese characters of two."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    euro = error.object[error.start] == 0x80
    return ("\u20ac", error.start + 1) if euro else ("\ufffd", error.end)


codecs.register_error("orchestre-latin1", _latin1)
codecs.register_error("orchestre-euro", _euro)
