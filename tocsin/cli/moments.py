"""Moments as people write and read them at the shell.

Shown: the organisation's zone with UTC beside it. Written: ISO 8601 with a zone; on a terminal also `02:31`, `-20m`
and `yesterday 23:10`.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tocsin.domain.errors import Refused
from tocsin.domain.moments import parse_moment

#: Within so many days a weekday says which day is meant.
_NEAR = timedelta(days=6)
#: From so many hours on, what is left is said in days.
_LONG = 100
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", re.ASCII)
_AGO = re.compile(r"-((?P<d>\d{1,5})d)?((?P<h>\d{1,5})h)?((?P<m>\d{1,5})m(in)?)?", re.ASCII)
_CLOCK = re.compile(r"((?P<day>today|yesterday|tomorrow) )?(?P<hour>\d{1,2}):(?P<minute>\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}


def spoken(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`Fri 02:40 +07 (19:40Z)`; with the date where the weekday alone would not say which day is meant."""
    local = moment.astimezone(zone)
    day = f"{local:%a}"
    if abs(moment - now) > _NEAR:
        day = f"{local:%a} {local.day} {local:%b}" + (f" {local.year}" if local.year != now.year else "")
    if not local.utcoffset():
        return f"{day} {local:%H:%M}Z"
    offset = f"{local:%z}".removesuffix("00")
    offset = f"{offset[:3]}:{offset[3:]}" if len(offset) > 3 else offset
    return f"{day} {local:%H:%M} {offset} ({moment.astimezone(UTC):%H:%M}Z)"


def in_zone(text: str, zone: ZoneInfo, now: datetime) -> str:
    """A line in which each moment that stands as ISO 8601 in UTC is one that people read."""
    return _ISO.sub(lambda found: spoken(datetime.fromisoformat(found[0]), zone, now), text)


def span(length: timedelta) -> str:
    """A span as hours and minutes, `71:12`, or as days when it is long."""
    minutes = int(abs(length).total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    return f"{hours // 24} days" if hours >= _LONG else f"{hours}:{minutes:02d}"


def left(due: datetime | None, now: datetime) -> str:
    """`71:12 left`, `0:20 late`, or `?` while nobody can tell."""
    if due is None:
        return "?"
    return f"{span(due - now)} {'left' if due > now else 'late'}"


def understood(
    text: str, zone: ZoneInfo, now: datetime, *, terminal: bool, past: bool = True
) -> tuple[datetime, bool]:
    """(moment, whether it was written in a short form). A clock time means its last occurrence, or the next one."""
    text = text.strip()
    if terminal and (short := _short(text, zone, now, past=past)):
        return short.astimezone(UTC), True
    try:
        return parse_moment(text), False
    except Refused:
        naive = _naive(text)
        if naive is None or not terminal:
            raise
        return parse_moment(naive.replace(tzinfo=zone).isoformat()), True


def day_of(text: str) -> date:
    """The day that a person wrote, `2027-01-31`; Refused for anything else."""
    try:
        return date.fromisoformat(text.strip() if _DAY.fullmatch(text.strip()) else "")
    except ValueError:
        raise Refused(f"there is no day {text!r}; write it like 2027-01-31") from None


def morning(text: str, zone: ZoneInfo) -> datetime | None:
    """Nine o'clock on a day that stands alone, `2027-01-31`, in this zone; None for anything else."""
    if not _DAY.fullmatch(text.strip()):
        return None
    return datetime.combine(day_of(text), time(9), zone)


def _naive(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def _short(text: str, zone: ZoneInfo, now: datetime, *, past: bool) -> datetime | None:
    if (ago := _AGO.fullmatch(text)) and ago.group() != "-":
        parts = {unit: int(ago[unit] or 0) for unit in "dhm"}
        return now - timedelta(days=parts["d"], hours=parts["h"], minutes=parts["m"])
    clock = _CLOCK.fullmatch(text)
    if clock is None or int(clock["hour"]) > 23 or int(clock["minute"]) > 59:
        return now if text == "now" else None
    here = now.astimezone(zone)
    found = here.replace(hour=int(clock["hour"]), minute=int(clock["minute"]), second=0, microsecond=0)
    if clock["day"]:
        return found + timedelta(days=_DAYS[clock["day"]])
    # Without a day: the last such clock time for what has happened, the next one for what is to come.
    wrong_side = found > here if past else found < here
    return found + timedelta(days=-1 if past else 1) if wrong_side else found
