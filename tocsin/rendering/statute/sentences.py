"""Conditions in sentences. Each test has one wording, here, and all that shows law uses it.

A condition becomes an item: a sentence, or a heading such as "any of these" with items beneath it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tocsin.domain.law.criteria import AllOf, AnyOf, Cells, Condition, FactIs, Not, OrganisationIs, People
from tocsin.domain.matching import LOOKS_AT, CellTest, Feature
from tocsin.domain.questions import CELL_FIELDS
from tocsin.rendering.statute.phrases import (
    COMPANY,
    COMPANY_STATED,
    COMPANY_YES_NO,
    CONTROLLERS,
    FACT,
    FACT_VALUES,
    FACT_YES_NO,
    IN_ORDER,
    MOMENTS,
    OF_PLACES,
    VALUES,
    WHO,
    WHO_OR_NOT,
)


@dataclass(frozen=True)
class Item:
    """A sentence, or a heading over others. `then` stands between the two."""

    text: str
    below: tuple["Item", ...] = ()
    then: str = ":"


def condition(test: Condition) -> Item:
    """A condition in words."""
    if isinstance(test, AllOf):
        return _group("all of these", test.all)
    if isinstance(test, AnyOf):
        return _group("any of these", test.any)
    if isinstance(test, Not):
        inside = condition(test.denied)
        if isinstance(test.denied, AnyOf):
            return Item("none of these", inside.below)
        return (
            Item("it is not so that", (inside,)) if inside.below else Item(f"it is not so that {inside.text}")
        )
    return Item(_sentence(test))


def in_one_line(test: Condition) -> str:
    """A condition as part of a sentence: what it asks for, joined by `and` and `or`."""
    if isinstance(test, AllOf):
        return ", and ".join(map(in_one_line, test.all))
    if isinstance(test, AnyOf):
        return ", or ".join(map(in_one_line, test.any))
    if isinstance(test, Not):
        return f"it is not so that {in_one_line(test.denied)}"
    return _sentence(test)


def facts_in(test: Condition) -> Iterable[str]:
    """The facts that a condition asks for, by name."""
    if isinstance(test, AllOf | AnyOf):
        for part in test.all if isinstance(test, AllOf) else test.any:
            yield from facts_in(part)
    elif isinstance(test, Not):
        yield from facts_in(test.denied)
    elif isinstance(test, FactIs):
        yield test.fact
    elif isinstance(test, Cells):
        yield from map(fact_behind, (name for name, _ in (*test.cells.features, *test.among.features)))
    elif isinstance(test, People):
        yield "people" if test.counting == "count" else "records"
        yield from (fact_behind(name) for each in test.people for name, _ in each.features)


def fact_behind(feature: str) -> str:
    """The name of the fact that a feature looks at: `all_categories` looks at `categories`."""
    return CELL_FIELDS[LOOKS_AT.get(feature, feature)].name


def people(test: CellTest) -> str:
    """`who live in US-MA and whose data we hold as controller`: the people who pass, in a clause."""
    clauses = {feature[0]: _clause(feature) for feature in test.features}
    if "categories" in clauses and "all_categories" in clauses:
        some = _listed("categories", test.categories, "or")
        clauses["categories"] = f"{clauses.pop('all_categories')} together with {some}"
    if "protection" in clauses and "protection_proven" in clauses:
        del clauses["protection_proven"]
        clauses["protection"] += ", as is proven"
    return joined(clauses.values(), "and")


def joined(words: Iterable[str], by: str) -> str:
    """`a, b or c`."""
    *before, last = words
    return f"{', '.join(before)} {by} {last}" if before else last


def spoken(value: str) -> str:
    """A code of the vocabulary as words: `government-id` is `government id`. Codes of places stay."""
    return value if value.isupper() or any(mark.isupper() for mark in value) else value.replace("-", " ")


def _group(heading: str, parts: Iterable[Condition]) -> Item:
    below: list[Item] = []
    for part in map(condition, parts):
        # "All of these" inside "all of these" is one list.
        below += part.below if part.text == heading else (part,)
    return Item(heading, tuple(below))


def _sentence(test: Any) -> str:
    if isinstance(test, FactIs):
        return _fact(test)
    if isinstance(test, OrganisationIs):
        return _company(test)
    if isinstance(test, Cells):
        return _cells(test)
    if isinstance(test, People):
        return _count(test)
    raise TypeError(type(test).__name__)


def _cells(test: Cells) -> str:
    those = f"those {people(test.among)}" if test.among.features else ""
    if test.every:
        return f"all {those or 'people concerned'} are people {people(test.cells)}"
    if not test.cells.features:
        return f"somebody of {those} was hit" if those else "somebody was hit"
    return (
        f"among {those} there are people {people(test.cells)}"
        if those
        else f"there are people {people(test.cells)}"
    )


def _count(test: People) -> str:
    for bound, words in (
        (test.at_least, "at least"),
        (test.more_than, "more than"),
        (test.at_most, "at most"),
        (test.less_than, "fewer than"),
    ):
        if bound is not None:
            what = "people" if test.counting == "count" else "records of people"
            whom = [people(each) for each in test.people if each.features]
            who = f" {', or '.join(whom)}" if whom else " concerned"
            either = ", or their number cannot be determined" if test.or_undeterminable else ""
            return f"{words} {bound:,} {what}{who}{either}"
    raise AssertionError("a count without a bound passed validation")


def _fact(test: FactIs) -> str:
    about = test.about_people
    if about is not None:
        return _sentence(about)
    name = test.fact
    if test.known:
        return f"{MOMENTS.get(name) or spoken(name).replace('_', ' ')} is known"
    if test.is_ and name in FACT_YES_NO:
        return " or ".join(FACT_YES_NO[name][not value] for value in test.is_)
    values = _numbers(test) or joined(
        (FACT_VALUES.get(name, {}).get(value) or spoken(str(value)) for value in (*test.is_, *test.has)),
        "or",
    )
    phrase = FACT.get(name, f"{name.replace('_', ' ')} is {{}}")
    return phrase.format(values, of=test.of)


def _numbers(test: FactIs) -> str:
    currency = f" {test.currency}" if test.currency else ""
    for bound, words in (
        (test.at_least, "at least"),
        (test.more_than, "more than"),
        (test.at_most, "at most"),
        (test.less_than, "less than"),
    ):
        if bound is not None:
            return f"{words} {bound:,}{currency}"
    return ""


def _company(test: OrganisationIs) -> str:
    name = test.organisation
    if test.known is not None:
        noun = name.replace("_", " ")
        if name in COMPANY_STATED:
            return f"{COMPANY_STATED[name]} is {'' if test.known else 'not '}stated"
        return f"the company {'has' if test.known else 'has no'} {noun}"
    wanted = test.is_ or test.has
    if name in COMPANY_YES_NO:
        return " or ".join(COMPANY_YES_NO[name][not value] for value in wanted)
    phrase = COMPANY.get(name, f"the company's {name.replace('_', ' ')} is {{}}")
    return phrase.format(joined((_value(OF_PLACES.get(name, name), each) for each in wanted), "or"))


def _clause(feature: Feature) -> str:
    name, values = feature
    for value in values:
        if (name, value) in WHO_OR_NOT:
            return WHO_OR_NOT[name, value]
    if name == "role" and values == CONTROLLERS:
        return "whose data we hold as controller (alone, jointly, or as processor too)"
    return WHO[name].format(_listed(name, values, "and" if name == "all_categories" else "or"))


def _listed(name: str, values: Iterable[Any], by: str) -> str:
    order = IN_ORDER.get(name, ())
    listed = sorted(map(str, values), key=lambda each: (order.index(each) if each in order else 0, each))
    return joined((_value(name, each) for each in listed), by)


def _value(name: str, value: Any) -> str:
    return VALUES.get(name, {}).get(str(value)) or spoken(str(value))
