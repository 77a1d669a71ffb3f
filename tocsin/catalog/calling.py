"""Who is called: `oncall.yaml` and `escalation.yaml`, held against the people there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from tocsin.catalog.listed import Listed, entries, last, listed, nameless
from tocsin.catalog.yamlfile import Loc
from tocsin.domain.answers import nearest
from tocsin.domain.cadence import Cadence, Stakeholder
from tocsin.domain.contacts import Person
from tocsin.domain.errors import BadFile
from tocsin.domain.kinds import Severity
from tocsin.domain.ladder import Guest, Ladder, Target
from tocsin.domain.rota import Absence, Rotation
from tocsin.domain.routes import COMMAND, Gateway, gateway_of

#: Each of them must be called at every severity: one contains, the other knows the hours of the law.
_ALWAYS_CALLED = ("incident-commander", "dpo")


@dataclass(frozen=True)
class Calling:
    """Who takes turns and who is away, who is called for which role and by which telephone; who is told how often,
    and who is invited to every room.
    """

    rotations: tuple[Rotation, ...]
    absences: tuple[Absence, ...]
    ladders: tuple[Ladder, ...]
    gateways: tuple[Gateway, ...]
    updates: tuple[Cadence, ...]
    stakeholders: tuple[Stakeholder, ...]
    invited: tuple[Guest, ...]


def read_calling(folders: Sequence[Path], people: Mapping[str, Listed[Person]]) -> Calling:
    """What these folders say about calling people. BadFile names the first line that does not fit."""
    rotations = listed(folders, "oncall.yaml", "rotations", Rotation)
    absences = nameless(folders, "oncall.yaml", "absences", Absence)
    ladders = listed(folders, "escalation.yaml", "ladders", Ladder)
    gateways = listed(folders, "escalation.yaml", "gateways", Gateway)
    updates = listed(folders, "escalation.yaml", "updates", Cadence)
    stakeholders = listed(folders, "escalation.yaml", "stakeholders", Stakeholder)
    invited = listed(folders, "escalation.yaml", "invited", Guest)
    _check_rotations(rotations, people)
    for absence in absences:
        _refuse_a_stranger(absence, ("person",), "an absence", absence.entry.person, people)
    _check_ladders(ladders, rotations, people)
    _check_routes(ladders, people, gateways)
    _refuse_silence(last(folders, "escalation.yaml"), ladders)
    for found in stakeholders.values():
        _check_target(found, (), found.entry, rotations, people)
    for guest in invited.values():
        _check_target(guest, (), guest.entry, rotations, people)
    told = (entries(updates), entries(stakeholders), entries(invited))
    away = tuple(each.entry for each in absences)
    return Calling(entries(rotations), away, entries(ladders), entries(gateways), *told)


def _check_rotations(rotations: Mapping[str, Listed[Rotation]], people: Mapping[str, Listed[Person]]) -> None:
    for found in rotations.values():
        rotation = found.entry
        # A rotation of one layer is written without the word.
        written = found.document.at(found.loc)
        for number, layer in enumerate(rotation.layers):
            loc: Loc = ("layers", number) if "layers" in written else ()
            if any(later.always for later in rotation.layers[number + 1 :]):
                what = "this layer never holds: one below it holds at every hour; put that one first"
                raise found.bad(loc, f"rotation {rotation.id}: {what}")
            for index, who in enumerate(layer.people):
                named = f"rotation {rotation.id}"
                _refuse_a_stranger(found, (*loc, "people", index), named, who, people)
        for index, override in enumerate(rotation.overrides):
            named = f"rotation {rotation.id}"
            _refuse_a_stranger(found, ("overrides", index, "person"), named, override.person, people)


def _refuse_a_stranger(
    found: Listed[Rotation] | Listed[Absence],
    loc: Loc,
    named: str,
    who: str,
    people: Mapping[str, Listed[Person]],
) -> None:
    if who not in people:
        raise found.bad(loc, f"{named}: there is no person {who!r}{nearest(who, people)}")


def _check_ladders(
    ladders: Mapping[str, Listed[Ladder]],
    rotations: Mapping[str, Listed[Rotation]],
    people: Mapping[str, Listed[Person]],
) -> None:
    owners: dict[tuple[str, str], str] = {}
    for found in ladders.values():
        ladder = found.entry
        for severity in ladder.severities:
            other = owners.setdefault((ladder.role, severity), ladder.id)
            if other != ladder.id:
                raise found.bad(
                    ("severities",), f"{ladder.role} at {severity} has the ladder {other!r} already"
                )
        for up, level in enumerate(ladder.levels):
            for index, target in enumerate(level.call):
                loc: Loc = ("levels", up, "call", index)
                _check_target(found, loc, target, rotations, people)


def _check_target(
    found: Listed[Ladder] | Listed[Stakeholder] | Listed[Guest],
    loc: Loc,
    target: Target,
    rotations: Mapping[str, Listed[Rotation]],
    people: Mapping[str, Listed[Person]],
) -> None:
    if target.rotation is not None and target.rotation not in rotations:
        raise found.bad(loc, f"there is no rotation {target.rotation!r}{nearest(target.rotation, rotations)}")
    if target.person is not None and target.person not in people:
        raise found.bad(loc, f"there is no person {target.person!r}{nearest(target.person, people)}")
    held = {role for each in people.values() for role in each.entry.roles}
    if target.role is not None and target.role not in held:
        raise found.bad(loc, f"nobody has the role {target.role!r}; give it to a person in people.yaml")


def _check_routes(
    ladders: Mapping[str, Listed[Ladder]],
    people: Mapping[str, Listed[Person]],
    gateways: Mapping[str, Listed[Gateway]],
) -> None:
    """A telephone that a person or a level counts on is there, and something rings it."""
    for person in people.values():
        for index, reach in enumerate(person.entry.routes):
            if reach.by.startswith(COMMAND) and not person.entry.phone:
                what = f"{person.entry.id} has no phone for the route {reach.by!r}; add one, or take the route out"
                raise person.bad(("routes", index), what)
            _check_gateway(reach.by, person, ("routes", index), gateways)
    for ladder in ladders.values():
        for up, level in enumerate(ladder.entry.levels):
            for index, route in enumerate(level.by or ()):
                _check_gateway(route, ladder, ("levels", up, "by", index), gateways)


def _check_gateway(
    route: str, where: Listed[Person] | Listed[Ladder], loc: Loc, gateways: Mapping[str, Listed[Gateway]]
) -> None:
    named = gateway_of(route)
    if named is not None and named not in gateways:
        raise where.bad(loc, f"there is no gateway {named!r}{nearest(named, gateways)}")
    if route == COMMAND and not gateways:
        raise where.bad(loc, "the route 'command' wants a gateway; list one in escalation.yaml")


def _refuse_silence(path: Path, ladders: Mapping[str, Listed[Ladder]]) -> None:
    """A severity without a ladder would be declared, and nobody would hear of it."""
    for role in _ALWAYS_CALLED:
        own = [found for found in ladders.values() if found.entry.role == role]
        called = {severity for found in own for severity in found.entry.severities}
        for severity in sorted(set(get_args(Severity)) - called):
            what = f"no ladder calls the {role} at {severity}; add {severity} to the severities of one"
            raise own[0].bad(("severities",), what) if own else BadFile(path, 1, what)
