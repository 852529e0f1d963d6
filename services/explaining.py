"""Says of any mail whether a machine may answer it, and with what: by the functions that do."""

import base64
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError

from core.errors import OrchestreError
from core.messages import Address, Message
from core.records import Value
from providers.mime import read_envelope, read_message, write

from . import answering
from .policy import PolicySettings, hold, judge, normal_address

BODY = "Thank you for your message. This is where the answer would be.\n"
"""What stands in an explained answer instead of words that depend on a catalogue."""
KEY = "explained"
HEAD_END = re.compile(rb"\r?\n\r?\n")


class Question(Value):
    """One mail to be explained, and whose it is."""

    id: str = ""
    file: str
    me: tuple[str, ...] = Field(min_length=1)
    """Own addresses; the first is the account's."""
    recipient_delimiter: str = "+"
    envelope_from: str | None = None
    """The SMTP envelope's sender: "" for the null one, `None` when nobody knows."""
    envelope_to: str | None = None


class Verdict(Value):
    """What would become of one mail."""

    id: str = ""
    respond: bool = False
    """Whether a machine may answer it."""
    reason: str = ""
    """The id of the rule that forbids it, and words for a person."""
    reply_to: str = ""
    subject: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    new_text: str = ""
    """The sender's own words."""
    reply_b64: str = ""
    """The complete answer as it would be sent, RFC 5322 in base64."""
    error: str = ""
    """Why the mail could not be looked at."""
    seconds: float = 0.0


def explain(raw: bytes, question: Question) -> Verdict:
    """The verdict on one mail. Never raises, whatever the mail is."""
    started = time.perf_counter()
    try:
        verdict = _verdict(raw, question)
    except OrchestreError as error:
        verdict = Verdict(reason=str(error))
    except Exception as error:  # whatever it was, the others of a batch go on
        verdict = Verdict(error=f"{type(error).__name__}: {error}")
    taken = round(time.perf_counter() - started, 6)
    return verdict.model_copy(update={"id": question.id, "seconds": taken})


def explain_lines(lines: Iterable[str], *, folder: Path) -> Iterable[Verdict]:
    """The verdicts on a batch: a question a line, as JSON, with files below `folder`."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            question = Question.model_validate_json(line)
            raw = (folder / question.file).read_bytes()
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, part['loc'])) or 'line'}: {part['msg']}"
                for part in error.errors()
            )
            yield Verdict(id=f"line {number}", error=f"Line {number} is no question: {wrong}")
        except OSError as error:
            yield Verdict(id=question.id, error=f"{question.file!r} cannot be read: {error}")
        else:
            yield explain(raw, question)


def _verdict(raw: bytes, question: Question) -> Verdict:
    now = datetime.now(UTC)
    head = HEAD_END.split(raw, maxsplit=1)[0] + b"\n\n"
    envelope = read_envelope(
        head, id="explained", received_at=now, return_path=question.envelope_from
    )
    message = read_message(raw, envelope=envelope)
    me = frozenset(normal_address(address) for address in question.me)
    settings = PolicySettings(recipient_delimiter=question.recipient_delimiter)
    veto = judge(envelope, me=me, message=message, settings=settings) or hold(
        envelope, me=me, settings=settings
    )
    if veto is not None:
        return Verdict(reason=f"{veto.rule}: {veto.reason}", new_text=message.new_text)
    return _answered(message, question, now=now)


def _answered(message: Message, question: Question, *, now: datetime) -> Verdict:
    account, *aliases = (Address(handle=address) for address in question.me)
    outgoing = answering.build(
        message, BODY, account=account, aliases=tuple(aliases), key=KEY, now=now
    )
    return Verdict(
        respond=True,
        reply_to=outgoing.to.handle,
        subject=outgoing.subject,
        in_reply_to=outgoing.in_reply_to,
        references=outgoing.references,
        new_text=message.new_text,
        reply_b64=base64.b64encode(write(outgoing, key=KEY)).decode(),
    )
