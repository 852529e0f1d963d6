"""What a person reads of an answer that was sent."""

from email.message import EmailMessage


def words(mail: EmailMessage) -> str:
    """The plain form of it; its lines end as the standard library hands them out."""
    plain = mail.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())
