"""The tally of a scope: how many people are told how, and what is particular about some of them.

Pure. Each who is to be told is counted by her route once (`routes`), and by every circumstance that holds for her.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tocsin.domain.addresses import is_plain
from tocsin.domain.places import UNKNOWN_PLACE
from tocsin.domain.scope.flags import FLAGS, SHARED_ID, UNCERTAIN
from tocsin.domain.scope.people import SUPPRESSIONS, AffectedPerson
from tocsin.domain.scope.routes import REASONS, is_minor, route_of, works_for_us


def circumstances(person: AffectedPerson, day: date) -> tuple[str, ...]:
    """What is particular about a person, whether or not it decides her route."""
    minor = is_minor(person, day)
    found = {
        "closed": "closed" in person.flags or bool(person.closed_at),
        "deleted": "deleted" in person.flags or bool(person.deleted_at),
        "minor": minor,
        "employee": works_for_us(person),
        "unknown-country": person.place == UNKNOWN_PLACE,
        "several-accounts": bool(person.accounts),
        "several-addresses": bool(person.emails),
        # Where no address of her own takes mail, the letter may go there instead, as the scope cannot know yet.
        "guardian-named": bool(person.guardian) and not minor,
    }
    found |= dict.fromkeys(person.flags, True)
    found |= {f"{kind}-address": True for _, kind, _ in person.suppressed}
    return tuple(name for name in CIRCUMSTANCES if found.get(name))


#: In the order in which they are shown.
CIRCUMSTANCES = (
    *FLAGS,
    UNCERTAIN,
    SHARED_ID,
    "unknown-country",
    "several-accounts",
    "several-addresses",
    "guardian-named",
    *(f"{kind}-address" for kind in SUPPRESSIONS),
)


@dataclass
class Tally:
    """Counts of the people who are to be told: by route, of which each has one, and by circumstance."""

    openers: Collection[str]
    day: date
    is_address: Callable[[str], bool] = is_plain
    reasons: Counter[str] = field(default_factory=Counter)
    particular: Counter[str] = field(default_factory=Counter)

    def add(self, person: AffectedPerson) -> None:
        """Count a person, if she is to be told."""
        if person.told:
            self.reasons[route_of(person, self.openers, self.day, self.is_address).reason] += 1
            self.particular.update(circumstances(person, self.day))

    def each(self, people: Iterable[AffectedPerson]) -> Iterator[AffectedPerson]:
        """The same people, each counted on the way."""
        for person in people:
            self.add(person)
            yield person

    def said(self) -> dict[str, Any]:
        """Both counts under the names that a revision of the scope has for them."""
        return {"routes": self.routes(), "circumstances": self.circumstances()}

    def routes(self) -> tuple[dict[str, str | int], ...]:
        """`{way, reason, people}` for each reason that somebody has, in the order of `REASONS`."""
        return tuple(
            {"way": way, "reason": reason, "people": self.reasons[reason]}
            for reason, (way, _) in REASONS.items()
            if self.reasons[reason]
        )

    def circumstances(self) -> dict[str, int]:
        """How many people each circumstance holds for, in the order of `CIRCUMSTANCES`."""
        return {name: self.particular[name] for name in CIRCUMSTANCES if self.particular[name]}
