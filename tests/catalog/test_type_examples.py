"""The worked examples beside each incident type: read by responders, run here.

`owed`, `cannot_tell` and `not_owed` name what must be among the answers of the law: more laws may judge than an
example speaks of. Everything else is exact.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tocsin.catalog import default_folders
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.checklist import Phase, Step, applicable, open_gates, step_due_at
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.law.conditions import Verdict
from tocsin.domain.law.regime import assess
from tocsin.domain.moments import MOMENT_NAMES, iso, parse_moment

TEMPLATES, _ = default_folders()
KEYS = {"name", "declared_at", "facts", "done", "expect"}
EXPECTED = {
    "owed", "cannot_tell", "not_owed", "applies", "perhaps", "not_applicable", "open_gates", "due",
}  # fmt: skip


def examples(type_: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read_document(TEMPLATES / "types" / type_ / "examples.yaml").value
    return found


def types() -> list[str]:
    return sorted(path.parent.name for path in TEMPLATES.glob("types/*/type.yaml"))


def cases() -> Iterator[Any]:
    for type_ in types():
        for example in examples(type_):
            yield pytest.param(type_, example, id=f"{type_}: {example['name']}")


def known(catalog: Catalog, example: dict[str, Any]) -> Facts:
    kinds = {kind.id: kind.categories for kind in catalog.data_map.kinds}
    return read_facts(example["facts"]).with_categories(kinds)


def verdicts(catalog: Catalog, type_: str, example: dict[str, Any]) -> dict[str, Verdict]:
    facts, organisation = known(catalog, example), catalog.contacts.organisation
    return {step.id: applicable(step, facts, organisation) for step in catalog.type(type_).steps}


def conditional(catalog: Catalog, type_: str) -> list[Step]:
    return [step for step in catalog.type(type_).steps if step.only_if is not None]


@pytest.mark.parametrize(("type_", "example"), list(cases()))
def test_the_steps_are_as_the_example_says(shipped: Catalog, type_: str, example: dict[str, Any]) -> None:
    assert (set(example), set(example["expect"]) <= EXPECTED) == (KEYS, True)
    expect, found = example["expect"], verdicts(shipped, type_, example)
    asked = [step.id for step in conditional(shipped, type_)]
    assert [id_ for id_ in asked if found[id_].answer] == expect.get("applies", [])
    assert [id_ for id_ in asked if found[id_].answer is False] == expect.get("not_applicable", [])
    perhaps = {id_: [*found[id_].needs] for id_ in asked if found[id_].answer is None}
    assert perhaps == expect.get("perhaps", {})
    steps, answers = shipped.type(type_).steps, {id_: each.answer for id_, each in found.items()}
    assert set(example["done"]) <= set(answers)
    phases: dict[Phase, list[str]] = expect.get("open_gates", {})
    gates = {phase: [*open_gates(steps, phase, example["done"], answers)] for phase in phases}
    assert {phase: sorted(ids) for phase, ids in gates.items()} == {
        phase: sorted(ids) for phase, ids in phases.items()
    }


@pytest.mark.parametrize(("type_", "example"), list(cases()))
def test_the_clocks_and_duties_are_as_the_example_says(
    shipped: Catalog, type_: str, example: dict[str, Any]
) -> None:
    expect, facts = example["expect"], known(shipped, example)
    declared = parse_moment(example["declared_at"])
    moments = {name: at for name in MOMENT_NAMES if (at := facts.moment(name)) is not None}
    moments["declared_at"] = declared
    due = {
        step.id: at and iso(at)
        for step in shipped.type(type_).steps
        for at in [step_due_at(step, moments)]
        if step.id in expect.get("due", {})
    }
    assert due == expect.get("due", {})
    law = assess(
        facts,
        shipped.contacts.organisation,
        shipped.regimes.values(),
        authorities=shipped.contacts.authorities,
        at=declared,
        declared_at=declared,
    )
    assert set(expect.get("owed", [])) <= {duty.key for duty in law.duties}
    assert set(expect.get("cannot_tell", [])) <= {f"{each.regime}/{each.rule}" for each in law.undecided}
    assert set(expect.get("not_owed", [])) <= {f"{each.regime}/{each.rule}" for each in law.not_owed}


@pytest.mark.parametrize("type_", types())
def test_every_condition_of_a_type_is_met_unmet_and_unknown_in_some_example(
    shipped: Catalog, type_: str
) -> None:
    shown = [verdicts(shipped, type_, example) for example in examples(type_)]
    for step in conditional(shipped, type_):
        if step.id[0].isdigit():
            assert {each[step.id].answer for each in shown} == {True, False, None}, step.id


@pytest.mark.parametrize("type_", types())
def test_every_type_is_shown_at_its_first_minute_and_later(type_: str) -> None:
    stages = [bool(example["done"]) for example in examples(type_)]
    assert stages[0] is False
    assert any(stages)
