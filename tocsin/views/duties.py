"""What is owed: each duty with its clock and state, and what cannot be told yet."""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

from tocsin.app import App
from tocsin.domain.asking import NextQuestion
from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Authority
from tocsin.domain.decisions import Decision, Dissent
from tocsin.domain.facts import Facts
from tocsin.domain.grounds import Doubt, doubts
from tocsin.domain.incident import DutyState, Incident, Supplement
from tocsin.domain.law.duties import Undecided
from tocsin.domain.law.holds import of_a_hold
from tocsin.domain.letters import letters_of
from tocsin.domain.notification import ENDED, duty_word, passed
from tocsin.domain.owing import owes_reasons
from tocsin.domain.plan import assessment
from tocsin.domain.reached import ways_of
from tocsin.domain.records import in_language
from tocsin.engine.letters import spoken_facts


@dataclass(frozen=True)
class DutyView:
    """One duty. `state` is a word of the vocabulary; `to` names the recipient for people."""

    key: str
    regime: str
    rule: str
    cite: str
    recipient: str
    to: str
    authority: str | None
    #: What the address book says of this authority, in English: whether it is the right one, how it is reached.
    authority_note: str | None
    place: str | None
    role: str
    stage: str
    clock_from: str
    clock_start: datetime | None
    due_at: datetime | None
    target_at: datetime | None
    assumed: bool
    candidate: bool
    state: str
    late: bool
    because: tuple[str, ...]
    #: Who decided that it is not owed, or not notified; while that stands, `because` is only why it was owed before.
    decision: Decision | None
    #: What the facts say against that decision by now.
    doubt: Doubt | None
    #: Who would have decided otherwise.
    dissents: tuple[Dissent, ...]
    #: What an authority's request to hold it back does to it, where one was made.
    held: str | None
    doubted: tuple[str, ...] | None
    verification: str
    met_at: datetime | None
    #: Why it was late, as a commitment, like the reference.
    late_because: str | None
    #: It is late, or was met late; its law asks why, and nobody has said it yet.
    owes_reasons: bool
    reference: str | None
    receipt: str | None
    papers: tuple[str, ...]
    supplements: tuple[Supplement, ...]
    #: Of a duty to tell people, how many its letters reached by which way.
    ways: dict[str, int]

    @property
    def soonest(self) -> datetime | None:
        """The moment to work towards."""
        return self.due_at or self.target_at

    @property
    def open(self) -> bool:
        """Whether it still has to be met or let go."""
        return self.state not in ENDED


@dataclass(frozen=True)
class Owed:
    """Everything that the law says to this incident."""

    duties: tuple[DutyView, ...]
    undecided: tuple[Undecided, ...]
    #: What to ask so that everything can be told and nothing is assumed, the fact that settles most first.
    questions: tuple[NextQuestion, ...]
    next_question: NextQuestion | None
    #: Keys of open duties that nothing but a place nobody knows makes owed.
    on_a_place: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "duties": [asdict(duty) for duty in self.duties],
            "undecided": [each.as_json() for each in self.undecided],
            "questions": [asdict(each) for each in self.questions],
            "next_question": asdict(self.next_question) if self.next_question else None,
        }


def owed(app: App, incident: Incident, now: datetime) -> Owed:
    """The duties, open ones first and the soonest of them first; what cannot be told; what to ask next."""
    catalog = app.catalog_of(incident)
    book = {each.id: each for each in app.catalog.contacts.authorities}
    letters = letters_of(incident, catalog)
    word = partial(duty_word, incident=incident, catalog=catalog, now=now, letters=letters)
    facts = spoken_facts(app, incident) if incident.facts.known("hold") else incident.facts
    doubted = {doubt.of: doubt for doubt in doubts(incident, catalog)}
    views = [
        _view(
            incident,
            state,
            book,
            word(state),
            now,
            catalog,
            _held(state, facts, catalog, now),
            doubted.get(key),
            ways_of(incident, letters, key) if state.opened.recipient == "individuals" else {},
        )
        for key, state in incident.duties.items()
    ]
    views.sort(key=lambda duty: (not duty.open, duty.soonest is None, duty.soonest or now, duty.key))
    if incident.status in ("triage", "declined"):
        # Where there was no incident, nothing is asked any more; where nobody has said that there is one, not yet.
        return Owed(tuple(views), (), (), None)
    found = assessment(incident, catalog)
    on_a_place = frozenset(view.key for view in views if view.open and view.key in found.on_a_place)
    return Owed(tuple(views), found.undecided, found.questions, found.next_question, on_a_place)


def _view(
    incident: Incident,
    state: DutyState,
    book: dict[str, Authority],
    word: str,
    now: datetime,
    catalog: Catalog,
    held: str | None,
    doubt: Doubt | None,
    ways: dict[str, int],
) -> DutyView:
    opened, authority = state.opened, book.get(state.opened.authority or "")
    return DutyView(
        key=opened.key,
        regime=opened.regime,
        rule=opened.rule,
        cite=opened.cite,
        recipient=opened.recipient,
        to=(authority.short if authority else opened.recipient)
        + (f" in {opened.place}" if opened.place and opened.recipient != "authority" else ""),
        authority=opened.authority,
        authority_note=in_language(authority.note, "en") if authority and authority.note else None,
        place=opened.place,
        role=opened.role,
        stage=opened.stage,
        clock_from=state.clock_from,
        clock_start=state.clock_start,
        due_at=state.due_at,
        target_at=state.target_at,
        assumed=state.assumed,
        candidate=state.candidate,
        state=word,
        late=state.late or (word not in ENDED and passed(state.due_at, now)),
        because=state.because,
        decision=incident.decisions.get(opened.key) if state.mark in ("released", "not-notified") else None,
        doubt=doubt,
        dissents=tuple(each for each in incident.dissents if each.of == opened.key),
        held=held,
        doubted=state.doubted,
        verification=opened.verification,
        met_at=state.met_at,
        late_because=state.late_because,
        owes_reasons=owes_reasons(incident, state, now),
        reference=state.reference,
        receipt=state.receipt,
        papers=state.papers,
        supplements=state.supplements,
        ways=ways,
    )


def _held(state: DutyState, facts: Facts, catalog: Catalog, now: datetime) -> str | None:
    """That a request holds it back, and by which article; or that the request delays nothing here."""
    if state.mark != "open":
        return None
    regime = catalog.regimes.get(state.opened.regime)
    rule = regime.rule(state.opened.rule) if regime else None
    return of_a_hold(state.opened.key, rule, facts, now)
