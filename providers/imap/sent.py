"""What has gone out, as far as a mailbox shows it."""

import re

from core.messages import KEY_HEADER, Envelope
from providers.mail import mime

from .responses import Row
from .session import HEADER, Session, quoted

USUAL_NAMES = ("sent", "sent items", "sent messages", "sent mail")
MAX_ANSWERS = 50
KEY = KEY_HEADER.lower()


def find_folder(session: Session) -> str:
    """The folder of sent mail: as the server marks it, or by one of its usual names."""
    folders = session.folders()
    marked = [name for name, marks in folders.items() if r"\Sent" in marks]
    named = [name for name in folders if re.split("[./]", name)[-1].lower() in USUAL_NAMES]
    return next(iter(marked + named), "Sent")


def find_copy(session: Session, folder: str, *, key: str) -> Row | None:
    """The mail in `folder` that carries our key."""
    session.examine(folder)
    # A search finds parts of words, too.
    found = session.search(f"HEADER {KEY_HEADER} {quoted(key)}")
    copies = session.fetch(found, HEADER)
    return next((copy for copy in copies if key in _headers(copy).values(KEY)), None)


def names(session: Session, folder: str, *, message_id: str) -> bool:
    """Whether a mail in `folder` that is not ours answers, or goes back to, `message_id`."""
    wanted = quoted(message_id)
    if not wanted or folder not in session.folders():
        return False
    session.examine(folder)
    found = session.search(f"OR HEADER In-Reply-To {wanted} HEADER References {wanted}")
    answers = session.fetch(found[-MAX_ANSWERS:], HEADER)
    return any(not _headers(answer).values(KEY) for answer in answers)


def _headers(row: Row) -> Envelope:
    return mime.read_envelope(row.raw, id=str(row.uid), received_at=row.received_at)
