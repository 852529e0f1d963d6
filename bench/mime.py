"""What reading a mail costs, beside other parsers: `python -m bench.mime`, shorter with --quick.

Prints one JSON object. Figures are ratios of CPU time, each of alternatives that took turns in
one run: the median, the least and the most of its rounds. Memory is the most that reading takes,
as a multiple of the mail's size, the mail itself not counted. Exits 1 when a limit is broken.

What each reads is said in `readers`. All but `headers` give subject, headers, texts and what is
enclosed; only Orchestre chooses one text, and the words of it that the sender has written.
"""

import argparse
import email
import email.policy
import json
import multiprocessing
import re
import resource
import signal
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import fast_mail_parser

from core.messages import Envelope
from providers.mail.addresses import parse
from providers.mail.mime import read_envelope, read_message
from providers.mail.parts import read_body, read_part
from tests.providers.mail.hostile_mails import MAILS
from tests.providers.mail.mails import SIZES, realistic

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
LIMITS = {
    "25 KB: of_policy_default": 0.4,
    "2.5 MB: of_policy_default": 0.15,
    "2.5 MB: memory": 3.0,
    "2.5 MB: headers_of_whole": 0.15,
}
"""The most that a ratio may be."""
CPU_SECONDS = 5
"""For one mail, and the start of a process."""
PATIENCE = 120.0
SOME = 100_000
"""Bytes of a nasty mail."""

Reader = Callable[[bytes], object]
Work = Callable[[Reader, bytes], object]
Ratio = dict[str, float]


def headers(raw: bytes) -> Envelope:
    """What the gate judges first: the envelope, of the header block alone."""
    return read_envelope(raw[: raw.find(b"\r\n\r\n") + 4], id="1", received_at=NOW)


def orchestre(raw: bytes) -> object:
    """Envelope, addresses, one text of those offered, the sender's own words, names and exact
    sizes of what is enclosed; the contents of that are not decoded."""
    return read_message(raw, envelope=headers(raw))


def without_extraction(raw: bytes) -> object:
    """The same but for the sender's own words."""
    envelope, body = headers(raw), read_body(read_part(raw))
    names = ("to", "cc", "reply-to")
    return envelope, body, [parse(value) for name in names for value in envelope.values(name)]


def fast_mail_parser_full(raw: bytes) -> object:
    """All texts and headers, addresses; every attachment decoded (Rust)."""
    mail = fast_mail_parser.parse_email(raw)
    enclosed = [(one.filename, one.mimetype, one.content) for one in mail.attachments]
    known = mail.subject, mail.headers, mail.from_, mail.to, mail.cc, mail.reply_to
    return known, mail.text_plain, mail.text_html, enclosed


def fast_mail_parser_lazy(raw: bytes) -> object:
    """The same; attachments named, neither decoded nor measured (Rust)."""
    mail = fast_mail_parser.parse_email(raw, mode="lazy")
    enclosed = [(one.filename, one.mimetype, one.encoded_size) for one in mail.attachments]
    known = mail.subject, mail.headers, mail.from_, mail.to, mail.cc, mail.reply_to
    return known, mail.text_plain, mail.text_html, enclosed


def policy_default(raw: bytes) -> object:
    """Every header parsed, all texts, every attachment decoded (the standard library's)."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    mail.get_body(preferencelist=("plain", "html"))
    texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    enclosed = [
        (one.get_filename(), one.get_payload(decode=True)) for one in mail.iter_attachments()
    ]
    return mail.items(), texts, enclosed


def compat32(raw: bytes) -> object:
    """Headers as they stand, every part decoded to bytes (the standard library's)."""
    mail = email.message_from_bytes(raw)
    parts = [part for part in mail.walk() if not part.is_multipart()]
    return mail.items(), [(part.get_filename(), part.get_payload(decode=True)) for part in parts]


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (
        *(headers, orchestre, without_extraction),
        *(fast_mail_parser_full, fast_mail_parser_lazy, policy_default, compat32),
    )
}
RATIOS = {
    "of_fast_mail_parser": ("orchestre", "fast_mail_parser_full"),
    "of_fast_mail_parser_lazy": ("orchestre", "fast_mail_parser_lazy"),
    "of_policy_default": ("orchestre", "policy_default"),
    "of_compat32": ("orchestre", "compat32"),
    "without_extraction_of_fast_mail_parser": ("without_extraction", "fast_mail_parser_full"),
    "without_extraction_of_policy_default": ("without_extraction", "policy_default"),
    "headers_of_whole": ("headers", "orchestre"),
    "headers_of_fast_mail_parser": ("headers", "fast_mail_parser_full"),
}


def cpu(reader: Reader, raw: bytes, *, seconds: float) -> float:
    """CPU seconds of one reading, by as many as fit."""
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        reader(raw)
        count += 1
    return spent / count


def compare(raw: bytes, *, rounds: int, seconds: float) -> dict[str, Ratio]:
    times: dict[str, list[float]] = {name: [] for name in READERS}
    for _ in range(rounds):
        for name, reader in READERS.items():
            times[name].append(cpu(reader, raw, seconds=seconds))
    return {
        name: _summary([one / other for one, other in zip(times[top], times[bottom], strict=True)])
        for name, (top, bottom) in RATIOS.items()
    }


def _summary(ratios: list[float]) -> Ratio:
    found = {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
    return {name: round(ratio, 3) for name, ratio in found.items()}


def traced_memory(reader: Reader, raw: bytes) -> float:
    reader(raw)
    tracemalloc.start()
    reader(raw)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(most / len(raw), 2)


def resident_memory(reader: Reader, raw: bytes) -> float | None:
    """The same of the whole process, which counts what is not Python's too. Linux only."""
    clear = Path("/proc/self/clear_refs")
    if not clear.exists():
        return None
    reader(realistic(SIZES["3 KB"]))
    before = _status("VmRSS")
    clear.write_text("5")
    reader(raw)
    return round((_status("VmHWM") - before) * 1024 / len(raw), 2)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s*(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def apart(work: Work, reader: str, raw: bytes, *, fresh: bool = False) -> object:
    """What `work` finds in a process of its own, or how that ended.

    Only a `fresh` one has no memory left over that it could read into.
    """
    context = multiprocessing.get_context("spawn" if fresh else "fork")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(there, work, reader, raw))
    child.start()
    there.close()
    try:
        return here.recv() if here.poll(PATIENCE) else "did not answer"
    except EOFError:
        child.join()
        return f"over {CPU_SECONDS} s" if child.exitcode == -signal.SIGXCPU else "died"
    finally:
        child.kill()
        child.join()
        here.close()


def _child(answers: Connection, work: Work, reader: str, raw: bytes) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    try:
        answers.send(work(READERS[reader], raw))
    except Exception as error:  # a parser may raise anything, and that is the finding
        answers.send(type(error).__name__)


def _seconds(reader: Reader, raw: bytes) -> float:
    return cpu(reader, raw, seconds=0.0001)


def nasty(*, every: int) -> dict[str, object]:
    """What mails that are meant to keep a parser busy cost, in realistic mails of that size."""
    names = list(MAILS)[::every]
    found: dict[str, object] = {"bytes": SOME, "mails": len(names)}
    for reader in ("orchestre", "fast_mail_parser_full", "policy_default"):
        usual = statistics.median(_seconds(READERS[reader], realistic(SOME)) for _ in range(5))
        answers = {name: apart(_seconds, reader, MAILS[name](SOME)) for name in names}
        spent = {name: one / usual for name, one in answers.items() if isinstance(one, float)}
        worst = max(spent, key=lambda name: spent[name])
        failed = {name: one for name, one in answers.items() if not isinstance(one, float)}
        found[reader] = {
            "median": round(statistics.median(spent.values()), 2),
            "worst": {worst: round(spent[worst], 1)},
            "failed": failed,
        }
    return found


def broken_limits(sizes: dict[str, dict[str, object]], failed: object) -> list[str]:
    broken = []
    for limit, most in LIMITS.items():
        size, _, name = limit.partition(": ")
        found = sizes[size][name]
        ratio = (
            found["median" if name != "memory" else "orchestre"] if isinstance(found, dict) else 0
        )
        if ratio > most:
            broken.append(f"{limit} is {ratio}, more than {most}")
    return [*broken, *(["a nasty mail was not read"] if failed else [])]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m bench.mime", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    quick = options.parse_args().quick
    sizes: dict[str, dict[str, object]] = {}
    for name, size in SIZES.items():
        raw = realistic(size)
        found = compare(raw, rounds=3 if quick else 7, seconds=0.02 if quick else 0.1)
        sizes[name] = {"bytes": len(raw), **found}
        sizes[name]["memory"] = {
            name: traced_memory(READERS[name], raw)
            for name in ("orchestre", "policy_default", "compat32")
        }
    large = realistic(SIZES["2.5 MB"])
    names = ["orchestre", "fast_mail_parser_full", "policy_default", "compat32"]
    resident = {name: apart(resident_memory, name, large, fresh=True) for name in names}
    hard = nasty(every=8 if quick else 1)
    ours = hard["orchestre"]
    broken = broken_limits(sizes, ours["failed"] if isinstance(ours, dict) else ours)
    result = {
        "readers": {name: " ".join(str(one.__doc__).split()) for name, one in READERS.items()},
        "sizes": sizes,
        "resident_memory_at_2.5_MB": resident,
        "nasty": hard,
        "limits": LIMITS,
        "broken": broken,
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
