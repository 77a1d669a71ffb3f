"""Behind the last address of somebody who is no child for sure: her guardian, if such a letter was approved.

A source names as guardian whom to tell in her place. Nothing leaves that nobody approved: she gets that route only
where the very letter that a guardian would read is among those that her notice's approval binds. Whoever is of age by
her birth date never does, since those words speak of a child; a person decides.
"""

from collections.abc import Container
from dataclasses import replace

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.scope.guardians import guardians_next, is_of_age
from tocsin.domain.scope.people import AffectedPerson
from tocsin.domain.scope.routes import Route
from tocsin.engine.letters import variant_digest, variants
from tocsin.engine.mailability import is_address
from tocsin.engine.writing import Writing, locale_of
from tocsin.rendering.letter import Reader

#: How many addresses are her own, and the language and the variant of the letter to her guardian.
Spare = tuple[int, str, str]


class Guardians:
    """Who of the readers of one notice has a guardian behind her own addresses."""

    def __init__(self, app: App, incident: Incident, notice: str, write: Writing) -> None:
        self._asked = app, incident, notice, write
        self._write = write
        self._approved: Container[str] | None = None

    def behind(self, person: AffectedPerson, way: Route, reader: Reader) -> tuple[Route, Spare | None]:
        """Her route with her guardian's addresses behind her own, and what he reads; as it was where he gets none."""
        if reader.audience != "customer" or not person.guardian:
            return way, None
        if is_of_age(person, self._write.letters.facts.dated):
            return way, None
        addresses = guardians_next(person, way, is_address)
        if not addresses or not self._write.letters.speaks_to("guardian"):
            return way, None
        locale = locale_of(person, "guardian")
        variant = variant_digest(self._write.letters.variant_of(replace(reader, audience="guardian"), locale))
        if variant not in self._all():
            return way, None
        own = way.addresses
        first, *others = (*own, *addresses)
        return replace(way, address=first, others=tuple(others)), (len(own), locale, variant)

    def _all(self) -> Container[str]:
        """Every letter that the approval binds, by its short name; asked only once somebody needs to know."""
        if self._approved is None:
            self._approved = frozenset(map(variant_digest, variants(*self._asked)))
        return self._approved
