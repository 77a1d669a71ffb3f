"""How a log is kept, as `sources.yaml` declares it: its usual volume, what denies, and what says that it was cut.

A room of the heart: pure values. `tocsin/scoping/gaps/` asks them whether requests may be missing.
"""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from tocsin.domain.records import Id, Record
from tocsin.domain.scope.values import codes, each_kept, in_words, ranges

_OFFSET = re.compile(r"\+?([0-9]{2}):([0-5][0-9]):([0-5][0-9](?:\.[0-9]{1,6})?) (fast|slow)")


def _offset(words: str) -> str:
    if _OFFSET.fullmatch(words) is None:
        raise ValueError(
            f"{words!r} is no offset of a clock; write by how much it is wrong, like 00:07:12 fast"
        )
    return words


#: By how much a clock is known to be wrong: `00:07:12 fast` where it shows 10:07:12 at ten.
ClockOffset = Annotated[str, AfterValidator(_offset)]


def too_late(words: ClockOffset | None) -> timedelta:
    """By how much the moments of such a clock are too late; below zero where it is slow."""
    found = _OFFSET.fullmatch(words or "")
    if found is None:
        return timedelta()
    hours, minutes, seconds, way = found.groups()
    wrong = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return wrong if way == "fast" else -wrong


def _one_or_many(raw: Any) -> Any:
    """A single code needs no brackets, and a number no quotes."""
    many = raw if isinstance(raw, list | tuple) else (raw,)
    return tuple(str(each) if isinstance(each, int) and not isinstance(each, bool) else each for each in many)


def _denying(given: tuple[str, ...]) -> tuple[str, ...]:
    each_kept(
        given,
        lambda text: str(codes(text)),
        "is no status; write one like 401, 400-499 or 4xx, and all of them",
    )
    found = ranges(given, codes)
    if any(low <= _GIVEN[1] and (high is None or high >= _GIVEN[0]) for low, high in found):
        raise ValueError("with a status from 200 to 299 an answer was given; it denies nothing")
    return tuple(in_words(each) for each in found)


#: Statuses with which an answer was given (RFC 9110, 15.3).
_GIVEN = (200, 299)
#: Statuses by which a system denies a request: `[4xx, 302]` where it leads to its login whoever may not enter.
Denied = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), AfterValidator(_denying)]


class Volume(Record):
    """When an hour that has rows is suspected to have lost some.

    An hour is far too thin below `share` of what is usual. Hours in which fewer than `rows` are usual are not judged,
    since there a few silent customers look like a fault. With fewer than `days` other days to compare with, only a
    sudden notch of at most three hours is seen.
    """

    share: float = Field(0.1, gt=0, lt=1)
    rows: int = Field(50, ge=1)
    days: int = Field(5, ge=3, le=28)


class Switch(Record):
    """Requests of a source that say that logging was stopped, or went on.

    An endpoint is written as the log has it, perhaps behind a method (`PUT /admin/logging`); `*` stands for anything.
    What is a path fits however a request wrote it, by the path that a server sees.
    """

    endpoints: tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)], ...] = Field(
        min_length=1
    )
    #: Names of the sources whose logging it is; none means this one's own.
    of: tuple[Id, ...] = ()
