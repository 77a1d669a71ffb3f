"""contacts/: who we are, who is called, to whom we report. Lists are overlaid entry by entry, by id.

`organisation.yaml` of a later folder replaces the whole file, since half a company is no company.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, get_args

from tocsin.catalog.folders import layers
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, Loc, read_document
from tocsin.domain.answers import nearest
from tocsin.domain.commands import Command
from tocsin.domain.contacts import Authority, Contacts, Organisation, Person, Processor
from tocsin.domain.errors import BadFile, Refused
from tocsin.domain.kinds import Severity
from tocsin.domain.rota import Ladder, Rotation

#: Each of them must be called at every severity: one contains, the other knows the hours of the law.
_ALWAYS_CALLED = ("incident-commander", "dpo")

_Entry = TypeVar("_Entry", Person, Rotation, Ladder, Authority, Processor, Command)


@dataclass(frozen=True)
class Listed(Generic[_Entry]):
    """One entry of a list, and where it stands."""

    entry: _Entry
    document: Document
    loc: Loc

    def bad(self, below: Loc, what: str) -> BadFile:
        """The complaint about a node inside this entry."""
        return self.document.bad((*self.loc, *below), what)


def read_contacts(folders: Sequence[Path], kinds: Collection[str]) -> Contacts:
    """The contacts of these folders, cross-checked. `kinds` are the ids of the data map.

    BadFile names the first line that does not fit; Refused when a file that must be there is missing.
    """
    document = read_document(_last(folders, "organisation.yaml"))
    organisation = validated(Organisation, document)
    people = listed(folders, "people.yaml", "people", Person)
    rotations = listed(folders, "oncall.yaml", "rotations", Rotation)
    ladders = listed(folders, "escalation.yaml", "ladders", Ladder)
    authorities = listed(folders, "authorities.yaml", "authorities", Authority)
    processors = listed(folders, "processors.yaml", "processors", Processor)
    _check_organisation(organisation, document, people)
    _check_people(people)
    _check_rotations(rotations, people)
    _check_ladders(ladders, rotations, people)
    _refuse_silence(_last(folders, "escalation.yaml"), ladders)
    _check_processors(processors, kinds)
    return Contacts(
        organisation=organisation,
        people=_entries(people),
        rotations=_entries(rotations),
        ladders=_entries(ladders),
        authorities=_entries(authorities),
        processors=_entries(processors),
    )


def _last(folders: Sequence[Path], name: str) -> Path:
    found = layers(folders, name)
    if not found:
        raise Refused(f"{folders[-1] if folders else 'contacts'}: {name} is missing; tocsin init writes one")
    return found[-1]


def listed(folders: Sequence[Path], name: str, key: str, model: type[_Entry]) -> Mapping[str, Listed[_Entry]]:
    """The entries under `key` in every folder's file of this name, by id; a later folder's entry wins."""
    _last(folders, name)
    found: dict[str, Listed[_Entry]] = {}
    for path in layers(folders, name):
        document = read_document(path)
        here: dict[str, Listed[_Entry]] = {}
        for index in range(_length(document, key)):
            loc: Loc = (key, index)
            listed = Listed(validated(model, document, loc), document, loc)
            if listed.entry.id in here:
                raise listed.bad(("id",), f"id {listed.entry.id!r} stands here twice; keep one")
            here[listed.entry.id] = listed
        found |= here
    return found


def _length(document: Document, key: str) -> int:
    top = document.value if isinstance(document.value, dict) else {}
    for other in top:
        if other != key:
            raise document.bad((other,), f"unknown key {other!r}{nearest(other, [key])}")
    if not isinstance(top.get(key), list):
        raise document.bad((key,), f"write one list under the key {key!r}")
    return len(top[key])


def _entries(found: Mapping[str, Listed[_Entry]]) -> tuple[_Entry, ...]:
    return tuple(listed.entry for listed in found.values())


def _check_organisation(
    organisation: Organisation, document: Document, people: Mapping[str, Listed[Person]]
) -> None:
    for key, who, role in (
        ("dpo", organisation.dpo, "dpo"),
        ("accountable_officer", organisation.accountable_officer, "accountable-officer"),
        ("signatory", organisation.signatory, None),
    ):
        if who not in people:
            raise document.bad((key,), f"{key}: there is no person {who!r}{nearest(who, people)}")
        if role is not None and role not in people[who].entry.roles:
            raise document.bad((key,), f"{key}: {who} lacks the role {role!r}; add it in people.yaml")


def _check_people(people: Mapping[str, Listed[Person]]) -> None:
    """Two people behind one account would be one person with two approvals."""
    accounts: tuple[tuple[str, Callable[[Person], str | None]], ...] = (
        ("unix", lambda person: person.unix),
        ("slack", lambda person: person.slack),
        ("email", lambda person: person.email.lower()),
    )
    for key, read in accounts:
        owners: dict[str, str] = {}
        for who, listed in people.items():
            account = read(listed.entry)
            if account is None:
                continue
            if account in owners:
                raise listed.bad((key,), f"{key} {account!r} already belongs to {owners[account]!r}")
            owners[account] = who


def _check_rotations(rotations: Mapping[str, Listed[Rotation]], people: Mapping[str, Listed[Person]]) -> None:
    for listed in rotations.values():
        rotation = listed.entry
        named = [(("people", index), who) for index, who in enumerate(rotation.people)]
        named += [(("overrides", index), each.person) for index, each in enumerate(rotation.overrides)]
        for loc, who in named:
            if who not in people:
                raise listed.bad(
                    loc, f"rotation {rotation.id}: there is no person {who!r}{nearest(who, people)}"
                )


def _check_ladders(
    ladders: Mapping[str, Listed[Ladder]],
    rotations: Mapping[str, Listed[Rotation]],
    people: Mapping[str, Listed[Person]],
) -> None:
    held = {role for listed in people.values() for role in listed.entry.roles}
    owners: dict[tuple[str, str], str] = {}
    for listed in ladders.values():
        ladder = listed.entry
        for severity in ladder.severities:
            other = owners.setdefault((ladder.role, severity), ladder.id)
            if other != ladder.id:
                raise listed.bad(
                    ("severities",), f"{ladder.role} at {severity} has the ladder {other!r} already"
                )
        for up, level in enumerate(ladder.levels):
            for index, target in enumerate(level.call):
                loc: Loc = ("levels", up, "call", index)
                if target.rotation is not None and target.rotation not in rotations:
                    wrong, right = target.rotation, rotations
                    raise listed.bad(loc, f"there is no rotation {wrong!r}{nearest(wrong, right)}")
                if target.person is not None and target.person not in people:
                    raise listed.bad(
                        loc, f"there is no person {target.person!r}{nearest(target.person, people)}"
                    )
                if target.role is not None and target.role not in held:
                    raise listed.bad(
                        loc, f"nobody has the role {target.role!r}; give it to a person in people.yaml"
                    )


def _refuse_silence(path: Path, ladders: Mapping[str, Listed[Ladder]]) -> None:
    """A severity without a ladder would be declared, and nobody would hear of it."""
    for role in _ALWAYS_CALLED:
        own = [listed for listed in ladders.values() if listed.entry.role == role]
        called = {severity for listed in own for severity in listed.entry.severities}
        for severity in sorted(set(get_args(Severity)) - called):
            what = f"no ladder calls the {role} at {severity}; add {severity} to the severities of one"
            raise own[0].bad(("severities",), what) if own else BadFile(path, 1, what)


def _check_processors(processors: Mapping[str, Listed[Processor]], kinds: Collection[str]) -> None:
    for listed in processors.values():
        for index, kind in enumerate(listed.entry.kinds):
            if kind not in kinds:
                raise listed.bad(("kinds", index), f"the data map has no kind {kind!r}{nearest(kind, kinds)}")
