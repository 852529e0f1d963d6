"""That the database was put back to an earlier state, so that it has forgotten what was sent."""

from datetime import datetime

from .records import Record


class Restoration(Record):
    """The last one. What came in before it was noticed may have been answered already."""

    noticed_at: datetime
