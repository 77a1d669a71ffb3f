"""What holds for every law of the library, whatever the facts: what does not matter, and what is always so."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.law.library import Library
from tests.domain.law.steps import asked_by, at_other_hours, value
from tests.domain.law.worked import LATER, Answers, Worked
from tests.exploring import times
from tocsin.domain.facts import FACTS, Facts, parse_fact, read_facts
from tocsin.domain.law.criteria import ORGANISATION
from tocsin.domain.law.regime import Regime
from tocsin.domain.moments import iso
from tocsin.domain.questions import CELL_FIELDS
from tocsin.domain.risk import advise

#: 02:40 on a Tuesday in Ho Chi Minh City.
DECLARED = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
SEEDS = st.integers(0, 2**32)


# --- what does not matter


def test_an_unrelated_fact_changes_nothing(library: Library) -> None:
    related = {law.id: asked_by(law) for law in library.laws}
    for number, worked in enumerate(library.examples):
        before = library.ask(worked).found
        others = sorted(FACTS.keys() - related[worked.code] - worked.values.keys())
        for name in Random(number).sample(others, min(2, len(others))):
            more = worked.but(**{name: parse_fact(name, value(FACTS[name], Random(number)))})
            assert library.ask(more).found == before, f"{worked}: {name}"


@settings(max_examples=times(60))
@given(SEEDS)
def test_no_order_matters(library: Library, seed: int) -> None:
    worked, random = library.incident(seed).in_cells(), Random(seed)
    law = library.law(worked)
    values = shuffled(worked.values, random)
    if cells := worked.values.get("cells"):
        values["cells"] = [shuffled(cell, random) for cell in random.sample(cells, len(cells))]
    laws = [law.model_copy(update={"rules": tuple(random.sample(law.rules, len(law.rules)))})]
    before, after = library.ask(worked), library.ask(replace(worked, values=values), laws)
    assert outcome(before) == outcome(after)


@settings(max_examples=times(12))
@given(SEEDS)
def test_each_law_judges_alone_and_the_order_of_laws_does_not_matter(library: Library, seed: int) -> None:
    """A law whose clock follows a duty of another one is left out alone: it has to know of that one."""
    worked, laws = library.incident(seed), library.laws
    together = library.ask(worked, Random(seed).sample(laws, len(laws)))
    alone = [library.ask(worked, [law]) for law in laws if not names_others(law)]
    assert {line for each in alone for line in outcome(each)} <= outcome(together)
    assert library.ask(worked, laws).found == together.found
    found = together.found
    keys = [each.key for each in (*found.duties, *found.undecided, *found.not_owed)]
    assert len(keys) == len(set(keys))
    assert all(each.cite for each in (*found.undecided, *found.not_owed))


def outcome(answers: Answers) -> set[tuple[Any, ...]]:
    """What was answered, without the words and without their order."""
    found = answers.found
    return {
        *(
            (duty.key, duty.clock_start, duty.due_at, duty.target_at, duty.recipient, duty.candidate)
            for duty in found.duties
        ),
        *((each.regime, each.rule, whom(each.needs), each.soonest) for each in found.undecided),
        *((each.regime, each.rule) for each in found.not_owed),
    }


def whom(needs: Iterable[str]) -> frozenset[str]:
    """What is asked for. How many people live where is asked by country, or of their cells once they are in some."""
    return frozenset("cells" if need in ("people", "people_by_country") else need for need in needs)


def shuffled(values: Any, random: Random) -> dict[str, Any]:
    return dict(random.sample(list(values.items()), len(values)))


def names_others(law: Regime) -> bool:
    return any(law.full(ref).partition("/")[0] != law.id for rule in law.rules for ref in rule.follows)


# --- what is always so


@settings(max_examples=times(120))
@given(SEEDS)
def test_every_moment_explains_itself_and_lies_after_its_clock_began(library: Library, seed: int) -> None:
    worked, random = library.incident(seed), Random(seed)
    law = library.law(worked)
    told = random.sample(law.rules, random.randint(0, len(law.rules)))
    discharged = {
        f"{law.id}/{rule.id}": DECLARED + timedelta(hours=random.randint(-900, 900)) for rule in told
    }
    check_moments(library, replace(worked, discharged=discharged))


def test_in_whatever_order_things_happened_no_moment_lies_before_its_clock(library: Library) -> None:
    for number, worked in enumerate(library.examples):
        check_moments(library, at_other_hours(worked, Random(number)))


def check_moments(library: Library, worked: Worked) -> None:
    """Every duty runs towards a moment after its clock began, and says why; what is open says what it waits for."""
    found = library.ask(replace(worked, declared_at=worked.declared_at or DECLARED)).found
    soonest = [duty.soonest for duty in found.duties if duty.soonest]
    assert len(soonest) == len(found.duties)
    assert soonest == sorted(soonest)
    for duty in found.duties:
        assert duty.clock_start is not None
        # What must be told no later than people were, and was not, is due at once.
        tied = "not later than" in duty.explained
        for moment in filter(None, (duty.due_at, duty.target_at)):
            assert moment > duty.clock_start or (tied and moment == duty.clock_start), duty.explained
        assert iso(duty.clock_start) in duty.explained
        assert "\n" not in duty.explained
        assert ("ASSUMED" in duty.explained or "until that is told" in duty.explained) <= duty.assumed
    for each in found.undecided:
        assert each.needs, f"{each.regime}/{each.rule} waits for nothing"
        assert each.soonest is not None
    needs = {need for duty in found.duties for need in duty.needs}
    needs |= {need for each in found.undecided for need in each.needs}
    assert all(need in FACTS or need.removeprefix("organisation.") in ORGANISATION for need in needs)


@settings(max_examples=times(60))
@given(SEEDS)
def test_same_facts_same_answer_also_when_read_again_and_in_cells(library: Library, seed: int) -> None:
    worked = library.incident(seed)
    again = replace(worked, values=read_facts(worked.values).values)
    assert library.ask(worked).found == library.ask(again).found
    assert outcome(library.ask(worked)) == outcome(library.ask(worked.in_cells()))


@settings(max_examples=times(30))
@given(SEEDS)
def test_whatever_is_stated_every_law_answers_and_the_advice_has_a_reason(
    library: Library, seed: int
) -> None:
    random = Random(seed)
    names = random.sample(sorted(FACTS), random.randint(0, len(FACTS)))
    cells = [
        {
            field: value(FACTS[CELL_FIELDS[field].name], random)
            for field in random.sample(sorted(CELL_FIELDS), 8)
        }
        for _ in range(random.randint(0, 3))
    ]
    stated = {name: value(FACTS[name], random) for name in names if name != "cells"} | {"cells": cells}
    facts = Facts({name: parse_fact(name, each) for name, each in stated.items()})
    found = library.ask(replace(library.examples[0], values=facts.values, declared_at=LATER), library.laws)
    rules = {f"{law.id}/{rule.id}" for law in library.laws for rule in law.rules}
    assert found.owed | found.undecided | found.not_owed == rules
    assert advise(facts).reasons
