"""How work is done, and how much is answered, and what."""

from pydantic import Field, SecretStr

from .services import ServiceSettings


class AnswerSettings(ServiceSettings):
    worker_threads: int = Field(default=16, ge=1, le=256)
    """How many pieces of work one worker does at a time."""
    hints: bool = True
    """Whether a delivery to the local mail door makes its feed due at once."""
    effect_seconds: float = Field(default=660, ge=1, le=700)
    """Deadline of one send, in seconds. SMTP waits 10 minutes for the final dot (RFC 5321)."""
    settle_seconds: float = Field(default=60, ge=0, le=3600)
    """How long to wait before the absence of a sent answer counts, in seconds."""
    retry_seconds: float = Field(default=30, gt=0, le=3600)
    """How long a service that is not available is left alone at first, in seconds."""
    deaf_seconds: float = Field(default=60, ge=2, le=3600)
    """A worker that has consumed nothing for this long ends itself, in seconds."""

    silence_seconds: int = Field(default=300, ge=30, le=86_400)
    """So long after two intervals without a good look an account counts as silent, in seconds."""
    canary_minutes: int = Field(default=0, ge=0, le=10_080)
    """How often each account whose bot is on writes to itself, as a proof; 0 for never."""
    alert_webhook_url: SecretStr | None = None
    """Address (https) that is called with each alert; whoever knows it can write there."""
    metrics_token: SecretStr | None = None
    """Bearer token that opens GET /metrics, for Prometheus; closed when empty."""

    cap_per_sender_day: int = Field(default=3, ge=0)
    """Automatic answers to one sender in a day."""
    cap_per_thread: int = Field(default=5, ge=0)
    """Automatic answers in one thread."""
    cap_per_connection_day: int = Field(default=200, ge=0)
    """Automatic answers from one account in a day."""
    cap_per_owner_day: int = Field(default=200, ge=0)
    """Automatic answers of one owner, over all accounts, in a day."""
    cap_fresh_connection_day: int = Field(default=20, ge=0)
    """Automatic answers in a day from an account that was linked less than a week ago."""

    pace_window_minutes: int = Field(default=180, ge=1, le=10_080)
    """The time within which the pace of one correspondent is counted, in minutes."""
    pace_per_thread: int = Field(default=5, ge=1)
    """Points in a conversation: 1 a mail, 2 within 2 minutes of our answer, all within 30 s."""
    pace_per_sender: int = Field(default=10, ge=1)
    """Points of one correspondent over all conversations."""
    pace_same_text_days: int = Field(default=7, ge=0, le=365)
    """How long the same words of one sender are not answered again, in days."""
    pace_breaker: int = Field(default=3, ge=0)
    """So many senders who write too fast within an hour hold the bot back; 0 for never."""

    recipient_delimiter: str = Field(default="+", max_length=1)
    """What parts a sub-address from its address, as in sales+berlin@your-shop.example."""
    max_recipients: int = Field(default=20, ge=1)
    """Mail to more addresses than this is not answered."""
    answer_copies: bool = False
    """Send without asking what answers mail that the account got as a copy (Cc) only."""
    answer_contact_forms: bool = False
    """Answer a person's Reply-To where the sender is a no-reply address."""
    answer_postmaster: bool = False
    """Answer mail from a postmaster."""
    answer_calendar: bool = False
    """Answer invitations by mail."""
    answer_thanks: bool = False
    """Answer mail that says nothing but thanks."""
    answer_campaigns: bool = False
    """Answer mail with the marks of marketing or of a CRM."""
    authserv_ids: str = ""
    """Mail servers whose Authentication-Results count, besides those of your own domain."""
    max_scl: int = Field(default=5, ge=-1, le=10)
    """Exchange's spam confidence level from which mail is not answered; 10 for never."""
