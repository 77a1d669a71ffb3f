"""What a law says of others must be there: duties that its clocks follow, notices that go before, tests of harm."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.catalog.yamlfile import Document, Loc
from tocsin.domain.errors import BadFile
from tocsin.domain.laws import missing
from tocsin.domain.rules import Regime


def refuse_loose_ends(regime: Regime, document: Document, found: Mapping[str, Regime]) -> None:
    """Refuse the first that names a law which is not here, or a rule which it does not have; BadFile says where."""
    for index, rule in enumerate(regime.rules):
        for ref in map(regime.full, (*rule.follows, *rule.send_after)):
            if wrong := missing(ref, found):
                raise document.bad(("rules", index), f"rule {rule.id}: {wrong}")
    for loc, ref in _tests_of_harm(document.value, ()):
        if wrong := missing(ref, found):
            raise document.bad(loc, f"of: {wrong}")


def at_its_rule(document: Document, error: BadFile) -> BadFile:
    """The same complaint on the line of the rule that it names, where it stood at the top of the file."""
    named = re.match(r"rule (?:[a-z0-9-]+/)?([a-z0-9-]+): ", error.what)
    rules = document.value.get("rules") if isinstance(document.value, dict) else None
    for index, rule in enumerate(rules if named and isinstance(rules, list) else ()):
        if named and isinstance(rule, dict) and rule.get("id") == named[1]:
            return document.bad(("rules", index), error.what)
    return error


def _tests_of_harm(node: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Every `of` beside a `fact`, with its place."""
    if isinstance(node, dict):
        if "fact" in node and isinstance(node.get("of"), str):
            yield (*loc, "of"), node["of"]
        for key, value in node.items():
            yield from _tests_of_harm(value, (*loc, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _tests_of_harm(value, (*loc, index))
