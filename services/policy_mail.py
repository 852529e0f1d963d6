"""The rules that look at addresses, the subject and the body."""

import re

from .asked import has_words, is_thanks, own_subject
from .policy_case import Case
from .policy_people import is_system, normal_address, takes_no_answers, target
from .policy_words import (
    ABSENCE,
    AUTOMATIC_SUBJECT,
    BARE_AUTO,
    BOUNCE_SUBJECT,
    DMARC_SUBJECT,
    FAILED,
    IN_BROWSER,
    QUESTION,
    REPORT_FILE,
)

REPORT_TYPES = frozenset(
    {"multipart/report", "message/delivery-status", "message/disposition-notification"}
    | {"message/feedback-report", "message/global-delivery-status"}
    | {"message/global-disposition-notification"}
)
REPORT_FIELDS = frozenset({"x-failed-recipients", "tls-report-domain", "tls-report-submitter"})
CAMPAIGN_FIELDS = frozenset({"feedback-id", "x-campaign", "x-campaignid", "x-campaign-id"})
CALENDAR_ANSWERS = frozenset({"reply", "cancel"})
OWN_ID = re.compile(r"\s*<[0-9a-f]{32}\.orchestre@")
"""The Message-IDs that answers of this application carry."""
OWN_LABELS = frozenset({"sent", "draft", "drafts"})
BODY_START = 3_000
"""Characters within which an automatic mail says what it is."""


def report(case: Case) -> bool:
    if case.has(REPORT_FIELDS) or DMARC_SUBJECT.match(case.envelope.subject):
        return True
    if any(kind.value in REPORT_TYPES for kind in case.media_types):
        return True
    # RFC 7489 and 8460 name the file, so that no other mail need be opened to tell.
    enclosed = case.message.attachments if case.message else ()
    named = any(REPORT_FILE.fullmatch(one.name) for one in enclosed)
    return named and not QUESTION.search(case.message.new_text if case.message else "")


def worded_report(case: Case) -> bool:
    """A bounce that no header gives away: its subject and its text both say so.

    Who asks is a person whose parcel did not arrive, or who wonders about a bounce of theirs.
    """
    text = case.message.new_text[:BODY_START] if case.message else ""
    if not BOUNCE_SUBJECT.match(case.envelope.subject) or QUESTION.search(text):
        return False
    return bool(FAILED.search(text))


def from_system(case: Case) -> bool:
    postmaster = not case.settings.answer_postmaster
    return any(is_system(handle, postmaster=postmaster) for handle in case.senders)


def from_no_reply(case: Case) -> bool:
    if not any(takes_no_answers(handle) for handle in case.authors):
        return False
    return not (case.settings.answer_contact_forms and case.recipients("reply-to"))


def automatic_reply(case: Case) -> bool:
    """A subject that says so, and one more sign."""
    answers = bool(case.values("in-reply-to", "references"))
    subject = case.envelope.subject
    if BARE_AUTO.match(subject):
        return answers
    found = AUTOMATIC_SUBJECT.match(subject)
    if not found or answers or case.message is None:
        return bool(found and answers)
    text = case.message.new_text[:BODY_START]
    if not QUESTION.search(text):
        return True
    # People give a question such a subject as well, but do not put it before another one.
    return found[0].rstrip().endswith((":", "：")) and bool(ABSENCE.search(text))


def from_me(case: Case) -> bool:
    labels = {label.strip("\\$[]").lower() for label in case.envelope.labels}
    return (
        not OWN_LABELS.isdisjoint(labels)
        or any(case.mine(handle) for handle in case.senders)
        or any(OWN_ID.match(value) for value in case.values("message-id"))
    )


def not_to_me(case: Case) -> bool:
    names = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
    return case.is_mail() and not any(case.mine(one.handle) for one in case.recipients(*names))


def to_many(case: Case) -> bool:
    everybody = {normal_address(one.handle) for one in case.recipients("to", "cc")}
    return len(everybody) > case.settings.max_recipients


def only_in_copy(case: Case) -> bool:
    direct = case.recipients("to", "bcc", "resent-to", "resent-bcc")
    return case.is_mail() and not any(case.mine(one.handle) for one in direct)


def calendar(case: Case) -> bool:
    methods = [
        kind.parameters.get("method", "").lower()
        for kind in case.media_types
        if kind.value == "text/calendar"
    ]
    if not CALENDAR_ANSWERS.isdisjoint(methods):
        return True
    return bool(methods) and not case.settings.answer_calendar


def nothing_new(case: Case) -> bool:
    """Whether nothing is said, anywhere: not even a question goes unseen because it stands in the
    subject, or in what is enclosed."""
    message = case.message
    if message is None:
        return False
    if message.problem:
        return True
    if not has_words(message):
        return not message.attachments and not own_subject(message)
    if case.settings.answer_thanks or not is_thanks(message):
        return False
    return not QUESTION.search(own_subject(message))


def wordless(case: Case) -> str:
    """Why a mail without words of its own is for a person, in words; empty when it is not."""
    message = case.message
    if message is None or has_words(message):
        return ""
    if message.attachments:
        return "It encloses something, and says nothing of it. Look at that."
    if QUESTION.search(own_subject(message)):
        return ""
    return "It says nothing but its subject, and that asks nothing. Look at what is wanted."


def campaign(case: Case) -> bool:
    if case.settings.answer_campaigns:
        return False
    text = case.message.new_text[:BODY_START] if case.message else ""
    return case.has(CAMPAIGN_FIELDS) or _is_verp(case) or bool(IN_BROWSER.search(text))


def _is_verp(case: Case) -> bool:
    """An envelope sender that spells out our address, so that its bounces name us."""
    encoded = {normal_address(own).replace("@", "=") for own in case.me}
    return any(own in path.casefold() for own in encoded for path in case.return_paths)


def nobody(case: Case) -> bool:
    if not case.is_mail():
        return not case.envelope.sender.handle.strip()
    found = target(
        case.recipients("reply-to"),
        case.envelope.sender,
        me=case.me,
        delimiter=case.settings.recipient_delimiter,
    )
    return found is None
