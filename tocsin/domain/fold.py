"""fold: a timeline becomes an incident. Pure, and blind to the catalog: entries carry their outcomes.

One small function per kind of entry, registered by the type of its body, hence long. `fold(entries[:n])` is what was
known then.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, TypeVar

from tocsin.domain import kinds as k
from tocsin.domain.canonical import digest
from tocsin.domain.decisions import RISK, Decision, Dissent, Ground
from tocsin.domain.errors import TocsinError
from tocsin.domain.incident import (
    STOPS_WITHIN,
    Approval,
    Correction,
    DutyState,
    Edition,
    Incident,
    LastHours,
    Learned,
    Message,
    NoticeMark,
    NoticeState,
    Page,
    ReleasedAlone,
    Repetition,
    Rhythm,
    Ringing,
    RunState,
    Signature,
    StepState,
    Supplement,
    Tenure,
)
from tocsin.domain.timeline import Entry

B = TypeVar("B", bound=k.Body)
C = TypeVar("C", Rhythm, Tenure)
Evolve = Callable[[Incident, Entry, Any], Incident]

_EVOLVE: dict[type[k.Body], Evolve] = {}


class BrokenTimeline(TocsinError):
    """The entries do not tell a story that could have happened, for example a first entry that declares nothing."""


def fold(entries: Iterable[Entry]) -> Incident:
    """The incident after these entries, from the first on. Raises BrokenTimeline for an impossible story."""
    iterator = iter(entries)
    first = next(iterator, None)
    if first is None or not isinstance(first.body, k.Declared | k.TriageOpened):
        raise BrokenTimeline("a timeline begins with its declaration")
    return reduce(evolve, iterator, _begun(first, first.body))


def evolve(incident: Incident, entry: Entry) -> Incident:
    """The incident one entry later."""
    if entry.seq != incident.head_seq + 1:
        raise BrokenTimeline(f"{entry.incident}: entry {entry.seq} cannot follow entry {incident.head_seq}")
    step = _EVOLVE.get(type(entry.body))
    after = step(incident, entry, entry.body) if step else incident
    return _changed(after, head_seq=entry.seq, head_hash=entry.hash, recorded_at=entry.recorded_at)


def as_of(entries: Iterable[Entry], moment: datetime) -> list[Entry]:
    """The entries that were written by then: what was known at that hour."""
    return [entry for entry in entries if entry.recorded_at <= moment]


def _on(body: type[B]) -> Callable[[Callable[[Incident, Entry, B], Incident]], Evolve]:
    def register(step: Callable[[Incident, Entry, B], Incident]) -> Evolve:
        _EVOLVE[body] = step
        return step

    return register


def _changed(incident: Incident, **change: Any) -> Incident:
    """The incident with other values; what was derived from the facts is forgotten with them, and not before.

    `replace` would run the constructor over every field, twice an entry: three quarters of the time of a long fold.
    """
    after = object.__new__(Incident)
    values = vars(after)
    values.update(vars(incident))
    if not change.keys().isdisjoint(("learned", "declared_at")):
        for derived in ("facts", "moments"):
            values.pop(derived, None)
    values.update(change)
    return after


def _with(mapping: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**mapping, key: value}


def _begun(entry: Entry, body: k.Declared | k.TriageOpened) -> Incident:
    waits = isinstance(body, k.TriageOpened)
    about = {name: getattr(body, name) for name in ("urgent", "quiet", "source")} if waits else {}
    return Incident(
        **about,
        key=entry.incident,
        code_name=body.code_name,
        title=body.title,
        type=body.type,
        severity=body.severity,
        status="triage" if waits else "declared",
        drill=body.drill,
        restricted=body.restricted,
        excluded=body.excluded,
        catalog=body.catalog,
        declared_at=entry.at,
        declared_by=entry.actor,
        declared_seq=0 if waits else entry.seq,
        opened_at=entry.at,
        opened_by=entry.actor,
        called_from=entry.recorded_at,
        rhythm=Rhythm(entry.recorded_at, entry.seq),
        head_seq=entry.seq,
        head_hash=entry.hash,
        recorded_at=entry.recorded_at,
    )


@_on(k.Confirmed)
def _confirmed(incident: Incident, entry: Entry, body: k.Confirmed) -> Incident:
    # The ladders of the incident call from their first rung: who looked at it in triage has answered for no role of it.
    return _changed(
        incident,
        status="declared",
        status_seq=entry.seq,
        type=body.type,
        severity=body.severity,
        title=body.title or incident.title,
        declared_at=entry.at,
        declared_by=entry.actor,
        declared_seq=entry.seq,
        called_from=entry.recorded_at,
        called_seq=entry.seq,
        status_at=entry.at,
        rhythm=_counted_from(incident, entry),
    )


@_on(k.MessageReceived)
def _message(incident: Incident, entry: Entry, body: k.MessageReceived) -> Incident:
    message = Message(
        body.item,
        entry.at,
        entry.recorded_at,
        entry.seq,
        body.urgent,
        body.automatic,
        body.whole,
        body.held_back,
    )
    after = _changed(incident, messages=(*incident.messages, message))
    if incident.status != "triage" or incident.urgent or not body.urgent or body.held_back:
        return after
    # What had waited calls from now on, also whoever was told of it before it was urgent.
    return _changed(after, urgent=True, quiet=False, called_from=entry.recorded_at, called_seq=entry.seq)


@_on(k.Reclassified)
def _reclassified(incident: Incident, entry: Entry, body: k.Reclassified) -> Incident:
    change: dict[str, Any] = {body.field: body.value}
    if body.field == "type":
        others = (type_ for type_ in incident.former_types if type_ != incident.type)
        change["former_types"] = tuple(type_ for type_ in (*others, incident.type) if type_ != body.value)
    if body.field == "severity":
        # Another severity, another ladder: it calls from its first rung, not from where the old one stood.
        change |= {"called_from": entry.recorded_at, "called_seq": entry.seq}
        change |= {"rhythm": _counted_from(incident, entry)}
    return _changed(incident, **change)


@_on(k.StatusEntered)
def _status(incident: Incident, entry: Entry, body: k.StatusEntered) -> Incident:
    return _changed(incident, status=body.status, status_seq=entry.seq, status_at=entry.at)


@_on(k.Closed)
def _closed(incident: Incident, entry: Entry, body: k.Closed) -> Incident:
    return _changed(incident, status="closed", status_seq=entry.seq, closed_at=entry.at)


@_on(k.Declined)
def _declined(incident: Incident, entry: Entry, body: k.Declined) -> Incident:
    return _changed(incident, status="declined", status_seq=entry.seq, closed_at=entry.at)


@_on(k.Reopened)
def _reopened(incident: Incident, entry: Entry, body: k.Reopened) -> Incident:
    # What was declined in triage was never declared: it waits there again.
    status = "containment" if incident.declared else "triage"
    change = {"status_seq": entry.seq, "status_at": entry.at, "rhythm": _counted_from(incident, entry)}
    return _changed(incident, status=status, closed_at=None, **change)


@_on(k.Erased)
def _erased(incident: Incident, entry: Entry, body: k.Erased) -> Incident:
    return _changed(incident, erased=True)


@_on(k.Redacted)
def _redacted(incident: Incident, entry: Entry, body: k.Redacted) -> Incident:
    # A fact whose words were destroyed is unknown again: no letter and no report may count on it.
    learned = {
        name: replace(known, value=_without(known.value, body.words), seq=entry.seq)
        for name, known in incident.learned.items()
        if _holds(known.value, body.words)
    }
    if not learned:
        return incident
    return _changed(incident, learned={**incident.learned, **learned}, facts_seq=entry.seq)


def _holds(value: Any, words: str) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(item, words) for item in value.values())
    return any(_holds(item, words) for item in value) if isinstance(value, list | tuple) else value == words


def _without(value: Any, words: str) -> Any:
    """The value without the destroyed words; None when nothing is left of it."""
    if isinstance(value, Mapping):
        return {name: item for name, item in value.items() if not _holds(item, words)} or None
    if isinstance(value, list | tuple):
        return [item for item in value if not _holds(item, words)] or None
    return None if value == words else value


@_on(k.FactLearned)
def _learned(incident: Incident, entry: Entry, body: k.FactLearned) -> Incident:
    learned = Learned(body.value, body.source, entry.actor, entry.recorded_at, entry.seq, body.scope_revision)
    after = _changed(incident, learned=_with(incident.learned, body.name, learned), facts_seq=entry.seq)
    if not body.decides_risk:
        return after
    ground = Ground(entry.actor, entry.at, body.source, entry.seq, after.facts)
    return _changed(after, grounds=_with(after.grounds, RISK, ground))


@_on(k.ScopeMeasured)
def _scoped(incident: Incident, entry: Entry, body: k.ScopeMeasured) -> Incident:
    after = _other_people(incident, came=body.added, left=body.unsupported)
    return _changed(
        after,
        scope=body,
        scope_seq=entry.seq,
        held=body.held,
        held_told=body.held_told,
        upheld=body.upheld,
        upheld_digest=incident.upheld_digest if body.upheld else "",
    )


def _other_people(incident: Incident, *, came: int = 0, left: int = 0) -> Incident:
    """Every letter has other readers by so many since its draft."""
    notices = {
        id_: replace(state, newcomers=state.newcomers + came, leavers=state.leavers + left)
        for id_, state in incident.notices.items()
    }
    return _changed(incident, notices=notices)


@_on(k.ScopeRepeated)
def _repeated(incident: Incident, entry: Entry, body: k.ScopeRepeated) -> Incident:
    again = Repetition(body.revision, entry.actor, entry.at, body.same, entry.seq)
    return _changed(incident, repetitions=(*incident.repetitions, again))


@_on(k.ScopeSigned)
def _scope_signed(incident: Incident, entry: Entry, body: k.ScopeSigned) -> Incident:
    signature = Signature(body.revision, entry.actor, entry.at, body.because, entry.seq)
    return _changed(incident, signatures=(*incident.signatures, signature))


@_on(k.UnsupportedAsked)
def _unsupported_asked(incident: Incident, entry: Entry, body: k.UnsupportedAsked) -> Incident:
    return _changed(incident, held_asked=entry.seq)


@_on(k.PeopleReleased)
def _people_released(incident: Incident, entry: Entry, body: k.PeopleReleased) -> Incident:
    after = _decided_on(incident, body)
    for notice, people in body.letters.items():
        after = _told(after, entry, notice, people, "not-owed")
    if not body.undone:
        return after
    return _changed(
        after,
        upheld=_less(incident.upheld, body.undone),
        upheld_digest=digest([incident.upheld_digest, "without", body.digest]),
    )


@_on(k.PeopleUpheld)
def _people_upheld(incident: Incident, entry: Entry, body: k.PeopleUpheld) -> Incident:
    unwritten = sum(body.people.values()) - sum(body.told.values())
    upheld = {
        readers: incident.upheld.get(readers, 0) + body.readers.get(readers, 0)
        for readers in {**incident.upheld, **body.readers}
    }
    return _changed(
        _other_people(_decided_on(incident, body), came=unwritten),
        upheld=upheld,
        upheld_digest=digest([incident.upheld_digest, body.digest]),
    )


def _decided_on(incident: Incident, body: k.PeopleReleased | k.PeopleUpheld) -> Incident:
    """So many people fewer wait for a decision."""
    return _changed(
        incident, held=_less(incident.held, body.people), held_told=_less(incident.held_told, body.told)
    )


def _less(counts: Mapping[str, int], gone: Mapping[str, int]) -> dict[str, int]:
    left = {name: count - gone.get(name, 0) for name, count in counts.items()}
    return {name: count for name, count in left.items() if count > 0}


@_on(k.Paged)
def _paged(incident: Incident, entry: Entry, body: k.Paged) -> Incident:
    called = (body.role, body.person, body.level, body.round)
    page = Page(entry.seq, *called, entry.at, body.routes, body.asked_by, body.repeat)
    return _changed(incident, pages=(*incident.pages, page))


@_on(k.PageOutcome)
def _page_outcome(incident: Incident, entry: Entry, body: k.PageOutcome) -> Incident:
    pages = tuple(
        replace(page, outcomes=_with(page.outcomes, body.route, body.outcome))
        if page.seq == body.page
        else page
        for page in incident.pages
    )
    return _changed(incident, pages=pages)


@_on(k.Acknowledged)
def _acknowledged(incident: Incident, entry: Entry, body: k.Acknowledged) -> Incident:
    return _changed(incident, answered=_with(incident.answered, body.role, entry.seq))


@_on(k.RoleTaken)
def _role_taken(incident: Incident, entry: Entry, body: k.RoleTaken) -> Incident:
    return _changed(
        incident,
        roles=_with(incident.roles, body.role, body.person),
        answered=_with(incident.answered, body.role, entry.seq),
        tenures=_with(incident.tenures, body.role, Tenure(body.person, entry.at, entry.seq)),
    )


@_on(k.ClockSetBack)
def _clock_set_back(incident: Incident, entry: Entry, body: k.ClockSetBack) -> Incident:
    # By the clock of now, which `recorded_at` never follows backwards. What the law counts from is left as it was said:
    # a machine that starts in 1970 must not make each deadline one of 1970.
    now = entry.at
    anew: dict[str, Any] = {"clock_seq": entry.seq}
    if max(incident.called_from, *(each.since for each in incident.given_back.values()), now) > now:
        anew |= {"called_from": now, "called_seq": entry.seq}
    return _changed(
        incident,
        **anew,
        rhythm=_at_most(incident.rhythm, now),
        tenures={role: _at_most(tenure, now) for role, tenure in incident.tenures.items()},
        pages=tuple(replace(page, at=min(page.at, now)) for page in incident.pages),
        notices={id_: _rests_no_more(state, now) for id_, state in incident.notices.items()},
    )


def _rests_no_more(state: NoticeState, now: datetime) -> NoticeState:
    """A sending that stopped on a clock that was ahead goes on."""
    if state.resume_at is None or state.stopped_at is None or state.stopped_at <= now:
        return state
    return replace(state, resume_at=now, stopped_at=now)


def _at_most(counted: C, now: datetime) -> C:
    """The same, counted from no moment later than now."""
    asked = counted.asked_at
    return replace(counted, since=min(counted.since, now), asked_at=asked and min(asked, now))


@_on(k.RoleGivenBack)
def _role_given_back(incident: Incident, entry: Entry, body: k.RoleGivenBack) -> Incident:
    before = incident.ringing(body.role).gave_back
    ringing = Ringing(entry.at, entry.seq, before | {body.person})
    return _changed(
        incident,
        roles={role: who for role, who in incident.roles.items() if role != body.role},
        answered={role: seq for role, seq in incident.answered.items() if role != body.role},
        given_back=_with(incident.given_back, body.role, ringing),
    )


@_on(k.RouteSilenced)
def _silenced(incident: Incident, entry: Entry, body: k.RouteSilenced) -> Incident:
    return _changed(incident, silenced=incident.silenced | {body.route})


@_on(k.RouteTrusted)
def _trusted(incident: Incident, entry: Entry, body: k.RouteTrusted) -> Incident:
    return _changed(incident, silenced=incident.silenced - {body.route})


# --- the rhythm


def _counted_from(incident: Incident, entry: Entry, **change: Any) -> Rhythm:
    """The next status update counts from this entry."""
    fresh: dict[str, Any] = {"since": entry.recorded_at, "seq": entry.seq, "asked_at": None, "asked_seq": 0}
    return replace(incident.rhythm, **fresh | change)


@_on(k.UpdateAsked)
def _update_asked(incident: Incident, entry: Entry, body: k.UpdateAsked) -> Incident:
    rhythm = replace(incident.rhythm, asked_at=entry.at, asked_seq=entry.seq)
    return _changed(incident, rhythm=rhythm)


@_on(k.StatusUpdated)
def _updated(incident: Incident, entry: Entry, body: k.StatusUpdated) -> Incident:
    readers = tuple(dict.fromkeys((*incident.rhythm.readers, *body.to)))
    told = {"since": entry.at, "told_at": entry.at, "told_by": entry.actor, "readers": readers}
    return _changed(incident, rhythm=_counted_from(incident, entry, **told))


@_on(k.UpdateSkipped)
def _update_skipped(incident: Incident, entry: Entry, body: k.UpdateSkipped) -> Incident:
    return _changed(incident, rhythm=_counted_from(incident, entry, since=entry.at))


@_on(k.HandOverAsked)
def _hand_over_asked(incident: Incident, entry: Entry, body: k.HandOverAsked) -> Incident:
    asked = replace(incident.tenures[body.role], asked_at=entry.at, asked_seq=entry.seq)
    return _changed(incident, tenures=_with(incident.tenures, body.role, asked))


# --- the checklist


@_on(k.StepDone)
def _step_done(incident: Incident, entry: Entry, body: k.StepDone) -> Incident:
    state = StepState("done", entry.actor, entry.at, entry.seq, body.evidence, body.note)
    return _changed(incident, steps=_with(incident.steps, body.step, state))


@_on(k.StepSkipped)
def _step_skipped(incident: Incident, entry: Entry, body: k.StepSkipped) -> Incident:
    state = StepState("skipped", entry.actor, entry.at, entry.seq, note=body.because)
    return _changed(incident, steps=_with(incident.steps, body.step, state))


@_on(k.StepUndone)
def _step_undone(incident: Incident, entry: Entry, body: k.StepUndone) -> Incident:
    steps = {step: state for step, state in incident.steps.items() if step != body.step}
    return _changed(incident, steps=steps, undone=_with(incident.undone, body.step, entry.seq))


@_on(k.CommandStarted)
def _command_started(incident: Incident, entry: Entry, body: k.CommandStarted) -> Incident:
    run = RunState(body.command, entry.actor, entry.at, entry.seq, timedelta(seconds=body.limit))
    return _changed(incident, runs=_with(incident.runs, body.step, run))


@_on(k.CommandEnded)
def _command_ended(incident: Incident, entry: Entry, body: k.CommandEnded) -> Incident:
    run = incident.runs[body.step]
    # A run that nobody saw end may end after all, when another is under way.
    if run.seq != body.run:
        return incident
    return _changed(incident, runs=_with(incident.runs, body.step, replace(run, ended=body)))


@_on(k.StepReminded)
def _step_reminded(incident: Incident, entry: Entry, body: k.StepReminded) -> Incident:
    return _changed(incident, reminded=_with(incident.reminded, body.step, entry.seq))


@_on(k.EvidenceKept)
def _evidence(incident: Incident, entry: Entry, body: k.EvidenceKept) -> Incident:
    steps, state = incident.steps, incident.steps.get(body.step or "")
    if body.step and state is not None:
        # What comes after a step was ticked proves it too.
        steps = _with(steps, body.step, replace(state, evidence=(*state.evidence, body.item)))
    return _changed(incident, evidence=(*incident.evidence, body.item), steps=steps)


# --- duties


def _duty(incident: Incident, key: str, **change: Any) -> Incident:
    return _changed(incident, duties=_with(incident.duties, key, replace(incident.duties[key], **change)))


@_on(k.DutyOpened)
def _duty_opened(incident: Incident, entry: Entry, body: k.DutyOpened) -> Incident:
    state = DutyState(
        opened=body,
        mark="open",
        seq=entry.seq,
        due_at=body.due_at,
        target_at=body.target_at,
        clock_from=body.clock_from,
        clock_start=body.clock_start,
        assumed=body.assumed,
        because=body.because,
        clock_seq=entry.seq,
        last_seq=entry.seq,
    )
    return _changed(incident, duties=_with(incident.duties, body.key, state))


@_on(k.DutyMoved)
def _duty_moved(incident: Incident, entry: Entry, body: k.DutyMoved) -> Incident:
    names = ("clock_from", "clock_start", "due_at", "target_at", "assumed", "because")
    moved = {name: getattr(body, name) for name in names}
    before = incident.duties[body.key]
    # A clock that runs differently warns anew; the same clock for another reason does not.
    if (before.due_at, before.target_at) != (body.due_at, body.target_at):
        moved |= {"clock_seq": entry.seq, "warned": 0, "signature_asked": False}
    return _duty(
        _undecided(incident, body.key), body.key, **moved, mark="open", doubted=None, last_seq=entry.seq
    )


@_on(k.DutyAmended)
def _duty_amended(incident: Incident, entry: Entry, body: k.DutyAmended) -> Incident:
    terms = {name: getattr(body, name) for name in k.DutyAmended.model_fields if name != "key"}
    opened = incident.duties[body.key].opened.model_copy(update=terms)
    return _duty(incident, body.key, opened=opened, last_seq=entry.seq)


@_on(k.NewerLawsSeen)
def _newer_laws(incident: Incident, entry: Entry, body: k.NewerLawsSeen) -> Incident:
    return _changed(incident, told_of=(*incident.told_of, body.packs))


@_on(k.LawsAccepted)
def _laws_accepted(incident: Incident, entry: Entry, body: k.LawsAccepted) -> Incident:
    return _changed(incident, catalog=body.packs, accepted_seq=entry.seq)


@_on(k.DutyDoubted)
def _duty_doubted(incident: Incident, entry: Entry, body: k.DutyDoubted) -> Incident:
    return _duty(incident, body.key, doubted=body.because, last_seq=entry.seq)


@_on(k.DutyReleased)
def _duty_released(incident: Incident, entry: Entry, body: k.DutyReleased) -> Incident:
    taken = (entry.actor, entry.at, entry.actor, entry.seq)
    decision = Decision(body.key, body.because, *taken, not_owed=True)
    return _duty(_decided(incident, decision), body.key, mark="released")


@_on(k.DutyConfirmed)
def _duty_confirmed(incident: Incident, entry: Entry, body: k.DutyConfirmed) -> Incident:
    return _duty(incident, body.key, confirmed=True)


@_on(k.NotNotified)
def _not_notified(incident: Incident, entry: Entry, body: k.NotNotified) -> Incident:
    taken = (entry.at, entry.actor, entry.seq)
    decision = Decision(body.of, body.because, body.decided_by, *taken, body.advised_by, body.look_again)
    after = _decided(incident, decision)
    return _duty(after, body.of, mark="not-notified") if body.of in incident.duties else after


@_on(k.NotNotifiedTakenBack)
def _taken_back(incident: Incident, entry: Entry, body: k.NotNotifiedTakenBack) -> Incident:
    after = _undecided(incident, body.of)
    if body.of not in incident.duties:
        return after
    return _duty(after, body.of, mark="open", doubted=None, last_seq=entry.seq)


@_on(k.Dissented)
def _dissented(incident: Incident, entry: Entry, body: k.Dissented) -> Incident:
    dissent = Dissent(body.of, body.because, entry.actor, entry.at, entry.seq)
    return _changed(incident, dissents=(*incident.dissents, dissent))


@_on(k.LookAgainAsked)
def _look_again(incident: Incident, entry: Entry, body: k.LookAgainAsked) -> Incident:
    return _decided(incident, replace(incident.decisions[body.of], asked=True))


@_on(k.DecisionsDoubted)
def _decisions_doubted(incident: Incident, entry: Entry, body: k.DecisionsDoubted) -> Incident:
    told = {of: replace(incident.grounds[of], told=body.level) for of in body.decisions}
    return _changed(incident, grounds={**incident.grounds, **told})


def _decided(incident: Incident, decision: Decision) -> Incident:
    after = _changed(incident, decisions=_with(incident.decisions, decision.of, decision))
    before = incident.grounds.get(decision.of)
    if before is not None and before.seq == decision.seq:
        return after
    ground = Ground(decision.decided_by, decision.at, decision.because, decision.seq, incident.facts)
    return _changed(after, grounds=_with(after.grounds, decision.of, ground))


def _undecided(incident: Incident, of: str) -> Incident:
    if of not in incident.decisions:
        return incident
    kept = {name: decision for name, decision in incident.decisions.items() if name != of}
    return _changed(incident, decisions=kept)


@_on(k.DutyMet)
def _duty_met(incident: Incident, entry: Entry, body: k.DutyMet) -> Incident:
    due = incident.duties[body.key].due_at
    return _duty(
        incident,
        body.key,
        mark="met",
        met_at=entry.at,
        late=due is not None and entry.at > due,
        late_because=body.late_because,
        reference=body.reference,
        receipt=body.receipt,
    )


@_on(k.SupplementFiled)
def _supplement(incident: Incident, entry: Entry, body: k.SupplementFiled) -> Incident:
    filed = Supplement(body.number, entry.at, body.reference, body.receipt)
    return _duty(incident, body.key, supplements=(*incident.duties[body.key].supplements, filed))


@_on(k.DeadlineWarned)
def _warned(incident: Incident, entry: Entry, body: k.DeadlineWarned) -> Incident:
    return _duty(incident, body.duty, warned=body.percent)


@_on(k.PaperMade)
def _paper(incident: Incident, entry: Entry, body: k.PaperMade) -> Incident:
    # Only the report itself says that it is being drafted; minutes are drawn up beside it.
    kept = "papers" if body.paper == "authority" else "other_papers"
    before: tuple[str, ...] = getattr(incident.duties[body.duty], kept)
    return _duty(incident, body.duty, **{kept: (*before, body.item)})


@_on(k.SignatureAsked)
def _signature(incident: Incident, entry: Entry, body: k.SignatureAsked) -> Incident:
    return _duty(incident, body.duty, signature_asked=True)


# --- notices


def _notice(incident: Incident, entry: Entry, notice: str, **change: Any) -> Incident:
    state = replace(incident.notices[notice], last_seq=entry.seq, **change)
    return _changed(incident, notices=_with(incident.notices, notice, state))


#: What stays known of a notice when it is drafted anew.
_KEPT = (
    "void_because",
    "counts",
    "root",
    "settled",
    "told_at",
    "finished_at",
    "stopped_at",
    "untold",
    "untold_at",
    "ways",
    "alone",
    "last_hours",
    "editions",
)


@_on(k.NoticeDrafted)
def _drafted(incident: Incident, entry: Entry, body: k.NoticeDrafted) -> Incident:
    before = incident.notices.get(body.notice)
    # What became of letters that left before this draft stays known; the next stop counts them all anew.
    kept: dict[str, Any] = {name: getattr(before, name) for name in _KEPT} if before else {}
    state = NoticeState(
        **kept,
        id=body.notice,
        mark="in-review",
        edition=body.edition,
        digest=body.digest,
        inputs=body.inputs,
        recipients=body.recipients,
        recipients_digest=body.recipients_digest,
        variants=body.variants,
        problems=body.problems,
        sender=body.sender,
        dated=body.dated,
        left_out=body.left_out,
        added=body.added,
        drafted_seq=entry.seq,
        last_seq=entry.seq,
    )
    return _changed(incident, notices=_with(incident.notices, body.notice, state))


@_on(k.ApprovalAsked)
def _asked(incident: Incident, entry: Entry, body: k.ApprovalAsked) -> Incident:
    return _notice(incident, entry, body.notice, asked_seq=entry.seq, void_because=())


@_on(k.NoticeApproved)
def _approved(incident: Incident, entry: Entry, body: k.NoticeApproved) -> Incident:
    approval = Approval(body.person, entry.at, entry.seq)
    approvals = (*incident.notices[body.notice].approvals, approval)
    return _notice(incident, entry, body.notice, approvals=approvals, mark="approved")


@_on(k.ApprovedAhead)
def _approved_ahead(incident: Incident, entry: Entry, body: k.ApprovedAhead) -> Incident:
    approvals = tuple(Approval(person, entry.at, entry.seq) for person in body.people)
    return _notice(incident, entry, body.notice, approvals=approvals, mark="approved")


@_on(k.NoticeRejected)
def _rejected(incident: Incident, entry: Entry, body: k.NoticeRejected) -> Incident:
    return _notice(incident, entry, body.notice, mark="rejected", approvals=())


@_on(k.NoticeVoided)
def _voided(incident: Incident, entry: Entry, body: k.NoticeVoided) -> Incident:
    return _notice(incident, entry, body.notice, mark="void", approvals=(), void_because=body.because)


@_on(k.NoticeReleased)
def _released(incident: Incident, entry: Entry, body: k.NoticeReleased) -> Incident:
    state = incident.notices[body.notice]
    editions = (*state.editions, Edition(state.edition, state.digest, state.inputs))
    return _notice(incident, entry, body.notice, mark="released", editions=editions)


@_on(k.WrongLetterFound)
def _found_wrong(incident: Incident, entry: Entry, body: k.WrongLetterFound) -> Incident:
    sending = incident.notices[body.notice].mark == "sending"
    found = Correction(
        body.correction,
        body.notice,
        body.digests,
        body.got,
        entry.actor,
        entry.at,
        entry.seq,
        body.because,
        entry.at + STOPS_WITHIN if sending else entry.at,
    )
    after = _changed(incident, corrections=_with(incident.corrections, body.correction, found))
    return _notice(after, entry, body.notice, mark="rejected", approvals=()) if body.stops else after


@_on(k.ReleasedAlone)
def _released_alone(incident: Incident, entry: Entry, body: k.ReleasedAlone) -> Incident:
    before = incident.notices[body.notice]
    named = body.model_dump(exclude={"notice"})
    alone = (*before.alone, ReleasedAlone(**named, edition=before.edition, at=entry.at, seq=entry.seq))
    return _notice(incident, entry, body.notice, alone=alone)


@_on(k.Countersigned)
def _countersigned(incident: Incident, entry: Entry, body: k.Countersigned) -> Incident:
    def signed(lone: ReleasedAlone) -> ReleasedAlone:
        return replace(lone, countersigned=(*lone.countersigned, Approval(body.person, entry.at, entry.seq)))

    return _of_the_lone(incident, body.notice, body.released, signed)


@_on(k.CountersignatureAsked)
def _countersignature_asked(incident: Incident, entry: Entry, body: k.CountersignatureAsked) -> Incident:
    return _of_the_lone(incident, body.notice, body.released, lambda lone: replace(lone, asked=body.number))


@_on(k.LastHoursBegun)
def _last_hours_begun(incident: Incident, entry: Entry, body: k.LastHoursBegun) -> Incident:
    state = incident.notices[body.notice]
    told = LastHours(len(state.editions), entry.at, entry.seq, body.needed)
    notices = _with(incident.notices, body.notice, replace(state, last_hours=told))
    return _changed(incident, notices=notices)


def _of_the_lone(
    incident: Incident, notice: str, seq: int, change: Callable[[ReleasedAlone], ReleasedAlone]
) -> Incident:
    """What is said of a lone release moves nothing else: its letters may be leaving."""
    state = incident.notices[notice]
    alone = tuple(change(lone) if lone.seq == seq else lone for lone in state.alone)
    return _changed(incident, notices=_with(incident.notices, notice, replace(state, alone=alone)))


@_on(k.LedgerFilled)
def _filled(incident: Incident, entry: Entry, body: k.LedgerFilled) -> Incident:
    return _notice(incident, entry, body.notice, mark="sending", filled=body.rows, resume_at=None)


@_on(k.SendingPaused)
def _paused(incident: Incident, entry: Entry, body: k.SendingPaused) -> Incident:
    return _notice(incident, entry, body.notice, mark="paused", resume_at=None)


@_on(k.SendingResumed)
def _resumed(incident: Incident, entry: Entry, body: k.SendingResumed) -> Incident:
    # Paused before the ledger was full, it goes on where it stood.
    filled = incident.notices[body.notice].filled is not None
    mark: NoticeMark = "sending" if filled else "released"
    return _notice(incident, entry, body.notice, mark=mark, resume_at=None, why="")


@_on(k.SendingStopped)
def _stopped(incident: Incident, entry: Entry, body: k.SendingStopped) -> Incident:
    before = incident.notices[body.notice]
    finished = entry.at if body.complete else None
    ready = {
        each.id: replace(each, ready_at=min(each.ready_at, entry.at)) if each.of == body.notice else each
        for each in incident.corrections.values()
    }
    incident = _changed(incident, corrections=ready)
    return _notice(
        incident,
        entry,
        body.notice,
        mark="sent" if body.complete else before.mark,
        counts=body.counts,
        root=body.root,
        resume_at=body.resume_at,
        why=body.why,
        rest=body.resume_at - entry.at if body.resume_at and body.why else timedelta(0),
        settled=0,
        untold=body.untold,
        ways=body.ways,
        untold_at=entry.at,
        told_at=before.told_at or finished,
        finished_at=finished or before.finished_at,
        stopped_at=entry.at,
    )


@_on(k.LettersReturned)
def _letters_returned(incident: Incident, entry: Entry, body: k.LettersReturned) -> Incident:
    before = incident.notices[body.notice]
    mark: NoticeMark = "sending" if body.onward and before.mark == "sent" else before.mark
    return _notice(
        incident,
        entry,
        body.notice,
        mark=mark,
        counts=body.counts,
        settled=body.settled,
        untold=body.untold,
        ways=body.ways,
        untold_at=before.untold_at if before.untold == body.untold else entry.at,
    )


@_on(k.LetterExcluded)
def _letter_excluded(incident: Incident, entry: Entry, body: k.LetterExcluded) -> Incident:
    one = {body.readers: 1} if body.readers else {}
    settled = incident.notices[body.notice].settled + 1
    after = _notice(incident, entry, body.notice, settled=settled)
    return _told(after, entry, body.notice, one, "otherwise")


@_on(k.ToldOtherwise)
def _told_otherwise(incident: Incident, entry: Entry, body: k.ToldOtherwise) -> Incident:
    settled = incident.notices[body.notice].settled + sum(body.people.values())
    after = _notice(incident, entry, body.notice, settled=settled)
    return _told(after, entry, body.notice, body.people, body.way)


def _told(incident: Incident, entry: Entry, notice: str, people: Mapping[str, int], way: str) -> Incident:
    """Fewer readers are still to be told, and more were, by this way."""
    before = incident.notices[notice]
    untold = {readers: max(count - people.get(readers, 0), 0) for readers, count in before.untold.items()}
    told = before.ways.get(way, 0) + sum(people.values())
    ways = {**before.ways, way: told} if told else before.ways
    return _notice(incident, entry, notice, untold=untold, untold_at=entry.at, ways=ways)


@_on(k.HeadPublished)
def _published(incident: Incident, entry: Entry, body: k.HeadPublished) -> Incident:
    return _changed(incident, published=body.seq)


@_on(k.RoomOpened)
def _room_opened(incident: Incident, entry: Entry, body: k.RoomOpened) -> Incident:
    return _changed(incident, room=body)
