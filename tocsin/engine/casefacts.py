"""The case as papers and the register tell it: duties, decisions, dissent and what was done, out of one timeline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from tocsin.app import App
from tocsin.domain import kinds as k
from tocsin.domain.catalog import Catalog
from tocsin.domain.decisions import BREACH, RISK, Decision, Ground
from tocsin.domain.facts import Facts
from tocsin.domain.grounds import Doubt, advice_on, doubts
from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.letters import LetterPlan, letters_of
from tocsin.domain.notification import duty_word, passed
from tocsin.domain.owing import assessment
from tocsin.domain.timeline import Entry
from tocsin.engine.events import events
from tocsin.rendering.casefacts import (
    Advice,
    CaseFacts,
    DecisionLine,
    DissentLine,
    DutyLine,
    Ending,
    RiskDecision,
    TakenBack,
)
from tocsin.storage import timeline
from tocsin.storage.texts import read_texts, shown


def case_facts(app: App, incident: Incident, now: datetime) -> CaseFacts:
    """What the timeline says of the case up to the head of `incident`, as it reads at `now`."""
    with app.database.read() as connection:
        entries = timeline.entries(connection, incident.key)[: incident.head_seq]
        texts = read_texts(connection, incident.key, app.record_key(incident.key))
    return _Case(app.catalog_of(incident), incident, entries, texts, now).facts()


@dataclass(frozen=True)
class _Case:
    catalog: Catalog
    incident: Incident
    entries: Sequence[Entry]
    texts: Mapping[str, str]
    now: datetime

    def facts(self) -> CaseFacts:
        incident, people = self.incident, {person.id: person for person in self.catalog.contacts.people}
        duties = {key: self._duty(state) for key, state in incident.duties.items()}
        return CaseFacts(
            title=self.texts.get(incident.title),
            status=incident.status,
            declared_at=incident.declared_at,
            declared_by=self.catalog.contacts.name_of(incident.declared_by),
            ending=self._ending(),
            duties=tuple(duties.values()),
            undecided=self._undecided(),
            advice=self._advice(self._decided_on()),
            advice_today=self._advice(incident.facts),
            risk=self._risk(),
            decisions=tuple(self._decision(each, duties) for each in incident.decisions.values()),
            taken_back=tuple(self._taken_back(duties)),
            dissents=tuple(
                DissentLine(
                    each.of, self._text(each.because), self.catalog.contacts.name_of(each.by), each.at
                )
                for each in incident.dissents
            ),
            present=tuple((role, people[who]) for role, who in incident.roles.items() if who in people),
            events=events(self.entries, self.catalog, duties, self.catalog.contacts.name_of),
        )

    @cached_property
    def _letters(self) -> tuple[LetterPlan, ...]:
        return letters_of(self.incident, self.catalog)

    def _text(self, words: str) -> str:
        return str(shown(words, self.texts))

    def _duty(self, state: DutyState) -> DutyLine:
        opened, contacts = state.opened, self.catalog.contacts
        authority = next((each for each in contacts.authorities if each.id == opened.authority), None)
        regime = self.catalog.regimes.get(opened.regime)
        rule = regime.rule(opened.rule) if regime else None
        word = duty_word(state, self.incident, self.catalog, self.now, self._letters)
        return DutyLine(
            key=opened.key,
            recipient=opened.recipient,
            cite=opened.cite,
            state=word,
            to=authority.short if authority else None,
            place=opened.place,
            cited=rule.cited if rule and rule.cite == opened.cite else {},
            due_at=state.due_at,
            met_at=state.met_at,
            reference=self._text(state.reference) if state.reference else None,
            supplements=tuple((each.number, each.at) for each in state.supplements),
            late=state.late or (word == "late" and passed(state.due_at, self.now)),
            late_because=self._text(state.late_because) if state.late_because else None,
        )

    def _decision(self, decision: Decision, duties: Mapping[str, DutyLine]) -> DecisionLine:
        later = (state for state in self.incident.duties.values() if state.seq > decision.seq)
        return DecisionLine(
            of=decision.of,
            because=self._text(decision.because),
            decided_by=self.catalog.contacts.name_of(decision.decided_by),
            at=decision.at,
            advised_by=tuple(map(self.catalog.contacts.name_of, decision.advised_by)),
            look_again=decision.look_again,
            overdue=decision.overdue(self.now),
            not_owed=decision.not_owed,
            doubt=(doubt.decided, doubt.today) if (doubt := self._doubts.get(decision.of)) else None,
            overtaken=any(_under(state.opened.key, decision.of) for state in later),
            duty=duties.get(decision.of) or self._ruled(decision.of),
        )

    def _ruled(self, of: str) -> DutyLine | None:
        """What a rule would have asked for, where the decision names a rule under which nothing was owed yet."""
        law, _, name = of.partition("/")
        regime = self.catalog.regimes.get(law)
        rule = regime.rule(name) if regime else None
        if rule is None:
            return None
        return DutyLine(of, rule.recipient, rule.cite, "not-notified", cited=rule.cited)

    def _undecided(self) -> tuple[dict[str, str], ...]:
        """Laws of which it cannot be told yet what they ask for; of what was no incident nothing is asked."""
        if self.incident.status == "declined":
            return ()
        found = dict.fromkeys(each.regime for each in assessment(self.incident, self.catalog).undecided)
        return tuple(dict(self.catalog.regimes[law].name) for law in found)

    def _advice(self, facts: Facts) -> Advice | None:
        """Of what was no incident nothing is advised, unless somebody had decided on it."""
        if self.incident.status == "declined" and self._ground() is None:
            return None
        found = advice_on(facts, self.catalog)
        return Advice(found.level, found.score, tuple(found.reasons), tuple(found.unknown))

    def _decided_on(self) -> Facts:
        """The facts that were known when the risk was decided; before that, those of now."""
        ground = self._ground()
        return ground.facts if ground else self.incident.facts

    def _risk(self) -> RiskDecision | None:
        ground = self._ground()
        if ground is None:
            return None
        return RiskDecision(
            self.catalog.contacts.name_of(ground.by),
            ground.at,
            self._text(ground.because),
            doubted=RISK in self._doubts,
        )

    def _ground(self) -> Ground | None:
        """What the latest decision on the risk stands on, for all people or for single cells."""
        return self.incident.grounds.get(RISK) if self.incident.facts.known(RISK) else None

    @cached_property
    def _doubts(self) -> dict[str, Doubt]:
        return {doubt.of: doubt for doubt in doubts(self.incident, self.catalog)}

    def _taken_back(self, duties: Mapping[str, DutyLine]) -> Iterator[TakenBack]:
        """The decisions not to notify that no longer stand, in the order in which they fell."""
        standing: dict[str, DecisionLine] = {}
        for entry in self.entries:
            match entry.body:
                case k.NotNotified(of=of, because=because, decided_by=by, advised_by=advised):
                    heard = tuple(map(self.catalog.contacts.name_of, advised))
                    standing[of] = DecisionLine(
                        of,
                        self._text(because),
                        self.catalog.contacts.name_of(by),
                        entry.at,
                        heard,
                        duty=duties.get(of) or self._ruled(of),
                    )
                case k.DutyReleased(key=of, because=because):
                    standing[of] = DecisionLine(
                        of,
                        self._text(because),
                        self.catalog.contacts.name_of(entry.actor),
                        entry.at,
                        not_owed=True,
                        duty=duties.get(of),
                    )
                case k.NotNotifiedTakenBack(of=of, because=because) if of in standing:
                    yield TakenBack(
                        standing.pop(of),
                        entry.at,
                        self.catalog.contacts.name_of(entry.actor),
                        self._text(because),
                    )
                case k.DutyMoved(key=of) if of in standing:
                    yield TakenBack(standing.pop(of), entry.at)

    def _ending(self) -> Ending | None:
        if self.incident.open:
            return None
        for entry in reversed(self.entries):
            if isinstance(entry.body, k.Closed | k.Declined):
                because = entry.body.because
                return Ending(
                    self.incident.status,
                    entry.at,
                    self.catalog.contacts.name_of(entry.actor),
                    self._text(because) if because else None,
                )
        return None


def _under(key: str, of: str) -> bool:
    """Whether a duty is among what a decision is about."""
    return of == BREACH or key.startswith(f"{of}/")
