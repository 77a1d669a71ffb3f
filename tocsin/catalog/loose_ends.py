"""What a law says of others must be there: duties that its clocks follow, notices that go before, tests of harm, and
the words for what must be said."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tocsin.catalog.yamlfile import Document, Loc
from tocsin.domain.answers import nearest
from tocsin.domain.errors import BadFile
from tocsin.domain.law.laws import harm_test_of, missing
from tocsin.domain.law.rules import Regime

#: The keys of a rule whose words are parts.
_SAID = ("content", "must_not_contain")
_PARTS = "incident_templates/regimes/parts.yaml"


def refuse_loose_ends(
    regime: Regime, document: Document, found: Mapping[str, Regime], words: Collection[str]
) -> None:
    """Refuse the first that names a law, a rule or a part of a notice which nobody knows; BadFile says where.

    `words` are those that all laws share; a law may have others of its own (`parts`).
    """
    for index, rule in enumerate(regime.rules):
        for ref in map(regime.full, (*rule.follows, *rule.send_after)):
            if wrong := missing(ref, found):
                raise document.bad(("rules", index), f"rule {rule.id}: {wrong}")
    for loc, ref in _under("of", document.value):
        if isinstance(ref, str) and (wrong := missing(ref, found)):
            raise document.bad(loc, f"of: {wrong}")
        if isinstance(ref, str) and harm_test_of(ref, found) is None:
            way = "harm_test: {question: {en: .., vi: ..}, cite: ..}"
            raise document.bad(loc, f"of: {ref} does not say what it asks; write its question there, {way}")
    for part in regime.parts:
        if part in words:
            raise document.bad(
                ("parts", part), f"parts: {part!r} stands in {_PARTS} already; take it out here"
            )
    refuse_unknown_parts(document, _SAID, {*words, *regime.parts})


def refuse_unknown_parts(document: Document, keys: Collection[str], words: Collection[str]) -> None:
    """Refuse the first word under one of these keys that no law uses for a part; BadFile says where."""
    for key in keys:
        for loc, listed in _under(key, document.value):
            for index, word in enumerate(listed if isinstance(listed, list) else ()):
                if word not in words:
                    raise document.bad((*loc, index), f"{key}: {unknown_part(word, words)}")


def unknown_part(word: str, words: Collection[str]) -> str:
    """That nobody knows this word for a part, the nearest that is known, and how another one comes in."""
    own = "a law says what else it wants under its own key parts"
    return f"no law has the part {word!r}{nearest(word, words, _PARTS)}; {own}"


def at_its_rule(document: Document, error: BadFile) -> BadFile:
    """The same complaint on the line of the rule that it names, where it stood at the top of the file."""
    named = re.match(r"rule (?:[a-z0-9-]+/)?([a-z0-9-]+): ", error.what)
    rules = document.value.get("rules") if isinstance(document.value, dict) else None
    for index, rule in enumerate(rules if named and isinstance(rules, list) else ()):
        if named and isinstance(rule, dict) and rule.get("id") == named[1]:
            return document.bad(("rules", index), error.what)
    if key := re.match(r"regime [a-z0-9-]+: ([a-z_]+) ", error.what):
        return document.bad((key[1],) if (key[1],) in document.lines else ("status",), error.what)
    return error


def _under(key: str, node: Any, loc: Loc = ()) -> Iterator[tuple[Loc, Any]]:
    """What stands under this key, wherever it does, with its place."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield (*loc, name), value
            yield from _under(key, value, (*loc, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _under(key, value, (*loc, index))
