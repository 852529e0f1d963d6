"""Whether any value taken from a mail can make a header: `python -m bench.answers`.

Sends hostile values through the sanitiser, and every twentieth of them every way that a value takes
into a header; builds complete answers to mails that consist of them, and reads each again octet by
octet and by the standard library. Prints one JSON object: counts, findings, and rates.
`--values N --answers N --seed N` choose how much.
"""

import argparse
import json
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

from core.errors import Refused
from core.messages import Address, Message
from providers.mail.mime import read_envelope, read_message, write
from services import answering
from tests.services import answer_reader, sanitisers
from tests.services.hostile_values import Values

PROCESSES = 2
EVERY = 20
"""Of so many values one goes every way that a value takes into a header."""
SHARE = 20_000
"""Values of one task: a seed each."""
ANSWERS_SHARE = 1_000
NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
SHOP = Address(handle="shop@example.com", name="The Shop")
BODY = "Guten Tag,\n\nit is 99 €.\n-- \nThe Shop\n"
SHOWN = 20
LONGEST = 2_000
"""Characters of a finding that is printed."""


class Share(NamedTuple):
    """What one task is to do, and can be told to do again."""

    seed: int
    count: int


class Outcome(NamedTuple):
    """What became of one share."""

    share: Share
    done: int
    refused: int
    seconds: float
    findings: list[str]


def check_values(share: Share) -> Outcome:
    values = Values(share.seed)
    started = time.process_time()
    findings: list[str] = []
    for number in range(share.count):
        octets = values.octets()
        found = sanitisers.faults_of_cleaning(octets)
        if number % EVERY == 0:
            text = values.value()
            found += sanitisers.faults(octets)
            found += [f"{fault} of {text!r}" for fault in sanitisers.faults_of_text(text)]
        findings += [f"{fault} of {octets!r}" for fault in found]
    return Outcome(share, share.count, 0, time.process_time() - started, findings)


def check_answers(share: Share) -> Outcome:
    values = Values(share.seed)
    started = time.process_time()
    findings: list[str] = []
    done = refused = 0
    while done < share.count:
        mail = values.mail()
        try:
            found = faults_of_answer(mail)
        except Refused:
            refused += 1
            continue
        done += 1
        findings += [f"{fault} of {mail!r}" for fault in found]
    return Outcome(share, done, refused, time.process_time() - started, findings)


def faults_of_answer(mail: bytes) -> list[str]:
    """What is wrong with the answer to one mail; `Refused` when there is none."""
    message = read(mail)
    outgoing = answering.build(message, BODY, account=SHOP, key="k", now=NOW)
    raw = write(outgoing, key="k")
    found = answer_reader.faults(raw, outgoing)
    if write(outgoing, key="k") != raw:
        found.append("written twice, it is another")
    if b"\nReply-To:" not in b"\n" + mail and outgoing.to.handle != sanitisers.BOB:
        found.append(f"it goes to {outgoing.to.handle!r}")
    return found


def read(mail: bytes) -> Message:
    return read_message(mail, envelope=read_envelope(mail, id="1", received_at=NOW))


def run(check: Callable[[Share], Outcome], total: int, share: int, seed: int) -> dict[str, object]:
    """Everything in shares over all processes, summed."""
    shares = [Share(seed + at, min(share, total - at)) for at in range(0, total, share)]
    started = time.perf_counter()
    with ProcessPoolExecutor(PROCESSES) as pool:
        outcomes = list(pool.map(check, shares))
    seconds = time.perf_counter() - started
    cpu = sum(outcome.seconds for outcome in outcomes)
    findings = [
        f"{finding[:LONGEST]} (seed {outcome.share.seed})"
        for outcome in outcomes
        for finding in outcome.findings
    ]
    return {
        "done": sum(outcome.done for outcome in outcomes),
        "refused": sum(outcome.refused for outcome in outcomes),
        "findings": len(findings),
        "kinds": Counter(finding.split(":")[0] for finding in findings).most_common(10),
        "first_findings": findings[:SHOWN],
        "per_second": round(total / seconds) if total else 0,
        "per_second_of_one_core": round(total / cpu) if cpu else 0,
        "seconds": round(seconds, 1),
    }


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--values", type=int, default=10_000_000)
    arguments.add_argument("--answers", type=int, default=200_000)
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    wanted = arguments.parse_args()
    values = run(check_values, wanted.values, SHARE, wanted.seed)
    answers = run(check_answers, wanted.answers, ANSWERS_SHARE, wanted.seed)
    print(json.dumps({"seed": wanted.seed, "values": values, "answers": answers}, indent=1))
    return 1 if values["findings"] or answers["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
