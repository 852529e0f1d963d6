"""Bytes to text by the label they carry, as browsers read labels. Never raises.

A label is believed while the text looks like text in it. Else it is UTF-8 where that fits, then
what a detector makes of it, then Windows-1252, in which any bytes mean something.
"""

import codecs
import re

from .charset_codecs import (
    ALPHABETS,
    DOUBLE_BYTE,
    LATIN,
    SEVEN_BITS,
    SINGLE_BYTE,
    WIDE,
    clean,
    read,
)
from .charset_guess import SAMPLE, guess, mixed
from .charset_names import codec_name
from .japanese import iso_2022_jp

__all__ = ["certain", "codec_name", "decode", "decode_plainly", "guess", "settled"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile("[\x80-\x9f\ufffd]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_PLAIN = re.compile("[A-Za-z]")
_TORN = re.compile("[A-Za-zà-ÿ][¡-©¬®-³µ¶¸¹¼-¿]+[a-zà-ÿ]")
"""A sign within a word: what Central Europe's letters look like in the Western set."""
_TAG = re.compile("<[^<>]{0,500}>")
_META = re.compile(rb"<meta\b[^<>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)


def decode(raw: bytes, label: str = "") -> str:
    """The text of `raw`, of which a detector may be asked: for bodies, of which a mail has few."""
    told = certain(raw, label)
    if told is not None:
        return told
    if not codec_name(label) and (named := _META.search(raw[:SAMPLE])):
        told = certain(raw, named[1].decode("ascii"))
    return told if told is not None else read(raw, guess(raw) or codec_name(label))


def decode_plainly(raw: bytes, label: str = "") -> str:
    """The text of `raw` without a detector: for small pieces, of which a mail may have many."""
    told = certain(raw, label)
    return told if told is not None else read(raw, codec_name(label))


def settled(raw: bytes, label: str) -> str:
    """The label by which the pieces of `raw` are read: its own where that fits, else a guess."""
    return label if certain(raw, label) is not None else guess(raw) or label


def certain(raw: bytes, label: str) -> str | None:
    """The text of `raw` where no guess is needed: its label fits, or it is UTF-8."""
    for mark, codec in _BOMS:
        if raw.startswith(mark):
            return clean(raw[len(mark) :].decode(codec, "replace"))
    codec = codec_name(label)
    if escaped := _by_escapes(raw, codec):
        return clean(escaped)
    if raw.isascii():
        return raw.decode("ascii") if not _is_coded(raw, codec) else read(raw, codec)
    if codec in {"", "utf-8"} or codec in SEVEN_BITS:
        return _utf8(raw)
    if (text := _utf8(raw)) is not None and _means_utf8(text, raw, codec):
        return text
    text = read(raw, codec)
    return text if codec in WIDE or _looks_like_text(text, codec) else _utf8(raw)


def _by_escapes(raw: bytes, codec: str) -> str:
    """What bytes say that name their own character set on the way."""
    if b"\x1b$)C" in raw and codec in {"", "iso2022_kr"}:
        return raw.decode("iso2022_kr", "replace")
    if codec == "iso-2022-jp" and b"\x1b(" in raw:
        return iso_2022_jp(raw)
    seven_bits = b"\x1b$" in raw and codec in {"", "iso-2022-jp", "utf-8", *LATIN}
    return iso_2022_jp(raw) if seven_bits else ""


def _is_coded(raw: bytes, codec: str) -> bool:
    """Whether these seven-bit bytes are more than the letters that they look like."""
    if codec in WIDE:
        return b"\x00" in raw
    return codec in SEVEN_BITS and any(mark in raw for mark in (b"+", b"~", b"\x0e"))


def _means_utf8(text: str, raw: bytes, codec: str) -> bool:
    """Whether bytes that can be read as UTF-8 are that, although their label says otherwise.

    In the alphabets of one byte, hardly a word is UTF-8 by chance; two bytes may well be.
    """
    if SINGLE_BYTE.fullmatch(codec):
        return True
    if codec in WIDE:
        return b"\x00" not in raw
    wide = _NOT_ASCII.findall(text)
    return codec in DOUBLE_BYTE and len(wide) > 1 and min(wide) >= "\u2000" and "\ufffd" not in wide


def _utf8(raw: bytes) -> str | None:
    """UTF-8 when it is, or when only a little of it is damaged."""
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    return clean(text) if _hardly_damaged(text) else None


def _hardly_damaged(text: str) -> bool:
    damage = text.count("\ufffd")
    return damage * 4 < len(text) - len(text.encode("ascii", "ignore")) - damage


def _looks_like_text(text: str, codec: str) -> bool:
    """Whether what `codec` makes of some bytes may be what their writer wrote."""
    if _CONTROLS.search(text):
        return not ALPHABETS.fullmatch(codec) and _hardly_damaged(text)
    start = _NOT_ASCII.search(text)
    window = text[max(0, start.start() - 50) : start.start() + SAMPLE] if start else ""
    if codec in LATIN:
        return not _all_accents(window) and not _TORN.search(window)
    if ALPHABETS.fullmatch(codec):
        return mixed(window) <= 0
    return True


def _all_accents(text: str) -> bool:
    """Whether it has hardly a plain letter: then it is of another alphabet."""
    text = _TAG.sub("", text)
    high = len(_NOT_ASCII.findall(text))
    return high > 5 and high * 2 > len(_PLAIN.findall(text)) * 3
