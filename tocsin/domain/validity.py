"""Whether a rule is in force for an incident: the law of the day on which the rule's clock starts judges it.

Pure. A later stage of a report is judged by the day on which the incident was found: a law does not reach back to ask
for the end of what it did not ask for at the beginning. What is not in force as of the moment asked about never is; a
law to come whose first day is known binds from that day.
"""

from datetime import datetime, timedelta

from tocsin.domain.conditions import Verdict
from tocsin.domain.moments import midnight
from tocsin.domain.rules import Regime, Rule
from tocsin.domain.running import Clocks

_IN_FORCE = Verdict(True)
_LATER_STAGES = ("intermediate", "follow-up", "final", "withdrawal")


def in_force(regime: Regime, rule: Rule, clocks: Clocks, at: datetime) -> Verdict:
    """Whether the rule binds the incident of these clocks, as of `at`.

    A moment that only stands in for that one decides nothing: the true day may lie on the other side.
    """
    if not regime.binding:
        return Verdict(False, (f"{regime.id} is {regime.status.replace('-', ' ')}: {regime.why_off}",))
    begins = [day for day in (regime.valid_from, rule.valid_from) if day]
    ends = [day for day in (regime.valid_until, rule.valid_until) if day]
    if not begins and not ends:
        return _IN_FORCE
    start = clocks.start(regime, rule)
    moment, signal = _judged_by(rule, start.at, clocks) or at, clocks.facts.moment("detected_at")
    first = midnight(max(begins), regime.zone) if begins else None
    over = midnight(min(ends) + timedelta(days=1), regime.zone) if ends else None
    if first and min(moment, at) < first:
        coming = f" (not in force: {regime.why_off})" if regime.why_off else ""
        outside, for_good = f"in force only from {max(begins)}{coming}", at < first
    elif over and moment >= over:
        # Nobody knows before the first signal: what had ended by then has ended.
        outside, for_good = f"in force only until {min(ends)}", bool(signal and signal >= over)
    else:
        return _IN_FORCE
    if start.needs and not for_good:
        return Verdict(None, (outside, *(f"{need} is unknown" for need in start.needs)), start.needs)
    return Verdict(False, (outside,))


def _judged_by(rule: Rule, start: datetime | None, clocks: Clocks) -> datetime | None:
    if start and clocks.found and rule.stage in _LATER_STAGES:
        return min(start, clocks.found)
    return start
