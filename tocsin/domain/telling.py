"""Telling people: what each letter wants next, what it waits for, and when the duties to tell people are met.

Pure. A duty is met when everybody who is under it was told, or accounted for by a person: each law by its own people.
A long module, since the course of a letter, from its draft to the duties that it meets, is followed in one place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, NamedTuple

from tocsin.domain.approving import approvals_needed
from tocsin.domain.catalog import Catalog
from tocsin.domain.companies import companies_told, controllers_duties
from tocsin.domain.further import CORRECTION, FACT_OF, further_kind, uncorrected, unsaid_since
from tocsin.domain.incident import DutyState, Incident, NoticeState
from tocsin.domain.letters import CUSTOMERS, LetterPlan, letters_of, recipients_digest
from tocsin.domain.moves import (
    AskApproval,
    DraftNotice,
    FillLedger,
    MeetByNotice,
    Move,
    SendLetters,
    VoidNotice,
)
from tocsin.domain.notice import (
    LEAVING,
    NEEDED_FACTS,
    changed_inputs,
    individuals_duties,
    is_letter,
    is_stale,
)
from tocsin.domain.noticenames import CONTROLLERS
from tocsin.domain.unsupported import held_under


def notice_moves(
    incident: Incident, catalog: Catalog, letters: tuple[LetterPlan, ...] | None = None
) -> Iterable[Move]:
    """The moves of every letter, from draft to told. Those that laws ask for are drafted unasked."""
    letters = letters_of(incident, catalog) if letters is None else letters
    for letter in letters:
        if letter.id not in incident.notices and _draftable(incident, letter):
            yield DraftNotice(_facts_seq(incident), letter.id)
    if CONTROLLERS not in incident.notices and _tells_companies(incident):
        yield DraftNotice(_facts_seq(incident), CONTROLLERS)
    for state in incident.notices.values():
        yield from _moves_of(state, incident, catalog, letters)
    yield from _met(incident, letters)
    yield from companies_told(incident, letters)


def drafted_anew(incident: Incident, catalog: Catalog, notice: str) -> bool:
    """Whether a notice that becomes void now is drafted again at once: its approvers are asked anew by that."""
    void = {**incident.notices, notice: replace(incident.notices[notice], mark="void")}
    moves = notice_moves(replace(incident, notices=void), catalog)
    return any(isinstance(move, DraftNotice) and move.notice == notice for move in moves)


def sending_moves(incident: Incident, now: datetime) -> Iterable[SendLetters]:
    """The sendings that want to go on, and do not rest."""
    for state in incident.notices.values():
        if state.mark == "sending" and (state.resume_at is None or state.resume_at <= now):
            yield SendLetters(state.last_seq, state.id)


def _moves_of(
    state: NoticeState, incident: Incident, catalog: Catalog, letters: tuple[LetterPlan, ...]
) -> Iterable[Move]:
    letter = next((each for each in letters if each.id == state.id), None)
    stale = is_stale(incident, catalog, state, letter)
    newer = _recipients_changed(incident, state, letters)
    if state.mark in ("approved", *LEAVING) and (stale or (newer and state.filled is None)):
        why = changed_inputs(incident, catalog, state) if stale else ("the recipients changed",)
        yield VoidNotice(state.last_seq, state.id, why)
    elif state.mark == "void" or (state.mark in ("in-review", "rejected") and (stale or newer)):
        if _writable(incident, state, letter, letters):
            yield DraftNotice(max(state.last_seq, incident.facts_seq, incident.scope_seq), state.id)
    elif state.mark == "sent" and (
        _has_newcomers(state, letter, letters) or (newer and _has_new_companies(incident, state))
    ):
        yield DraftNotice(max(incident.scope_seq, state.last_seq), state.id)
    elif state.mark == "in-review" and state.asked_seq is None:
        yield AskApproval(state.drafted_seq, state.id)
    elif state.mark == "released":
        yield FillLedger(state.last_seq, state.id)


def _recipients_changed(incident: Incident, state: NoticeState, letters: Iterable[LetterPlan]) -> bool:
    return (
        incident.scope is not None
        # Whom a further letter goes to, letters decided that left, and no scope.
        and further_kind(state.id) is None
        and recipients_digest(letters, state.id, incident.recipients) != state.recipients_digest
    )


def _has_newcomers(state: NoticeState, letter: LetterPlan | None, letters: tuple[LetterPlan, ...]) -> bool:
    """Whether somebody came to a letter that was sent: found by a later scope, or set apart until now."""
    if letter is None or letter.lacks or not is_letter(state.id):
        return False
    joined = bool(state.added) and not letter.added.keys() <= state.added.keys()
    # Whom the scope no longer supports may have been a reader of this letter, and made room for a newcomer.
    before = state.recipients - state.leavers
    return joined or (state.newcomers > 0 and (letter.people > before or len(letters) == 1))


def _draftable(incident: Incident, letter: LetterPlan) -> bool:
    owed = any(incident.duties[key].mark == "open" for key in letter.duties)
    return owed and not letter.lacks and _has_words(incident)


def _writable(
    incident: Incident, state: NoticeState, letter: LetterPlan | None, letters: tuple[LetterPlan, ...]
) -> bool:
    """Whether there is something to say, and somebody to say it to. Without a law's word the letter is everybody's."""
    if state.id == CONTROLLERS:
        return incident.scope is not None and incident.scope.controllers > 0
    if not is_letter(state.id):
        return True
    if not _has_words(incident) or incident.owed_letters == 0:
        return False
    return not letter.lacks if letter else not letters


def _tells_companies(incident: Incident) -> bool:
    """Whether there are companies for whom we hold people, a duty to tell them, and something to say."""
    companies = incident.scope.controllers if incident.scope else 0
    return companies > 0 and _has_words(incident) and any(controllers_duties(incident))


def _has_new_companies(incident: Incident, state: NoticeState) -> bool:
    """Whether a scope that is later than the draft found companies for whom there was no letter."""
    return (
        state.id == CONTROLLERS
        and incident.scope is not None
        and incident.scope_seq > state.drafted_seq
        and incident.scope.controllers_new > 0
    )


def _facts_seq(incident: Incident) -> int:
    """The entry by which there was something to say, and somebody to say it to."""
    return max(incident.scope_seq, *(incident.learned[name].seq for name in NEEDED_FACTS))


def _has_words(incident: Incident) -> bool:
    return all(incident.facts.known(name) for name in NEEDED_FACTS)


def _met(incident: Incident, letters: tuple[LetterPlan, ...]) -> Iterable[MeetByNotice]:
    for duty in individuals_duties(incident):
        bound = [letter for letter in letters if duty.opened.key in letter.duties]
        states = [incident.notices.get(letter.id) for letter in bound]
        told = [
            state.untold_at
            for letter, state in zip(bound, states, strict=True)
            if state and state.untold_at and _told(duty, letter, state)
        ]
        if bound and len(told) == len(bound) and not held_under(duty, incident):
            last = max(range(len(told)), key=lambda number: told[number])
            cause = max(state.last_seq for state in states if state)
            yield MeetByNotice(cause, duty.opened.key, bound[last].id, told[last])


def _told(duty: DutyState, letter: LetterPlan, state: NoticeState) -> bool:
    """Whether everybody under the duty had this letter as the duty wants it, or was accounted for by a person."""
    key = duty.opened.key
    mine = {readers.key: owed for readers, owed in letter.readers.items() if key in owed.duties}
    return not any(lack.asked.duty == key for lack in (*letter.lacks, *letter.without)) and all(
        state.untold.get(readers) == 0
        and (not state.added or set(owed.added) <= set(state.added.get(readers, ())))
        and set(owed.left_out) <= set(state.left_out)
        for readers, owed in mine.items()
    )


#: What a letter may wait for, as a phrase of the words names it.
WaitsFor = Literal[
    "correction",
    "part",
    "approval",
    "draft",
    "resume",
    "sending",
    "duty_first",
    "duty_maybe_first",
    "hold",
    "release",
]


class Awaited(NamedTuple):
    """What a letter waits for from people, and the verb that moves it on.

    `what` is for dashboards and shells; `phrase` of the words, with its blanks, is the same in any reader's language.
    """

    what: str
    command: str
    phrase: WaitsFor
    blanks: Mapping[str, object]


def awaited(
    incident: Incident, catalog: Catalog, letters: tuple[LetterPlan, ...] | None = None
) -> Awaited | None:
    """What the letters wait for, that of the earliest deadline first; None where they wait for nobody."""
    letters = letters_of(incident, catalog) if letters is None else letters
    if waits := next((each for each in uncorrected(incident) if unsaid_since(incident, each)), None):
        of, fact = incident.corrections[waits].of, FACT_OF[CORRECTION]
        what = f"what was wrong in {of}, and what is right, for the {waits} to those who got it"
        return Awaited(what, f"learn '{fact}={{en: ...}}' --source '...'", "correction", {"notice": of})
    planned = {letter.id: letter for letter in letters}
    names = sorted(
        {*planned, *incident.notices},
        key=lambda name: (
            (letter := planned.get(name)) is None or letter.due_at is None,
            letter.due_at if letter and letter.due_at else incident.declared_at,
            name != CUSTOMERS,
            name,
        ),
    )
    found = (_awaited_by(name, planned.get(name), incident, catalog, letters) for name in names)
    return next((each for each in found if each), None)


def _awaited_by(
    name: str,
    letter: LetterPlan | None,
    incident: Incident,
    catalog: Catalog,
    letters: tuple[LetterPlan, ...],
) -> Awaited | None:
    state = incident.notices.get(name)
    if letter and letter.lacks and (state is None or state.mark in ("void", "rejected")):
        lack = letter.lacks[0]
        return (
            Awaited(
                f"{lack.part} for {name} ({lack.asked.cite})",
                "letters",
                "part",
                {"part": lack.part, "notice": name, "cite": lack.asked.cite},
            )
            if _has_words(incident)
            else None
        )
    if state is None:
        return None
    said = "the customer notice" if name == CUSTOMERS else name
    first = letter.waits[0] if letter and letter.waits else None
    needed = approvals_needed(incident, catalog, name, letters)
    given = len({approval.person for approval in state.approvals})
    if state.mark == "approved" and given >= needed:
        return _awaited_by_release(name, said, letter)
    before = f"; {first.duty} {first.comes} before it" if first else ""
    approval: tuple[str, str, WaitsFor] = (
        f"approval of {said} ({given} of {needed}){before}",
        "approve",
        "approval",
    )
    waits: dict[str, tuple[str, str, WaitsFor]] = {
        "in-review": approval,
        "approved": approval,
        "rejected": (f"a new draft of {said}", "draft", "draft"),
        "void": (f"a new draft of {said}", "draft", "draft"),
        "paused": (f"the paused sending of {said} to be resumed", "resume", "resume"),
        "released": (f"the letters of {said} to be sent", "ledger", "sending"),
        "sending": (f"the letters of {said} to be sent", "ledger", "sending"),
    }
    if state.mark not in waits:
        return None
    what, verb, phrase = waits[state.mark]
    return Awaited(what, f"{verb} {name}", phrase, {"notice": name, "given": given, "needed": needed})


def _awaited_by_release(name: str, said: str, letter: LetterPlan | None) -> Awaited:
    """What an approved letter waits for: what comes first, the end of a hold, or a person who lets it leave."""
    if letter and letter.waits:
        first = letter.waits[0]
        what = f"{first.duty}, which {first.comes} before {said} ({first.asked.cite})"
        blanks = {"duty": first.duty, "notice": name, "cite": first.asked.cite}
        return Awaited(what, first.command, "duty_first" if first.asked.sure else "duty_maybe_first", blanks)
    if letter and letter.held:
        cite = letter.held[0].cite
        return Awaited(
            f"the end of the hold on {said} ({cite})", "letters", "hold", {"notice": name, "cite": cite}
        )
    return Awaited(f"release of {said}", f"send {name}", "release", {"notice": name})
