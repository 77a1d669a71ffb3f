"""Whom it hit, as people and logs stated it: which statement wins, and what it leaves standing."""

from typing import Any

import pytest

from tocsin.domain.facts import read_facts
from tocsin.domain.stated import overruled

STATED = {"people_by_country": {"DE": 3, "US-NJ": 2}, "our_role": "controller", "kinds": "billing-details"}


def test_cells_in_which_nobody_stands_take_nothing_from_what_was_stated() -> None:
    assert read_facts({**STATED, "cells": []}).cells == read_facts(STATED).cells
    in_short = {"people": 3, "place": "DE"}
    assert read_facts({**in_short, "cells": []}).cells == read_facts(in_short).cells


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
