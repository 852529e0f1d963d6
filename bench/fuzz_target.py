"""What the fuzzer calls with each input: every check there is. Started by `bench.fuzz`."""

import base64
import re
import sys
import time
from datetime import UTC, datetime

import atheris

from tests.services import answer_reader

MODULES = ("providers", "services.answering", "services.explaining", "services.policy")

with atheris.instrument_imports(include=list(MODULES)):
    from core.errors import Refused
    from core.messages import Address, Message
    from providers.mail import addresses, charsets, headers, html_text, quotes
    from providers.mail.mime import read_envelope, read_message, write
    from services import answering
    from services.explaining import BODY, KEY, Question, explain

FIXED_SECONDS = 0.25
"""Instrumented code is some ten times slower, and the machine may be busy."""
SECONDS_PER_BYTE = 40e-6
NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
ME = "shop@example.com"
QUESTION = Question(file="-", me=(ME,))
SURROGATE = re.compile("[\ud800-\udfff]")
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LABELS = ("", "utf-8", "iso-2022-jp", "euc-jp", "hz-gb-2312", "utf-7", "iso-2022-kr", "x")


class Finding(AssertionError):
    """A promise that one input breaks."""


def demand(kept: bool, promise: str, *details: object) -> None:
    if not kept:
        raise Finding(": ".join([promise, *map(repr, details)]))


def check(data: bytes) -> None:
    started = time.process_time()
    # Half of the checks for each input: mutations change the length all the time.
    if len(data) % 2:
        read_alone(data)
    else:
        explained(data)
        answered(read_whole(data))
    seconds = time.process_time() - started
    bound = FIXED_SECONDS + SECONDS_PER_BYTE * len(data)
    demand(seconds <= bound, "it takes too long", seconds, bound, len(data))


def read_alone(data: bytes) -> None:
    """Each parser by itself, on data that no other has prepared."""
    text = data.decode("latin-1")
    sound("decoded", charsets.decode(data, LABELS[len(data) // 2 % len(LABELS)]))
    wide = charsets.decode(data)
    ordered("new text", quotes.new_text(wide), wide)
    sound("unflowed", quotes.unflow(wide, delsp=True))
    sound("html", html_text.to_text(wide))
    for value in (text[:5_000], wide[:5_000]):
        for address in addresses.parse_loosely(value):
            sound("name", address.name)
        for address in addresses.parse(value):
            demand(address.handle.isprintable(), "an address is printable", address.handle)
        one_line("words", headers.decode_words(headers.clean(value)))
        one_line("subject", answering.reply_subject(headers.decode_words(value)))
        headers.read_media_type(value)
    for name, value in headers.read_block(data).headers:
        demand(bool(re.fullmatch("[!-9;-~]+", name)) and name == name.lower(), "a name", name)
        one_line("value", value)


def read_whole(data: bytes) -> Message:
    envelope = read_envelope(data, id="1", received_at=NOW)
    end = headers.read_block(data).body_at
    head = read_envelope(data[:end], id="1", received_at=NOW)
    demand(head == envelope, "the head says what the whole says", head, envelope)
    message = read_message(data, envelope=envelope)
    sound("text", message.text)
    ordered("new text", message.new_text, message.text)
    one_line("name", envelope.sender.name)
    for attachment in message.attachments:
        one_line("attachment", attachment.name)
    message.model_dump_json()
    return message


def explained(data: bytes) -> None:
    verdict = explain(data, QUESTION)
    demand(not verdict.error, "there is a verdict", verdict.error)
    verdict.model_dump_json()
    demand(verdict.respond == bool(verdict.reply_b64), "an answer goes with its verdict")
    if verdict.respond:
        demand(verdict.reply_to != ME, "it never answers itself")
        base64.b64decode(verdict.reply_b64, validate=True)


def answered(message: Message) -> None:
    """The answer to it, whether or not a rule forbids one."""
    try:
        outgoing = answering.build(message, BODY, account=Address(handle=ME), key=KEY, now=NOW)
    except Refused:
        return
    if not outgoing.headers:
        return
    raw = write(outgoing, key=KEY)
    demand(raw == write(outgoing, key=KEY), "the same answer is the same bytes")
    faults = answer_reader.faults(raw, outgoing)
    demand(not faults, "the answer reads as it was built", faults, raw)


def sound(what: str, text: str) -> None:
    demand(not SURROGATE.search(text), f"{what} has no lone surrogate")
    if what == "text":
        demand("\0" not in text, f"{what} has no NUL")


def one_line(what: str, text: str) -> None:
    demand(not BREAKS.search(text) and not SURROGATE.search(text), f"{what} is one line", text)


def ordered(what: str, part: str, whole: str) -> None:
    """Every line of `part` is one of `whole`, in its order, with nothing but less in it.

    Armour, what stands for a picture, and a link that is said twice may be missing.
    """
    lines = iter(whole.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    for line in filter(None, map(str.strip, part.split("\n"))):
        found = any(is_within(line, one) for one in lines)
        demand(found, f"{what} comes from the text, in its order", line)


def is_within(line: str, whole: str) -> bool:
    """Whether every character of `line` is in `whole`, in its order."""
    characters = iter(whole)
    return line in whole or all(character in characters for character in line)


def main() -> None:
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
