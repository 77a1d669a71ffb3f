"""The verb that shows who is called: now, at a moment, or through a week."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from tocsin.cli.console import READING, Flag, Reading, Shell, When, alarm, bold, clean, columns

if TYPE_CHECKING:
    from tocsin.doctor.rota import Rota, Turn
    from tocsin.domain.contacts import Ladder, Person

_NOBODY = "NOBODY"


def oncall(
    at: Annotated[When, Parameter(help="A moment; now if left out.")] = None,
    week: Annotated[Flag, Parameter(help="The turns of the seven days that follow.")] = False,
    door: Reading = READING,
) -> None:
    """Who is called: by rotation, and level by level for each role, with telephone numbers.

    docs/oncall.md describes the document of `--json`.
    """
    from tocsin.doctor.rota import rota

    with door.open() as shell:
        moment = shell.moment(at, past=False) or shell.app.now()
        people = {person.id: person for person in shell.app.catalog.contacts.people}
        found = rota(shell.app.catalog.contacts, moment)
        shell.give(_document(shell, found, people))
        shell.say(*(_week(shell, found, people) if week else _now(shell, found, people)))
        called = [people[who] for who in (found.on_call() if week else found.called()) if who in people]
        shell.say("", *columns([(p.id, clean(p.name), p.phone or "no telephone", p.email) for p in called]))


def _document(shell: Shell, found: "Rota", people: dict[str, "Person"]) -> dict[str, Any]:
    called = {
        who: {
            "name": people[who].name,
            "phone": people[who].phone,
            "email": people[who].email,
            "zone": people[who].zone,
        }
        for who in found.called()
        if who in people
    }
    return {**found.as_json(), "zone": shell.app.zone.key, "people": called}


# --- at a moment


def _now(shell: Shell, found: "Rota", people: dict[str, "Person"]) -> Iterator[str]:
    yield f"at {shell.at(found.at)}"
    for name, turns in found.turns.items():
        first, *later = turns
        who = _who(first, people) + _instead(first)
        if first.end is None:
            yield f"{bold(name)}  {who}"
            continue
        then = f", then {_who(later[0], people)}" if later else ""
        yield f"{bold(name)}  {who}, until {shell.at(first.end)}{then}"
    for ladder, rungs in found.ladders:
        yield ""
        yield f"{bold(ladder.role)}  {_severities(ladder)}"
        rows = [(f"  +{rung.after_minutes} min", ", ".join(rung.people)) for rung in rungs]
        yield from columns([(wait, who or alarm(_NOBODY)) for wait, who in rows])


def _severities(ladder: "Ladder") -> str:
    return ", ".join(ladder.severities)


def _who(turn: "Turn", people: dict[str, "Person"]) -> str:
    if turn.person is None:
        return alarm(_NOBODY)
    return turn.person + ("" if turn.person in people else alarm(" (a sample, calls nobody)"))


def _instead(turn: "Turn") -> str:
    """Why it is not the one whose turn it is: ` for linh (absent: a week of leave)`."""
    call, said = turn.call, f": {clean(turn.note)}" if turn.note else ""
    if call.why == "override":
        return f" for {call.instead_of} (override)" if call.instead_of else " (override)"
    if call.instead_of is None:
        return ""
    return f" for {call.instead_of} (absent{said})" if call.person else f" (all absent{said})"


# --- through a week


def _week(shell: Shell, found: "Rota", people: dict[str, "Person"]) -> Iterator[str]:
    """A table for each rotation in the company's zone; what is special about a turn stands on a line below it."""
    zone = shell.app.zone
    yield f"from {shell.at(found.at)} on; times of {zone.key}"
    for name, turns in found.turns.items():
        yield ""
        yield bold(name)
        rows = columns([_row(turn, zone, people) for turn in turns])
        for turn, row in zip(turns, rows, strict=True):
            nobody = turn.person is None or turn.person not in people
            yield alarm(row.rstrip()) if nobody else row
            yield from (f"{'':<39}{line}" for line in _beside(turn, zone, people))


def _row(turn: "Turn", zone: ZoneInfo, people: dict[str, "Person"]) -> tuple[str, str, str]:
    when = f"  {_day(turn.start, zone)} - {_day(turn.end, zone)}"
    if turn.person is None:
        return when, _NOBODY, ""
    person = people.get(turn.person)
    return when, turn.person, clean(person.name) if person else "(a sample, calls nobody)"


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    """`Mon 30 Nov 10:00`, always as wide; nothing for what is more than a year away."""
    if moment is None:
        return " " * len("Mon 30 Nov 10:00")
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day:>2} {local:%b %H:%M}"


def _beside(turn: "Turn", zone: ZoneInfo, people: dict[str, "Person"]) -> Iterable[str]:
    if instead := _instead(turn).strip():
        yield instead
    person = people.get(turn.person or "")
    if person is None or person.zone is None or turn.start is None or turn.end is None:
        return
    own = ZoneInfo(person.zone)
    if any(
        edge.astimezone(own).utcoffset() != edge.astimezone(zone).utcoffset()
        for edge in (turn.start, turn.end)
    ):
        yield f"{_hour(turn.start, own)} - {_hour(turn.end, own)} {person.zone}"


def _hour(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %H:%M}"
