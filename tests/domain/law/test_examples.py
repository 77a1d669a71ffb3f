"""The worked examples beside each law: read by counsel, run here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin.catalog import default_folders
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.law.examples import cases, uncovered

TEMPLATES, _ = default_folders()
FILES = sorted(path for path in TEMPLATES.rglob("examples.yaml") if path.with_name("regime.yaml").exists())


def examples() -> Iterator[Any]:
    for path in FILES:
        for example in read_document(path).value:
            yield pytest.param(path.parent.name, example, id=f"{path.parent.name}: {example['name']}")


@pytest.mark.parametrize(("code", "example"), list(examples()))
def test_the_regime_gives_what_its_example_says(catalog: Catalog, code: str, example: dict[str, Any]) -> None:
    for case in cases(code, [example], catalog.contacts):
        assert case.answer(catalog.regimes[code]) == case.expected, case.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_rule_is_owed_not_owed_and_at_its_boundary_in_some_example(
    catalog: Catalog, path: Path
) -> None:
    regime, stated = catalog.regimes[path.parent.name], read_document(path)
    rules = {rule.id for rule in regime.rules}
    assert list(uncovered(regime, stated.value)) == []
    assert {rule for each in stated.value for rule in each.get("boundary", ())} <= rules
    if not regime.binding:
        assert not any(each["expect"].get("owed") for each in stated.value)


def test_every_duty_that_a_clock_follows_is_there(catalog: Catalog) -> None:
    for regime in catalog.regimes.values():
        for rule in regime.rules:
            for ref in (*rule.follows, *rule.send_after):
                code, _, name = ref.rpartition("/")
                assert catalog.regime(code or regime.id).rule(name), f"{regime.id}/{rule.id} follows {ref}"
