"""The rules that look at the marks which chat services give their messages."""

from .policy_case import Case


def from_bot(case: Case) -> bool:
    return _is_labelled(case, "bot")


def overheard(case: Case) -> bool:
    return _is_labelled(case, "overheard")


def _is_labelled(case: Case, label: str) -> bool:
    """Whether the provider gave it this mark. In mail a label is whatever its owner calls one."""
    return not case.is_mail() and label in case.envelope.labels
