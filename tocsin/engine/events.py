"""What was done, as minutes and a register tell it: one line for each entry that an outsider would ask about."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tocsin.domain import kinds as k
from tocsin.domain.catalog import Catalog
from tocsin.domain.decisions import RISK
from tocsin.domain.timeline import Entry
from tocsin.rendering.casefacts import DutyLine, Event

Name = Callable[[str], str]


def events(
    entries: Iterable[Entry], catalog: Catalog, duties: Mapping[str, DutyLine], name: Name
) -> tuple[Event, ...]:
    """The events in the order in which they happened. Steps stand by their title, people of the house by name."""
    told = _Told(catalog, duties, name)
    found = [event for entry in entries if (event := told.event(entry)) is not None]
    return tuple(sorted(found, key=lambda event: event.at))


class _Told:
    def __init__(self, catalog: Catalog, duties: Mapping[str, DutyLine], name: Name) -> None:
        self.duties, self.name = duties, name
        self.titles = {step.id: step.title for type_ in catalog.types.values() for step in type_.steps}

    def event(self, entry: Entry) -> Event | None:
        """The entry as an event; None for one that is no news to anybody outside."""
        match entry.body:
            case k.StepDone(step=step) if step in self.titles:
                return Event(entry.at, "step", self.name(entry.actor), title=dict(self.titles[step]))
            case k.FactLearned(name=fact, value=level) if fact == RISK:
                return self._said(entry, "risk", level=str(level))
            case k.SendingStopped(complete=True, counts=counts):
                people = sum(counts.get(state, 0) for state in ("handed_over", "delivered"))
                return self._said(entry, "told", people=str(people))
            case k.ReleasedAlone() as alone:
                return self._alone(entry, alone)
            case k.DutyMet(key=duty) | k.SupplementFiled(key=duty) if self._is_letter(duty):
                return None
        what, fields = _SAYS.get(type(entry.body), ("", {}))
        said = {blank: self._value(entry.body, of) for blank, of in fields.items()}
        return self._said(entry, what, **said) if what else None

    def _alone(self, entry: Entry, alone: k.ReleasedAlone) -> Event:
        person, given = self.name(alone.person), str(len(alone.given))
        what = f"alone_{alone.ground.replace('-', '_')}"
        return self._said(entry, what, person=person, given=given, needed=str(alone.needed))

    def _said(self, entry: Entry, what: str, **values: str) -> Event:
        return Event(entry.at, what, self.name(entry.actor), values)

    def _is_letter(self, duty: str) -> bool:
        """Whether a duty is met by letters, whose sending is an event of its own."""
        line = self.duties.get(duty)
        return line is not None and line.recipient == "individuals"

    def _value(self, body: k.Body, of: str) -> str:
        value: Any = getattr(body, of)
        if of in ("key", "of"):
            line = self.duties.get(value)
            return line.to or line.key if line else str(value)
        return self.name(value) if of in ("person", "decided_by") else str(value)


#: Kind of entry to the phrase that says it, and the blanks of that phrase to fields of the entry.
_SAYS: Mapping[type[k.Body], tuple[str, Mapping[str, str]]] = {
    k.Declared: ("declared", {}),
    k.TriageOpened: ("reported", {}),
    k.Confirmed: ("declared", {}),
    k.RoleTaken: ("role", {"role": "role", "person": "person"}),
    k.StatusEntered: ("status", {"status": "status"}),
    k.ScopeMeasured: ("scope", {"number": "revision", "people": "total"}),
    k.DutyMet: ("filed", {"to": "key"}),
    k.SupplementFiled: ("supplement", {"number": "number", "to": "key"}),
    k.NoticeReleased: ("released", {}),
    k.WrongLetterFound: ("found_wrong", {"people": "got"}),
    k.Countersigned: ("countersigned", {"person": "person"}),
    k.NotNotified: ("not_notified", {"to": "of", "who": "decided_by"}),
    k.NotNotifiedTakenBack: ("taken_back", {"to": "of"}),
    k.Closed: ("closed", {}),
    k.Declined: ("declined", {}),
    k.Reopened: ("reopened", {}),
}
