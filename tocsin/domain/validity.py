"""Whether a rule is in force for an incident: the law of the day on which the rule's clock starts judges it.

Pure. What is not in force as of the moment asked about never is; a law to come whose first day is known binds from
that day.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from tocsin.domain.conditions import Verdict
from tocsin.domain.rules import Regime, Rule
from tocsin.domain.running import Clocks

_IN_FORCE = Verdict(True)


def in_force(regime: Regime, rule: Rule, clocks: Clocks, at: datetime) -> Verdict:
    """Whether the rule binds the incident of these clocks, as of `at`.

    While nothing at all is known of that moment, it cannot be told of a rule that has ended whether it still counts.
    """
    if not regime.binding:
        return Verdict(False, (f"{regime.id} is {regime.status.replace('-', ' ')}: {regime.why_off}",))
    begins = [day for day in (regime.valid_from, rule.valid_from) if day]
    ends = [day for day in (regime.valid_until, rule.valid_until) if day]
    if not begins and not ends:
        return _IN_FORCE
    start = clocks.start(regime, rule)
    day, today = (moment.astimezone(ZoneInfo(regime.zone)).date() for moment in (start or at, at))
    if begins and min(day, today) < max(begins):
        coming = f" (not in force: {regime.why_off})" if regime.why_off else ""
        return Verdict(False, (f"in force only from {max(begins)}{coming}",))
    if not ends or day <= min(ends):
        return _IN_FORCE
    if start is None and rule.clock.start:
        needs = rule.clock.start[:1]
        return Verdict(None, (f"in force only until {min(ends)}", f"{needs[0]} is unknown"), needs)
    return Verdict(False, (f"in force only until {min(ends)}",))
