"""Approving a letter: who may, when enough have, and when one person may let it leave alone.

Pure. As many different people approve as the organisation asks for, or a law of the letter's readers, whichever is
more. One person may release without them in three cases, each recorded and countersigned later: by breaking the glass,
saying why; as a deputy in the last hours before the letter's first deadline; and where life is in danger. None of them
moves what a law wants told first, nor an authority's hold, nor that nothing leaves but what was read.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from tocsin.domain.catalog import Catalog
from tocsin.domain.cells import Cell
from tocsin.domain.incident import DutyState, Incident, NoticeMark, NoticeState, ReleasedAlone
from tocsin.domain.letters import LetterPlan, letters_of
from tocsin.domain.moments import END_OF_TIME
from tocsin.domain.moves import AskCountersignature, TellDeputies
from tocsin.domain.noticenames import speaks_for_all
from tocsin.domain.owing import facts_of

#: Who may say yes to a letter, and who may let it leave.
APPROVERS = ("dpo", "accountable-officer", "counsel")
RELEASERS = ("dpo", "accountable-officer", "incident-commander")
#: Who may release alone: by breaking the glass, or where life is in danger; and in the last hours.
ALONE = ("dpo", "accountable-officer", "counsel", "incident-commander", "deputy")
IN_THE_LAST_HOURS = ("deputy",)

#: Hours after a lone release at which its countersignature is asked for again; then daily.
ASKED_AFTER = (4, 12, 24)
#: From so many reminders on, it is asked for by every route, and of those who answer for the whole.
LOUD_FROM = 3


def approvals_needed(
    incident: Incident, catalog: Catalog, notice: str, letters: Iterable[LetterPlan] | None = None
) -> int:
    """How many different people must approve a notice: as the organisation says, or a law of its readers.

    A notice that meets no duty, as the holding letter, is for the readers of all of them.
    """
    asked = {
        duty.opened.key: count for duty in _to_people(incident) if (count := _asked_by_law(duty, catalog))
    }
    if asked:
        # Only then is it worth asking which letter meets which duty.
        letters = letters_of(incident, catalog) if letters is None else letters
        mine = next((letter.duties for letter in letters if letter.id == notice), None)
        asked = {key: count for key, count in asked.items() if mine is None or key in mine}
    return max((catalog.contacts.organisation.approvals_needed, *asked.values()))


def _to_people(incident: Incident) -> list[DutyState]:
    """What was found not owed asks for nothing; a duty that was met may still bind a further batch."""
    duties = incident.duties.values()
    return [duty for duty in duties if duty.opened.recipient == "individuals" and duty.mark != "released"]


def _asked_by_law(duty: DutyState, catalog: Catalog) -> int:
    regime = catalog.regimes.get(duty.opened.regime)
    rule = regime.rule(duty.opened.rule) if regime else None
    return (rule.approvals or 0) if rule else 0


def given(state: NoticeState) -> tuple[str, ...]:
    """Who said yes to this draft, each once, in order."""
    return tuple(dict.fromkeys(approval.person for approval in state.approvals))


def approved_enough(
    state: NoticeState, incident: Incident, catalog: Catalog, letters: Iterable[LetterPlan] | None = None
) -> bool:
    """Whether as many different people said yes to this draft as must."""
    return len(given(state)) >= approvals_needed(incident, catalog, state.id, letters)


def standing(
    state: NoticeState, incident: Incident, catalog: Catalog, letters: Iterable[LetterPlan] | None = None
) -> NoticeMark:
    """Where a letter stands for its readers: in review until as many have approved as must."""
    if state.mark == "approved" and not approved_enough(state, incident, catalog, letters):
        return "in-review"
    return state.mark


def approvals_words(state: NoticeState, incident: Incident, catalog: Catalog) -> str:
    """`1 of 2 approvals`."""
    return f"{len(given(state))} of {approvals_needed(incident, catalog, state.id)} approvals"


# --- released by one person alone


def first_deadline(letters: Iterable[LetterPlan], notice: str) -> datetime | None:
    """When the first of the open duties that a notice meets is due, by law or by our own promise.

    A notice that meets none speaks to the readers of all letters.
    """
    letters = tuple(letters)
    mine = [letter for letter in letters if letter.id == notice] or letters
    return min((each.due_at for each in mine if each.due_at), default=None)


def last_hours_from(due: datetime | None, hours: int) -> datetime | None:
    """From when a deputy may release alone; None where there is no deadline, or the organisation says never (0)."""
    return due - timedelta(hours=hours) if due is not None and hours else None


class _LastHours(NamedTuple):
    begin: datetime
    due: datetime


def _last_hours(
    state: NoticeState, incident: Incident, catalog: Catalog, letters: tuple[LetterPlan, ...]
) -> _LastHours | None:
    """The last hours of a letter that lacks approvals; None where there are none, or deputies know of these."""
    if standing(state, incident, catalog, letters) != "in-review":
        return None
    due = first_deadline(letters, state.id)
    begin = last_hours_from(due, catalog.contacts.organisation.deputy_releases_hours)
    if due is None or begin is None:
        return None
    told = state.last_hours
    known = told is not None and told.after == len(state.editions) and told.at >= begin
    return None if known else _LastHours(begin, due)


def bound_with(letters: Iterable[LetterPlan], notice: str) -> list[LetterPlan]:
    """The letters whose readers a notice speaks to: the holding letter is the first word to everybody."""
    return [letter for letter in letters if letter.id == notice or speaks_for_all(notice)]


def _free_at(letters: Iterable[LetterPlan], notice: str, now: datetime) -> datetime:
    """From when no hold keeps a notice back, as far as is known; the end of time while one has no end."""
    holds = [each for letter in bound_with(letters, notice) for each in letter.held if each.at(now)]
    return max((each.until or END_OF_TIME for each in holds), default=now)


def in_danger(incident: Incident, catalog: Catalog) -> tuple[str, ...]:
    """The facts that say that somebody's life is in danger, as `service_impact=danger`; empty where none does."""
    facts = facts_of(incident, catalog)
    interests = facts.get("interests_at_risk")
    found = ["interests_at_risk=life"] if isinstance(interests, list | tuple) and "life" in interests else []
    return (*found, *(["service_impact=danger"] if any(map(_endangers, facts.cells_or_blank)) else []))


def _endangers(cell: Cell) -> bool:
    return cell.service_impact == "danger"


def awaiting(state: NoticeState) -> tuple[ReleasedAlone, ...]:
    """The lone releases of a notice that nobody has countersigned yet, or not enough."""
    return tuple(each for each in state.alone if each.lacking)


def may_countersign(people: Iterable[str], released_by: str, said_yes: Iterable[str]) -> list[str]:
    """Who of these may still stand for a lone release: not who released it, and nobody whose yes it has."""
    out = {released_by, *said_yes}
    return [person for person in people if person not in out]


def next_asked(lone: ReleasedAlone) -> datetime:
    """When its countersignature is asked for again."""
    if lone.asked < len(ASKED_AFTER):
        return lone.at + timedelta(hours=ASKED_AFTER[lone.asked])
    return lone.at + timedelta(hours=ASKED_AFTER[-1] + 24 * (lone.asked - len(ASKED_AFTER) + 1))


def release_moves(
    incident: Incident, catalog: Catalog, letters: tuple[LetterPlan, ...], now: datetime
) -> Iterable[TellDeputies | AskCountersignature]:
    """What people are told of releases by one person: that a deputy may, and that a countersignature is wanted.

    Of a letter that lacks approvals in its last hours deputies hear once, and again for a later deadline or batch; not
    while an authority holds it back: then nobody may release it.
    """
    for state in incident.notices.values():
        hours = _last_hours(state, incident, catalog, letters)
        if hours is not None and hours.begin <= now and _free_at(letters, state.id, now) <= now:
            needed = approvals_needed(incident, catalog, state.id, letters)
            cause = max(state.drafted_seq, state.last_hours.seq if state.last_hours else 0)
            yield TellDeputies(cause, state.id, hours.due, needed)
        for lone in awaiting(state):
            if next_asked(lone) <= now:
                yield AskCountersignature(lone.seq, state.id, lone.asked + 1)


def release_wakes(
    incident: Incident, catalog: Catalog, letters: tuple[LetterPlan, ...], now: datetime
) -> Iterable[datetime]:
    """When a countersignature is asked for again; when the last hours of a letter that lacks approvals begin.

    Where these have begun under a hold: when that ends, if anybody knows.
    """
    for state in incident.notices.values():
        yield from map(next_asked, awaiting(state))
        if (hours := _last_hours(state, incident, catalog, letters)) is not None:
            free = _free_at(letters, state.id, max(hours.begin, now))
            if free < END_OF_TIME:
                yield max(hours.begin, free)


def waits_for_countersignature(incident: Incident) -> str | None:
    """`countersignature of customers, which minh released alone`; None where nothing waits for one."""
    waits = [(state.id, lone.person) for state in incident.notices.values() for lone in awaiting(state)]
    return f"countersignature of {waits[0][0]}, which {waits[0][1]} released alone" if waits else None


def alone_words(lone: ReleasedAlone) -> str:
    """`BREAK-GLASS: released by minh alone (0 of 2 approvals), awaits 1 countersignature`."""
    how = {
        "break-glass": "BREAK-GLASS: released",
        "last-hours": "released in the last hours",
        "danger": "DANGER TO LIFE: released",
    }[lone.ground]
    said = f"{how} by {lone.person} alone ({len(lone.given)} of {lone.needed} approvals)"
    return f"{said}, {countersigned_words(lone)}"


def countersigned_words(lone: ReleasedAlone) -> str:
    """`awaits 1 countersignature`, or by whom it was."""
    if lone.lacking:
        return f"awaits {lone.lacking} countersignature{'s' if lone.lacking > 1 else ''}"
    return f"countersigned by {', '.join(each.person for each in lone.countersigned)}"
