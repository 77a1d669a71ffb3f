"""A hold: an authority asks that people are not told yet, and which duties that delays.

Pure. It delays a duty only where its rule lets this very kind of authority ask, and in writing where the rule says so;
what was only said delays it no longer than the rule allows. Every other duty runs on. It moves no due moment: the
letter waits, and the law's own clock is what it was.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tocsin.domain.facts import Facts
from tocsin.domain.moments import iso
from tocsin.domain.rules import Rule


class Held(NamedTuple):
    """One duty that is held back: by whom, by which article, and until when, where that was said."""

    duty: str
    by: str
    cite: str
    begin: datetime | None
    until: datetime | None

    def at(self, now: datetime) -> bool:
        """Whether it is held at this moment."""
        return (self.begin is None or self.begin <= now) and (self.until is None or now < self.until)

    @property
    def words(self) -> str:
        """`held back by law-enforcement until 2026-12-01T00:00:00Z (s 26D(6) PDPA)`."""
        until = f" until {iso(self.until)}" if self.until else ""
        return f"held back by {self.by}{until} ({self.cite})"


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
    return Held(duty, str(hold["by"]), rule.hold.cite, begin, until)


def _moment(hold: Mapping[str, Any], key: str) -> datetime | None:
    value = hold.get(key)
    stated = value.get("at") if isinstance(value, Mapping) else value
    return datetime.fromisoformat(str(stated)) if stated else None
