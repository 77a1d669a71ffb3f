"""The law against a plain loop over the same conditions, and the reading of all laws.

    python bench/law.py [--repeat 50]

One incident of forty groups of people in ten places is judged by every law. "Plain" walks the same conditions cell by
cell and says yes, no or cannot tell: no reasons, no clocks, no duties. Loading is the whole catalog from a cache keyed
by the content of every file; a command that asks no law reads none. Repetitions alternate; the best are compared, since
what disturbs a millisecond only ever makes it longer.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tocsin.catalog import default_folders, load_catalog
from tocsin.domain.catalog import Catalog
from tocsin.domain.cells import Cell
from tocsin.domain.facts import Facts, read_facts
from tocsin.domain.law.conditions import in_words
from tocsin.domain.law.criteria import AllOf, AnyOf, Cells, FactIs, Not, OrganisationIs, People
from tocsin.domain.law.regime import assess
from tocsin.domain.matching import CellTest
from tocsin.domain.places import lies_in

PLACES = ("VN", "DE", "FR", "NL", "US-CA", "SG", "US-MA", "US-NY", "US-TX", "GB")
GROUPS = ("customers", "employees", "patients", "children")
#: Features that look at a field of another name.
_FIELDS = {"all_categories": "categories", "protection_proven": "protection_evidence"}
AT = datetime(2026, 11, 24, tzinfo=UTC)


def incident() -> dict[str, Any]:
    """A facts file of forty cells; a third of the people are those of our customers."""
    cells = [
        {
            "role": "controller" if number % 3 else "processor",
            "place": place,
            "group": group,
            "categories": ["identity", "contact", "credentials"],
            "access": "acquired",
            "disclosure": "likely",
            "protection": "none",
            "count": 100 + number,
        }
        for number, (place, group) in enumerate((place, group) for place in PLACES for group in GROUPS)
    ]
    return {"aware_at": "2026-11-24T02:40+07:00", "attack_on_system": True, "cells": cells}


def main(repeat: int) -> None:
    """Judge and read in turns; print what each took, and the ratios."""
    templates, contacts = default_folders()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "catalog"
        catalog = load_catalog([templates], [contacts], cache=cache)
        raw = incident()
        judged, plain = _best(
            repeat,
            read_facts,
            raw,
            lambda facts: assess(
                facts,
                catalog.contacts.organisation,
                tuple(catalog.regimes.values()),
                authorities=catalog.contacts.authorities,
                at=AT,
            ),
            lambda facts: _plainly(catalog, facts),
        )
        loaded, parsed = _best(
            repeat,
            lambda _: None,
            None,
            lambda _: dict(load_catalog([templates], [contacts], cache=cache).regimes),
            lambda _: _hashed_and_parsed(templates, cache),
        )
    laws, cells = len(catalog.regimes), len(raw["cells"])
    print(f"judge {cells} cells by {laws} laws   {judged * 1000:8.2f} ms best of {repeat}")
    print(f"a plain loop                  {plain * 1000:8.2f} ms")
    print(f"ratio (tocsin time / plain time)    {judged / plain:.2f}")
    print(f"read {laws} laws, all asked       {loaded * 1000:8.2f} ms best of {repeat}")
    print(f"files read, cache parsed      {parsed * 1000:8.2f} ms")
    print(f"ratio (tocsin time / json time)     {loaded / parsed:.2f}")


def _best(
    repeat: int, prepare: Callable[[Any], Any], raw: Any, *works: Callable[[Any], object]
) -> tuple[float, ...]:
    """The shortest time of each work, on what was prepared anew: facts keep what they were asked once."""
    best = [float("inf")] * len(works)
    for _ in range(repeat):
        for number, work in enumerate(works):
            ready = prepare(raw)
            start = time.perf_counter()
            work(ready)
            best[number] = min(best[number], time.perf_counter() - start)
    return tuple(best)


def _hashed_and_parsed(templates: Path, cache: Path) -> object:
    """What no loading can do without: each file's bytes, and the cache as JSON."""
    contents = [path.read_bytes() for path in templates.rglob("*") if path.is_file()]
    return contents, json.loads(cache.read_bytes())


# --- the plain loop


def _plainly(catalog: Catalog, facts: Facts) -> list[bool | None]:
    organisation, answers = catalog.contacts.organisation, []
    for law in catalog.regimes.values():
        for rule in law.rules:
            cells = [cell for cell in facts.cells if _in(cell, rule.among) is not False]
            asked = [each for each in (law.applies, rule.when) if each is not None]
            answers.append(_both(_plain(each, cells, facts, organisation) for each in asked))
    return answers


def _plain(condition: Any, cells: list[Cell], facts: Facts, organisation: Any) -> bool | None:  # noqa: PLR0911
    match condition:
        case AllOf():
            return _both(_plain(each, cells, facts, organisation) for each in condition.all)
        case AnyOf():
            return _either(_plain(each, cells, facts, organisation) for each in condition.any)
        case Not():
            answer = _plain(condition.denied, cells, facts, organisation)
            return None if answer is None else not answer
        case Cells():
            answers = [_in(cell, condition.cells) for cell in cells]
            return _both(answers) if condition.every else _either(answers)
        case People():
            count = sum(
                cell.count or 0 for cell in cells if any(_in(cell, each) for each in condition.people)
            )
            return count >= condition.bound[0]
        case FactIs():
            value = facts.get(condition.fact)
            return None if value is None else in_words(value) in map(in_words, condition.is_)
        case OrganisationIs():
            value = getattr(organisation, condition.organisation)
            values = value if isinstance(value, tuple) else (value,)
            wanted = (*condition.is_, *condition.has)
            return any(each in wanted or (isinstance(each, str) and lies_in(each, wanted)) for each in values)
    raise TypeError(type(condition).__name__)


def _in(cell: Cell, test: CellTest) -> bool | None:
    return _both(_has(cell, name, wanted) for name, wanted in test.features)


def _has(cell: Cell, name: str, wanted: frozenset[Any]) -> bool | None:
    value = getattr(cell, _FIELDS.get(name, name))
    if value is None or name == "protection_proven":
        return None if value is None else True
    if name == "place":
        return lies_in(value, wanted)
    if isinstance(value, tuple):
        return wanted <= {*value} if name == "all_categories" else not wanted.isdisjoint(value)
    return value in wanted


def _both(answers: Iterable[bool | None]) -> bool | None:
    found = list(answers)
    return False if False in found else None if None in found else True


def _either(answers: Iterable[bool | None]) -> bool | None:
    found = list(answers)
    return True if True in found else None if None in found else False


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=50)
    main(parser.parse_args().repeat)
