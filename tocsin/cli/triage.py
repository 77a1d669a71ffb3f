"""`tocsin confirm`: what waits in triage is an incident. It is declared by this one word."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from tocsin.cli.aftermath import say_again, settled, warn_of_order
from tocsin.cli.console import CHANGING, Changing, When, Words
from tocsin.cli.declaring import opened
from tocsin.cli.incidents import split, which
from tocsin.cli.knowing import facts_given


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What may be said with it; what is not said stays as it was opened."""

    type: Annotated[str | None, Parameter(help="Kind of incident.")] = None
    severity: Annotated[str | None, Parameter(help="sev1 (worst) to sev5.")] = None
    title: Annotated[str | None, Parameter(help="What it is, in a few words.")] = None
    aware_at: Annotated[When, Parameter(help="Since when you are reasonably certain.")] = None
    fact: Annotated[tuple[str, ...], Parameter(help="NAME=VALUE; may be repeated.", negative=())] = ()


_PLAIN = Circumstances()


def confirm(*words: Words, what: Circumstances = _PLAIN, door: Changing = CHANGING) -> int:
    """Say that what waits in triage is an incident: this declares it, with all that follows a declaration.

    People are called before it returns, duties open and their clocks run. A clock whose own moment nobody has stated
    is ASSUMED from the reception of the message, or from when it was opened, until somebody learns it: aware_at say.
    """
    from tocsin import actions
    from tocsin.domain.moments import iso

    named, _ = split(words)
    with door.open() as shell:
        key = which(shell, named, in_triage=True)
        facts = facts_given(shell, what.fact)
        if (aware_at := shell.moment(what.aware_at)) is not None:
            facts["aware_at"] = iso(aware_at)
        done = actions.confirm(
            shell.app,
            shell.actor,
            key,
            type=what.type,
            severity=what.severity,
            title=what.title,
            facts=facts,
            command=door.key,
        )
        settled(shell, done)
        say_again(shell, done)
        warn_of_order(shell, done.incident, done.incident.learned)
        return opened(shell, key)
