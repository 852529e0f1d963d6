"""What the label of a character set means: Python's codec for it, or nothing."""

import codecs
import re
from functools import lru_cache

import webencodings
from webencodings.labels import LABELS

_PYTHON_NAMES = {
    "big5-hkscs": "big5hkscs",
    "cp50220": "iso-2022-jp",
    "cp50221": "iso-2022-jp",
    "cp50222": "iso-2022-jp",
    "euc-tw": "big5hkscs",
    "gb18030-2000": "gb18030",
    "gb2312.1980-0": "gb18030",
    "gbk": "gb18030",
    "hz": "hz",
    "hz-gb": "hz",
    "hz-gb-2312": "hz",
    "iso-2022-kr": "iso2022_kr",
    "csiso2022kr": "iso2022_kr",
    "iso-gb2312": "gb18030",
    "iso-8859-12": "cp1252",
    "johab": "johab",
    "mac-roman": "mac-roman",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-7": "utf_7",
    "utf-7": "utf_7",
    "csutf7": "utf_7",
    "utf-32": "utf_32",
    "utf-32be": "utf_32_be",
    "utf-32le": "utf_32_le",
}
"""Labels and encodings that Python calls otherwise than the WHATWG registry does."""

_PAGES = {
    "932": "cp932",
    "936": "gb18030",
    "943": "cp932",
    "949": "cp949",
    "950": "big5hkscs",
    "1361": "johab",
    "10000": "mac-roman",
    "10007": "mac-cyrillic",
    "20127": "",
    "20866": "koi8-r",
    "21866": "koi8-u",
    "50220": "iso-2022-jp",
    "50221": "iso-2022-jp",
    "50222": "iso-2022-jp",
    "51932": "euc_jp",
    "51949": "cp949",
    "52936": "hz",
    "54936": "gb18030",
    "65000": "utf_7",
    "65001": "utf-8",
}
"""Microsoft's and IBM's numbers of code pages, where Python's `cp` and the number is not it."""

_MEANINGLESS = frozenset(
    {
        "ascii",
        "us-ascii",
        "ansi_x3.4-1968",
        "ansi_x3.4-1986",
        "iso-ir-6",
        "iso646-us",
        "us",
        "cp367",
    }
    | {"ibm367", "csascii", "iso_646.irv:1991", "x-user-defined"}
)
"""Labels of seven bits: of a byte beyond them they say nothing."""

_JUNK = re.compile(r"[;,(*\s].*", re.DOTALL)
_BEFORE = re.compile(r"^(?:charset\s*=|=?3d|=|[\"'`<\\]|\s)+")
_PAGE = re.compile(r"(?:x-)?(?:cp|ibm|ms|win|windows|dos|msdos|codepage|xcp)?[-_ ]?(\d{3,5})")


def _squashed(label: str) -> str:
    return re.sub(r"[^a-z0-9]", "", label)


_SQUASHED = {_squashed(label): name for label, name in LABELS.items()}
_SQUASHED_OURS = {_squashed(label): name for label, name in _PYTHON_NAMES.items()}


@lru_cache(maxsize=256)
def codec_name(label: str) -> str:
    """Python's name for what `label` means to a browser; "" when it means nothing."""
    label = _JUNK.sub("", _BEFORE.sub("", label[:100].lower())).strip("\"'`<>\\.:=")
    if not label or label in _MEANINGLESS:
        return ""
    plain = label.removeprefix("x-")
    for name in (label, plain):
        if name in _PYTHON_NAMES:
            return _PYTHON_NAMES[name]
        if found := webencodings.lookup(name):
            return _of_browsers(found.name)
    squashed = _squashed(plain)
    if squashed in _SQUASHED_OURS:
        return _SQUASHED_OURS[squashed]
    if squashed in _SQUASHED:
        return _of_browsers(_SQUASHED[squashed])
    return _code_page(label)


def _of_browsers(name: str) -> str:
    """Python's codec for one of the encodings that the WHATWG registry names."""
    if name in {"replacement", "x-user-defined"}:
        return ""
    if name == "iso-2022-jp":
        return name
    found = webencodings.lookup(name)
    return _PYTHON_NAMES.get(name, str(found.codec_info.name)) if found else ""


def _code_page(label: str) -> str:
    found = _PAGE.fullmatch(label)
    if found is None:
        return ""
    if found[1] in _PAGES:
        return _PAGES[found[1]]
    if re.fullmatch(r"285(?:9\d|60[0-6])", found[1]):
        return codec_name(f"iso-8859-{int(found[1]) - 28590}")
    try:
        info = codecs.lookup(f"cp{int(found[1])}")
    except LookupError:
        return ""
    # EBCDIC would turn plain letters into something else: a label that is wrong does less harm.
    return info.name if bytes(range(32, 127)).decode(info.name, "replace").isascii() else ""
