"""Whom it hit, as people and logs stated it: which statement wins, and what it leaves standing."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.law.library import Library
from tests.domain.law.steps import value
from tests.domain.law.worked import LATER
from tests.exploring import times
from tocsin.domain.cells import Cell
from tocsin.domain.facts import Facts, parse_fact, read_facts
from tocsin.domain.law.regime import Assessment, assess
from tocsin.domain.questions import FACTS
from tocsin.domain.stated import overruled

STATED = {"people_by_country": {"DE": 3, "US-NJ": 2}, "our_role": "controller", "kinds": "billing-details"}


def test_cells_in_which_nobody_stands_take_nothing_from_what_was_stated() -> None:
    assert read_facts({**STATED, "cells": []}).cells == read_facts(STATED).cells
    in_short = {"people": 3, "place": "DE"}
    assert read_facts({**in_short, "cells": []}).cells == read_facts(in_short).cells


def test_a_word_that_was_learned_once_is_never_refused_later() -> None:
    """An entry of an older Tocsin must not bring its incident down."""
    (cell,) = Facts({"cells": [{"place": "DE", "group": ["sailors"], "recipients": "pirates"}]}).cells
    assert (cell.place, cell.group, cell.recipients) == ("DE", ("sailors",), "pirates")
    (in_short,) = Facts({"place": "DE", "groups": ["sailors"], "recipients": "pirates"}).cells
    assert in_short == cell


def test_nobody_found_is_nobody_known_where_nothing_else_is_stated() -> None:
    assert read_facts({"cells": [], "log_coverage": "complete"}).cells == ()


@pytest.mark.parametrize(
    ("stated", "lost"),
    [
        ({"people_by_country": {"DE": 3}}, ()),
        ({"people_by_country": {"DE": 4}}, ("people_by_country",)),
        ({"people": 4}, ("people",)),
        ({"our_role": "controller", "protection": "none"}, ()),
        ({"our_role": "processor", "protection": "none"}, ("our_role",)),
        ({"kinds": "account,billing"}, ("kinds",)),
        ({"detected_at": "2026-11-24T02:40Z"}, ()),
    ],
)
def test_what_cells_contradict_is_named(stated: dict[str, Any], lost: tuple[str, ...]) -> None:
    cells = [{"role": "controller", "place": "DE", "count": 3, "kinds": "account"}]
    facts = read_facts({**stated, "cells": cells})
    assert overruled(facts.values, facts.cells, stated) == lost
    nobody = read_facts({**stated, "cells": []})
    assert overruled(nobody.values, nobody.cells, stated) == ()


@pytest.mark.parametrize(
    ("field", "left_open", "stated", "measured"),
    [
        ("access", "unknown", "viewed", "acquired"),
        ("misuse", ("unknown",), ("fraud",), ("none",)),
        ("protection", None, "none", "bypassed"),
        ("categories", None, ("health",), ("contact",)),
    ],
)
def test_what_is_stated_for_all_fills_what_cells_leave_open_and_never_what_they_know(
    field: str, left_open: Any, stated: Any, measured: Any
) -> None:
    cells = Cell(**{field: left_open}), Cell(**{field: measured})
    assert [getattr(cell.filled({field: stated}), field) for cell in cells] == [stated, measured]


def test_that_strangers_have_the_data_is_known_and_stays() -> None:
    assert Cell(recipients="unknown").filled({"recipients": "one-bound"}).recipients == "unknown"


#: Cells as scoping and people write them, with what they do not know.
CELLS = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(("controller", "controller-processor", "processor")),
        "place": st.sampled_from(("DE-HH", "VN", "US-CA", "unknown")),
        "group": st.sampled_from(("customers", "end-users-of-customers")),
        "kinds": st.sampled_from(("account", "account,elsewhere")),
        "protection": st.just("bypassed"),
        "access": st.sampled_from(("acquired", "unknown")),
        "disclosure": st.sampled_from(("confirmed", "possible")),
        "misuse": st.just("unknown"),
        "count": st.integers(0, 2000),
    },
)


@settings(max_examples=times(20))
@given(st.lists(CELLS, max_size=4), st.integers(0, 2**32))
def test_who_answers_what_is_asked_of_people_is_not_asked_it_again(
    library: Library, cells: list[dict[str, Any]], seed: int
) -> None:
    facts, random = known({"cells": cells}), Random(seed)
    for _ in range(4):
        asked = sorted({need for need in needs(library, facts) if FACTS[need].group == "whom-it-hit"})
        if not asked:
            return
        fact = random.choice(asked)
        facts = facts.learn(fact, answer(fact, facts, random))
        assert fact not in needs(library, facts)


def known(raw: dict[str, Any]) -> Facts:
    return read_facts(raw).with_categories({"account": ("identity", "contact")})


def needs(library: Library, facts: Facts) -> set[str]:
    company = library.catalog.contacts.organisation
    authorities = library.catalog.contacts.authorities
    found: Assessment = assess(facts, company, library.laws, authorities=authorities, at=LATER)
    return {need for each in found.undecided for need in each.needs}


def answer(fact: str, facts: Facts, random: Random) -> Any:
    """What a person may answer who knows it."""
    if fact == "cells":
        silent = Cell(place="DE-HH", count=7, records=9).canonical()
        stated = (
            {name: said for name, said in cell.canonical().items() if said != "unknown"}
            for cell in facts.cells
        )
        return [silent | each for each in stated]
    if fact == "kinds":
        return ["account"]
    raw = value(FACTS[fact], random)
    return parse_fact(fact, next(iter(FACTS[fact].choices)) if "unknown" in str(raw) else raw)
