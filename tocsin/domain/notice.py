"""Notices: the one letter that people get, and what an approval of it binds.

draft -> in review -> approved (these very bytes) -> released -> handed over. An approval is void when what it covers
changes: the text, the sender, or before release the recipients. People whom a later scope adds are a further batch.
"""

from collections.abc import Iterable
from datetime import datetime

from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Organisation
from tocsin.domain.incident import DutyState, Incident, NoticeState
from tocsin.domain.moves import (
    AskApproval,
    DraftNotice,
    FillLedger,
    MeetByNotice,
    Move,
    SendLetters,
    VoidNotice,
)
from tocsin.domain.timeline import digest

#: The notice that meets every duty to tell people. Any other, such as the holding letter, is written when a person asks
#: for it, and meets no duty.
CUSTOMERS = "customers"

#: The facts that the letter prints. Another fact, however new, leaves an approval alone.
PRINTED_FACTS = (
    "occurred_from",
    "occurred_to",
    "ongoing",
    "detected_at",
    "aware_at",
    "violation_found_at",
    "contained_at",
    "consequences",
    "measures_taken",
    "measures_planned",
    "advice_to_people",
)
#: Without these the letter could not say what the promise says it will; nobody is asked to approve it before.
NEEDED_FACTS = ("measures_taken", "advice_to_people")

#: Who may say yes to a letter, and who may let it leave.
APPROVERS = ("dpo", "accountable-officer", "counsel")
RELEASERS = ("dpo", "accountable-officer", "incident-commander")

#: Marks under which letters may be leaving.
LEAVING = ("released", "sending", "paused")
#: States of the ledger in which a letter reached somebody, surely or perhaps.
REACHED = ("handed_over", "delivered", "ambiguous")


def individuals_duties(incident: Incident, mark: str = "open") -> list[DutyState]:
    """Duties to tell people that the customers' notice meets."""
    return [d for d in incident.duties.values() if d.opened.recipient == "individuals" and d.mark == mark]


def text_inputs(incident: Incident, catalog: Catalog, notice: str = CUSTOMERS) -> str:
    """Digest over all that the letter prints: its facts, templates, the type's words, the sender and its signatory."""
    facts = {name: incident.learned[name].value for name in PRINTED_FACTS if name in incident.learned}
    template = "customer" if notice == CUSTOMERS else notice
    templates = {
        path: digest(content.decode())
        for path, content in catalog.files.items()
        if path.startswith((f"notices/{template}.", f"types/{incident.type}/what_happened"))
    }
    organisation = catalog.contacts.organisation
    signers = [
        [person.id, person.name, person.title, person.email]
        for person in catalog.contacts.people
        if person.id in (organisation.dpo, organisation.signatory)
    ]
    kinds = {kind.id: kind.name for kind in catalog.data_map.kinds}
    return digest(
        {
            "facts": facts,
            "templates": templates,
            "sender": organisation.model_dump(mode="json"),
            "signers": signers,
            "drill": incident.drill,
            "kinds": kinds,
        }
    )


def is_stale(incident: Incident, catalog: Catalog, state: NoticeState) -> bool:
    """Whether the letter would print something else than it did when it was drafted."""
    return text_inputs(incident, catalog, state.id) != state.inputs


def changed_inputs(incident: Incident, state: NoticeState) -> tuple[str, ...]:
    """What is newer than the draft among the things that the letter prints, in words."""
    newer = [
        name
        for name in PRINTED_FACTS
        if (found := incident.learned.get(name)) and found.seq > state.drafted_seq
    ]
    return tuple(f"{name} changed (entry {incident.learned[name].seq})" for name in newer) or (
        "a template, the sender or the data map changed",
    )


def approved_enough(state: NoticeState, organisation: Organisation) -> bool:
    """Whether as many different people said yes to this digest as the organisation asks for."""
    return len({approval.person for approval in state.approvals}) >= organisation.approvals_needed


def _recipients_changed(incident: Incident, state: NoticeState) -> bool:
    return incident.scope is not None and incident.scope.set_digest != state.recipients_digest


def notice_moves(incident: Incident, catalog: Catalog) -> Iterable[Move]:
    """The moves of every letter, from draft to told. Only the customers' own is drafted unasked."""
    if CUSTOMERS not in incident.notices and _draftable(incident):
        cause = max(incident.scope_seq, *(incident.learned[name].seq for name in NEEDED_FACTS))
        yield DraftNotice(cause, CUSTOMERS)
    for state in incident.notices.values():
        yield from _moves_of(state, incident, catalog)


def _moves_of(state: NoticeState, incident: Incident, catalog: Catalog) -> Iterable[Move]:
    stale = is_stale(incident, catalog, state)
    newer = _recipients_changed(incident, state)
    if state.mark in ("approved", *LEAVING) and (stale or (newer and state.filled is None)):
        why = changed_inputs(incident, state) if stale else ("the recipients changed",)
        yield VoidNotice(state.last_seq, state.id, why)
    elif state.mark == "void" or (state.mark in ("in-review", "rejected") and (stale or newer)):
        if state.id != CUSTOMERS or _writable(incident):
            yield DraftNotice(max(state.last_seq, incident.facts_seq, incident.scope_seq), state.id)
    elif state.mark == "sent" and state.newcomers and state.id == CUSTOMERS:
        yield DraftNotice(incident.scope_seq, CUSTOMERS)
    elif state.mark == "in-review" and state.asked_seq is None:
        yield AskApproval(state.drafted_seq, state.id)
    elif state.mark == "released":
        yield FillLedger(state.last_seq, state.id)
    elif (
        state.mark == "sent"
        and state.id == CUSTOMERS
        and any(state.counts.get(reached) for reached in REACHED)
    ):
        for duty in individuals_duties(incident):
            yield MeetByNotice(state.last_seq, duty.opened.key, CUSTOMERS)


def sending_moves(incident: Incident, now: datetime) -> Iterable[SendLetters]:
    """The sendings that want to go on, and do not rest."""
    for state in incident.notices.values():
        if state.mark == "sending" and (state.resume_at is None or state.resume_at <= now):
            yield SendLetters(state.last_seq, state.id)


def _draftable(incident: Incident) -> bool:
    return _writable(incident) and bool(individuals_duties(incident))


def _writable(incident: Incident) -> bool:
    """Whether there is something to say, and somebody to say it to."""
    known = all(incident.facts.known(name) for name in NEEDED_FACTS)
    return known and incident.scope is not None and incident.scope.total > 0
