"""The worked examples beside each regime: read by counsel, run here."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tocsin.catalog import default_folders, load_catalog
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Organisation
from tocsin.domain.facts import read_facts
from tocsin.domain.moments import parse_moment
from tocsin.domain.regime import Duty, assess

TEMPLATES, CONTACTS = default_folders()
MOMENTS = ("due_at", "target_at", "clock_start")


def read(path: Path) -> list[dict[str, Any]]:
    examples: list[dict[str, Any]] = read_document(path).value
    return examples


def cases() -> Iterator[Any]:
    for path in sorted(TEMPLATES.glob("regimes/*/examples.yaml")):
        for example in read(path):
            yield pytest.param(path.parent.name, example, id=f"{path.parent.name}: {example['name']}")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog([TEMPLATES], [CONTACTS])


@pytest.mark.parametrize(("code", "example"), list(cases()))
def test_the_regime_gives_what_its_example_says(catalog: Catalog, code: str, example: dict[str, Any]) -> None:
    assert set(example) <= {"name", "boundary", "organisation", "declared_at", "facts", "told", "expect"}
    organisation = changed(catalog.contacts.organisation, example.get("organisation", {}))
    declared = moment(example.get("declared_at"))
    found = assess(
        read_facts(example["facts"]),
        organisation,
        [catalog.regimes[code]],
        authorities=catalog.contacts.authorities,
        at=declared or datetime(2027, 6, 1, tzinfo=UTC),
        declared_at=declared,
        discharged={
            rule if "/" in rule else f"{code}/{rule}": at
            for rule, value in example.get("told", {}).items()
            if (at := moment(value))
        },
    )
    expected = example["expect"]
    assert [duty.key for duty in found.duties] == [duty["key"] for duty in expected.get("owed", [])]
    for duty, wanted in zip(found.duties, expected.get("owed", []), strict=True):
        assert {name: said(duty, name) for name in wanted} == {
            name: asked(name, wanted[name]) for name in wanted
        }
    assert {each.rule: [*each.needs] for each in found.undecided} == expected.get("undecided", {})
    assert [each.rule for each in found.not_owed] == expected.get("not_owed", [])


@pytest.mark.parametrize(
    "path",
    sorted(TEMPLATES.glob("regimes/*/regime.yaml")),
    ids=lambda path: path.parent.name,
)
def test_every_rule_is_owed_not_owed_and_at_its_boundary_in_some_example(
    catalog: Catalog, path: Path
) -> None:
    examples = read(path.with_name("examples.yaml"))
    owed = {duty["key"].split("/")[1] for each in examples for duty in each["expect"].get("owed", [])}
    not_owed = {rule for each in examples for rule in each["expect"].get("not_owed", [])}
    boundary = {rule for each in examples for rule in each.get("boundary", [])}
    regime = catalog.regimes[path.parent.name]
    rules = {rule.id for rule in regime.rules}
    assert rules <= not_owed
    assert boundary <= rules
    if regime.status == "in-force" or (regime.status == "not-in-force" and regime.valid_from):
        assert rules <= owed
        assert rules <= boundary
    else:
        assert not owed


def test_every_duty_that_a_clock_follows_is_there(catalog: Catalog) -> None:
    for regime in catalog.regimes.values():
        for rule in regime.rules:
            for ref in (*rule.follows, *rule.send_after):
                code, _, name = ref.rpartition("/")
                assert catalog.regime(code or regime.id).rule(name), f"{regime.id}/{rule.id} follows {ref}"


def changed(organisation: Organisation, changes: dict[str, Any]) -> Organisation:
    return Organisation.model_validate(organisation.model_dump() | changes)


def said(duty: Duty, name: str) -> Any:
    return getattr(duty, name)


def asked(name: str, value: Any) -> Any:
    return moment(value) if name in MOMENTS else value


def moment(value: Any) -> datetime | None:
    return None if value is None else parse_moment(str(value))
