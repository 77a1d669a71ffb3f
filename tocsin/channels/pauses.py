"""Pauses: for how long the other side asks us to wait, read with suspicion."""

import math
from datetime import datetime
from email.utils import parsedate_to_datetime

_UNREADABLE = 10.0  # seconds, where the header is missing or makes no sense
_LONGEST = 3600.0


def retry_after(header: str | None, now: datetime) -> float:
    """Seconds to wait by a `Retry-After` header, which is a number or an HTTP date (RFC 9110, 10.2.3).

    Never negative, an hour at most; 10 where the header is missing or makes no sense.
    """
    try:
        pause = float(header or "")
    except ValueError:
        try:
            pause = (parsedate_to_datetime(header or "") - now).total_seconds()
        except (ValueError, TypeError):  # TypeError: a date without a zone
            return _UNREADABLE
    return min(max(pause, 0.0), _LONGEST) if math.isfinite(pause) else _UNREADABLE
