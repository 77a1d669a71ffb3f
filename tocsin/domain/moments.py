"""Moments: always aware, always UTC inside, ISO 8601 at every border (RFC 3339 profile)."""

from datetime import UTC, datetime

from tocsin.domain.errors import Refused

#: The moments at which somebody of the house knew of the breach or was told. Until a clock's own moment is learned it
#: runs from the earliest of these, which is never too late.
KNOWING = (
    "detected_at",
    "suspected_at",
    "told_by_processor_at",
    "aware_at",
    "violation_found_at",
    "incident_found_at",
)

#: Other years are slips of the pen. At the ends of the calendar no zone and no period could be counted.
_FIRST_YEAR, _YEAR_AFTER = 1900, 2200


def parse_moment(text: str) -> datetime:
    """A moment from ISO 8601 text with a zone, as UTC; naive, malformed or absurd text is refused."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(f"{text!r} is not a moment; write it like 2026-11-24T02:40+07:00") from None
    if moment.tzinfo is None:
        raise Refused(f"{text!r} has no zone; add one, like {text.strip()}+07:00")
    if not _FIRST_YEAR <= moment.year < _YEAR_AFTER:
        raise Refused(f"{text!r} lies outside the years {_FIRST_YEAR} to {_YEAR_AFTER - 1}; correct its year")
    return moment.astimezone(UTC)


def iso(moment: datetime) -> str:
    """The one way moments are written: UTC, ISO 8601, microseconds only where there are any."""
    if moment.tzinfo is None:
        raise ValueError("a naive moment reached the border")
    return moment.astimezone(UTC).isoformat()
