"""Logs as lines of JSON: an event name, and facts as fields.

Never a body, a token or an address.
"""

import json
import logging
import logging.handlers
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
"""One id from a request, through its tasks, to the calls that they make."""

MAX_BYTES = 5_000_000
KEPT_FILES = 4
SECRET_WORDS = ("password", "secret", "token", "api_key", "authorization", "credential")

CHATTY = (
    "alembic",
    "celery.app.trace",
    "celery.beat",
    "celery.worker.strategy",
    "httpcore2",
    "httpx2",
    "mail.log",
    "openai",
    "urllib3",
)
"""Libraries that would write a line or more a second; only their warnings are kept."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {
    "asctime",
    "color_message",
    "message",
    "taskName",
}


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "event": record.getMessage(),
            "logger": record.name,
        }
        if correlation := correlation_id.get():
            line["correlation_id"] = correlation
        line |= {
            name: "[redacted]" if is_secret(name) else value
            for name, value in vars(record).items()
            if name not in _OWN
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def is_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS)


def configure(level: str = "INFO", *, file: Path | None = None) -> None:
    """Send every log line to `file`, which is rotated, or to standard error."""
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            file, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
        )
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
