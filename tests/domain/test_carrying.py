"""Decisions about single cells, carried over a new measurement of the scope."""

import pytest

from tocsin.domain.carrying import carried, with_decisions
from tocsin.domain.facts import Facts

CELL = {"role": "controller", "place": "DE", "group": ["customers"], "kinds": ["a", "b"], "count": 12}
DECIDED = {**CELL, "risk": "unlikely"}
BEFORE = Facts({"cells": [DECIDED]})


def test_the_same_people_keep_what_was_decided_for_them() -> None:
    again = {**CELL, "kinds": ["b", "a"], "count": 40}
    others = {**CELL, "place": "FR"}
    assert with_decisions([again, others], BEFORE) == [{**again, "risk": "unlikely"}, others]
    (kept,) = carried(Facts({"cells": [again, others]}), BEFORE)
    assert (kept.gone, kept.before, kept.count, kept.again) == (False, 12, 40, True)


def test_who_became_fewer_need_no_new_decision() -> None:
    (kept,) = carried(Facts({"cells": [{**CELL, "count": 3}]}), BEFORE)
    assert not kept.again


@pytest.mark.parametrize(
    "changed",
    [{"kinds": ["a", "b", "c"]}, {"place": "FR"}, {"group": ["employees"]}, {"role": "processor"}],
)
def test_other_people_and_other_data_have_no_decision_yet(changed: dict[str, object]) -> None:
    new = {**CELL, **changed}
    assert with_decisions([new], BEFORE) == [new]
    (lost,) = carried(Facts({"cells": [new]}), BEFORE)
    assert (lost.gone, lost.again) == (True, True)


@pytest.mark.parametrize("changed", [{"access": "acquired"}, {"disclosure": "confirmed"}])
def test_who_was_hit_in_another_way_keeps_the_decision_until_it_is_made_anew(
    changed: dict[str, object],
) -> None:
    new = {**CELL, **changed}
    assert with_decisions([new], BEFORE) == [{**new, "risk": "unlikely"}]
    (kept,) = carried(Facts({"cells": [new]}), BEFORE)
    assert (kept.gone, kept.changed, kept.again) == (False, True, True)


def test_of_two_decisions_the_one_for_the_same_way_holds_else_the_higher() -> None:
    sure, likely = ({**CELL, "disclosure": word} for word in ("confirmed", "likely"))
    decided = Facts({"cells": [{**sure, "risk": "high"}, {**likely, "risk": "unlikely"}]})
    found = with_decisions([likely, sure, {**CELL, "disclosure": "possible"}], decided)
    assert [cell["risk"] for cell in found] == ["unlikely", "high", "high"]
