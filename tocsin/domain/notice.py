"""Notices: the one letter that people get, and what an approval of it binds.

draft -> in review -> approved (these very bytes) -> released -> handed over. An approval is void when what it covers
changes: the text, the sender, or before release the recipients. People whom a later scope adds are a further batch.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tocsin.domain.catalog import Catalog
from tocsin.domain.contacts import Organisation
from tocsin.domain.facts import FACTS, Facts
from tocsin.domain.incident import DutyState, Incident, NoticeMark, NoticeState
from tocsin.domain.moments import iso, stand_ins
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

#: The facts that a letter may print. Another fact, however new, leaves an approval alone.
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
#: What a template calls a fact, where it has another name for it.
_CALLED = {"advice_to_people": "advice"}
#: What is printed of the company: who writes, from where, whom to ask, and whose clock the moments are read from.
_PRINTED_OF_THE_COMPANY = {
    "name",
    "legal_name",
    "addresses",
    "website",
    "phone",
    "notice_sender",
    "notice_sender_name",
    "reply_to",
    "zone",
    "dpo",
    "signatory",
}
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
    templates = _templates(incident, catalog, notice)
    printed = {name: _as_printed(incident.facts, name) for name in _named(templates)}
    organisation = catalog.contacts.organisation
    signers = [
        [person.id, person.name, person.title, person.email]
        for person in catalog.contacts.people
        if person.id in (organisation.dpo, organisation.signatory)
    ]
    kinds = {kind.id: [kind.name, kind.role, list(kind.categories)] for kind in catalog.data_map.kinds}
    return digest(
        {
            "facts": {name: value for name, value in printed.items() if value is not None},
            "templates": {path: digest(text) for path, text in templates.items()},
            "sender": organisation.model_dump(mode="json", include=_PRINTED_OF_THE_COMPANY),
            "signers": signers,
            "drill": incident.drill,
            "kinds": kinds,
        }
    )


def _templates(incident: Incident, catalog: Catalog, notice: str) -> dict[str, str]:
    """Everything that this letter is written with, by path."""
    template = "customer" if notice == CUSTOMERS else notice
    begins = (f"notices/{template}.", "notices/frame.", f"types/{incident.type}/what_happened")
    return {path: text.decode() for path, text in catalog.files.items() if path.startswith(begins)}


def _named(templates: Mapping[str, str]) -> tuple[str, ...]:
    """The facts that the templates name. One that none of them names is not printed, whatever it says."""
    words = {word for text in templates.values() for word in re.findall(r"\w+", text)}
    return tuple(name for name in PRINTED_FACTS if _CALLED.get(name, name) in words)


def _as_printed(facts: Facts, name: str) -> Any:
    """A fact as a letter has it: a moment that nobody decided is the one that stands in for it."""
    if FACTS[name].type != "moment":
        return facts.get(name)
    moment = facts.moment(name)
    return moment and iso(moment)


def is_stale(incident: Incident, catalog: Catalog, state: NoticeState) -> bool:
    """Whether the letter would print something else than it did when it was drafted."""
    return text_inputs(incident, catalog, state.id) != state.inputs


def changed_inputs(incident: Incident, catalog: Catalog, state: NoticeState) -> tuple[str, ...]:
    """What is newer than the draft among the things that the letter prints, in words."""
    named = _named(_templates(incident, catalog, state.id))
    behind = {source for name in named if name not in incident.learned for source in stand_ins(name)}
    newer = [
        (name, found.seq)
        for name in PRINTED_FACTS
        if name in {*named, *behind}
        and (found := incident.learned.get(name))
        and found.seq > state.drafted_seq
    ]
    return tuple(f"{name} changed (entry {seq})" for name, seq in newer) or (
        "a template, the sender or the data map changed",
    )


def approved_enough(state: NoticeState, organisation: Organisation) -> bool:
    """Whether as many different people said yes to this digest as the organisation asks for."""
    return len({approval.person for approval in state.approvals}) >= organisation.approvals_needed


def standing(state: NoticeState, organisation: Organisation) -> NoticeMark:
    """Where a letter stands for its readers: in review until as many have approved as must."""
    if state.mark == "approved" and not approved_enough(state, organisation):
        return "in-review"
    return state.mark


def approvals_words(state: NoticeState, organisation: Organisation) -> str:
    """`1 of 2 approvals`."""
    given = len({approval.person for approval in state.approvals})
    return f"{given} of {organisation.approvals_needed} approvals"


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
        why = changed_inputs(incident, catalog, state) if stale else ("the recipients changed",)
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


def unreached_words(count: int) -> str:
    """How many people were not surely reached, as a sentence begins."""
    return f"{count:,} {'person was' if count == 1 else 'people were'} not surely reached"
