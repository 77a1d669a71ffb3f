"""A hold: an authority asks that people are not told yet, and which duties that delays.

Pure. It delays a duty only where its rule lets this very kind of authority ask, and in writing where the rule says so;
what was only said delays it no longer than the rule allows. Every other duty runs on. It moves no due moment: the
letter waits, and the law's own clock is what it was. What it covers is said in the authority's words, which no program
can weigh: they stand wherever the hold is named, and a person reads whether these people and data are meant.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tocsin.domain.facts import Facts
from tocsin.domain.law.rules import Rule
from tocsin.domain.moments import iso


class Held(NamedTuple):
    """One duty that is held back: by whom, by which article, and until when, where that was said."""

    duty: str
    by: str
    cite: str
    begin: datetime | None
    until: datetime | None
    #: What it covers, in the words of the request.
    covers: str | None = None

    def at(self, now: datetime) -> bool:
        """Whether it is held at this moment."""
        return (self.begin is None or self.begin <= now) and (self.until is None or now < self.until)

    @property
    def words(self) -> str:
        """`held back by law-enforcement until 2026-12-01T00:00:00Z (s 26D(6) PDPA); it covers the city of Bonn`."""
        until = f" until {iso(self.until)}" if self.until else ""
        covers = f"; it covers {self.covers}" if self.covers else ""
        return f"held back by {self.by}{until} ({self.cite}){covers}"


def held(duty: str, rule: Rule | None, facts: Facts) -> Held | None:
    """The hold on a duty, as its rule allows it; None where there is none, or where it delays nothing."""
    hold: Any = facts.get("hold")
    if rule is None or rule.hold is None or not isinstance(hold, Mapping):
        return None
    if hold.get("by") not in rule.hold.by or (rule.hold.written and not hold.get("reference")):
        return None
    begin, until = _moment(hold, "from"), _moment(hold, "until")
    if rule.hold.spoken_days and not hold.get("reference"):
        if begin is None:
            # Nobody can say of it that its days have not run out.
            return None
        last = begin + timedelta(days=rule.hold.spoken_days)
        until = min(until, last) if until else last
    return Held(duty, str(hold["by"]), rule.hold.cite, begin, until, covered_by(facts))


def covered_by(facts: Facts) -> str | None:
    """What the hold covers, in the words of the request; None where nobody said, or only a commitment is at hand."""
    hold: Any = facts.get("hold")
    covers = hold.get("covers") if isinstance(hold, Mapping) else None
    return None if not covers or str(covers).startswith("words:") else str(covers)


def of_a_hold(duty: str, rule: Rule | None, facts: Facts, now: datetime) -> str | None:
    """What a request to hold notices back does to one duty, in words; None where nobody asked for one."""
    if not facts.known("hold"):
        return None
    found = held(duty, rule, facts)
    if found is None:
        return "the hold delays nothing here: this rule lets nobody ask for it in that way"
    return f"{found.words}; its clock runs on" if found.at(now) else f"no longer {found.words}"


def _moment(hold: Mapping[str, Any], key: str) -> datetime | None:
    value = hold.get(key)
    stated = value.get("at") if isinstance(value, Mapping) else value
    return datetime.fromisoformat(str(stated)) if stated else None
