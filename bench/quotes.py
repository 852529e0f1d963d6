"""Whose words are found in replies of many clients: `python -m bench.quotes`.

Every generated mail of `tests.quoting` is read by Orchestre and, in turn with it, by three
libraries with the standard library's decoding in front. Says how often exactly the sender's words
came out, and how often something of the quotation did. Prints one JSON object, and on standard
error a table.
"""

import argparse
import email
import email.policy
import json
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from itertools import groupby
from types import FrameType

import quotequail
from email_reply_parser import EmailReplyParser
from mailparser_reply import EmailReplyParser as MailParserReply
from mailparser_reply.constants import MAIL_LANGUAGES

from providers.mail.mime import read_envelope, read_message
from tests.quoting import Case, development, held_out, leaks, same

LIMIT_SECONDS = 5.0
HEAD_END = re.compile(rb"\r?\n\r?\n")
LINE_BREAKS = frozenset({"br", "div", "p", "tr", "li", "table", "blockquote", "hr", "h1", "h2"})
UNSEEN = frozenset({"head", "style", "script", "title"})

Reader = Callable[[bytes], str]


@dataclass(frozen=True)
class Answer:
    """What one reader made of one mail; `found` is None when it failed or took too long."""

    case: Case
    reader: str
    found: str | None
    seconds: float
    why: str = ""

    @property
    def exact(self) -> bool:
        return self.found is not None and same(
            self.found, self.case.expected, flowing=self.case.flowing
        )

    @property
    def leaky(self) -> bool:
        return self.found is not None and leaks(self.found, self.case.quoted)


def orchestre(raw: bytes) -> str:
    head = HEAD_END.split(raw, maxsplit=1)[0] + b"\n\n"
    envelope = read_envelope(head, id="bench", received_at=datetime.now(UTC))
    return read_message(raw, envelope=envelope).new_text


def by_quotequail(raw: bytes) -> str:
    """By `unwrap`, which knows answers below and forwards; by `quote` where it finds nothing."""
    kind, text = decoded(raw)
    if kind == "text/html":
        if parts := quotequail.unwrap_html(text):
            return visible(parts.get("html_top", "") + parts.get("html_bottom", ""))
        shown = [part for new, part in quotequail.quote_html(text, quote_intro_line=True) if new]
        return visible("".join(shown))
    if parts := quotequail.unwrap(text):
        return "\n\n".join(filter(None, (parts.get("text_top"), parts.get("text_bottom"))))
    return "\n".join(part for new, part in quotequail.quote(text, quote_intro_line=True) if new)


def by_mail_parser_reply(raw: bytes) -> str:
    kind, text = decoded(raw)
    text = visible(text) if kind == "text/html" else text
    languages = [language for language in MAIL_LANGUAGES if language != "david"]
    return MailParserReply(languages=languages).parse_reply(text) or ""


def by_email_reply_parser(raw: bytes) -> str:
    kind, text = decoded(raw)
    text = visible(text) if kind == "text/html" else text
    return str(EmailReplyParser.parse_reply(text))


READERS: dict[str, Reader] = {
    "orchestre": orchestre,
    "quotequail": by_quotequail,
    "mail-parser-reply": by_mail_parser_reply,
    "email-reply-parser": by_email_reply_parser,
}


def decoded(raw: bytes) -> tuple[str, str]:
    """The text, and else the HTML, as the standard library gives it, with plain line ends."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    if not isinstance(body, EmailMessage):
        return "text/plain", ""
    try:
        text = body.get_content()
    except LookupError:
        # The standard library does not know some charsets that mail does.
        text = body.get_payload(decode=True).decode("utf-8", "replace")
    return body.get_content_type(), text.replace("\r\n", "\n")


class _Visible(HTMLParser):
    """What a browser would show, near enough for libraries that read only text."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in UNSEEN
        if tag in LINE_BREAKS and (tag == "br" or not "".join(self.text).endswith("\n")):
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN
        if tag in LINE_BREAKS and not "".join(self.text[-3:]).endswith("\n"):
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.text.append(re.sub(r"[ \t\r\n]+", " ", data) if data.strip(" \t\r\n") else "")


def visible(page: str) -> str:
    parser = _Visible()
    parser.feed(page)
    return "".join(parser.text)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in the block when it takes longer."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {seconds} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def ask(name: str, case: Case) -> Answer:
    start = time.perf_counter()
    try:
        with limited(LIMIT_SECONDS):
            found: str | None = READERS[name](case.raw)
            why = ""
    except Exception as error:  # whatever a library raises is its answer to this mail
        found, why = None, type(error).__name__
    return Answer(case, name, found, time.perf_counter() - start, why)


def answers(cases: Sequence[Case]) -> list[Answer]:
    """Every reader's answer to every case, each reader first in its turn."""
    names = list(READERS)
    return [
        ask(names[(at + turn) % len(names)], case)
        for at, case in enumerate(cases)
        for turn in range(len(names))
    ]


def share(answers: Sequence[Answer]) -> dict[str, object]:
    count = len(answers)
    failed = sorted({answer.why for answer in answers if answer.why})
    score: dict[str, object] = {
        "exact": round(sum(answer.exact for answer in answers) / count, 4),
        "leaks": round(sum(answer.leaky for answer in answers) / count, 4),
    }
    return score | ({"failed": failed} if failed else {})


def scores(answers: Sequence[Answer]) -> dict[str, object]:
    """The shares of each reader, and its time as a ratio to Orchestre's."""
    spent = {name: sum(one.seconds for one in answers if one.reader == name) for name in READERS}
    by_reader = {
        name: share([one for one in answers if one.reader == name])
        | {"time_ratio": round(spent[name] / spent["orchestre"], 2)}
        for name in READERS
    }
    return {"cases": len(answers) // len(READERS), **by_reader}


def split(answers: Sequence[Answer], key: Callable[[Case], str]) -> dict[str, dict[str, float]]:
    """The exact share of each reader, by what `key` says of the case."""
    ordered = sorted(answers, key=lambda one: key(one.case))
    table: dict[str, dict[str, float]] = {}
    for value, group in groupby(ordered, key=lambda one: key(one.case)):
        ones = list(group)
        table[value] = {
            name: round(
                sum(one.exact for one in ones if one.reader == name) * len(READERS) / len(ones), 3
            )
            for name in READERS
        }
    return table


def tell(title: str, rows: dict[str, dict[str, float]]) -> None:
    """A table of percentages for a person, beside the JSON."""
    print(f"\n{title:<24}" + "".join(f"{name:>20}" for name in READERS), file=sys.stderr)
    for label, row in rows.items():
        cells = "".join(f"{100 * row[name]:>19.1f}%" for name in READERS)
        print(f"{label:<24}{cells}", file=sys.stderr)


def show(answers: Sequence[Answer], limit: int) -> None:
    """The first cases that Orchestre reads wrongly."""
    wrong = [one for one in answers if one.reader == "orchestre" and not one.exact]
    for one in wrong[:limit]:
        print(f"\n{'=' * 20} {one.case.name} {one.why}", file=sys.stderr)
        print(f"expected {one.case.expected!r}\nfound    {one.found!r}", file=sys.stderr)


def report(name: str, given: Sequence[Answer], *, verbose: bool) -> dict[str, object]:
    by_share = {
        kind: {
            reader: sum(getattr(one, flag) for one in given if one.reader == reader)
            * len(READERS)
            / len(given)
            for reader in READERS
        }
        for kind, flag in (("exact", "exact"), ("leaks", "leaky"))
    }
    tell(name, by_share)
    result = scores(given)
    if verbose:
        for what, key in KEYS.items():
            table = split(given, key)
            tell(f"{name}, by {what}", table)
            result[f"by_{what}"] = table
    return result


KEYS: dict[str, Callable[[Case], str]] = {
    "client": lambda case: case.client,
    "locale": lambda case: case.locale,
    "placement": lambda case: case.placement,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--held-out", action="store_true", help="the other seven clients too")
    parser.add_argument("--verbose", action="store_true", help="by client, locale, placement")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="N cases read wrongly")
    options = parser.parse_args(arguments)
    given = answers(development())
    result = {"development": report("development", given, verbose=options.verbose)}
    if options.held_out:
        result["held_out"] = report("held out", answers(held_out()), verbose=options.verbose)
    show(given, options.show)
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
