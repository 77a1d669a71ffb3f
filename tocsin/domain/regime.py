"""The law as a pure function: facts in, duties with deadlines and articles out. Same facts, same duties.

Pure. Three answers, never two: a duty is owed, not owed, or cannot be told yet, each with the facts that it
rests on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from tocsin.domain.addressees import Addressee, addressees, living_in
from tocsin.domain.circumstances import content_of, doubt_of
from tocsin.domain.conditions import Verdict, all_of, evaluate
from tocsin.domain.contacts import Authority, Organisation, authority_for
from tocsin.domain.criteria import Cells
from tocsin.domain.duties import Assessment, Duty, NotOwed, Undecided
from tocsin.domain.facts import Facts
from tocsin.domain.matching import CellTest
from tocsin.domain.places import UNKNOWN_PLACE
from tocsin.domain.rules import Regime, Rule
from tocsin.domain.running import Clocks
from tocsin.domain.validity import in_force

__all__ = ["Assessment", "Duty", "NotOwed", "Regime", "Rule", "Undecided", "assess"]

_SOMEBODY = Cells(cells=CellTest())
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)
_NOTHING: Mapping[str, datetime] = MappingProxyType({})
_NO_SEAT = Verdict(None, ("the company's established_in is not stated",), ("organisation.established_in",))
_NO_PLACE = "the place of some people is unknown"


def assess(
    facts: Facts,
    organisation: Organisation,
    regimes: Iterable[Regime],
    *,
    authorities: Sequence[Authority],
    at: datetime,
    declared_at: datetime | None = None,
    discharged: Mapping[str, datetime] = _NOTHING,
) -> Assessment:
    """Every duty that these facts raise, soonest first, with what cannot be told yet and what is not owed.

    `at` is the moment as of which the law is applied. Until a clock's own moment is learned it runs from the
    earliest moment known, else from `declared_at`, and the duty is marked as assumed. `discharged` gives for
    `regime/rule` the moment at which it was told first, for the clocks that follow it.
    """
    laws = {regime.id: regime for regime in regimes}
    clocks = Clocks(facts, laws, declared_at, discharged, organisation.days_off)
    case = _Case(facts, organisation, tuple(authorities), at, clocks)
    findings = [
        finding
        for _, regime in sorted(laws.items())
        for rule in regime.rules
        for finding in case.findings(regime, rule)
    ]
    duties = sorted((each for each in findings if isinstance(each, Duty)), key=_urgency)
    undecided = tuple(each for each in findings if isinstance(each, Undecided))
    not_owed = tuple(each for each in findings if isinstance(each, NotOwed))
    return Assessment(tuple(duties), undecided, not_owed)


def _urgency(duty: Duty) -> tuple[datetime, str]:
    return duty.soonest or _END_OF_TIME, duty.key


@dataclass(frozen=True)
class _Case:
    """One incident before the law."""

    facts: Facts
    organisation: Organisation
    authorities: tuple[Authority, ...]
    at: datetime
    clocks: Clocks
    #: Whether each law binds the company at all, once it was asked.
    bound: dict[str, Verdict] = field(default_factory=dict)
    #: Whether each rule is in force.
    valid: dict[str, Verdict] = field(default_factory=dict)

    def findings(self, regime: Regime, rule: Rule) -> list[Duty | Undecided | NotOwed]:
        """What the rule gives: one finding, or one for each place or controller to which it speaks."""
        valid = self.valid[regime.full(rule.id)] = in_force(regime, rule, self.clocks, self.at)
        if valid.answer is False:
            return [NotOwed(regime.id, rule.id, valid.because)]
        whole = getattr(self.organisation, rule.per.unless) if rule.per and rule.per.unless else None
        each = [*addressees(rule, self.facts, whole)]
        found = [_placed(self._finding(regime, rule, who), who.place, self.facts) for who in each]
        if any(who.controller for who in each):
            return [one for one in found if not isinstance(one, NotOwed)] or found[:1]
        if each[0].place and each[0].of and self._somebody_without_a_place:
            unplaced = Verdict(None, (_NO_PLACE,), (self.facts.crowd.asked_for("place"),))
            found.append(self._undecided(regime, rule, unplaced))
        return found

    @property
    def _somebody_without_a_place(self) -> bool:
        return any(cell.place is None and not cell.nobody for cell in self.facts.cells)

    def _finding(self, regime: Regime, rule: Rule, who: Addressee) -> Duty | Undecided | NotOwed:
        among = (rule.among, who.of) if who.of else (rule.among,)
        if (home := regime.answers_for) is None or self.organisation.is_established(home):
            return self._judged(regime, rule, who, among)
        of_those_there = self._judged(regime, rule, who, (*among, living_in(home)))
        if self.organisation.established_in:
            return of_those_there
        of_all = self._judged(regime, rule, who, among)
        return of_all if type(of_all) is type(of_those_there) else self._undecided(regime, rule, _NO_SEAT)

    def _judged(
        self, regime: Regime, rule: Rule, who: Addressee, among: tuple[CellTest, ...]
    ) -> Duty | Undecided | NotOwed:
        verdict = self._verdict(regime, rule, among, rule.spares)
        if rule.spares and not verdict.answer and self._verdict(regime, rule, among).answer is not False:
            verdict = verdict._replace(because=(*self._spared(rule, among), *verdict.because))
        if verdict.answer is False:
            return NotOwed(regime.id, rule.id, verdict.because)
        for exempt in rule.exceptions:
            if exempt.when is None:
                continue
            lifted = evaluate(exempt.when, self.facts, self.organisation, among=among)
            if not lifted.answer:
                continue
            because = (*lifted.because, f"lifted by {exempt.cite}")
            if exempt.instead is None:
                return NotOwed(regime.id, rule.id, because)
            # Somebody else is told, if anybody is: whether, the rule itself says.
            rule = rule.model_copy(update={"recipient": exempt.instead, "cite": exempt.cite})
            verdict = verdict._replace(because=(*verdict.because, *because))
            break
        if verdict.answer is None and rule.while_unknown == "undecided":
            return self._undecided(regime, rule, verdict)
        return self._duty(regime, rule, who, verdict, among)

    def _spared(self, rule: Rule, among: tuple[CellTest, ...]) -> tuple[str, ...]:
        """Of those looked at, the people whom an exception is known to spare, in words with its article."""
        looked_at = tuple(feature for test in among for feature in test.features)
        said: tuple[str, ...] = ()
        for exempt in rule.exceptions:
            if exempt.spared is not None:
                features = (*looked_at, *exempt.spared.features)
                if people := self.facts.crowd.answers(features)[0]:
                    words = self.facts.crowd.who(people, exempt.spared.features)
                    said = (*said, *words, f"lifted by {exempt.cite}")
        return said

    def _verdict(
        self, regime: Regime, rule: Rule, among: tuple[CellTest, ...], spared: tuple[CellTest, ...] = ()
    ) -> Verdict:
        return all_of(self._verdicts(regime, rule, among, spared))

    def _verdicts(
        self, regime: Regime, rule: Rule, among: tuple[CellTest, ...], spared: tuple[CellTest, ...]
    ) -> Iterator[Verdict]:
        if regime.applies is not None:
            if regime.id not in self.bound:
                self.bound[regime.id] = evaluate(regime.applies, self.facts, self.organisation)
            yield self.bound[regime.id]
        whom = {"among": among, "spared": spared}
        if spared or any(test.features for test in among):
            yield evaluate(_SOMEBODY, self.facts, self.organisation, **whom)
        if rule.when is not None:
            yield evaluate(rule.when, self.facts, self.organisation, **whom)
        if (valid := self.valid[regime.full(rule.id)]).answer is None:
            yield valid

    def _undecided(self, regime: Regime, rule: Rule, verdict: Verdict) -> Undecided:
        clock = partial(self.clocks.run, regime, rule)
        return Undecided(regime.id, rule.id, verdict.needs, verdict.because, clock)

    def _duty(
        self, regime: Regime, rule: Rule, who: Addressee, verdict: Verdict, among: tuple[CellTest, ...]
    ) -> Duty:
        def ask(condition: Any) -> bool | None:
            return evaluate(condition, self.facts, self.organisation, among=among, spared=rule.spares).answer

        run = self.clocks.run(regime, rule)
        place, authority = who.place, self._authority(rule, who.place)
        open_until = () if verdict.answer else (f"it stands until {', '.join(verdict.needs)} is known",)
        open_point = doubt_of(rule, ask) or regime.why_off
        doubt = (f"counsel must confirm: {open_point}",) if open_point else ()
        verification = rule.verification or regime.verification
        return Duty(
            key=f"{regime.id}/{rule.id}/{(place or who.controller or rule.recipient).lower()}/{rule.role}",
            regime=regime.id,
            rule=rule.id,
            cite=rule.cite,
            recipient=rule.recipient,
            authority=authority.id if authority else None,
            place=place,
            role=rule.role,
            stage=rule.stage,
            clock_from=run.moment,
            clock_start=run.start,
            due_at=run.due_at,
            target_at=run.target_at,
            within=str(rule.clock.within),
            explained=self.clocks.explained(regime, rule),
            assumed=run.assumed or verdict.answer is None,
            because=(*verdict.because, *open_until, *doubt, *run.moved),
            needs=(*verdict.needs, *run.needs),
            verification=verification,
            candidate=bool(open_point) or verification in ("recalled", "unconfirmed"),
            content=content_of(rule, ask),
            language=rule.language or (authority.languages[0] if authority and authority.languages else None),
            reasons_when_late=rule.reasons_when_late,
            phased=rule.phased,
        )

    def _authority(self, rule: Rule, place: str | None) -> Authority | None:
        if rule.recipient != "authority" or place is None:
            return None
        return authority_for(self.authorities, place, rule.competence)


def _placed(
    finding: Duty | Undecided | NotOwed, place: str | None, facts: Facts
) -> Duty | Undecided | NotOwed:
    """The same finding, but a duty to the authority of an unknown place, the strictest, asks for the place."""
    if place != UNKNOWN_PLACE or not isinstance(finding, Duty):
        return finding
    because = (*finding.because, "where these people live is unknown; it stands until that is known")
    return replace(
        finding, assumed=True, because=because, needs=(facts.crowd.asked_for("place"), *finding.needs)
    )
