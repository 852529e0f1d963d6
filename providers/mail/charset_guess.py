"""What 8-bit text without a label, or with a wrong one, is written in. Bounded; never raises."""

import re

import chardet

from .charset_codecs import ALPHABETS, LATIN, read
from .charset_names import codec_name

_CANDIDATES = (
    *("windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254"),
    *("windows-1255", "windows-1256", "windows-1257", "windows-874", "koi8-r", "koi8-u", "cp866"),
    *("iso-8859-2", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8"),
    *("cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949"),
)
"""What people's mail without a label is written in; the more, the worse short texts are told."""
_LATIN_CANDIDATES = tuple(f"windows-125{n}" for n in "0247")
_UNSURE = 0.1
"""The detector's confidence where it only says something."""
SAMPLE = 3_000
"""Bytes from which a character set is guessed."""

_FEW = 3
_FAMILIAR = frozenset("àâäçèéêëîïôöùûüßœñáíóúãõåÀÂÄÇÈÉÊËÎÔÖÙÛÜŒÑÁÍÓÚÃÕÅ¿¡«»“”„‘’–—…€£©®°·•´\xa0")
"""What the most common Western languages have beyond ASCII."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_HOLES = re.compile("[\x80-\x9f]")
_OTHER = "\u0370-\u03ff\u0400-\u04ff\u0590-\u05ff\u0600-\u06ff\u0e00-\u0e7f"
_MIXED = re.compile(rf"[A-Za-zÀ-ɏ][{_OTHER}]|[{_OTHER}][A-Za-zÀ-ɏ]")
_ALIKE = re.compile(rf"[{_OTHER}](?=[{_OTHER}])")
_HIGH = re.compile(rb"[\x80-\xff][^\r\n]*")


def guess(raw: bytes) -> str:
    """The codec that 8-bit text without a label is written in; "" where none suggests itself."""
    sample = _sample(raw)
    if not sample:
        return ""
    codec = _detected(sample, _CANDIDATES)
    if codec.startswith("euc") or not ALPHABETS.fullmatch(codec):
        return codec
    for japanese in ("euc_jp", "cp932"):
        if _is_kana(sample, japanese):
            return japanese
    if codec not in LATIN and mixed(read(sample, codec)) >= 0:
        return _detected(sample, _LATIN_CANDIDATES)
    return codec


def mixed(text: str) -> int:
    """How many more of its letters stand beside one of another alphabet than of their own."""
    return len(_MIXED.findall(text)) - len(_ALIKE.findall(text))


def _detected(sample: bytes, candidates: tuple[str, ...]) -> str:
    found = chardet.detect(sample, include_encodings=candidates)
    codec = codec_name(found["encoding"] or "")
    if (found["confidence"] or 0) > _UNSURE:
        return codec
    western = read(sample, "cp1252")
    high = _NOT_ASCII.findall(western)
    if codec in LATIN and len(high) < _FEW and _FAMILIAR.issuperset(high):
        return "cp1252"
    # The detector names Windows-1252 also where nothing fits.
    return "" if codec == "cp1252" and _HOLES.search(western) else codec


def _is_kana(sample: bytes, codec: str) -> bool:
    """Whether it reads as the syllables that no Japanese sentence does without."""
    try:
        wide = re.findall(r"[^\x00-\x7f]", sample.decode(codec))
    except UnicodeDecodeError:
        return False
    return len(wide) > 2 and sum("\u3041" <= one <= "\u30fc" for one in wide) * 2 > len(wide)


def _sample(raw: bytes) -> bytes:
    """The lines that tell: those with bytes beyond ASCII, up to a few thousand."""
    pieces: list[bytes] = []
    left, at = SAMPLE, 0
    for found in _HIGH.finditer(raw):
        start = max(at, found.start() - 60)
        at = found.end()
        pieces.append(raw[start : min(at, start + left)])
        left -= len(pieces[-1])
        if left <= 0:
            break
    return b"\n".join(pieces)
