"""ISO-2022-JP and EUC-JP with the vendors' characters, by way of Windows-31J. Never raises.

Python's own codecs know neither NEC row 13 (①, ㈱) nor the IBM extensions, which mails use.
"""

import re

_ESCAPES = re.compile(rb"\x1b(\(B|\(J|\(I|\$B|\$@|\$\(D|\(H)")


def iso_2022_jp(raw: bytes) -> str:
    """Seven-bit Japanese, in which escapes say what the bytes after them mean."""
    try:
        return raw.decode("iso2022_jp")
    except UnicodeDecodeError:
        return "".join(_escaped_runs(raw))


def euc_jp(raw: bytes) -> str:
    try:
        return raw.decode("euc_jp")
    except UnicodeDecodeError:
        return _euc(raw)


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
