"""Moments: always aware, always UTC inside, ISO 8601 at every border (RFC 3339 profile)."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tocsin.domain.errors import Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Where what has no moment stands in an order of moments.
END_OF_TIME = datetime.max.replace(tzinfo=UTC)
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
#: The moments that steps and clocks may start from.
MOMENT_NAMES = (
    "occurred_from",
    "occurred_to",
    "detected_at",
    "suspected_at",
    "aware_at",
    "violation_found_at",
    "incident_found_at",
    "processor_aware_at",
    "told_by_processor_at",
    "contained_at",
    "restored_at",
    "incident_ended_at",
)
#: Moments that follow from others until a person decides; the earliest known one counts.
_FOLLOWING = {
    "violation_found_at": ("detected_at", "aware_at"),
    "incident_found_at": ("detected_at",),
}
#: Years that somebody may mean. What lies beyond is mistyped, and near the calendar's ends no clock can count.
YEARS = range(1900, 2200)


#: How a person writes one.
LIKE = "write a moment with its offset, like 2026-11-24T02:40+07:00"


def stand_ins(name: str) -> tuple[str, ...]:
    """The moments that a moment follows while nobody has decided it."""
    return _FOLLOWING.get(name, ())


def parse_moment(text: str) -> datetime:
    """A moment from ISO 8601 text with a zone, as UTC; refused if naive, malformed, or in a year nobody means."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused(f"{text!r} is not a moment; write it like 2026-11-24T02:40+07:00") from None
    if moment.year not in YEARS:
        raise Refused(f"{text!r} is in the year {moment.year}; correct the year")
    if moment.tzinfo is None:
        if len(day := text.strip()) == len("2026-11-24"):
            raise Refused(f"{text!r} has no time; add it with its zone, like {day}T02:40+07:00")
        raise Refused(f"{text!r} has no zone; add one, like {text.strip()}+07:00")
    return moment.astimezone(UTC)


def in_microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 in UTC, exact: the number in which logs are compared."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(microseconds: int) -> datetime:
    """The moment so many microseconds after 1970 began in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


@cache
def zone(name: str) -> ZoneInfo:
    """A zone of the IANA database. ZoneInfo itself forgets all but eight, and laws stand in forty."""
    return ZoneInfo(name)


@cache
def midnight(day: date, zone_name: str) -> datetime:
    """The first moment of a day in a zone, in UTC."""
    return datetime.combine(day, time(0), zone(zone_name)).astimezone(UTC)


def iso(moment: datetime) -> str:
    """The one way moments are written: UTC, ISO 8601, microseconds only where there are any."""
    if moment.tzinfo is None:
        raise ValueError("a naive moment reached the border")
    return moment.astimezone(UTC).isoformat()
