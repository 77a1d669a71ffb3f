"""The worked examples of every law, as facts that reach deep into its rules: what the properties start from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tocsin.catalog import default_folders
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Organisation
from tocsin.domain.facts import Facts
from tocsin.domain.law.examples import LATER, cases
from tocsin.domain.law.regime import Assessment, Regime, assess

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
    """Every case of every worked example of every law."""
    templates, _ = default_folders()
    return [
        Worked(path.parent.name, case.name, case.facts.values, case.organisation, case.declared_at, case.told)
        for path in sorted(templates.glob("regimes/*/examples.yaml"))
        for case in cases(path.parent.name, read_document(path).value, catalog.contacts)
    ]


_OF_CELLS = frozenset(
    """our_role controllers kinds categories people_by_country groups place place_basis protection protection_evidence
    pseudonymous access disclosure alteration loss service_impact recipients deletion_confirmed misuse unseen_days
    people people_method records records_method risk cells""".split()
)
