"""Single steps from one set of facts to another: something is forgotten, gets worse, or two incidents become one."""

from collections.abc import Iterator
from random import Random
from typing import Any

from tests.domain.law.worked import Worked
from tocsin.domain.cells import OPEN_METHODS
from tocsin.domain.law.criteria import ORGANISATION
from tocsin.domain.law.rules import Regime
from tocsin.domain.moments import KNOWING, stand_ins
from tocsin.domain.places import country_of
from tocsin.domain.questions import CELL_FIELDS, FACTS, FactDefinition

#: A step in words, and the facts after it.
Step = tuple[str, Worked]
Cell = dict[str, Any]

#: From harmless to bad, as the laws look at it.
_LADDERS = {
    name: FACTS[name].choices
    for name in ("protection", "alteration", "loss", "service_impact", "recipients", "risk")
} | {
    "access": ("none", "attempted", "viewed", "acquired"),
    "disclosure": ("excluded", "possible", "likely", "confirmed"),
}
_WORST: Cell = {
    "pseudonymous": False,
    "deletion_confirmed": False,
    "misuse": ["extortion", "fraud", "impersonation", "publication"],
    "protection_evidence": None,
    "unseen_days": 999,
}
_WORST_OF_ALL: Cell = {
    "attack_on_system": True,
    "serious_disruption": True,
    "serious_incident": True,
    "cross_border_impact": True,
    "remedy_effective": False,
    "intent": "malicious",
    "log_coverage": "none",
    "ongoing": True,
}
_SETS = ("nature", "breach_of", "interests_at_risk")
_ELSEWHERE = ("DE", "VN", "US-NY", "SG", "unknown")
_TELLING = ("identity", "health", "government-id", "credentials", "contact")
#: Answers that say that nobody knows.
_OPEN = {"access": "unknown", "misuse": ["unknown"], "method": "to-be-determined", "place": "unknown"}
_EMPTY: Cell = {"established_in": None, "offers_to": (), "collects_directly": None, "size_class": None}
_OPEN_FOR_ALL = {"intent": "unknown", "actor": "unknown", "log_coverage": "unknown"}

_LOOKS_AT = {
    "all_categories": "categories",
    "protection_proven": "protection_evidence",
    "people": "people_method",
}
_SOME: dict[str, Any] = {
    "place": "DE",
    "ids": ["viewing-history"],
    "text": "words",
    "line": "words",
    "amount": "12.50 EUR",
    "record": {},
    "list": [],
    "counts": {"DE": 3, "US-CA": 700},
    "choices": {"us-fl": "met"},
    "parts": {"credit-monitoring": {"en": "words"}},
}


def forgetting(worked: Worked, *, in_cells: bool = True) -> Iterator[Step]:
    """Every way in which one thing that is known becomes unknown."""
    for name in worked.values:
        if name != "cells" and not _follows(name, worked):
            yield name, worked.but(**{name: None})
    for name, word in _OPEN_FOR_ALL.items():
        if name in worked.values:
            yield f"{name} becomes {word}", worked.but(**{name: word})
    tests = worked.values.get("harm_tests") or {}
    for law in tests:
        yield f"harm_tests of {law}", worked.but(harm_tests=_without(tests, law) or None)
    for feature, says_nothing_while_empty in ORGANISATION.items():
        if says_nothing_while_empty and getattr(worked.organisation, feature):
            yield f"the company's {feature}", worked.of_a_company(**{feature: _EMPTY[feature]})
    if in_cells:
        yield from _with_each_cell(worked, _less_known)


def _follows(name: str, worked: Worked) -> bool:
    """Whether a fact, when nobody states it, is not unknown: it follows from others that are stated."""
    # With places stated, the total only says that more people were hit; without it the places are all.
    return (name == "people" and "people_by_country" in worked.values) or any(
        source in worked.values for source in stand_ins(name)
    )


def worsening(worked: Worked) -> Iterator[Step]:
    """Ways in which it gets worse: more people, more places, more data, less protection, higher risk, more harm."""
    for name, worst in _WORST_OF_ALL.items():
        if worked.values.get(name, worst) != worst:
            yield f"{name} becomes {worst}", worked.but(**{name: worst})
    for name in _SETS:
        for word in FACTS[name].choices if name in worked.values else ():
            yield f"{name} holds {word} too", worked.but(**{name: _with(worked.values[name], word)})
    tests = worked.values.get("harm_tests") or {}
    for law in tests:
        yield f"the harm test of {law} is met", worked.but(harm_tests={**tests, law: "met"})
    yield from _with_each_cell(worked, _worse)
    yield from _with_more_people(worked)


def at_other_hours(worked: Worked, random: Random) -> Worked:
    """The same with every moment somewhere else, in any order."""
    moments = (name for name in worked.values if FACTS[name].type == "moment")
    return worked.but(**{name: value(FACTS[name], random) for name in moments})


def merged(first: Worked, second: Worked, random: Random) -> Worked:
    """One incident out of two: the facts of the first where both state one, the people of both, some in both ways."""
    one, other = first.in_cells(), second.in_cells()
    cells = [dict(cell) for each in (one, other) for cell in each.values.get("cells") or ()]
    if len(cells) > 1 and random.random() < 0.4:
        mixed, into = random.sample(cells, 2)
        into.update({name: value for name, value in mixed.items() if random.random() < 0.4})
    tests = {**other.values.get("harm_tests", {}), **one.values.get("harm_tests", {})}
    # Of two causes one would contradict the other's actor and intent, which say the same.
    values = {
        **other.values,
        **one.values,
        "cells": cells or None,
        "harm_tests": tests or None,
        "cause": None,
    }
    if values.get("ransom_paid_at"):
        # Nor is there a moment at which nobody paid.
        values["ransom_paid"] = None
    joined = one.but(**values)
    return joined.called(f"{first.name} + {second.name}")


def asked_by(law: Regime) -> frozenset[str]:
    """Every fact that a law looks at, under any of its names."""
    asked = set(_names_in(law.model_dump(by_alias=True, exclude_defaults=True)))
    asked |= {source for name in asked for source in stand_ins(name)}
    # Logs with gaps make a number a lower bound.
    asked |= {"log_coverage"} if "people_method" in asked else set()
    # Whom it hit is stated in several ways, and any of them makes cells.
    whom = {name for name, fact in FACTS.items() if fact.type in ("cells", "counts", "place", "ids")}
    return frozenset({*asked, *KNOWING, *whom, "people", "cause", "our_role"}) | {
        name for name, fact in FACTS.items() if fact.same_as
    }


def value(fact: FactDefinition, random: Random) -> Any:
    """Something that the fact may be, as a facts file may say it."""
    match fact.type:
        case "choice":
            return random.choice(fact.choices)
        case "set":
            return random.sample(fact.choices, random.randint(1, len(fact.choices)))
        case "moment":
            return f"2026-{random.randint(1, 11):02}-{random.randint(1, 28):02}T02:40+07:00"
        case "bool":
            return random.random() < 0.5
        case "int" | "share":
            return random.choice((0, 1, 50, 100))
        case kind:
            return _SOME[kind]


def _names_in(node: Any) -> Iterator[str]:
    """Facts named anywhere in a law: asked for, looked at in cells, or moments of a clock."""
    if isinstance(node, dict):
        for key, below in node.items():
            if key in CELL_FIELDS:
                yield CELL_FIELDS[key].name
            elif key in _LOOKS_AT:
                yield _LOOKS_AT[key]
            elif key in ("fact", "from", "filed"):
                yield from [below] if isinstance(below, str) else below
            elif key == "then":
                yield "hold_lifted_at"
            yield from _names_in(below)
    elif isinstance(node, list | tuple):
        for below in node:
            yield from _names_in(below)


def _less_known(cell: Cell) -> Iterator[tuple[str, list[Cell]]]:
    # A group that is known to be empty is a group once that is forgotten.
    known = _without(cell, "count", "method") if cell.get("count") == 0 else cell
    for name in known:
        # A number whose method is not stated is a number: where it was open, it is forgotten too.
        counted = ("count",) if name == "method" and cell["method"] in OPEN_METHODS else ()
        yield name, [_without(cell, name, *counted)]
    for name, word in _OPEN.items():
        if name in known:
            yield f"{name} becomes {word}", [{**cell, name: word}]
    if "-" in str(cell.get("place")):
        yield "which part of the country", [{**cell, "place": country_of(cell["place"])}]


def _worse(cell: Cell) -> Iterator[tuple[str, list[Cell]]]:
    for name, ladder in _LADDERS.items():
        if cell.get(name) in ladder:
            for worse in ladder[ladder.index(cell[name]) + 1 :]:
                yield f"{name} becomes {worse}", [{**cell, name: worse}]
    for name, worst in _WORST.items():
        if cell.get(name, worst) != worst:
            yield f"{name} becomes {worst}", [_without({**cell, name: worst})]
    for name in ("count", "records"):
        if isinstance(cell.get(name), int):
            yield f"one more in {name}", [{**cell, name: cell[name] + 1}]
            yield f"ten million more in {name}", [{**cell, name: cell[name] + 10_000_000}]
    if cell.get("method", "exact") == "exact" and "count" in cell:
        yield "the number is approximate", [{**cell, "method": "approximate"}]
    for category in _TELLING if "categories" in cell else ():
        yield f"categories hold {category} too", [{**cell, "categories": _with(cell["categories"], category)}]


def _with_more_people(worked: Worked) -> Iterator[Step]:
    def more(cell: Cell) -> Iterator[tuple[str, list[Cell]]]:
        for place in _ELSEWHERE:
            yield f"the same people in {place}", [cell, {**cell, "place": place}]
        yield "others, unprotected", [cell, _without({**cell, "protection": "none"}, "protection_evidence")]
        yield "others, safe", [cell, {**cell, "protection": "intact", "access": "none", "risk": "unlikely"}]
        yield "others, of whom nothing is known", [cell, {}]

    yield from _with_each_cell(worked, more)


def _with_each_cell(worked: Worked, change: Any) -> Iterator[Step]:
    whole = worked.in_cells()
    cells = list(whole.values.get("cells") or ())
    for number, cell in enumerate(cells):
        for what, instead in change(cell):
            yield f"cell {number}: {what}", whole.but(cells=[*cells[:number], *instead, *cells[number + 1 :]])


def _with(words: list[str], word: str) -> list[str]:
    return sorted({*words, word})


def _without(cell: Cell, *names: str) -> Cell:
    return {name: value for name, value in cell.items() if name not in names and value is not None}
