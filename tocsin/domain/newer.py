"""Newer packs and an open incident: what would be owed otherwise if it were judged by them.

Pure. An incident keeps the laws under which it was declared until a person accepts newer ones. Until then the
difference is worked out on its own facts: a law that became stricter somewhere else asks nothing of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tocsin.domain.catalog import Catalog
from tocsin.domain.incident import Incident
from tocsin.domain.law.amending import LawChange, compare_laws
from tocsin.domain.law.duties import Assessment, Duty, Undecided
from tocsin.domain.law.marks import Mark, joined_mark
from tocsin.domain.law.rules import Regime
from tocsin.domain.moments import iso
from tocsin.domain.moves import Move, TellOfNewerLaws
from tocsin.domain.owing import assessment

#: Terms whose effect on this incident shows in its duties and their moments, so that the terms themselves need no look.
_SHOWS_IN_DUTIES = frozenset(
    (
        "when",
        "among",
        "exceptions",
        "clock",
        "not_after",
        "extension",
        "while_unknown",
        "valid_from",
        "valid_until",
    )
)
#: Marks of what a person must look at.
_TO_BE_LOOKED_AT: tuple[Mark, ...] = ("stricter", "changed")
#: So many reasons are told and kept; the rest is counted.
_TOLD = 5


@dataclass(frozen=True)
class Shifted:
    """A duty whose moment moves."""

    was: Duty
    now: Duty


@dataclass(frozen=True)
class Restated:
    """A rule that concerns this incident and asks for something else than before: which of its terms, and how."""

    rule: str
    mark: Mark
    terms: tuple[str, ...]


@dataclass(frozen=True)
class Newer:
    """What newer packs would change for one incident. `packs` names them."""

    packs: str
    comes: tuple[Duty, ...]
    may_come: tuple[Undecided, ...]
    earlier: tuple[Shifted, ...]
    later: tuple[Shifted, ...]
    goes: tuple[str, ...]
    restated: tuple[Restated, ...]
    laws: tuple[LawChange, ...]

    @property
    def stricter(self) -> bool:
        """Whether anything is asked that was not, or sooner; or something that only a person can tell."""
        marks = {each.mark for each in self.restated}
        return bool(self.comes or self.may_come or self.earlier or marks.intersection(_TO_BE_LOOKED_AT))

    @property
    def because(self) -> tuple[str, ...]:
        """What is stricter, line by line."""
        lines = [f"{duty.key} would be owed, {_due(duty.soonest)} ({duty.cite})" for duty in self.comes]
        lines += [
            f"{each.now.key} would be {_due(each.now.soonest)} instead of {_moment(each.was.soonest)}"
            for each in self.earlier
        ]
        lines += [
            f"{each.regime}/{each.rule} could not be told: needs {', '.join(each.needs)}"
            for each in self.may_come
        ]
        lines += [
            f"{each.rule} would ask otherwise: {', '.join(each.terms)} ({each.mark})"
            for each in self.restated
            if each.mark in _TO_BE_LOOKED_AT
        ]
        return (*lines[:_TOLD], f"and {len(lines) - _TOLD} more") if len(lines) > _TOLD else tuple(lines)


def _due(moment: datetime | None) -> str:
    return f"due {_moment(moment)}" if moment else "without a date"


def _moment(moment: datetime | None) -> str:
    return iso(moment.replace(microsecond=0)) if moment else "no date"


def newer_moves(incident: Incident, catalog: Catalog, newer: Catalog | None) -> Iterable[Move]:
    """A word to the DPO, once for each version of the laws that asks more of this incident."""
    if newer is None or newer.digest in incident.told_of:
        return
    found = compare(incident, catalog, newer)
    if found.stricter:
        yield TellOfNewerLaws(max(incident.facts_seq, incident.accepted_seq, 1), newer.digest, found.because)


def compare(incident: Incident, catalog: Catalog, newer: Catalog) -> Newer:
    """What `newer` would change for an incident that is bound to `catalog`."""
    old, new = assessment(incident, catalog), assessment(incident, newer)
    had, has = ({duty.key: duty for duty in found.duties} for found in (old, new))
    # What was met, or let go by a person, stays so under any law.
    settled = {key for key, state in incident.duties.items() if state.mark != "open"}
    shifted = [
        Shifted(had[key], duty)
        for key, duty in has.items()
        if key in had and key not in settled and duty.soonest != had[key].soonest
    ]
    open_, waiting = _rules(old), {(each.regime, each.rule) for each in new.undecided}
    laws = compare_laws(*_other_than_before(catalog, newer))
    return Newer(
        packs=newer.digest,
        comes=tuple(duty for key, duty in has.items() if key not in had and key not in incident.duties),
        may_come=tuple(
            {(u.regime, u.rule): u for u in new.undecided if (u.regime, u.rule) not in open_}.values()
        ),
        earlier=tuple(each for each in shifted if _is_earlier(each)),
        later=tuple(each for each in shifted if not _is_earlier(each)),
        goes=tuple(
            key
            for key, duty in had.items()
            if key not in has and key not in settled and (duty.regime, duty.rule) not in waiting
        ),
        restated=tuple(_restated(laws, open_ & _rules(new))),
        laws=laws,
    )


def _other_than_before(catalog: Catalog, newer: Catalog) -> tuple[dict[str, Regime], dict[str, Regime]]:
    """The laws whose documents differ, as they were and as they are: the others need not be read for that."""
    old, new = catalog.regimes.documents, newer.regimes.documents
    codes = {code for code in old.keys() | new.keys() if old.get(code) != new.get(code)}
    return (
        {code: catalog.regimes[code] for code in codes & old.keys()},
        {code: newer.regimes[code] for code in codes & new.keys()},
    )


def _rules(found: Assessment) -> set[tuple[str, str]]:
    """The rules that concern an incident: owed, or not to be told yet."""
    owed = {(duty.regime, duty.rule) for duty in found.duties}
    return owed | {(each.regime, each.rule) for each in found.undecided}


def _is_earlier(each: Shifted) -> bool:
    was, now = each.was.soonest, each.now.soonest
    return now is not None and (was is None or now < was)


def _restated(laws: Iterable[LawChange], concerned: set[tuple[str, str]]) -> Iterable[Restated]:
    for law in laws:
        for change in law.rules:
            terms = [term for term in change.terms if term.field not in _SHOWS_IN_DUTIES]
            asked = [term for term in terms if term.mark != "reworded"]
            if asked and (law.code, change.rule.id) in concerned:
                mark = joined_mark(term.mark for term in asked)
                yield Restated(f"{law.code}/{change.rule.id}", mark, tuple(term.field for term in asked))
