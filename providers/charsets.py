"""Bytes to text by the label they carry, as browsers read labels. Never raises."""

import codecs
import re

import webencodings

_PYTHON_NAMES = {
    "gbk": "gb18030",
    "hz-gb-2312": "hz",
    "iso-2022-kr": "iso2022_kr",
    "utf-7": "utf_7",
    "unicode-1-1-utf-7": "utf_7",
    "utf-32": "utf_32",
    "cp949": "cp949",
    "cp850": "cp850",
    "cp437": "cp437",
    "ibm850": "cp850",
    "iso-gb2312": "gb18030",
    "gb18030-2000": "gb18030",
    "gb2312.1980-0": "gb18030",
    "cp936": "gb18030",
    "cp932": "cp932",
    "ms932": "cp932",
    "windows-932": "cp932",
    "cp50220": "iso-2022-jp",
    "cp950": "big5hkscs",
    "euc-tw": "big5hkscs",
    "viscii": "cp1258",
}
"""Labels and encodings that Python calls otherwise than the WHATWG registry does."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SINGLE_BYTE_GUESSES = frozenset({"", "cp1252", "utf-8"})
"""What a label says when its writer did not know: worth a strict try as UTF-8 first."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_ESCAPES = re.compile(rb"\x1b(\(B|\(J|\(I|\$B|\$@|\$\(D|\(H)")


def decode(raw: bytes, label: str = "") -> str:
    """The text of `raw`. A byte order mark wins, then the label where it fits, then UTF-8."""
    for mark, codec in _BOMS:
        if raw.startswith(mark):
            return _clean(raw[len(mark) :].decode(codec, "replace"))
    codec = codec_name(label)
    if codec in {"iso-2022-jp", "euc_jp"}:
        return _clean(_japanese(raw, codec))
    if b"\x1b$" in raw and codec in _SINGLE_BYTE_GUESSES:
        return _clean(_japanese(raw, "iso-2022-jp"))
    if codec in _SINGLE_BYTE_GUESSES:
        return _clean(_western(raw))
    return _clean(_labelled(raw, codec))


def codec_name(label: str) -> str:
    """Python's name for what `label` means to a browser; "" when it means nothing."""
    label = label.strip().strip("\"'").lower()
    label = re.sub(r"\*.*$", "", label)
    if label in _PYTHON_NAMES:
        return _PYTHON_NAMES[label]
    found = webencodings.lookup(label)
    if found is None or found.name in {"replacement", "x-user-defined"}:
        return ""
    if found.name == "iso-2022-jp":
        return "iso-2022-jp"
    return _PYTHON_NAMES.get(found.name, str(found.codec_info.name))


def _western(raw: bytes) -> str:
    """UTF-8 when it is, or nearly is; else Windows-1252, in which any bytes mean something."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        lenient = raw.decode("utf-8", "replace")
    damage = lenient.count("\ufffd")
    wide = sum(character > "\x7f" for character in lenient) - damage
    return lenient if damage * 4 < wide else _cp1252(raw)


def _cp1252(raw: bytes) -> str:
    """Windows-1252 with the five holes filled as browsers fill them."""
    return raw.decode("cp1252", "orchestre-latin1")


def _labelled(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError):
        pass
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(codec, "replace")


def _japanese(raw: bytes, codec: str) -> str:
    """ISO-2022-JP and EUC-JP with the vendors' characters, by way of Windows-31J.

    Python's own codecs know neither NEC row 13 (①, ㈱) nor the IBM extensions, which mails use.
    """
    try:
        return raw.decode("euc_jp" if codec == "euc_jp" else "iso2022_jp")
    except UnicodeDecodeError:
        pass
    if codec == "euc_jp":
        return _euc(raw)
    if b"\x1b" not in raw:
        return _western(raw)
    return "".join(_escaped_runs(raw))


def _escaped_runs(raw: bytes) -> list[str]:
    pieces = _ESCAPES.split(raw)
    runs = [pieces[0].decode("ascii", "replace")]
    for mode, run in zip(pieces[1::2], pieces[2::2], strict=True):
        if mode in {b"$B", b"$@"}:
            runs.append(_double_byte(run))
        elif mode == b"$(D":
            runs.append((b"\x1b$(D" + run + b"\x1b(B").decode("iso2022_jp_2", "replace"))
        elif mode == b"(I":
            runs.append(bytes(byte | 0x80 for byte in run).decode("cp932", "replace"))
        else:
            runs.append(run.decode("ascii", "replace"))
    return runs


def _double_byte(run: bytes) -> str:
    """JIS X 0208 pairs; whatever else stands between them, such as a line end, as ASCII."""
    out = bytearray()
    at = 0
    while at < len(run):
        if run[at] < 0x21 or at + 1 >= len(run):
            out.append(run[at])
            at += 1
            continue
        out += _shift(run[at], run[at + 1])
        at += 2
    return out.decode("cp932", "replace")


def _euc(raw: bytes) -> str:
    out = bytearray()
    at = 0
    while at < len(raw):
        if raw[at] < 0x80 or at + 1 >= len(raw):
            out.append(raw[at] & 0x7F)
            at += 1
        elif raw[at] == 0x8E:
            out.append(raw[at + 1])
            at += 2
        elif raw[at] == 0x8F:
            out += b"\x81\xac"
            at += 3
        else:
            out += _shift(raw[at] & 0x7F, raw[at + 1] & 0x7F)
            at += 2
    return out.decode("cp932", "replace")


def _shift(row: int, cell: int) -> bytes:
    """One JIS pair as Shift_JIS."""
    lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    if row % 2:
        return bytes((lead & 0xFF, (cell + (0x20 if cell > 0x5F else 0x1F)) & 0xFF))
    return bytes((lead & 0xFF, (cell + 0x7E) & 0xFF))


def _clean(text: str) -> str:
    return _SURROGATES.sub("\ufffd", text).removeprefix("\ufeff")


def _latin1(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("orchestre-latin1", _latin1)
