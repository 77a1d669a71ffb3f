"""The law as a pure function: facts in, duties with deadlines and articles out. Same facts, same duties.

Pure. Three answers, never two: a duty is owed, not owed, or cannot be told yet, each with the facts that it
rests on. The module is long because a law is judged in one place, from whether it binds to what each duty says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, NamedTuple

from tocsin.domain.contacts import Authority, Organisation, authority_for
from tocsin.domain.facts import Facts
from tocsin.domain.law.addressees import Addressee, addressees, living_in
from tocsin.domain.law.circumstances import content_of, doubt_of
from tocsin.domain.law.conditions import Setting
from tocsin.domain.law.criteria import AMOUNTS, counts, currencies
from tocsin.domain.law.duties import Assessment, Duty, NotOwed, Undecided, key_of
from tocsin.domain.law.laws import harm_questions
from tocsin.domain.law.rules import Regime, Rule
from tocsin.domain.law.running import Clocks
from tocsin.domain.law.unplaced import assumed_because, elsewhere, scattered, where_they_live
from tocsin.domain.law.validity import Validity
from tocsin.domain.law.verdicts import Verdict, all_of
from tocsin.domain.matching import Feature
from tocsin.domain.moments import END_OF_TIME
from tocsin.domain.places import UNKNOWN_PLACE

__all__ = ["Assessment", "Duty", "NotOwed", "Regime", "Rule", "Undecided", "assess"]

#: What a rule gives.
Finding = Duty | Undecided | NotOwed

_BINDS = Verdict(True)
_ANYBODY = Addressee()
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
    reported_at: datetime | None = None,
    discharged: Mapping[str, datetime] = _NOTHING,
) -> Assessment:
    """Every duty that these facts raise, soonest first, with what cannot be told yet and what is not owed.

    `at` is the moment as of which the law is applied. Until a clock's own moment is learned it runs from the
    earliest moment known, else from `declared_at`, and the duty is marked as assumed. `reported_at` is when it came
    in, where it waited in triage before it was declared: that moment is known like any other. `discharged` gives for
    `regime/rule` the moment at which it was told first, for the clocks that follow it.
    """
    laws = {regime.id: regime for regime in regimes}
    own_country = organisation.eu_main_establishment
    clocks = Clocks(facts, laws, declared_at, discharged, organisation.days_off, own_country, reported_at)
    case = _Case(facts, organisation, tuple(authorities), at, clocks)
    findings = [finding for _, regime in sorted(laws.items()) for finding in _Law(regime, case).findings()]
    duties = sorted((each for each in findings if isinstance(each, Duty)), key=_urgency)
    undecided = tuple(each for each in findings if isinstance(each, Undecided))
    not_owed = tuple(each for each in findings if isinstance(each, NotOwed))
    because = assumed_because(facts)
    on_a_place = frozenset(duty.key for duty in duties if because in duty.because)
    return Assessment(tuple(duties), undecided, not_owed, where_they_live(facts), on_a_place)


def owing_at_once(
    regimes: Iterable[Regime], organisation: Organisation, authorities: Sequence[Authority]
) -> tuple[str, ...]:
    """The laws that may owe something while nothing is known but that there is a breach, whenever that is.

    Of any other law `assess` raises no duty to no facts: it need not be asked before the first page leaves.
    """
    laws = {regime.id: regime for regime in regimes}
    clocks = Clocks(Facts({}), laws, None, _NOTHING, organisation.days_off)
    case = _Case(Facts({}), organisation, tuple(authorities), END_OF_TIME, clocks)
    return tuple(code for code, regime in sorted(laws.items()) if _Law(regime, case).may_owe())


def _urgency(duty: Duty) -> tuple[datetime, str]:
    return duty.soonest or END_OF_TIME, duty.key


class _Owed(NamedTuple):
    """A duty that is owed, before its clock is read and its reasons are written down."""

    rule: Rule
    verdict: Verdict
    setting: Setting


_Answer = _Owed | Undecided | NotOwed


@dataclass(frozen=True)
class _Case:
    """One incident before the laws."""

    facts: Facts
    organisation: Organisation
    authorities: tuple[Authority, ...]
    at: datetime
    clocks: Clocks

    @cached_property
    def everybody(self) -> Setting:
        """What a law is held against to see whether it binds: all people hit."""
        return Setting(self.facts, self.organisation)

    @cached_property
    def elsewhere(self) -> "_Case | None":
        """The same case, had all people of an unknown place a place that no law asks for."""
        facts = elsewhere(self.facts)
        return None if facts is None else replace(self, facts=facts)

    @cached_property
    def scattered(self) -> "_Case":
        """The same case, had each of those of whom only the country is stated a part of it for themselves."""
        return replace(self, facts=scattered(self.facts))

    @cached_property
    def somebody_without_a_place(self) -> bool:
        """Whether there may be people of whom nobody knows where they live."""
        return any(cell.place is None and not cell.nobody for cell in self.facts.cells)


class _Law:
    """One law before one incident: what its rules have in common is worked out once."""

    def __init__(self, regime: Regime, case: _Case) -> None:
        self.regime, self.case = regime, case
        self._validity = Validity(regime, case.clocks, case.at)
        self._binds = _BINDS if regime.applies is None else case.everybody.verdict(regime.applies)
        home = regime.answers_for
        far = home is not None and not case.organisation.is_established(home)
        #: Whom it answers for: those who live in its place, unless the company is established there.
        self._home = living_in(home).features if home is not None and far else ()
        #: What conditions are held against, by what those looked at must have and who of them is spared.
        self._settings: dict[tuple[tuple[Feature, ...], int], Setting] = {}

    def findings(self) -> Iterator[Finding]:
        """What each rule gives. Where a law does not bind the company, none of its rules is looked at."""
        for rule in self.regime.rules:
            valid = self._validity.of(rule)
            no = valid if valid.answer is False else self._binds
            if no.answer is False:
                yield self._not_owed(rule, _ANYBODY, no.because)
            else:
                yield from self._of_rule(rule, valid)

    def may_owe(self) -> bool:
        """Whether any of its rules is owed to these facts, be it in force or not."""
        return any(
            type(self._for(rule, _BINDS, who)) is _Owed
            for rule in self.regime.rules
            for who in self._addressees(rule)
        )

    def _addressees(self, rule: Rule) -> Sequence[Addressee]:
        whole = getattr(self.case.organisation, rule.per.unless) if rule.per and rule.per.unless else None
        return addressees(rule, self.case.facts, whole)

    def _of_rule(self, rule: Rule, valid: Verdict) -> list[Finding]:
        """What a rule gives: one finding, or one for each place or controller to which it speaks."""
        facts = self.case.facts
        each = self._addressees(rule)
        found = [self._found(rule, valid, who) for who in each]
        if each[0].controller:
            no = [one for one in found if isinstance(one, NotOwed)]
            if len(no) < len(found):
                return [one for one in found if one not in no]
            found = [replace(no[0], whom=rule.recipient)]
        if each[0].place and each[0].of and self.case.somebody_without_a_place:
            unplaced = Verdict(None, (_NO_PLACE,), (facts.crowd.asked_for("place"),))
            found.append(self._undecided(rule, _ANYBODY, unplaced))
        return found

    @cached_property
    def _elsewhere(self) -> "_Law | None":
        case = self.case.elsewhere
        return None if case is None else _Law(self.regime, case)

    @cached_property
    def _scattered(self) -> "_Law":
        return _Law(self.regime, self.case.scattered)

    def _found(self, rule: Rule, valid: Verdict, who: Addressee) -> Finding:
        """What a rule gives for one addressee. What rests on a place that nobody knows says so and asks for it."""
        answer, other = self._for(rule, valid, who), self._elsewhere
        if isinstance(answer, NotOwed):
            return answer
        if isinstance(answer, _Owed) and self._hangs_on_the_part(rule, valid, who):
            place = (self.case.facts.crowd.asked_for("place"),)
            because = (f"nobody knows in which part of {who.place} they live", *answer.verdict.because)
            return self._undecided(rule, who, Verdict(None, because, place))
        found = self._duty(answer, who) if isinstance(answer, _Owed) else answer
        there = None if other is None else other.would_give(rule, valid, who)
        needs = tuple(dict.fromkeys((self.case.facts.crowd.asked_for("place"), *found.needs)))
        if isinstance(found, Duty) and there in (Undecided, NotOwed):
            because = (*found.because, assumed_because(self.case.facts))
            return replace(found, assumed=True, because=because, needs=needs)
        if isinstance(found, Undecided) and there is NotOwed:
            return replace(found, needs=needs)
        return found

    def _hangs_on_the_part(self, rule: Rule, valid: Verdict, who: Addressee) -> bool:
        """Whether a number counted part by part is reached only if people of no known part live in one together."""
        if not (who.in_some_part and counts(rule.when)):
            return False
        return self._scattered.would_give(rule, valid, who) is not _Owed

    def would_give(self, rule: Rule, valid: Verdict, who: Addressee) -> type[_Answer]:
        """Which of the three answers a rule in force gives for this addressee, if that one has a place."""
        if self._binds.answer is False or who.place == UNKNOWN_PLACE:
            return NotOwed
        return type(self._for(rule, valid, who))

    def _for(self, rule: Rule, valid: Verdict, who: Addressee) -> _Answer:
        among = (*rule.among.features, *who.of.features) if who.of else rule.among.features
        of_those_there = self._judged(rule, valid, who, (*among, *self._home))
        if not self._home or self.case.organisation.established_in:
            return of_those_there
        of_all = self._judged(rule, valid, who, among)
        return of_all if type(of_all) is type(of_those_there) else self._undecided(rule, who, _NO_SEAT)

    def _setting(self, among: tuple[Feature, ...], spared: int) -> Setting:
        if (among, spared) not in self._settings:
            self._settings[among, spared] = Setting(self.case.facts, self.case.organisation, among, spared)
        return self._settings[among, spared]

    def _judged(self, rule: Rule, valid: Verdict, who: Addressee, among: tuple[Feature, ...]) -> _Answer:
        of_all = self._setting(among, 0)
        if among and (nobody := of_all.some(())).answer is False:
            return self._not_owed(rule, who, nobody.because)
        spared = self.case.facts.crowd.known_for_any(rule.spares) if rule.exceptions else 0
        setting = self._setting(among, spared) if spared else of_all
        verdict = all_of(self._verdicts(rule, valid, setting))
        spares_somebody = spared and not verdict.answer
        if spares_somebody and all_of(self._verdicts(rule, valid, of_all)).answer is not False:
            verdict = verdict._replace(because=(*self._spared(rule, among), *verdict.because))
        if verdict.answer is False:
            return self._not_owed(rule, who, verdict.because)
        for exempt in rule.exceptions:
            if exempt.when is None:
                continue
            lifted = of_all.verdict(exempt.when)
            if not lifted.answer:
                continue
            because = (*lifted.because, f"lifted by {exempt.cite}")
            if exempt.instead is None:
                return self._not_owed(rule, who, because)
            # Somebody else is told, if anybody is: whether, the rule itself says.
            rule = rule.model_copy(update={"recipient": exempt.instead, "cite": exempt.cite})
            verdict = verdict._replace(because=(*verdict.because, *because))
            break
        if verdict.answer is None and rule.while_unknown == "undecided":
            return self._undecided(rule, who, verdict)
        return _Owed(rule, verdict, setting)

    def _verdicts(self, rule: Rule, valid: Verdict, setting: Setting) -> Iterator[Verdict]:
        """What must hold together, one after another: the law binds, somebody is hit, the rule's own condition."""
        yield self._binds
        if setting.among or rule.spares:
            yield setting.some(())
        if rule.when is not None:
            yield setting.verdict(rule.when)
        if valid.answer is None:
            yield valid

    def _spared(self, rule: Rule, among: tuple[Feature, ...]) -> tuple[str, ...]:
        """Of those looked at, the people whom an exception is known to spare, in words with its article."""
        crowd, said = self.case.facts.crowd, list[str]()
        for exempt in rule.exceptions:
            if exempt.spared is not None:
                people, _ = crowd.answers((*among, *exempt.spared.features))
                if people:
                    said += (*crowd.who(people, exempt.spared.features), f"lifted by {exempt.cite}")
        return tuple(said)

    def _not_owed(self, rule: Rule, who: Addressee, because: Sequence[str]) -> NotOwed:
        whom = who.place or who.controller or rule.place or rule.recipient
        return NotOwed(self.regime.id, rule, whom, because)

    def _undecided(self, rule: Rule, who: Addressee, verdict: Verdict) -> Undecided:
        whom = who.place or who.controller or rule.place or rule.recipient
        clock = partial(self.case.clocks.run, self.regime, rule)
        tests = harm_questions(verdict.tests, self.case.clocks.regimes)
        money = currencies(rule.when, verdict.needs) if AMOUNTS & {*verdict.needs} else ()
        return Undecided(self.regime.id, rule, whom, verdict.needs, verdict.because, tests, money, clock)

    def _duty(self, owed: _Owed, who: Addressee) -> Duty:
        rule, verdict, setting = owed

        def ask(condition: Any) -> bool | None:
            return setting.verdict(condition).answer

        regime, clocks = self.regime, self.case.clocks
        run = clocks.run(regime, rule)
        place, authority = who.place, self._authority(rule, who.place)
        open_until = () if verdict.answer else (f"it stands until {', '.join(verdict.needs)} is known",)
        open_point = doubt_of(rule, ask) or regime.why_off
        doubt = (f"counsel must confirm: {open_point}",) if open_point else ()
        verification = rule.verification or regime.verification
        return Duty(
            key=key_of(f"{regime.id}/{rule.id}", place or who.controller or rule.recipient, rule.role),
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
            explained=clocks.explained(regime, rule),
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
        return authority_for(self.case.authorities, place, rule.competence)
