"""The worked examples of every law, as facts that reach deep into its rules: what the properties start from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tocsin.catalog import default_folders
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Organisation
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.moments import parse_moment
from tocsin.domain.regime import Assessment, Regime, assess

#: Long after every example, so that the law of its own day judges it.
LATER = datetime(2027, 6, 1, tzinfo=UTC)
#: A rule as `regime/rule`.
Name = str


@dataclass(frozen=True)
class Worked:
    """One worked example, with its facts in canonical form."""

    code: str
    name: str
    values: Mapping[str, Any]
    organisation: Organisation
    declared_at: datetime | None
    discharged: Mapping[str, datetime]

    @property
    def facts(self) -> Facts:
        return Facts(self.values)

    def but(self, **changes: Any) -> "Worked":
        """The same with some facts changed; None makes one unknown."""
        kept = {name: value for name, value in {**self.values, **changes}.items() if value is not None}
        return replace(self, values=kept)

    def of_a_company(self, **features: Any) -> "Worked":
        """The same in another company."""
        return replace(self, organisation=self.organisation.model_copy(update=features))

    def called(self, name: str) -> "Worked":
        """The same under another name."""
        return replace(self, name=name)

    def in_cells(self) -> "Worked":
        """The same with everybody in an explicit cell, so that each can be changed alone."""
        facts = self.facts
        if not facts.cells:
            return self
        stated = {name: value for name, value in self.values.items() if name not in _OF_CELLS}
        return replace(self, values={**stated, "cells": [cell.canonical() for cell in facts.cells]})

    def __str__(self) -> str:
        return f"{self.code}: {self.name}"


@dataclass(frozen=True)
class Answers:
    """What the law answered, rule by rule."""

    found: Assessment
    owed: frozenset[Name] = field(init=False)
    undecided: frozenset[Name] = field(init=False)
    not_owed: frozenset[Name] = field(init=False)

    def __post_init__(self) -> None:
        for name, findings in (
            ("owed", self.found.duties),
            ("undecided", self.found.undecided),
            ("not_owed", self.found.not_owed),
        ):
            object.__setattr__(self, name, frozenset(f"{each.regime}/{each.rule}" for each in findings))

    @property
    def refused(self) -> frozenset[Name]:
        """Rules under which nothing is owed to anybody, and nothing is open."""
        return self.not_owed - self.owed - self.undecided


def judged(
    worked: Worked, regimes: Iterable[Regime], catalog: Catalog, at: datetime | None = None
) -> Answers:
    """What these laws say to the facts of an example."""
    return Answers(
        assess(
            worked.facts,
            worked.organisation,
            regimes,
            authorities=catalog.contacts.authorities,
            at=worked.declared_at or LATER,
            declared_at=worked.declared_at,
            discharged=worked.discharged,
        )
    )


def worked_examples(catalog: Catalog) -> list[Worked]:
    """Every worked example of every law."""
    return [
        _worked(path.parent.name, example, catalog.contacts.organisation)
        for path in example_files()
        for example in read_examples(path)
    ]


def example_files() -> list[Path]:
    """The examples beside each law."""
    templates, _ = default_folders()
    return sorted(path.with_name("examples.yaml") for path in templates.glob("*/*/regime.yaml"))


@cache
def read_examples(path: Path) -> list[dict[str, Any]]:
    """The examples of one law, as they are written."""
    examples: list[dict[str, Any]] = read_document(path).value
    return examples


def _worked(code: str, example: Mapping[str, Any], company: Organisation) -> Worked:
    told = {rule: moment(at) for rule, at in example.get("told", {}).items()}
    return Worked(
        code,
        example["name"],
        read_facts(example["facts"]).values,
        Organisation.model_validate(company.model_dump() | example.get("organisation", {})),
        moment(example.get("declared_at")),
        {rule if "/" in rule else f"{code}/{rule}": at for rule, at in told.items() if at},
    )


def moment(value: Any) -> datetime | None:
    """YAML 1.2 leaves moments as text, or gives them as aware datetimes."""
    if value is None:
        return None
    return value.astimezone(UTC) if isinstance(value, datetime) else parse_moment(str(value))


_OF_CELLS = frozenset(
    """our_role controllers kinds categories people_by_country groups place place_basis protection protection_evidence
    pseudonymous access disclosure alteration loss service_impact recipients deletion_confirmed misuse unseen_days
    people people_method records records_method risk cells""".split()
)
