"""The worked examples beside each law: what they state, and what the law gives for their facts.

One example may speak of several cases: `each` lists the facts, or the features of the organisation, in which they
differ, and all of them end alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from tocsin.domain.contacts import Authority, Contacts, Organisation
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.law.duties import Duty
from tocsin.domain.law.regime import Regime, assess
from tocsin.domain.moments import parse_moment

KEYS = frozenset({"name", "boundary", "organisation", "declared_at", "facts", "each", "told", "expect"})
#: As of when the law is applied where an example does not say when it was declared.
LATER = datetime(2027, 6, 1, tzinfo=UTC)
_MOMENTS = ("due_at", "target_at", "clock_start")


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
        found = assess(
            self.facts,
            self.organisation,
            (regime,),
            authorities=self.authorities,
            at=self.declared_at or LATER,
            declared_at=self.declared_at,
            discharged=self.told,
        )
        stated = zip_longest(found.duties, self.expected["owed"])
        return {
            "owed": [_said(duty, wanted or ("key",)) for duty, wanted in stated if duty],
            "undecided": {each.rule: [*each.needs] for each in found.undecided},
            "not_owed": [each.rule for each in found.not_owed],
        }

    def holds(self, regime: Regime) -> bool:
        """Whether the law gives what the example states."""
        return self.answer(regime) == self.expected


def cases(code: str, examples: Sequence[Mapping[str, Any]], contacts: Contacts) -> Iterator[Case]:
    """The cases of one law's examples, in their order. ValueError for a key that no example has."""
    for example in examples:
        if unknown := set(example) - KEYS:
            raise ValueError(f"{code}: {example['name']!r} has no {', '.join(sorted(unknown))}")
        for number, differs in enumerate(example.get("each", ({},)), 1):
            facts = {**example["facts"], **differs}
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


def _asked(name: str, value: Any) -> Any:
    return _moment(value) if name in _MOMENTS else value


def _moment(value: Any) -> datetime | None:
    return None if value is None else parse_moment(str(value))
