"""Commands: programs of the company's own that may be run for a step of a checklist.

Pure. Which there are is said in `contacts/commands.yaml`, never in an incident: an argument list that no shell reads,
a time limit, and the steps that it does. A step can always be done by hand instead.
"""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from tocsin.domain.records import Id, Record, Span, StepId

#: Longer than this nobody waits in front of a terminal; let the program start what lasts, and end.
LONGEST = timedelta(hours=1)
#: Longer than this no call waits for a gateway: the next route is tried.
LONGEST_CALL = timedelta(seconds=40)

#: One argument as the program gets it: any text on one line.
Argument = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$")]


def absolute(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The argument list, whose program is named by its whole path."""
    # A bare name would be looked for along a path, and who finds another program first runs that.
    if not argv[0].startswith("/"):
        raise ValueError(f"{argv[0]!r}: write the program with its whole path, like /usr/local/bin/revoke")
    return argv


def _seconds(raw: Any) -> Any:
    """`30 s`, which no step and no ladder needs, but a program does; all else is read as any span of time."""
    found = re.fullmatch(r"([1-9][0-9]{0,5}) s", str(raw))
    return timedelta(seconds=int(found[1])) if found else raw


#: A span of time in seconds too.
Seconds = Annotated[Span, BeforeValidator(_seconds)]


def _short(within: timedelta) -> timedelta:
    if within > LONGEST:
        raise ValueError("a command may take 1 h at most; let it start what lasts, and end")
    return within


class Command(Record):
    """A program that does one or more steps. `within` is when it is killed, with all that it started."""

    id: Id
    #: What it does, for whoever is about to run it.
    does: str
    steps: tuple[StepId, ...] = Field(min_length=1)
    argv: Annotated[tuple[Argument, ...], Field(min_length=1), AfterValidator(absolute)]
    within: Annotated[Seconds, AfterValidator(_short)]
    #: Runs in drills and demos too: only for what touches nothing real.
    in_drills: bool = False
