"""Which checks there are, and what each is made of."""

from collections.abc import Iterator

from services.doctor import Finding
from services.kms import check_kms

from . import reading, writing
from .base import Check, Place, proven


def kms(place: Place) -> Iterator[Finding]:
    yield proven("kms", check_kms(place.app.settings))


LIVE: dict[str, Check] = {
    "gmail": Check(
        (
            reading.account,
            reading.news,
            reading.forgotten_place,
            reading.told_of_news,
            writing.a_mail_to_itself,
        )
    ),
    "outlook": Check(
        (reading.account, reading.news, reading.told_of_news, writing.a_mail_to_itself)
    ),
    "imap": Check(
        (
            reading.account,
            reading.news,
            reading.forgotten_place,
            writing.a_mail_to_itself,
            writing.server_copies,
        )
    ),
    "slack": Check((reading.account, reading.news, reading.told_of_news, reading.last_answer)),
    "telegram": Check((reading.account, reading.next_page, reading.told_of_news)),
    "kms": Check((kms,), needs_account=False),
}
"""By the name that is typed. A new check is one more line here."""
