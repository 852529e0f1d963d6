"""Says of any mail whether a machine may answer it, and with what: by the functions that do."""

import base64
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from core.errors import OrchestreError
from core.messages import Address, Message
from core.pace import PACE, Pace
from providers.mail.headers import read_block
from providers.mail.mime import read_envelope, read_message, write

from . import answering
from .policy import DEFAULT, PolicySettings, Veto, hold, judge, normal_address
from .questions import Question, Step, Verdict
from .scenarios import Scenario

__all__ = ["PolicySettings", "Question", "Step", "Verdict", "explain", "explain_lines"]

BODY = "Thank you for your message. This is where the answer would be.\n"
"""What stands in an explained answer instead of words that depend on a catalogue."""
KEY = "explained"
"""Stands in for the id of a reply, and of a message."""


def explain(raw: bytes, question: Question, *, policy: PolicySettings = DEFAULT) -> Verdict:
    """The verdict on one mail. Never raises, whatever the mail is."""
    return _Account(question, policy=policy, pace=PACE).explain(raw, _alone(question))


def explain_lines(
    lines: Iterable[str], *, folder: Path, policy: PolicySettings = DEFAULT, pace: Pace = PACE
) -> Iterable[Verdict]:
    """The verdicts on a batch: a question a line, as JSON, with files below `folder`.

    The steps of a scenario have a verdict each, `id` being the scenario's, `#` and the place of
    the step, counted from 0.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            question = Question.model_validate_json(line)
        except ValidationError as error:
            wrong = "; ".join(
                f"{'.'.join(map(str, part['loc'])) or 'line'}: {part['msg']}"
                for part in error.errors()
            )
            yield Verdict(id=f"line {number}", error=f"Line {number} is no question: {wrong}")
        else:
            yield from _Account(question, policy=policy, pace=pace).explain_files(folder)


def _alone(question: Question) -> Step:
    return Step(file=question.file, env_from=question.envelope_from)


class _Account:
    """The account that a question is about, and what it remembers."""

    def __init__(self, question: Question, *, policy: PolicySettings, pace: Pace) -> None:
        chosen = question.recipient_delimiter
        self._question = question
        self._policy = (
            policy if chosen is None else policy.model_copy(update={"recipient_delimiter": chosen})
        )
        self._me = frozenset(normal_address(address) for address in question.me)
        self._scenario = Scenario(pace)

    def explain_files(self, folder: Path) -> Iterable[Verdict]:
        id = self._question.id
        for number, step in enumerate(self._question.steps or (_alone(self._question),)):
            try:
                verdict = self.explain((folder / step.file).read_bytes(), step)
            except OSError as error:
                verdict = Verdict(id=id, error=f"{step.file!r} cannot be read: {error}")
            yield verdict.evolve(id=f"{id}#{number}") if self._question.steps else verdict

    def explain(self, raw: bytes, step: Step) -> Verdict:
        started = time.perf_counter()
        try:
            verdict = self._verdict(raw, step)
        except OrchestreError as error:
            verdict = Verdict(reason=str(error))
        except Exception as error:  # whatever it was, the others of a batch go on
            verdict = Verdict(error=f"{type(error).__name__}: {error}")
        taken = round(time.perf_counter() - started, 6)
        return verdict.evolve(id=self._question.id, seconds=taken)

    def _verdict(self, raw: bytes, step: Step) -> Verdict:
        now = self._scenario.time_of(step)
        envelope = read_envelope(
            raw[: read_block(raw).body_at],
            id=KEY,
            received_at=now,
            labels=step.labels(),
            return_path=step.env_from,
        )
        message = read_message(raw, envelope=envelope)
        if step.is_sent():
            self._scenario.note_sent(message)
        if veto := self._veto(message) or self._scenario.veto(message, step):
            return Verdict(reason=f"{veto.rule}: {veto.reason}", new_text=message.new_text)
        verdict = self._answered(message, now=now)
        self._scenario.answer(message, now=now)
        return verdict

    def _veto(self, message: Message) -> Veto | None:
        envelope = message.envelope
        veto = judge(envelope, me=self._me, message=message, settings=self._policy)
        return veto or hold(envelope, me=self._me, message=message, settings=self._policy)

    def _answered(self, message: Message, *, now: datetime) -> Verdict:
        account, *aliases = (Address(handle=address) for address in self._question.me)
        outgoing = answering.build(
            message,
            BODY,
            account=account,
            aliases=tuple(aliases),
            key=KEY,
            now=now,
            delimiter=self._policy.recipient_delimiter,
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
