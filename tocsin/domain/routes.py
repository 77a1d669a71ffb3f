"""Routes: the ways in which a person of the house is reached, each a rung of the person's own.

`slack` and `email` are given. `command` is a program of the company's own that sends an SMS or rings a telephone:
`command` is the first that `contacts/escalation.yaml` lists, `command:ID` a certain one.
"""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from tocsin.domain.answers import nearest
from tocsin.domain.commands import LONGEST_CALL, Argument, Seconds, absolute
from tocsin.domain.records import Id, Record

COMMAND = "command"
#: What can be silenced for an incident.
KINDS = ("slack", "email", COMMAND)
_ROUTE = re.compile(r"slack|email|command(:[a-z][a-z0-9]*(-[a-z0-9]+)*)?")


def _known(route: str) -> str:
    if _ROUTE.fullmatch(route) is None:
        raise ValueError(
            f"{route!r} is unknown{nearest(route, KINDS)}; write slack, email, command or command:ID"
        )
    return route


#: `slack`, `email`, `command` or `command:ID`.
Route = Annotated[str, AfterValidator(_known)]


class Reach(Record):
    """One way to a person, and how many minutes after the first call it is used, if nobody has answered by then."""

    by: Route
    after_minutes: int = Field(default=0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _by_its_name(cls, raw: Any) -> Any:
        return {"by": raw} if isinstance(raw, str) else raw


def _quick(within: timedelta) -> timedelta:
    if within > LONGEST_CALL:
        raise ValueError("a call may take 40 s at most; then the next route is tried")
    return within


class Gateway(Record):
    """A program that brings a few words to a telephone. No shell reads its arguments, and none of them is a secret.

    The words stand on its standard input and in TOCSIN_TEXT, the number in TOCSIN_TO. It says by its exit status how
    it went: 0 taken, 75 try again (sysexits.h), anything else refused. `within` is when it is killed.
    """

    id: Id
    does: str
    argv: Annotated[tuple[Argument, ...], Field(min_length=1), AfterValidator(absolute)]
    within: Annotated[Seconds, AfterValidator(_quick)]
    #: Runs in drills and demos too: only for what rings nobody.
    in_drills: bool = False


def gateway_of(route: str) -> str | None:
    """The id that a route names, None for the first gateway there is."""
    return route.partition(":")[2] or None


def kind_of(route: str) -> str:
    """`slack`, `email` or `command`: what is silenced is silenced whole."""
    return route.partition(":")[0]
