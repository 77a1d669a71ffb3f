"""Eighteen State laws of the United States side by side, written by hand from their texts and not from the answers of
the engine: which data count, which verb, whose finding of no harm, and which number.

A row is one incident; each column says whether the people of that State are owed a letter: `+` yes, `.` no, `?` a
candidate that counsel confirms, `o` open.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tocsin.domain.catalog import Catalog
from tocsin.domain.facts import read_facts
from tocsin.domain.law.duties import Assessment
from tocsin.domain.law.regime import assess

STATES = "ca ny tx fl co wa ma il nj pa ga va nc oh or md ct ut".split()
ELEMENTS = """
                                  ca ny tx fl co wa ma il nj pa ga va nc oh or md ct ut
    identity government-id         +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +
    government-id                  .  +  .  .  .  +  .  .  .  .  +  .  .  .  .  .  .  .
    identity payment-card          +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +
    payment-card                   .  +  .  .  +  +  .  .  .  .  +  .  .  .  .  .  .  .
    identity health                +  +  +  +  +  +  .  +  .  ?  .  .  .  .  +  +  +  .
    health                         .  +  +  .  .  +  .  .  .  .  .  .  .  .  .  .  .  .
    identity biometric             +  +  .  +  +  +  .  +  .  .  .  .  +  .  +  +  +  .
    identity genetic               +  .  .  .  .  .  .  .  .  .  .  .  .  .  .  +  .  .
    identity birth                 .  .  .  .  .  +  .  .  .  .  .  .  .  .  .  .  .  .
    identity location-service      .  .  .  +  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    identity location-ip           .  .  .  ?  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    credentials                    +  +  .  +  +  +  .  +  .  +  +  .  .  .  ?  ?  +  .
    identity credentials           +  +  .  +  +  +  .  +  +  +  +  .  .  .  ?  ?  +  .
    bank-credentials               +  +  .  +  +  +  .  +  .  +  +  .  .  .  ?  .  +  .
    identity bank-credentials      +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +
    identity contact               .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
    identity usage-behaviour       .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .
"""
CIRCUMSTANCES = """
                                  ca ny tx fl co wa ma il nj pa ga va nc oh or md ct ut
    seen                           .  +  .  +  .  .  .  .  +  .  .  .  .  .  .  .  +  .
    encrypted, the key safe        .  .  .  .  .  .  ?  .  .  .  .  .  .  .  .  .  .  .
    encrypted, the key taken       +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +  +
    no harm, says a person         +  +  +  .  .  .  +  +  .  .  +  .  .  .  .  .  .  .
    harm undecided                 +  +  +  +  +  +  +  +  +  o  +  o  o  o  +  +  +  o
"""
FACTS_OF: Mapping[str, Mapping[str, Any]] = {
    "seen": {"access": "viewed", "misuse": ["none"], "violation": "breach"},
    "encrypted, the key safe": {"protection": "intact", "protection_evidence": "log of the key store"},
    "encrypted, the key taken": {"protection": "bypassed"},
    "no harm, says a person": {"harm_tests": "not"},
    "harm undecided": {"harm_tests": None},
}
#: Who tells the authority of how many residents, and who of one fewer does not.
FROM = {"ca": 501, "tx": 250, "fl": 500, "co": 500, "wa": 501, "il": 501, "pa": 501, "or": 251, "ut": 500}
#: The same of the consumer reporting agencies.
AGENCIES_FROM = {
    "ny": 5001, "tx": 10001, "fl": 1001, "co": 1001, "nj": 1001, "pa": 501, "ga": 10001, "va": 1001, "nc": 1001,
    "oh": 1001, "or": 1001, "md": 1000, "ut": 1000, "il": 1001,
}  # fmt: skip


def rows(table: str) -> list[tuple[str, list[str]]]:
    """Each row of a table: its words, and its marks in the order of the States."""
    lines = [line.split() for line in table.strip().splitlines()]
    assert lines[0] == STATES
    return [(" ".join(line[: -len(STATES)]), line[-len(STATES) :]) for line in lines[1:]]


def asked(catalog: Catalog, state: str, differs: Mapping[str, Any]) -> Assessment:
    """What the law of a State says to data of its residents that an outsider took; Georgia as of a public body."""
    facts = {
        "detected_at": "2026-11-23T10:00-05:00",
        "our_role": "controller",
        "actor": "external",
        "access": "acquired",
        "protection": "none",
        "categories": ["identity", "government-id"],
        "place": f"US-{state.upper()}",
        "people": 1,
        "people_method": "exact",
        "harm_tests": "met",
        **differs,
    }
    found = facts.pop("harm_tests")
    if found:
        facts["harm_tests"] = {f"us-{state}": found, f"us-{state}/attorney-general": found}
    organisation = catalog.contacts.organisation.model_copy(update={"public_sector": True})
    return assess(
        read_facts(facts),
        organisation,
        [catalog.regime(f"us-{state}")],
        authorities=catalog.contacts.authorities,
        at=datetime(2027, 1, 1, tzinfo=UTC),
    )


def mark(found: Assessment) -> str:
    """Whether the people are told, as the tables write it."""
    for duty in found.duties:
        if duty.rule == "individuals":
            return "?" if duty.candidate else "+"
    return "o" if any(each.rule == "individuals" for each in found.undecided) else "."


@pytest.mark.parametrize(("categories", "marks"), rows(ELEMENTS))
def test_the_data_that_count_are_those_of_the_text(
    catalog: Catalog, categories: str, marks: list[str]
) -> None:
    found = [mark(asked(catalog, state, {"categories": categories.split()})) for state in STATES]
    assert dict(zip(STATES, found, strict=True)) == dict(zip(STATES, marks, strict=True))


@pytest.mark.parametrize(("words", "marks"), rows(CIRCUMSTANCES))
def test_verb_encryption_and_harm_are_those_of_the_text(
    catalog: Catalog, words: str, marks: list[str]
) -> None:
    found = [mark(asked(catalog, state, FACTS_OF[words])) for state in STATES]
    assert dict(zip(STATES, found, strict=True)) == dict(zip(STATES, marks, strict=True))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("recipient", "numbers"), [("authority", FROM), ("agencies", AGENCIES_FROM)])
def test_the_number_from_which_others_are_told_is_that_of_the_text(
    catalog: Catalog, state: str, recipient: str, numbers: Mapping[str, int]
) -> None:
    def told(people: int) -> bool:
        return any(duty.recipient == recipient for duty in asked(catalog, state, {"people": people}).duties)

    if state in numbers:
        assert (told(numbers[state] - 1), told(numbers[state])) == (False, True)
    else:
        assert told(1) is told(1_000_000), "whatever the number, or never"
