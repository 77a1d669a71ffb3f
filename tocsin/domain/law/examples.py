"""The worked examples beside each law: what they state, and what the law gives for their facts.

Pure. One example may speak of several cases: `each` lists the facts, or the features of the organisation, in which they
differ, and all of them end alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from pydantic import Field, RootModel, field_validator

from tocsin.domain.answers import nearest
from tocsin.domain.contacts import Authority, Contacts, Organisation
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.law.duties import Assessment, Duty
from tocsin.domain.law.regime import Regime, assess
from tocsin.domain.moments import iso, parse_moment
from tocsin.domain.records import Record

#: As of when the law is applied where an example does not say when it was declared.
LATER = datetime(2027, 6, 1, tzinfo=UTC)
_OF_A_DUTY = frozenset(field.name for field in fields(Duty))
_MOMENTS = ("due_at", "target_at", "clock_start")


class Expected(Record):
    """What an example says that the law gives. Of a duty owed it states `key`, and what else of it matters."""

    owed: tuple[dict[str, Any], ...] = ()
    undecided: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    not_owed: tuple[str, ...] = ()

    @field_validator("owed")
    @classmethod
    def _of_duties(cls, owed: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        for duty in owed:
            if "key" not in duty:
                raise ValueError("a duty owed has a key: {key: law/rule/whom/role}")
            for name in duty.keys() - _OF_A_DUTY:
                raise ValueError(f"a duty has no {name!r}{nearest(name, _OF_A_DUTY)}")
        return owed


class Example(Record):
    """One worked example, as it is written. `boundary` names the rules at whose edge it stands."""

    name: str
    boundary: tuple[str, ...] = ()
    organisation: dict[str, Any] = Field(default_factory=dict)
    declared_at: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    each: tuple[dict[str, Any], ...] = ()
    told: dict[str, str] = Field(default_factory=dict)
    expect: Expected


class Examples(RootModel[tuple[Example, ...]]):
    """The file `examples.yaml`."""


@dataclass(frozen=True)
class Case:
    """One set of facts, and the answer that the example states for it."""

    name: str
    facts: Facts
    organisation: Organisation
    authorities: Sequence[Authority]
    declared_at: datetime | None
    told: Mapping[str, datetime]
    expected: Mapping[str, Any]

    def answer(self, regime: Regime) -> dict[str, Any]:
        """What the law gives, in the shape of `expected`; of a duty only what the example states of it."""
        return self._answer(self._found(regime))

    def _answer(self, found: Assessment) -> dict[str, Any]:
        stated = zip_longest(found.duties, self.expected["owed"])
        return {
            "owed": [_said(duty, wanted or ("key",)) for duty, wanted in stated if duty],
            "undecided": {each.rule: [*each.needs] for each in found.undecided},
            "not_owed": [each.rule for each in found.not_owed],
        }

    def differences(self, regime: Regime) -> Iterator[str]:
        """What the law gives otherwise than the example states, a line each; nothing where it holds."""
        found = self._found(regime)
        given, stated = (
            {duty.key: duty for duty in found.duties},
            {each["key"]: each for each in self.expected["owed"]},
        )
        for key, wanted in stated.items():
            if key in given:
                said = _said(given[key], wanted)
                yield from (
                    f"{key}: {name} is stated as {_plain(value)}, and the law gives {_plain(said[name])}"
                    for name, value in wanted.items()
                    if said[name] != value
                )
            else:
                yield f"{key}: stated as owed, and the law gives no such duty"
        yield from (f"{key}: owed, and the example does not state it" for key in given if key not in stated)
        if given.keys() == stated.keys() and [*given] != [*stated]:
            yield f"owed in another order, the soonest first: {', '.join(given)}"
        answer = self._answer(found)
        for what in ("undecided", "not_owed"):
            if answer[what] != self.expected[what]:
                words = what.replace("_", " ")
                yield f"{words}: stated {_plain(self.expected[what])}, and the law gives {_plain(answer[what])}"

    def _found(self, regime: Regime) -> Assessment:
        return assess(
            self.facts,
            self.organisation,
            (regime,),
            authorities=self.authorities,
            at=self.declared_at or LATER,
            declared_at=self.declared_at,
            discharged=self.told,
        )

    def holds(self, regime: Regime) -> bool:
        """Whether the law gives what the example states."""
        return self.answer(regime) == self.expected


def cases(code: str, examples: Sequence[Mapping[str, Any]], contacts: Contacts) -> Iterator[Case]:
    """The cases of one law's examples, in their order. Refused for facts that nobody can state; ValueError for a key
    that no example has.
    """
    for example in examples:
        if unknown := example.keys() - Example.model_fields.keys():
            raise ValueError(f"{code}: {example['name']!r} has no {', '.join(sorted(unknown))}")
        for number, differs in enumerate(example.get("each", ({},)), 1):
            facts = {**example.get("facts", {}), **differs}
            company = {**example.get("organisation", {}), **facts.pop("organisation", {})}
            yield Case(
                name=example["name"] + (f" ({number})" if "each" in example else ""),
                facts=read_facts(facts),
                organisation=_changed(contacts.organisation, company),
                authorities=contacts.authorities,
                declared_at=_moment(example.get("declared_at")),
                told=_told(code, example.get("told", {})),
                expected=_expected(example["expect"]),
            )


def uncovered(regime: Regime, examples: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Rules that no example shows owed, not owed, or at their boundary: the rule, and how it is not shown."""
    shown = {
        "owed": {duty["key"].split("/")[1] for each in examples for duty in each["expect"].get("owed", ())},
        "not owed": {rule for each in examples for rule in each["expect"].get("not_owed", ())},
        "at its boundary": {rule for each in examples for rule in each.get("boundary", ())},
    }
    if not regime.binding:
        shown = {"not owed": shown["not owed"]}
    for rule in regime.rules:
        yield from ((rule.id, how) for how, rules in shown.items() if rule.id not in rules)


def _expected(stated: Mapping[str, Any]) -> dict[str, Any]:
    owed = [{name: _asked(name, value) for name, value in duty.items()} for duty in stated.get("owed", ())]
    return {
        "owed": owed,
        "undecided": stated.get("undecided", {}),
        "not_owed": stated.get("not_owed", []),
    }


def _told(code: str, told: Mapping[str, Any]) -> dict[str, datetime]:
    moments = {rule if "/" in rule else f"{code}/{rule}": _moment(value) for rule, value in told.items()}
    return {rule: at for rule, at in moments.items() if at}


def _changed(organisation: Organisation, changes: Mapping[str, Any]) -> Organisation:
    return Organisation.model_validate(organisation.model_dump() | {**changes}) if changes else organisation


def _said(duty: Duty, names: Mapping[str, Any] | Sequence[str]) -> dict[str, Any]:
    found = {name: getattr(duty, name) for name in names}
    return {name: [*value] if isinstance(value, tuple) else value for name, value in found.items()}


def _plain(value: Any) -> str:
    """`a, b`, `a (needs b)`, a moment as it is written."""
    match value:
        case datetime():
            return iso(value)
        case {}:
            return ", ".join(f"{name} (needs {_plain(needs)})" for name, needs in value.items()) or "nothing"
        case [*each]:
            return ", ".join(map(_plain, each)) or "nothing"
    return str(value)


def _asked(name: str, value: Any) -> Any:
    return _moment(value) if name in _MOMENTS else value


def _moment(value: Any) -> datetime | None:
    return None if value is None else parse_moment(str(value))
