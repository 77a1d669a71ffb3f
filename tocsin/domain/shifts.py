"""Shifts: when somebody who holds a role goes off call while the incident is open, and who is on call instead.

Pure. Whoever comes on is asked to take the role, and whoever leaves to hand it over: once for each change of shift,
weighed against now. The engine never takes a role away: people who know each other do that by voice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tocsin.domain.contacts import Contacts, Rotation
from tocsin.domain.escalation import TRIAGE
from tocsin.domain.incident import Incident, Tenure
from tocsin.domain.ladder import Level, Target
from tocsin.domain.moves import AskHandOver
from tocsin.domain.turns import edges, next_hand_over

#: Changes that lie further back are not looked for: somebody who kept a role so long did not leave it by a shift.
_BACK = timedelta(days=14)


@dataclass(frozen=True)
class _Relief:
    """Who is on call in the place of a holder, and since when the holder no longer is."""

    to: str
    since: datetime


def shift_moves(incident: Incident, contacts: Contacts, now: datetime) -> Iterable[AskHandOver]:
    """The roles to be handed over by now, whose people were not asked since the shift changed."""
    if incident.status == "triage":
        return
    for role, holder in incident.roles.items():
        tenure = incident.tenures[role]
        relief = _relief(incident, contacts, role, tenure, now)
        if relief is not None and (tenure.asked_at is None or tenure.asked_at < relief.since):
            yield AskHandOver(max(tenure.seq, tenure.asked_seq), role, holder, relief.to)


def shift_wake(incident: Incident, contacts: Contacts, now: datetime) -> datetime | None:
    """The next moment at which a shift can end that matters to a role which is held."""
    found = (
        next_hand_over(rotation, now, contacts.absences)
        for role in incident.roles
        for rotation in _rotations(contacts, role, incident.severity)
    )
    return min((at for at in found if at is not None), default=None)


def _relief(
    incident: Incident, contacts: Contacts, role: str, tenure: Tenure, now: datetime
) -> _Relief | None:
    """Who relieves the holder of a role; None while the shift goes on, or nobody comes on who is able.

    Who went up the ladder, from the second rotation to the first, goes on; who went down it is relieved.
    """
    able = {person.id for person in contacts.with_role(role)} - {*incident.excluded, tenure.holder}
    for rotation in _rotations(contacts, role, incident.severity):
        on_call = _on_call(contacts, rotation, now)
        if tenure.holder in on_call:
            return None
        ended = _shift_ended(contacts, rotation, tenure, now)
        to = next((who for who in on_call if who in able), None)
        if ended is not None and to is not None:
            return _Relief(to, ended)
    return None


def _shift_ended(contacts: Contacts, rotation: Rotation, tenure: Tenure, now: datetime) -> datetime | None:
    """The last change of shift in a rotation since its holder took the role; None for who was never on call there."""
    start = max(tenure.since, now - _BACK)
    moments = (start, *edges(rotation, start, now, contacts.absences))
    turns = [(at, _on_call(contacts, rotation, at)) for at in moments]
    if not any(tenure.holder in people for _, people in turns):
        return None
    return max((at for (_, before), (at, after) in pairwise(turns) if after != before), default=None)


def _rotations(contacts: Contacts, role: str, severity: str) -> list[Rotation]:
    """The rotations by which a role is called, in the order of its ladder."""
    # Who looked at it in triage has nothing left to hand over once it is declared.
    ladder = contacts.ladder(role, severity) if role != TRIAGE else None
    targets = (target for level in ladder.levels for target in level.call) if ladder else ()
    named = dict.fromkeys(target.rotation for target in targets if target.rotation is not None)
    return [contacts.rotation(name) for name in named]


def _on_call(contacts: Contacts, rotation: Rotation, at: datetime) -> tuple[str, ...]:
    return contacts.called(Level(after_minutes=0, call=(Target(rotation=rotation.id),)), at)
