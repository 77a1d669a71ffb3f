"""Which conditions follow from others by their form alone, so that saying both alters no answer.

A law may say in `applies` what each of its rules says again: whoever is told of the law reads it there, and a rule
needs it for its counts. No example can tell such a law from one that says it once, so nothing has to prove it.
"""

from tocsin.domain.law.conditions import CellTest, Condition
from tocsin.domain.law.criteria import AllOf, AnyOf, Cells, OrganisationIs, People
from tocsin.domain.law.rules import Rule
from tocsin.domain.matching import Feature

#: What every cell that a rule looks at must have.
_Features = tuple[Feature, ...]


def implies(rule: Rule, condition: Condition | None) -> bool:
    """Whether the rule's own conditions can only hold, or be open, where this one does or is."""
    if condition is None:
        return True
    among = rule.among.features
    if rule.per is not None and rule.per.unless is None:
        among = (*among, ("place", frozenset((rule.per.place_in,))))
    premises: list[Condition] = [Cells(cells=CellTest())] if among else []
    if rule.when is not None:
        premises.append(rule.when)
    return any(_follows(condition, premise, among) for premise in premises)


def _follows(condition: Condition, premise: Condition, among: _Features) -> bool:
    if isinstance(premise, AnyOf):
        return all(_follows(condition, each, among) for each in premise.any)
    if isinstance(condition, AllOf):
        return all(_follows(each, premise, among) for each in condition.all)
    if isinstance(premise, AllOf) and any(_follows(condition, each, among) for each in premise.all):
        return True
    if isinstance(condition, AnyOf):
        return any(_follows(each, premise, among) for each in condition.any)
    if isinstance(condition, Cells) and isinstance(premise, Cells | People):
        return _some_cell(condition, premise, among)
    # What is asked of the people hit a rule asks of those among them whom it looks at.
    about_people = not isinstance(premise, OrganisationIs)
    return condition == premise and not (among and about_people)


def _some_cell(condition: Cells, premise: Cells | People, among: _Features) -> bool:
    """Whether a cell that the premise asks for is one that the condition asks for."""
    if condition.every or condition.among.features:
        return False
    if isinstance(premise, People):
        least, reached_is_yes = premise.bound
        counted = all(_within(test, among, condition.cells) for test in premise.people)
        return reached_is_yes and least > 0 and counted
    return not premise.every and _within(premise.cells, among, condition.cells)


def _within(own: CellTest, among: _Features, wider: CellTest) -> bool:
    asked = (*own.features, *among)
    return all(any(_narrower(each, wanted) for each in asked) for wanted in wider.features)


def _narrower(asked: Feature, wanted: Feature) -> bool:
    """Whether who passes the one passes the other: it asks for fewer values, or for more where all are needed."""
    if asked[0] != wanted[0]:
        return False
    return wanted[1] <= asked[1] if asked[0] == "all_categories" else asked[1] <= wanted[1]
