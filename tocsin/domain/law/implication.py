"""Whether one condition is sure to hold wherever another does.

Pure, and careful: True is proven from the shape of the two; False says only that it could not be shown. So a
comparison of two laws may call a change unclear, and never calls a stricter one looser.
"""

from typing import Any

from tocsin.domain.law.criteria import AllOf, AnyOf, Cells, Condition, FactIs, Not, OrganisationIs, People
from tocsin.domain.matching import CellTest, Feature
from tocsin.domain.places import PLACES, REGIONS, lies_in


def implies(first: Condition | None, second: Condition | None) -> bool:
    """Whether `second` holds in every case in which `first` does. None is the condition that always holds."""
    if second is None:
        return True
    return first is not None and _implies(first, second)


def passes(first: CellTest, second: CellTest) -> bool:
    """Whether everybody who passes `first` passes `second`."""
    return _covers(first.features, second.features)


def only_grows(condition: Condition | None) -> bool:
    """Whether more people never make it false."""
    return _steady(condition, growing=True)


def only_shrinks(condition: Condition | None) -> bool:
    """Whether more people never make it true, once there are some."""
    return _steady(condition, growing=False)


def _steady(condition: Any, *, growing: bool) -> bool:
    condition = _plain(condition)
    if isinstance(condition, AllOf | AnyOf):
        parts = condition.all if isinstance(condition, AllOf) else condition.any
        return all(_steady(part, growing=growing) for part in parts)
    if isinstance(condition, Not):
        return _steady(condition.denied, growing=not growing)
    if isinstance(condition, Cells):
        return condition.every is not growing
    if isinstance(condition, People):
        return condition.bound[1] is growing
    # Anything else asks nobody.
    return True


def _implies(first: Any, second: Any) -> bool:
    first, second = (_plain(each) for each in (first, second))
    if first == second:
        return True
    if isinstance(second, AllOf):
        return all(_implies(first, part) for part in second.all)
    if isinstance(first, AnyOf):
        return all(_implies(part, second) for part in first.any)
    some = second.any if isinstance(second, AnyOf) else ()
    given = first.all if isinstance(first, AllOf) else ()
    return (
        any(_implies(first, part) for part in some)
        or any(_implies(part, second) for part in given)
        or _leaf_implies(first, second)
    )


def _plain(condition: Any) -> Any:
    """A fact about the people hit is the same question put to the cells."""
    return (condition.about_people or condition) if isinstance(condition, FactIs) else condition


def _leaf_implies(first: Any, second: Any) -> bool:
    if isinstance(first, Not) and isinstance(second, Not):
        return _implies(second.denied, first.denied)
    if isinstance(first, FactIs) and isinstance(second, FactIs):
        return (first.fact, first.of) == (second.fact, second.of) and _answers_imply(first, second)
    if isinstance(first, OrganisationIs) and isinstance(second, OrganisationIs):
        return first.organisation == second.organisation and _company_implies(first, second)
    if isinstance(second, Cells):
        return _implies_cells(first, second)
    if isinstance(first, People) and isinstance(second, People):
        return first.counting == second.counting and _counts_imply(first, second)
    return False


def _answers_imply(first: FactIs, second: FactIs) -> bool:
    if second.known:
        return True
    if second.currency != first.currency:
        return False
    for (bound, beyond), (wanted, strictly) in zip(_bounds(first), _bounds(second), strict=True):
        if wanted is not None:
            return bound is not None and (bound > wanted or (bound == wanted and (beyond or not strictly)))
    if second.has:
        return bool(first.has) and set(first.has) <= set(second.has)
    return bool(first.is_) and all(value in second.is_ for value in first.is_)


def _bounds(test: FactIs) -> tuple[tuple[int | None, bool], tuple[int | None, bool]]:
    """The least and the most that a number may be, the most as its negative; whether each is itself outside."""
    least = test.at_least if test.at_least is not None else test.more_than
    most = test.at_most if test.at_most is not None else test.less_than
    beyond = (test.more_than is not None, test.less_than is not None)
    return (least, beyond[0]), (None if most is None else -most, beyond[1])


def _company_implies(first: OrganisationIs, second: OrganisationIs) -> bool:
    if second.known is not None:
        return second.known and first.known is None
    wanted = second.is_ or second.has
    return bool(first.is_ or first.has) and all(_within(each, wanted) for each in first.is_ or first.has)


def _implies_cells(first: Any, second: Cells) -> bool:
    if isinstance(first, Cells):
        if not second.every:
            return _covers(_all_of(first), _all_of(second))
        return first.every and first.among == second.among and passes(first.cells, second.cells)
    if isinstance(first, People) and not second.every:
        number, reached = first.bound
        somebody = reached and number > 0 and first.counting == "count" and not first.or_undeterminable
        return somebody and all(_covers(test.features, _all_of(second)) for test in first.people)
    return False


def _all_of(cells: Cells) -> tuple[Feature, ...]:
    return (*cells.among.features, *cells.cells.features)


def _counts_imply(first: People, second: People) -> bool:
    (least, reached), (bound, wanted) = first.bound, second.bound
    if reached is not wanted or (first.or_undeterminable and not second.or_undeterminable):
        return False
    if reached:
        return least >= bound and _passes_any(first.people, second.people)
    return least <= bound and _passes_any(second.people, first.people)


def _passes_any(first: tuple[CellTest, ...], second: tuple[CellTest, ...]) -> bool:
    """Whether whoever passes one of `first` passes one of `second`."""
    return all(any(passes(each, other) for other in second) for each in first)


def _covers(first: tuple[Feature, ...], second: tuple[Feature, ...]) -> bool:
    return all(any(_feature_implies(each, wanted) for each in first) for wanted in second)


def _feature_implies(first: Feature, second: Feature) -> bool:
    (name, values), (wanted, among) = first, second
    if name == "all_categories":
        return among <= values if wanted == name else wanted == "categories" and bool(among & values)
    return name == wanted and all(_within(each, among) for each in values)


def _within(value: Any, wanted: Any) -> bool:
    if value in wanted:
        return True
    if value in REGIONS:
        return all(lies_in(place, wanted) for place in REGIONS[value])
    return value in PLACES and bool(lies_in(value, [each for each in wanted if isinstance(each, str)]))
