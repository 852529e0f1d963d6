"""What is right and what is wrong, from the double's own record and what the product says."""

from collections import Counter
from dataclasses import dataclass, field
from email.utils import getaddresses
from typing import Any

from .gmail_mailbox import Left
from .letters import BY_HAND, MAY_STAY_SILENT, Lot
from .people import People, Post

GRACE = 1.0
"""A person who answers so shortly before a send cannot be seen any more, in seconds."""
OPEN = {"received", "approved", "sending"}


@dataclass(frozen=True)
class Finding:
    kind: str
    number: int
    lot: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: letter {self.number} ({self.lot}): {self.words}"


@dataclass
class Judgement:
    findings: list[Finding] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    """Why a letter waits for a person that a kinder service would have let be answered."""


Replies = dict[tuple[str, int], dict[str, Any]]


def by_letter(replies: list[dict[str, Any]], accounts: dict[str, str]) -> Replies:
    """Replies by account and number; the number stands in the subject."""
    found: Replies = {}
    for one in replies:
        number = one["subject"].partition("Question ")[2].partition(":")[0]
        if number.isdigit() and "older" not in one["subject"]:
            found[accounts.get(one["connection_id"], ""), int(number)] = one
    return found


def judge(people: People, replies: Replies) -> Judgement:
    judged = Judgement()
    with people.gmail.lock:
        ours = [one for one in people.gmail.left() if one.by != "hand"]
        matched: set[int] = set()
        for post in people.posts:
            mine = [one for one in ours if belongs(one, post)]
            matched |= {id(one) for one in mine}
            _judge_one(post, mine, replies, judged)
        for one in ours:
            if id(one) not in matched and one.mail.header("Subject").startswith("[Orchestre]"):
                judged.figures["notices"] += 1
            elif id(one) not in matched:
                words = f"{one.mail.header('To')} {one.mail.header('Subject')}"
                judged.findings.append(Finding("to nobody's letter", -1, "", words))
        for box in people.gmail.boxes.values():
            judged.figures["drafts that stay behind"] += len(box.drafts)
        for leak in people.gmail.leaks:
            judged.findings.append(Finding("credentials or content leaked", -1, "", leak))
        for trouble in people.gmail.wire.trouble:
            judged.findings.append(Finding("the double is wrong", -1, "", trouble))
    return judged


def belongs(one: Left, post: Post) -> bool:
    if one.account != post.box.address:
        return False
    return one.mail.header("In-Reply-To") == post.letter.message_id or (
        one.mail.thread == post.mail.thread
    )


def _judge_one(post: Post, mine: list[Left], replies: Replies, judged: Judgement) -> None:
    letter, lot = post.letter, post.letter.lot
    reply = replies.get((letter.account, letter.number))
    status = reply["status"] if reply else "unknown here"
    judged.figures["letters"] += 1
    judged.figures["sent"] += len(mine)
    judged.figures[f"status {status}"] += 1

    def find(kind: str, words: str) -> None:
        why = f"; here {status}: {reply['rule']} {reply['reason']}" if reply else "; unknown here"
        judged.findings.append(Finding(kind, letter.number, lot.value, words + why))

    if len(mine) > 1:
        times = ", ".join(f"{one.by} at +{one.at - post.arrived_at:.1f}" for one in mine)
        find("answered twice", times)
    for one in mine:
        for words in misplaced(one, post):
            find("misplaced", words)
    if lot is Lot.MACHINE:
        if mine:
            find("a machine was answered", "")
        return
    _judge_silence(post, mine, reply, judged, find)
    if lot in BY_HAND:
        _judge_by_hand(post, mine, judged, find)


def _judge_silence(
    post: Post, mine: list[Left], reply: dict[str, Any] | None, judged: Judgement, find: Any
) -> None:
    lot = post.letter.lot
    if mine:
        known = ("sent", "uncertain", "awaiting_approval", "failed")
        by_hand = reply and reply["rule"] == "P4" and {one.by for one in mine} == {"draft"}
        if reply and reply["status"] not in known and not by_hand:
            find("sent, and not known here", "")
        return
    if reply and reply["status"] == "sent":
        find("never sent, and said to be", "")
    if lot in MAY_STAY_SILENT or lot in BY_HAND:
        return
    if reply and reply["needs_you"]:
        if lot not in (Lot.IMPORTED, Lot.DRAFT_DELETED):
            judged.waiting[f"{lot.value}: {reply['rule']} {reply['reason']}"] += 1
        return
    find("lost", "neither answered nor waiting for a person")


def _judge_by_hand(post: Post, mine: list[Left], judged: Judgement, find: Any) -> None:
    """Late are answers that were asked to be sent when the person's was there to be seen."""
    for one in mine:
        ahead = one.asked_at - post.answered_at
        if not post.answered_at or ahead <= 0:
            continue
        if ahead <= GRACE or post.letter.lot in (Lot.HAND_AT_DRAFT, Lot.HAND_AT_SEND):
            judged.figures["sent although answered by hand since our look"] += 1
            longest = max(judged.figures["of those, the longest gap in ms"], int(ahead * 1000))
            judged.figures["of those, the longest gap in ms"] = longest
            continue
        find("sent after a person had answered", f"{ahead:.1f} s before it was asked to be sent")


def misplaced(one: Left, post: Post) -> list[str]:
    mail, letter = one.mail, post.letter
    wrong = []
    if mail.thread != post.mail.thread:
        wrong.append("it is in another thread")
    if mail.header("In-Reply-To") != letter.message_id:
        wrong.append(f"In-Reply-To is {mail.header('In-Reply-To')!r}")
    references = mail.header("References").split()
    if not references or references[-1] != letter.message_id:
        wrong.append(f"References end with {references[-1:]}")
    if missing := set(post.mail.header("References").split()) - set(references):
        wrong.append(f"References lack {sorted(missing)}")
    to = [a.lower() for name in ("To", "Cc", "Bcc") for _, a in getaddresses([mail.header(name)])]
    if [one for one in to if one] != [letter.answer_to]:
        wrong.append(f"it went to {to}")
    who = [a.lower() for _, a in getaddresses([mail.header("From")])]
    if who != [letter.account]:
        wrong.append(f"it is from {who}")
    if "199" not in mail.parsed().as_string():
        body = mail.parsed().get_body()
        if body is None or "199" not in body.get_content():
            wrong.append("it does not say the price")
    return wrong
