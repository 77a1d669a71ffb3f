"""People whom an earlier revision of the scope told and this one does not: what they hold up until a person decides.

Pure. Nobody is dropped because a measurement changed: whoever was in scope stays in it until a person releases them.
"""

from collections.abc import Iterable

from tocsin.domain.incident import DutyState, Incident
from tocsin.domain.moves import AskAboutUnsupported
from tocsin.domain.places import lies_in


def unsupported_moves(incident: Incident) -> Iterable[AskAboutUnsupported]:
    """A person is asked once for each revision that leaves somebody to be decided about."""
    if incident.scope and incident.held and incident.held_asked < incident.scope_seq:
        people = sum(incident.held.values())
        yield AskAboutUnsupported(incident.scope_seq, people, incident.scope.revision)


def waits_for_judgement(incident: Incident) -> str | None:
    """What the incident waits for while somebody is held, in words; None where nobody is."""
    if not (incident.scope and incident.held):
        return None
    people = sum(incident.held.values())
    whom = "a person" if people == 1 else f"{people:,} people"
    return f"a decision on {whom} whom revision {incident.scope.revision} no longer supports"


def held_under(duty: DutyState, incident: Incident) -> bool:
    """Whether somebody who may be under the duty waits, untold, for a decision whether she is told."""
    place = duty.opened.place
    return any(not place or lies_in(held, (place,)) is not False for held in incident.held_untold)
