"""Whether a rule is in force for an incident: the law of the day on which the rule's clock starts judges it.

Pure. What is not in force as of the moment asked about never is; a law to come whose first day is known binds from
that day.
"""

from datetime import datetime, timedelta

from tocsin.domain.conditions import Verdict
from tocsin.domain.moments import midnight
from tocsin.domain.rules import Regime, Rule
from tocsin.domain.running import Clocks

_IN_FORCE = Verdict(True)


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
    moment, outside = start.at or at, []
    first = midnight(max(begins), regime.zone) if begins else None
    if first and min(moment, at) < first:
        coming = f" (not in force: {regime.why_off})" if regime.why_off else ""
        outside.append(f"in force only from {max(begins)}{coming}")
    if ends and moment >= midnight(min(ends) + timedelta(days=1), regime.zone):
        outside.append(f"in force only until {min(ends)}")
    if not outside:
        return _IN_FORCE
    if start.needs and not (first and at < first):
        return Verdict(None, (*outside, *(f"{need} is unknown" for need in start.needs)), start.needs)
    return Verdict(False, tuple(outside))
