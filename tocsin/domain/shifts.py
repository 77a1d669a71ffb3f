"""Shifts: when somebody who holds a role goes off call while the incident is open, and who is on call instead.

Pure. Whoever comes on is asked to take the role, and whoever leaves to hand it over: once for each change of shift,
weighed against now. The engine never takes a role away: people who know each other do that by voice.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tocsin.domain.contacts import Contacts, Rotation
from tocsin.domain.escalation import TRIAGE
from tocsin.domain.incident import Incident, Tenure
from tocsin.domain.ladder import Level, Target
from tocsin.domain.moves import AskHandOver
from tocsin.domain.turns import next_hand_over

#: Changes that lie further back are not looked for: somebody who kept a role so long did not leave it by a shift.
_BACK = timedelta(days=14)


def shift_moves(incident: Incident, contacts: Contacts, now: datetime) -> Iterable[AskHandOver]:
    """The roles to be handed over by now, whose people were not asked since the shift changed."""
    if incident.status == "triage":
        return
    for role, holder in incident.roles.items():
        tenure = incident.tenures[role]
        to = _relief(incident, contacts, role, holder, tenure, now)
        if to is not None:
            yield AskHandOver(max(tenure.seq, tenure.asked_seq), role, holder, to)


def shift_wake(incident: Incident, contacts: Contacts, now: datetime) -> datetime | None:
    """The next moment at which a shift can end that matters to a role which is held."""
    found = (
        next_hand_over(rotation, now, contacts.absences)
        for role in incident.roles
        for rotation in _rotations(contacts, role, incident.severity)
    )
    return min((at for at in found if at is not None), default=None)


def _relief(
    incident: Incident, contacts: Contacts, role: str, holder: str, tenure: Tenure, now: datetime
) -> str | None:
    """Who is on call in the place of this holder; None while the shift goes on, or where both were asked already.

    Who went up the ladder, from the second rotation to the first, goes on; who went down it is relieved.
    """
    able = {person.id for person in contacts.with_role(role)} - {*incident.excluded, holder}
    for rotation in _rotations(contacts, role, incident.severity):
        on_call = _on_call(contacts, rotation, now)
        if holder in on_call:
            return None
        changed = _changed_at(contacts, rotation, holder, max(tenure.since, now - _BACK), now)
        asked = changed is not None and tenure.asked_at is not None and tenure.asked_at >= changed
        to = [who for who in on_call if who in able]
        if changed is not None and to:
            return None if asked else to[0]
    return None


def _changed_at(
    contacts: Contacts, rotation: Rotation, holder: str, since: datetime, now: datetime
) -> datetime | None:
    """The last change of shift up to now, if the holder was on call in this rotation before one of them."""
    changed, before, was_on = None, _on_call(contacts, rotation, since), False
    edge = next_hand_over(rotation, since, contacts.absences)
    while edge is not None and edge <= now:
        after = _on_call(contacts, rotation, edge)
        was_on = was_on or holder in before
        if after != before:
            changed, before = edge, after
        edge = next_hand_over(rotation, edge, contacts.absences)
    return changed if was_on else None


def _rotations(contacts: Contacts, role: str, severity: str) -> list[Rotation]:
    """The rotations by which a role is called, in the order of its ladder."""
    # Who looked at it in triage has nothing left to hand over once it is declared.
    ladder = contacts.ladder(role, severity) if role != TRIAGE else None
    targets = (target for level in ladder.levels for target in level.call) if ladder else ()
    named = dict.fromkeys(target.rotation for target in targets if target.rotation is not None)
    return [contacts.rotation(name) for name in named]


def _on_call(contacts: Contacts, rotation: Rotation, at: datetime) -> tuple[str, ...]:
    return contacts.called(Level(after_minutes=0, call=(Target(rotation=rotation.id),)), at)
