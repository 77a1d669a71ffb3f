"""How the clocks of the law run in one incident: from which moment, until when, and why then.

Pure. A clock whose own moment is not known runs from the earliest moment at which anybody knew, which is never
too late; one that follows another duty runs from that duty's last moment until it is discharged.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from tocsin.domain.facts import FACTS, Facts
from tocsin.domain.law.clock import Roll, due, end_of_year, target
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.law.terms import Clock
from tocsin.domain.law.workdays import DaysOff
from tocsin.domain.moments import KNOWING, iso

#: The facts from which clocks can run.
_MOMENTS = frozenset(name for name, definition in FACTS.items() if definition.type == "moment")


class Run(NamedTuple):
    """How a rule's clock runs: the moment's name, from when, until when, whether that moment is a stand-in."""

    moment: str
    start: datetime | None
    due_at: datetime | None
    target_at: datetime | None
    assumed: bool
    #: Facts that would end the assumption.
    needs: tuple[str, ...]
    #: What else bounds the due moment, in words.
    bounds: tuple[str, ...] = ()
    #: What a person filed or was told that moved it, in words.
    moved: tuple[str, ...] = ()

    @property
    def soonest(self) -> datetime | None:
        """The due moment, else our own target."""
        return self.due_at or self.target_at


class Start(NamedTuple):
    """The moment from which a clock runs: its name, when it was, whether it is a stand-in, what would end that."""

    moment: str
    at: datetime | None
    assumed: bool
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clocks:
    """The clocks of one incident. `discharged` says when `regime/rule` was, the first time."""

    facts: Facts
    regimes: Mapping[str, Regime]
    declared_at: datetime | None
    discharged: Mapping[str, datetime]
    off: DaysOff
    #: The Member State of the company's main establishment, whose days off a law may mean.
    own_country: str | None = None
    #: When it came in, where it waited in triage: somebody could know of it from then on.
    reported_at: datetime | None = None
    #: What was worked out once: a clock may be asked for by its own rule and by those that follow it.
    runs: dict[str, Run] = field(default_factory=dict)
    starts: dict[str, Start] = field(default_factory=dict)

    def start(self, regime: Regime, rule: Rule) -> Start:
        """From which moment one rule's clock runs, or which one stands in for it.

        Of a clock that follows other duties it is the moment from which the first of theirs runs: an incident that an
        older law governs does not change its law while its letters are on their way.
        """
        ahead = [found for ref in rule.clock.after if (found := self._found(regime.full(ref)))]
        starts = [self.start(law, followed) for law, followed in ahead]
        begun = {start.at: start for start in starts if start.at}
        return begun[min(begun)] if begun else self._begun(regime, rule)

    @cached_property
    def moments(self) -> tuple[datetime, ...]:
        """Every moment that is known, in order: no clock starts at another one."""
        stated = (self.facts.moment(name) for name in self.facts.values if name in _MOMENTS)
        begun = (self.declared_at, self.reported_at)
        return tuple(sorted(filter(None, (*stated, *begun, *self.discharged.values()))))

    @property
    def found(self) -> datetime | None:
        """The earliest moment at which anybody knew of the incident, else its declaration."""
        return self._earliest[0] if self._earliest else None

    def run(self, regime: Regime, rule: Rule) -> Run:
        """The clock of one rule."""
        name = regime.full(rule.id)
        if name not in self.runs:
            self.runs[name] = self._run(regime, rule)
        return self.runs[name]

    def explained(self, regime: Regime, rule: Rule) -> str:
        """One line: how the due moment of a rule came about."""
        roll = self._roll(rule.clock)
        return _explained(regime, rule.clock, roll, self._begun(regime, rule), self.run(regime, rule).bounds)

    def _begun(self, regime: Regime, rule: Rule) -> Start:
        name = regime.full(rule.id)
        if name not in self.starts:
            self.starts[name] = self._start(regime, rule.clock)
        return self.starts[name]

    def _run(self, regime: Regime, rule: Rule) -> Run:
        clock, start = rule.clock, self._begun(regime, rule)
        if start.at is None:
            return Run(start.moment, None, None, None, True, start.needs)
        begin = end_of_year(start.at, regime.zone) if clock.end_of else start.at
        due_at = due(begin, clock.within, regime.zone, roll=self._roll(clock), off=self.off)
        due_at, capped = self._capped(regime, clock, start.at, due_at)
        target_at = target(begin, clock.within)
        due_at, tied = self._tied(regime, rule, start.at, due_at)
        due_at, moved = self._moved(regime, rule, due_at)
        bounds = (*capped, *tied, *moved)
        return Run(start.moment, start.at, due_at, target_at, start.assumed, start.needs, bounds, moved)

    def _start(self, regime: Regime, clock: Clock) -> Start:
        if known := self._known(clock.start):
            return Start(known[0][1], known[0][0], False)
        return self._behind(regime, clock) if clock.after else self._stand_in(clock.start[0], clock.start[:1])

    def _behind(self, regime: Regime, clock: Clock) -> Start:
        """The first discharge of what the clock follows, else the last moment for it."""
        refs = [regime.full(ref) for ref in clock.after]
        told = [(at, ref) for ref in refs if (at := self.discharged.get(ref))]
        ahead = (
            [] if told else [(at, ref) for ref in refs if (run := self._run_of(ref)) and (at := run.soonest)]
        )
        if not (told or ahead):
            return self._stand_in(refs[0], clock.start[:1])
        at, ref = min(told or ahead)
        return Start(ref, at, not told or bool(clock.start), clock.start[:1])

    def _stand_in(self, moment: str, needs: tuple[str, ...]) -> Start:
        if self._earliest is None:
            return Start(moment, None, True, needs)
        at, name = self._earliest
        return Start(name, at, True, needs)

    @cached_property
    def _earliest(self) -> tuple[datetime, str] | None:
        """The earliest moment at which anybody knew; None where nothing is known."""
        known = self._known(KNOWING)
        # Decision 12: a message that lay there is known from its reception on, whatever was stated later than that.
        known += [(self.reported_at, "reported_at")] if self.reported_at else []
        known = known or ([(self.declared_at, "declared_at")] if self.declared_at else [])
        return min(known, default=None)

    def _known(self, names: Iterable[str]) -> list[tuple[datetime, str]]:
        """The moments that are known, the earliest first."""
        return sorted((moment, name) for name in names if (moment := self.facts.moment(name)))

    def _capped(
        self, regime: Regime, clock: Clock, start: datetime, due_at: datetime | None
    ) -> tuple[datetime | None, tuple[str, ...]]:
        cap = clock.cap
        known = self._known(cap.start) if cap else []
        if cap is None or not known:
            return due_at, ()
        latest = due(known[0][0], cap.within, regime.zone, roll=self._roll(clock), off=self.off)
        if latest is None or start > latest or (due_at is not None and due_at <= latest):
            return due_at, ()
        return latest, (f"at most {cap.within} from {known[0][1]}",)

    def _tied(
        self, regime: Regime, rule: Rule, start: datetime, due_at: datetime | None
    ) -> tuple[datetime | None, tuple[str, ...]]:
        """Not later than what it must not follow: when that was told, else its own last moment.

        Where that was told before this clock began, it is due at once.
        """
        if not rule.not_after:
            return due_at, ()
        refs = [regime.full(ref) for ref in rule.not_after]
        moments = [at for ref in refs if (at := self.discharged.get(ref) or self._due(ref))]
        if not moments or (due_at is not None and due_at <= min(moments)):
            return due_at, ()
        return max(start, min(moments)), (f"not later than {', '.join(refs)}",)

    def _moved(
        self, regime: Regime, rule: Rule, due_at: datetime | None
    ) -> tuple[datetime | None, tuple[str, ...]]:
        """Later, where more time was asked for before the limit, or a hold was lifted shortly before it."""
        said: list[str] = []
        if rule.extension and due_at and (filed := self.facts.moment(rule.extension.filed[0])):
            reason = f"{rule.extension.filed[0]} ({iso(filed)})"
            if filed <= due_at:
                due_at = due(due_at, rule.extension.within, regime.zone, off=self.off)
                said.append(f"{rule.extension.within} more for {reason}, {rule.extension.cite}")
            else:
                said.append(f"no more time for {reason}: it came after the limit, {rule.extension.cite}")
        lifted = self.facts.moment("hold_lifted_at")
        if rule.hold and rule.hold.then and due_at and lifted:
            cleared = due(lifted, rule.hold.then, regime.zone, off=self.off)
            if cleared and cleared > due_at:
                due_at = cleared
                said.append(
                    f"at least {rule.hold.then} from hold_lifted_at ({iso(lifted)}), {rule.hold.cite}"
                )
        return due_at, tuple(said)

    def _roll(self, clock: Clock) -> Roll | None:
        return clock.roll.in_(self.own_country) if clock.roll else None

    def _due(self, ref: str) -> datetime | None:
        run = self._run_of(ref)
        return run.due_at if run else None

    def _run_of(self, ref: str) -> Run | None:
        """The clock of `regime/rule`; None where that law is not asked."""
        found = self._found(ref)
        return self.run(*found) if found else None

    def _found(self, ref: str) -> tuple[Regime, Rule] | None:
        code, _, name = ref.partition("/")
        regime = self.regimes.get(code)
        rule = regime.rule(name) if regime else None
        return (regime, rule) if regime and rule else None


def _explained(regime: Regime, clock: Clock, roll: Roll | None, start: Start, bounds: tuple[str, ...]) -> str:
    within = clock.within
    in_days = within.calendar_days or within.business_days or within.months
    how = [f"{within} from {'the end of the year of ' if clock.end_of else ''}{start.moment}"]
    if start.at is None:
        return how[0]
    how[0] += f" ({iso(start.at)})"
    if in_days:
        counted = "counted" if within.event_day_counts else "left out"
        how.append(f"days of {regime.zone}" + ("" if clock.end_of else f", that day {counted}"))
    how += bounds
    if roll:
        how.append(f"a day off of {roll.holidays} moves it to the {roll.to.replace('-', ' ')}")
    if start.assumed:
        how.append(
            f"ASSUMED until {' or '.join(clock.start)} is known"
            if clock.start
            else "until that is told: its last moment"
        )
    return "; ".join(how)
