"""What is looked at before facts are learned: who may decide them, and whether the data map knows the kinds."""

from collections.abc import Mapping
from typing import Any

from tocsin.actors import Actor, known
from tocsin.domain.answers import nearest
from tocsin.domain.catalog import Catalog
from tocsin.domain.datamap import DataMap
from tocsin.domain.errors import Refused
from tocsin.domain.incident import Incident
from tocsin.domain.law.laws import no_harm_test
from tocsin.domain.law.parts import WRITTEN
from tocsin.domain.law.rules import Regime
from tocsin.domain.questions import FACTS

#: Who decides: the DPO advises and decides, the accountable officer answers for it.
DECIDERS = ("dpo", "accountable-officer")
#: Facts that a person answers for by name; no log shows them.
_DECIDERS_OF = {name: DECIDERS for name, fact in FACTS.items() if fact.group == "decisions"} | {
    "hold": (*DECIDERS, "counsel")
}


def refuse_decisions(facts: Mapping[str, Any]) -> None:
    """Refused when a declaration carries a decision: it is made afterwards, by those whose it is."""
    for name in _decisions(facts):
        way = (
            "tocsin assess INC --decide LEVEL --because '...'"
            if name == "risk"
            else f"tocsin learn INC {name}=... --source '...'"
        )
        raise Refused(f"{name} is decided by the {_those(name)}, after the declaration: {way}")


def refuse_others_decisions(actor: Actor, incident: Incident, facts: Mapping[str, Any]) -> None:
    """Refused when these facts decide, or take back, what is not this person's to decide."""
    person = known(actor, incident)
    # Who writes the cells anew writes over what was decided for some of them.
    before = {"cells": incident.facts.values.get("cells")} if "cells" in facts else {}
    for name in (*_decisions(facts), *_decisions(before)):
        if not any(actor.holds(incident, role) for role in _DECIDERS_OF[name]):
            raise Refused(f"{name} is decided by the {_those(name)}, and {person.id} is neither; ask them")


def refuse_unknown_kinds(data_map: DataMap, facts: Mapping[str, Any]) -> None:
    """Refused for a kind of data that the data map does not have; the nearest right one is named."""
    ids = [kind.id for kind in data_map.kinds]
    cells = facts.get("cells") or ()
    for kinds in (facts.get("kinds"), *(cell.get("kinds") for cell in cells)):
        for kind in kinds or ():
            if kind not in ids:
                raise Refused(f"the data map has no kind {kind!r}{nearest(kind, ids)}")


def refuse_unknown_laws(laws: Mapping[str, Regime], facts: Mapping[str, Any]) -> None:
    """Refused for a harm test that no law here asks for; the nearest right one is named."""
    for ref in facts.get("harm_tests") or ():
        if wrong := no_harm_test(ref, laws):
            raise Refused(f"harm_tests: {wrong}")


def refuse_unknown_parts(catalog: Catalog, facts: Mapping[str, Any]) -> None:
    """Refused when words are written for a part that no law asks for: nobody would ever read them."""
    asked = parts_asked_for(catalog) if facts.get(WRITTEN) else frozenset()
    for part in facts.get(WRITTEN) or ():
        if part not in asked:
            raise Refused(
                f"{WRITTEN}: no law asks a letter for {part!r}{nearest(part, asked, 'tocsin law show CODE')}"
            )


def parts_asked_for(catalog: Catalog) -> frozenset[str]:
    """Every part that some law wants people told, or the letter can say."""
    letter = catalog.letter
    found = {part for section in letter.sections.values() for part in section.says}
    found |= {part for text in letter.added.values() for part in text.says}
    for rule in (rule for law in catalog.regimes.values() for rule in law.rules):
        if rule.recipient == "individuals":
            found |= {*rule.content, *(part for where in rule.content_where for part in where.content)}
    return frozenset(found)


def _decisions(facts: Mapping[str, Any]) -> list[str]:
    """Which decisions these facts carry; that of a single cell is the same decision as that for all."""
    found = [name for name in facts if name in _DECIDERS_OF]
    if any("risk" in cell for cell in facts.get("cells") or ()):
        found.append("risk")
    return found


def _those(name: str) -> str:
    return " or the ".join(_DECIDERS_OF[name])
