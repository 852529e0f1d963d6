"""Which messages a machine must not answer, and why. Pure.

Two machines that answer each other never stop. So every rule is a veto that nothing overrides:
the first in the table wins. Only the outermost headers count, and of a repeated header every
value does.
"""

from collections.abc import Callable
from typing import NamedTuple

from core.messages import Envelope, Message

from . import policy_chat as chat
from . import policy_headers as headers
from . import policy_mail as mail
from .policy_case import DEFAULT, Case, PolicySettings, Veto
from .policy_people import normal_address

__all__ = ["DEFAULT", "RULES", "PolicySettings", "Veto", "hold", "judge", "normal_address"]


class Rule(NamedTuple):
    """One veto: what it is called, where it comes from, and how it is found."""

    id: str
    source: str
    words: str
    applies: Callable[[Case], bool]


RULES = (
    Rule("S5", "RFC 3834 2, RFC 5321 4.5.5", "It names no sender to answer.", headers.null_sender),
    Rule("S1", "RFC 3834 5, RFC 5230 4.6", "It was sent automatically.", headers.auto_submitted),
    Rule("L1", "RFC 2369, 2919, 8058", "It was sent to a mailing list.", headers.mailing_list),
    Rule("L2", "mailing list software", "It was sent by a list server.", headers.list_server),
    Rule("L3", "RFC 2076", "It was sent in bulk.", headers.bulk),
    Rule(
        "S3",
        "MS-OXCMAIL 2.1.3.2.20",
        "Its sender asks for no automatic answer.",
        headers.suppressed,
    ),
    Rule("S2", "vendors' own headers", "It was sent by an autoresponder.", headers.autoresponder),
    Rule("S6", "RFC 3464, 6522, 8098", "It is a delivery report.", mail.report),
    Rule("S7", "RFC 3834 2, RFC 5230 4.6", "It was sent by a mail system.", mail.from_system),
    Rule("S8", "practice", "The sender takes no answers.", mail.from_no_reply),
    Rule("S6", "practice", "It reads like a delivery report.", mail.worded_report),
    Rule("S4", "practice", "It is an automatic reply.", mail.automatic_reply),
    Rule("R3", "RFC 5230 4.5", "It came from this account itself.", mail.from_me),
    Rule("R1", "RFC 3834 2, RFC 5230 4.5", "It is not addressed to this account.", mail.not_to_me),
    Rule("R1", "practice", "It went to a great many people.", mail.to_many),
    Rule("K1", "RFC 5546, 6047", "It is for the calendar, not for a letter.", mail.calendar),
    Rule("S9", "spam and virus filters", "It is marked as spam or in the bin.", headers.spam),
    Rule("P2", "RFC 5321 6.3", "It goes round in a loop.", headers.loop),
    Rule("T0", "", "There is nothing new in it to answer.", mail.nothing_new),
    Rule("F0", "bulk senders' practice", "It belongs to a mail campaign.", mail.campaign),
    Rule("A2", "RFC 5322 3.6.2", "There is nobody whom it could be answered to.", mail.nobody),
)

CHAT_RULES = (
    Rule("C1", "the services' own marks", "It was sent by a bot.", chat.from_bot),
    Rule("R1", "practice", "It was said to others, within earshot.", chat.overheard),
)
"""What is asked first of a message without headers."""


def judge(
    envelope: Envelope,
    *,
    me: frozenset[str],
    message: Message | None = None,
    settings: PolicySettings = DEFAULT,
) -> Veto | None:
    """Why a machine must not answer; `None` when it may. Ask again once the body was read."""
    case = Case(envelope=envelope, me=me, message=message, settings=settings)
    for rule in (*CHAT_RULES, *RULES):
        if rule.applies(case):
            unreadable = case.problem() if rule.id == "T0" else ""
            return Veto(rule=rule.id, reason=unreadable or rule.words)
    return None


def hold(
    envelope: Envelope,
    *,
    me: frozenset[str],
    message: Message | None = None,
    settings: PolicySettings = DEFAULT,
) -> Veto | None:
    """Why a person should look at the answer before it goes; `None` when nobody need."""
    case = Case(envelope=envelope, me=me, message=message, settings=settings)
    if mail.only_in_copy(case) and not settings.answer_copies:
        return Veto(rule="R1", reason="This account got it as a copy only.")
    if wordless := mail.wordless(case):
        return Veto(rule="T0", reason=wordless)
    return None
