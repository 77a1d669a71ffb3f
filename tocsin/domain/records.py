"""Records: the shapes that all data files share: ids, places, zones, spans, words in several languages.

A room of the heart: pure pydantic types. A record is frozen and has no field that nobody declared, so that a
misspelt key in a file is refused instead of ignored.
"""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
)

from tocsin.domain.answers import nearest
from tocsin.domain.languages import LANGUAGES, SPOKEN_IN
from tocsin.domain.moments import LIKE, YEARS
from tocsin.domain.places import PLACES, REGIONS, WORLDWIDE

Role = Literal[
    "incident-commander",
    "deputy",
    "scribe",
    "dpo",
    "counsel",
    "liaison",
    "operations",
    "investigation",
    "forensics",
    "accountable-officer",
    # Looks first at what may be an incident, until somebody has said whether it is one.
    "triage",
]
#: How sure we are of a line: read in the source, read about it, remembered, or nobody has checked.
Verification = Literal["primary", "secondary", "recalled", "unconfirmed"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not a zone of the IANA database; write one like Asia/Ho_Chi_Minh"
        ) from None
    return name


def _known_place(code: str) -> str:
    if code not in PLACES:
        raise ValueError(f"{code!r} is no place{nearest(code, PLACES)}; write one like VN, DE-BY or US-CA")
    return code


def _known_jurisdiction(code: str) -> str:
    known = PLACES | REGIONS.keys() | {WORLDWIDE}
    if code not in known:
        raise ValueError(
            f"{code!r} is no place{nearest(code, known)}; write where the law applies: a country like VN, a part of "
            f"one like US-CA, {', '.join(REGIONS)}, or {WORLDWIDE}; what else there is to say of it goes into name"
        )
    return code


def _known_language(code: str) -> str:
    language, _, country = code.partition("-")
    if language not in LANGUAGES:
        meant = f"; did you mean {SPOKEN_IN[language]}?" if language in SPOKEN_IN else ""
        raise ValueError(f"{code!r} is no language{meant or '; write ISO 639-1, like en, vi or pt-BR'}")
    if country and country not in PLACES:
        raise ValueError(f"{code!r}: {country} is no country; write ISO 3166, like pt-BR")
    return code


def _says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; write it, or leave the key out")
    return text


def _day(raw: Any) -> Any:
    """A day as it is written. A number is none, though it would count as seconds since 1970."""
    if isinstance(raw, date) or (isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw)):
        return raw
    raise ValueError(f"{raw!r} is no day; write one like 2026-11-24")


def _moment(raw: Any) -> Any:
    """A moment as it is written. A number is none, nor is `20261124`: they would count as seconds since 1970."""
    if isinstance(raw, datetime) or (isinstance(raw, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw)):
        return raw
    # What stands here may be a secret at the wrong place.
    raise ValueError(LIKE)


def _in_a_year_that_is_meant(moment: datetime) -> datetime:
    if moment.year not in YEARS:
        raise ValueError(f"is in the year {moment.year}; correct the year")
    return moment.astimezone(UTC)


def _english_is_there(texts: dict[str, str]) -> dict[str, str]:
    if "en" not in texts:
        raise ValueError("add the words in English (en); other languages may follow")
    return texts


_UNITS = {"min": "minutes", "h": "hours", "day": "days", "days": "days"}


def _span(raw: Any) -> Any:
    """`15 min`, `4 h` or `30 days` as a timedelta; ISO 8601 text, as stored catalogs hold it, passes."""
    if isinstance(raw, timedelta) or (isinstance(raw, str) and raw.startswith("P")):
        return raw
    found = re.fullmatch(r"([1-9][0-9]*) (min|h|days?)", str(raw))
    if found is None:
        raise ValueError(f"{raw!r} is no span of time; write one like 15 min, 4 h or 30 days")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]* (min|h|days?)$"}, mode="validation"),
]
#: A step of a checklist: `C7`, `3.11`.
StepId = Annotated[str, StringConstraints(pattern=r"^([A-Z][0-9]+|[0-9]+\.[0-9]+)$")]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Zone = Annotated[str, AfterValidator(_known_zone)]
#: ISO 3166-1 alpha-2, or ISO 3166-2 where a country divides the matter (`DE-BY`, `US-CA`).
Place = Annotated[str, AfterValidator(_known_place)]
#: The same, or a union of countries that a law is made for, or everywhere.
Jurisdiction = Annotated[str, AfterValidator(_known_jurisdiction)]
#: An ISO 639-1 code, perhaps with a country: `en`, `vi`, `pt-BR`.
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$"), AfterValidator(_known_language)
]
#: Words that say something: neither nothing nor blanks.
Line = Annotated[str, AfterValidator(_says_something)]
#: Where a text is read, or that nobody knows where.
Address = Annotated[str, StringConstraints(pattern=r"^(https?://\S+|not known)$")]
#: A moment with its offset, in UTC inside, in a year that somebody may mean.
Moment = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_in_a_year_that_is_meant)]
Day = Annotated[date, BeforeValidator(_day)]
#: A number or a yes as it stands: neither `true` for 1 nor `"500"` for 500, which are slips of the pen.
Whole = StrictInt
Flag = StrictBool
#: Language to words. English is always there, so that every reader reads something.
Texts = Annotated[dict[Language, Line], AfterValidator(_english_is_there)]


class Record(BaseModel):
    """One record of a data file."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def in_language(texts: dict[str, str], language: str) -> str:
    """The words in `language`, in its parent language (`pt` for `pt-BR`), or else in English."""
    return texts.get(language) or texts.get(language.partition("-")[0]) or texts["en"]
