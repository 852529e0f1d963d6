"""Customers who write, and an owner who uses the same mailbox by hand."""

import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .gmail import Gmail
from .gmail_mailbox import Mail, Mailbox
from .letters import GENTLE, ROUGH, Letter, Lot, answer_of, write


@dataclass
class Post:
    """A letter that lies in its mailbox."""

    letter: Letter
    box: Mailbox
    mail: Mail
    arrived_at: float
    answered_at: float = 0.0
    """When a person has answered it by hand; 0 while nobody has."""


@dataclass
class People:
    gmail: Gmail
    seed: int
    count: int
    rough: float = 0.45
    """The part of the letters that something befalls."""
    lot: Lot | None = None
    """What befalls all of them."""
    posts: list[Post] = field(default_factory=list)

    def letters(self) -> list[Letter]:
        dice = random.Random(f"letters {self.seed}")
        accounts = sorted(self.gmail.boxes)
        made = []
        for number in range(self.count):
            lots = ROUGH if dice.random() < self.rough else GENTLE
            lot = lots[number % len(lots)] if lots is ROUGH else dice.choice(lots)
            made.append(write(number, dice.choice(accounts), self.lot or lot, dice))
        return made

    def write_for(self, seconds: float) -> threading.Thread:
        thread = threading.Thread(target=self._write, args=(seconds,), daemon=True)
        thread.start()
        return thread

    def _write(self, seconds: float) -> None:
        dice = random.Random(f"pace {self.seed}")
        letters = self.letters()
        for at in range(0, len(letters), 5):
            for letter in letters[at : at + 5]:
                self.deliver(letter, dice)
            time.sleep(seconds * 5 / len(letters))

    def deliver(self, letter: Letter, dice: random.Random) -> None:
        lot, box, gmail = letter.lot, self.gmail.boxes[letter.account], self.gmail
        with gmail.lock:
            thread = ""
            if letter.before:
                older = box.put(letter.before, [], at_ms=int((time.time() - 86_400) * 1000))
                thread = older.thread
            labels = ["SPAM"] if lot is Lot.UNSPAMMED else ["INBOX", "UNREAD"]
            ago = {Lot.IMPORTED: 3 * 3_600, Lot.HAND_FIRST: 5}.get(lot, 0)
            past = int((time.time() - ago) * 1000)
            unread = 1.5 if lot is Lot.LATE_READ else 0.0
            mail = box.put(letter.raw, labels, thread=thread, at_ms=past, unread=unread)
            post = Post(letter, box, mail, time.monotonic())
            self.posts.append(post)
            box.meddlers[mail.thread] = self._meddler(post)
            if lot is Lot.HAND_FIRST:
                self._by_hand(post)
        self._later(post, dice)

    def _later(self, post: Post, dice: random.Random) -> None:
        lot, box, mail = post.letter.lot, post.box, post.mail
        act: dict[Lot, Callable[[], object]] = {
            Lot.HAND_SOON: lambda: self._by_hand(post),
            Lot.RELISTED: lambda: self._fiddle(post),
            Lot.UNSPAMMED: lambda: box.relabel(mail, add=("INBOX",), remove=("SPAM",)),
            Lot.DELETED: lambda: box.drop(mail),
            Lot.TRASHED: lambda: box.relabel(mail, add=("TRASH",), remove=("INBOX",)),
            Lot.SPAMMED: lambda: box.relabel(mail, add=("SPAM",), remove=("INBOX",)),
        }
        if lot in act:
            self._after(dice.choice((0.05, 0.5, 2.0, 4.0)), act[lot])

    def _after(self, seconds: float, act: Callable[[], object]) -> None:
        def locked() -> None:
            with self.gmail.lock:
                act()

        timer = threading.Timer(seconds, locked)
        timer.daemon = True
        timer.start()

    def _fiddle(self, post: Post) -> None:
        post.box.relabel(post.mail, add=("IMPORTANT",), remove=("UNREAD",))
        post.box.relabel(post.mail, add=("STARRED", "UNREAD"), remove=("IMPORTANT",))
        self._after(3, lambda: post.box.relabel(post.mail, remove=("STARRED",)))

    def _by_hand(self, post: Post) -> None:
        """In Gmail's own window, or in that of another program, under the account or an alias."""
        if post.answered_at:
            return
        number = post.letter.number
        who = post.box.address if number % 3 else post.box.aliases[0]
        raw = answer_of(post.letter, who, number)
        post.box.send(raw, post.mail.thread, by="hand", asked_at=time.monotonic())
        post.answered_at = time.monotonic()

    def _meddler(self, post: Post) -> Callable[[str, str], None]:
        lot, box = post.letter.lot, post.box

        def meddle(moment: str, draft: str) -> None:
            at_send = moment == "send"
            if (lot, at_send) in ((Lot.HAND_AT_DRAFT, False), (Lot.HAND_AT_SEND, True)):
                self._by_hand(post)
            if lot is Lot.DRAFT_SENT_AT_ONCE and not at_send and not post.answered_at:
                box.send_draft(draft, by="draft", asked_at=time.monotonic())
                post.answered_at = time.monotonic()
            if not at_send or draft not in box.drafts:
                return
            if lot is Lot.DRAFT_DELETED:
                box.drop(box.mails[box.drafts.pop(draft)])
            if lot is Lot.DRAFT_EDITED:
                lying = box.mails[box.drafts[draft]]
                lying.raw = edited(lying.raw)
            if lot in (Lot.DRAFT_EDITED, Lot.DRAFT_SENT):
                box.send_draft(draft, by="draft", asked_at=time.monotonic())
                post.answered_at = time.monotonic()

        return meddle


def edited(raw: bytes) -> bytes:
    """As Gmail's own window makes a draft anew: the headers that it does not know are gone."""
    head, gap, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    kept = re.compile(rb"(?i)(from|to|cc|subject|in-reply-to|references|mime-version|content-)")
    lines = re.sub(rb"\n(?=[ \t])", b"\r", head).split(b"\n")
    left = [one.replace(b"\r", b"\n") for one in lines if kept.match(one)]
    return b"\n".join(left) + gap + body
