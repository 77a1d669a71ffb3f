"""`tocsin declare`: a title is enough. People are paged before it returns."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tocsin.cli.aftermath import await_calls, page_at_once, say_again, say_what_waits, settled, warn_of_order
from tocsin.cli.asking import unknown_line
from tocsin.cli.console import (
    CHANGING,
    UNREACHED,
    Changing,
    Shell,
    When,
    Words,
    bold,
    clean,
    labelled,
)
from tocsin.cli.incidents import inc
from tocsin.cli.knowing import facts_given, usual_line
from tocsin.cli.unreached import NOBODY_REACHED
from tocsin.cli.waiting import whether_lines
from tocsin.domain.errors import WrongUsage
from tocsin.domain.message import route_name
from tocsin.domain.routes import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tocsin.views.duties import DutyView
    from tocsin.views.opening import Opening

#: How it is said that a route took a call. A server that took a message has not delivered it.
TAKEN = {"slack": "ok", "email": "handed over", "command": "rung"}
#: How it is said that a route did not, or not yet, or that nobody knows.
NOT_TAKEN = {"retry": "BUSY", "ambiguous": "NO ANSWER"}
#: What we promised our customers ourselves: the one law whose clock needs no name.
_PROMISE = "policy-promise"
#: Moments that no person states, as people say them.
_STARTS = {"declared_at": "declaration", "reported_at": "reception"}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What may be said with the title."""

    type: Annotated[str, Parameter(help="Kind of incident; `unclassified` until you know.")] = "unclassified"
    severity: Annotated[str, Parameter(help="sev1 (worst) to sev5.")] = "sev1"
    aware_at: Annotated[When, Parameter(help="Since when you are reasonably certain.")] = None
    detected_at: Annotated[When, Parameter(help="When anybody saw the first signal.")] = None
    occurred_from: Annotated[When, Parameter(help="When it began.")] = None
    occurred_to: Annotated[When, Parameter(help="When it ended.")] = None
    fact: Annotated[tuple[str, ...], Parameter(help="NAME=VALUE; may be repeated.", negative=())] = ()
    restricted: Annotated[bool, Parameter(help="Code name only, everywhere; so unless told otherwise.")] = (
        True
    )
    exclude: Annotated[
        tuple[str, ...], Parameter(help="PERSON who must not learn of it; may be repeated.", negative=())
    ] = ()
    triage: Annotated[
        bool, Parameter(help="It waits for somebody to say whether it is an incident.", negative=())
    ] = False
    urgent: Annotated[
        bool, Parameter(help="In triage: call whoever is on call, until somebody answers.", negative=())
    ] = False
    drill: Annotated[bool, Parameter(help="An exercise; every message says so.", negative=())] = False
    no_slack: Annotated[
        bool, Parameter(help="Somebody reads Slack who must not: nothing goes there.", negative=())
    ] = False
    no_email: Annotated[
        bool, Parameter(help="Somebody reads our mail who must not: no page goes there.", negative=())
    ] = False


_PLAIN = Circumstances()


def declare(*title: Words, what: Circumstances = _PLAIN, door: Changing = CHANGING) -> int:
    """Say that this is an incident."""
    from tocsin import actions
    from tocsin.actions.declaring import Declaration, Triage, severity_of

    if not title:
        raise WrongUsage("an incident needs a title: tocsin declare 'what you saw'")
    if what.urgent and not what.triage:
        raise WrongUsage("--urgent goes with --triage: what is declared is urgent by its severity")
    with door.open() as shell:
        moments: dict[str, Any] = {
            name: shell.moment(getattr(what, name))
            for name in ("aware_at", "detected_at", "occurred_from", "occurred_to")
        }
        declaration = Declaration(
            " ".join(title),
            type=what.type,
            severity=severity_of(what.severity),
            facts=facts_given(shell, what.fact),
            restricted=what.restricted,
            excluded=what.exclude,
            drill=what.drill or shell.app.settings.fenced,
            silenced=[route for route in ("slack", "email") if getattr(what, f"no_{route}")],
            triage=Triage(urgent=what.urgent) if what.triage else None,
            **moments,
        )
        done = actions.declare(shell.app, shell.actor, declaration, command=door.key)
        if not done.again:
            page_at_once(shell, done.incident.key)
        settled(shell, done)
        say_again(shell, done)
        warn_of_order(shell, done.incident, done.incident.learned)
        return opened(shell, done.incident.key)


def opened(shell: Shell, key: str) -> int:
    """Say how the incident stands after its first pages; every line is read from the database."""
    from tocsin.views.opening import opening

    await_calls(shell, key)
    found = opening(shell.app, shell.actor, key)
    shell.say(*_lines(shell, found))
    if not found.somebody:
        shell.warn(NOBODY_REACHED)
    if found.unreached:
        say_what_waits(shell, key)
    shell.give(_values(found))
    return UNREACHED if found.unreached or found.uncalled or not found.calls else 0


def _lines(shell: Shell, found: "Opening") -> list[str]:
    waits = found.status == "triage"
    restricted, drill = " restricted" if found.restricted else "", "  DRILL" if found.drill else ""
    named = inc(shell, found.key)
    rank = "TRIAGE" if waits else found.severity.upper()
    head = bold(f"{found.key} {found.code_name}  {rank}{restricted}")
    lines = [f"{head}{drill}      {shell.at(found.declared_at)}"]
    for call in found.calls:
        line = called_line(shell, call, found.next_calls.get(call.role))
        lines.append(labelled("CALLED", line, urgent=not call.reached))
    lines += [
        labelled("CALLED", f"nobody as {role.replace('-', ' ')}: its ladder names nobody else", urgent=True)
        for role in found.uncalled
    ]
    lines += [
        labelled("CLOCK", f"{clock_name(duty, found.clocks)}   {shell.at(duty.soonest)}{assumed_words(duty)}")
        for duty in found.clocks
    ]
    if found.undecided:
        lines.append(labelled("UNKNOWN", unknown_line(found.questions, found.undecided)))
    if found.at_risk:
        lines.append(labelled("AT RISK", f"usually {', '.join(found.at_risk)}"))
    if found.usual:
        lines.append(usual_line(found.usual, named))
    if found.first:
        step = f"{found.first.id} {clean(found.first.title)}     tocsin done{named} {found.first.id}"
        lines.append(labelled("NOW", step))
    if waits:
        lines += whether_lines(named)
    console = shell.app.settings.console_url
    page = f"   console {console.rstrip('/')}/inc/{found.key}" if console else ""
    missing = found.room.name is None and found.room.wanted and not waits
    lines.append(labelled("ROOM", clean(found.room.words) + page, urgent=missing))
    return lines


def _values(found: "Opening") -> dict[str, Any]:
    return {
        "key": found.key,
        "code_name": found.code_name,
        "severity": found.severity,
        "status": found.status,
        "restricted": found.restricted,
        "drill": found.drill,
        "declared_at": found.declared_at,
        "clocks": [
            {
                "duty": duty.key,
                "due_at": duty.due_at,
                "target_at": duty.target_at,
                "from": duty.clock_from,
                "assumed": duty.assumed,
            }
            for duty in found.clocks
        ],
        "called": [
            {"person": call.person, "role": call.role, "routes": dict(call.outcomes), "reached": call.reached}
            for call in found.calls
        ],
        "unreached": found.unreached,
        "uncalled": found.uncalled,
        "next_calls": [asdict(climb) for climb in found.next_calls.values()],
        "undecided": [
            {"regime": each.regime, "rule": each.rule, "needs": each.needs} for each in found.undecided
        ],
        "at_risk": found.at_risk,
        "usual": found.usual,
        "now": found.first.id if found.first else None,
        "room": asdict(found.room),
    }


def called_line(shell: Shell, call: Any, climb: Any) -> str:
    """`linh (incident commander): Slack ok, mail handed over; 02:45 -> minh`."""
    fared = ", ".join(_fared(route, outcome) for route, outcome in call.outcomes.items())
    following = ""
    if climb is not None and not call.answered:
        at = climb.at.astimezone(shell.app.zone)
        following = f"; {at:%H:%M} -> {', '.join(climb.people) or 'nobody else'}"
    return f"{call.person} ({call.role.replace('-', ' ')}): {fared}{following}"


def _fared(route: str, outcome: str) -> str:
    taken = TAKEN.get(kind_of(route)) if outcome == "handed_over" else None
    return f"{route_name(route)} {taken or NOT_TAKEN.get(outcome, outcome.replace('_', ' ').upper())}"


def clock_name(duty: "DutyView", clocks: "Sequence[DutyView]") -> str:
    """`customers` of our own promise, else its law too: `jp-appi preliminary`; and the place, if it is one of many."""
    if duty.regime == _PROMISE:
        return duty.rule
    several = sum((each.regime, each.rule) == (duty.regime, duty.rule) for each in clocks) > 1
    whom = f" {duty.key.split('/')[2]}" if several else ""
    return f"{duty.regime} {duty.rule}{whom}"


def assumed_words(duty: Any) -> str:
    """Why a clock is not certain, if it is not."""
    if not duty.assumed:
        return ""
    start = _STARTS.get(duty.clock_from, duty.clock_from)
    return f"  ASSUMED from {start}"
