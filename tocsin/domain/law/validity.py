"""Whether a rule is in force for an incident: the law of the day on which the rule's clock starts judges it.

Pure. A later stage of a report is judged by the day on which the incident was found: a law does not reach back to ask
for the end of what it did not ask for at the beginning. So is a clock that runs from the breach itself: nobody can tell
before anybody knows, and an intrusion that lasted for years is told of by the law of its discovery. What is not in
force as of the moment asked about never is; a law to come whose first day is known binds from that day.
"""

from datetime import date, datetime, timedelta

from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.law.running import Clocks, Start
from tocsin.domain.law.verdicts import Verdict
from tocsin.domain.moments import KNOWING, midnight

_IN_FORCE = Verdict(True)
_LATER_STAGES = ("intermediate", "follow-up", "final", "withdrawal")
_OF_THE_BREACH = ("occurred_from", "occurred_to")


class Validity:
    """Whether the rules of one law bind the incident of these clocks, as of `at`."""

    def __init__(self, regime: Regime, clocks: Clocks, at: datetime) -> None:
        self._regime, self._clocks, self._at = regime, clocks, at
        self._off = None if regime.binding else _off(regime)
        first, over = self._begin(regime.valid_from), self._end(regime.valid_until)
        moments = (at, *clocks.moments) if first or over else ()
        #: Whether no moment that is known lies outside the law's own days.
        self._throughout = not (first and min(moments) < first) and not (over and max(moments) >= over)

    def of(self, rule: Rule) -> Verdict:
        """Whether one rule does."""
        if self._off:
            return self._off
        # So for almost every rule: whichever moment its clock starts from, its law was in force.
        if self._throughout and rule.valid_from is None and rule.valid_until is None:
            return _IN_FORCE
        return self._judged(rule)

    def _begin(self, day: date | None) -> datetime | None:
        return midnight(day, self._regime.zone) if day else None

    def _end(self, day: date | None) -> datetime | None:
        return midnight(day + timedelta(days=1), self._regime.zone) if day else None

    def _judged(self, rule: Rule) -> Verdict:
        """By the moment from which its clock runs.

        A moment that only stands in for that one decides nothing: the true day may lie on the other side.
        """
        regime, clocks, at = self._regime, self._clocks, self._at
        begins = max(filter(None, (regime.valid_from, rule.valid_from)), default=None)
        ends = min(filter(None, (regime.valid_until, rule.valid_until)), default=None)
        first, over = self._begin(begins), self._end(ends)
        start = clocks.start(regime, rule)
        moment, signal = _judged_by(rule, start, clocks) or at, clocks.facts.moment("detected_at")
        if first and min(moment, at) < first:
            coming = f" (not in force: {regime.why_off})" if regime.why_off else ""
            outside = f"in force only from {begins}{coming}"
            for_good = at < first or (rule.stage in _LATER_STAGES and _known_before(first, clocks))
        elif over and moment >= over:
            # Nobody knows before the first signal: what had ended by then has ended.
            outside, for_good = f"in force only until {ends}", bool(signal and signal >= over)
        else:
            return _IN_FORCE
        needs = _needed(start, clocks)
        if needs and not for_good:
            return Verdict(None, (outside, *(f"{need} is unknown" for need in needs)), needs)
        return Verdict(False, (outside,))


def _off(regime: Regime) -> Verdict:
    return Verdict(False, (f"{regime.id} is {regime.status.replace('-', ' ')}: {regime.why_off}",))


def _needed(start: Start, clocks: Clocks) -> tuple[str, ...]:
    """What would say by which day the clock is judged."""
    of_the_breach = start.moment in _OF_THE_BREACH
    if of_the_breach and not any(clocks.facts.moment(name) for name in KNOWING):
        return (*start.needs, "detected_at")
    return start.needs


def _known_before(first: datetime, clocks: Clocks) -> bool:
    """Whether somebody is known to have known by then: no later stage of that incident is judged by a later day."""
    known = (clocks.facts.moment(name) for name in KNOWING)
    return any(moment < first for moment in known if moment)


def _judged_by(rule: Rule, start: Start, clocks: Clocks) -> datetime | None:
    if start.at is None or clocks.found is None:
        return start.at
    if start.moment in _OF_THE_BREACH:
        return clocks.found
    return min(start.at, clocks.found) if rule.stage in _LATER_STAGES else start.at
