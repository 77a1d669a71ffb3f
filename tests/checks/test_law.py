"""The check of the library of laws: it alters each condition and number, and names what no example notices."""

from pathlib import Path

import pytest

from checks import law as proof
from checks.mutants import mutants
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.catalog import Catalog
from tocsin.domain.law.examples import cases
from tocsin.domain.law.regime import Regime

LAW = """
id: xx-law
name: {en: A law}
jurisdiction: worldwide
status: in-force
verification: primary
valid_from: 2026-01-01
sources: [{title: The law, url: "https://law.example/", verification: primary}]
rules:
  - id: authority
    recipient: authority
    when:
      all:
        - {not: {fact: ongoing, is: true}}
        - {people: {place: US-CA}, more_than: 500}
    clock: {from: aware_at, within: {hours: 72}}
    cite: Art. 1
"""
OWED = """
- name: 501 people, and it is over
  boundary: [authority]
  facts: {aware_at: 2026-01-01T00:00Z, ongoing: false, people_by_country: {US-CA: 501, US-NV: 9}}
  expect:
    owed: [{key: xx-law/authority/authority/controller, due_at: 2026-01-04T00:00Z, assumed: false}]
"""
NOT_OWED = """
- name: 500 people, or it still goes on, or it was found in the old year
  each:
    - {people_by_country: {US-CA: 500, US-NV: 9}}
    - {ongoing: true}
    - {aware_at: 2025-12-31T23:59Z}
  facts: {aware_at: 2026-01-01T00:00Z, ongoing: false, people_by_country: {US-CA: 501}}
  expect: {not_owed: [authority]}
"""
OPEN = """
- name: Whether it is over is not known
  facts: {aware_at: 2026-01-01T00:00Z, people_by_country: {US-CA: 501}}
  expect: {undecided: {authority: [ongoing]}}
"""


def law(catalog: Catalog, folder: Path, examples: str, text: str = LAW) -> proof.Law:
    (folder / "regime.yaml").write_text(text, encoding="utf-8")
    (folder / "examples.yaml").write_text(examples, encoding="utf-8")
    regime = Regime.model_validate(read_document(folder / "regime.yaml").value)
    return proof.Law(regime, folder, catalog.contacts)


def test_each_condition_and_each_number_is_altered_once(catalog: Catalog, tmp_path: Path) -> None:
    regime = law(catalog, tmp_path, OWED).regime
    assert [f"{'.'.join(map(str, each.loc))}: {each.what}" for each in mutants(regime)] == [
        "valid_from: 2026-01-02 in place of 2026-01-01",
        "valid_from: 2025-12-31 in place of 2026-01-01",
        "rules.0.while_unknown: owed while a fact is unknown",
        "rules.0.when: taken away",
        "rules.0.when.all.0: taken away",
        "rules.0.when.all.0.not: its not taken away",
        "rules.0.when.all.1: taken away",
        "rules.0.when.all.1.people: records counted",
        "rules.0.when.all.1.people.0.place.0: US-CA taken away",
        "rules.0.when.all.1.more_than: 501 in place of 500",
        "rules.0.when.all.1.more_than: 499 in place of 500",
        "rules.0.clock.from: from detected_at instead",
        "rules.0.clock.within.hours: 73 in place of 72",
        "rules.0.clock.within.hours: 71 in place of 72",
    ]


def test_a_law_whose_examples_notice_everything_has_nothing_to_complain_of(
    catalog: Catalog, tmp_path: Path
) -> None:
    found = proof.check(law(catalog, tmp_path, OWED + NOT_OWED + OPEN))
    assert (found.complaints, found.tried) == ([], 14)


def test_what_no_example_notices_is_named_with_its_line_and_what_to_do(
    catalog: Catalog, tmp_path: Path
) -> None:
    found = proof.check(law(catalog, tmp_path, OWED + NOT_OWED.replace("US-CA: 500", "US-CA: 499")))
    way_out = "changes no example; write an example in which this decides"
    file = f"{tmp_path}/regime.yaml"
    assert found.complaints == [
        f"{file}:10: xx-law/authority: while_unknown: owed while a fact is unknown {way_out}",
        f"{file}:15: xx-law/authority: when.all.1.more_than: 499 in place of 500 {way_out}",
    ]


def test_a_law_not_in_force_needs_an_example_that_would_be_owed(catalog: Catalog, tmp_path: Path) -> None:
    off = LAW.replace("status: in-force", "status: off\nwhy_off: guidance only")
    owed_otherwise = OWED.partition("  expect:")[0] + "  expect: {not_owed: [authority]}\n"
    assert proof.check(law(catalog, tmp_path, owed_otherwise, off)).complaints == []
    never_owed = NOT_OWED.replace("    - {aware_at: 2025-12-31T23:59Z}\n", "")
    found = proof.check(law(catalog, tmp_path, never_owed, off))
    assert "put in force changes no example" in found.complaints[0]


def test_a_rule_without_examples_and_a_source_without_an_address_are_named(
    catalog: Catalog, tmp_path: Path
) -> None:
    found = proof.check(law(catalog, tmp_path, NOT_OWED, LAW.replace("https://law.example/", "not known")))
    assert found.complaints[:3] == [
        "xx-law: the source 'The law' has no address; write it, or url: not known and a note on how it is known",
        f"{tmp_path}/examples.yaml:1: xx-law/authority: no example shows it owed; write one",
        f"{tmp_path}/examples.yaml:1: xx-law/authority: no example shows it at its boundary; write one",
    ]


def test_an_example_that_does_not_hold_is_named_before_anything_is_altered(
    catalog: Catalog, tmp_path: Path
) -> None:
    found = proof.check(law(catalog, tmp_path, OWED.replace("2026-01-04", "2026-01-05") + NOT_OWED))
    assert found.complaints == ["xx-law: the example '501 people, and it is over' does not hold"]
    assert found.tried == 0


def test_a_misspelt_key_of_an_example_is_refused(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="has no expects"):
        list(cases("xx-law", [{"name": "x", "facts": {}, "expects": {}}], catalog.contacts))


HERE = "{cells: {place: US-CA}}"
PUBLIC = "{organisation: public_sector, is: true}"


@pytest.mark.parametrize(
    ("applies", "when", "altered"),
    [
        (HERE, "{people: {place: US-CA, access: acquired}, more_than: 500}", ["every"]),
        (HERE, "{people: {}, more_than: 500}", ["", "cells.place.0", "every"]),
        (
            HERE,
            f"{{any: [{{cells: {{place: US-CA, access: viewed}}}}, {PUBLIC}]}}",
            ["", "cells.place.0", "every"],
        ),
        (f"{{any: [{HERE}, {PUBLIC}]}}", HERE, ["any.0", "any.0.every"]),
        (PUBLIC, f"{{all: [{PUBLIC}, {HERE}]}}", []),
        (f"{{not: {PUBLIC}}}", PUBLIC, ["", "not"]),
    ],
)
def test_what_every_rule_says_again_is_altered_in_the_rules_only(
    catalog: Catalog, tmp_path: Path, applies: str, when: str, altered: list[str]
) -> None:
    begin, end = LAW.index("    when:"), LAW.index("    clock:")
    text = f"{LAW[:begin]}    when: {when}\n{LAW[end:]}applies: {applies}\n"
    found = [each.loc for each in mutants(law(catalog, tmp_path, OWED, text).regime)]
    assert [".".join(map(str, loc[1:])) for loc in found if loc[0] == "applies"] == altered
