"""How those who are told are spoken to, as one digest for each revision of the scope, and for whom we hold them.

An approval binds every distinct letter. Which there are hangs on more than on who is told of what: on whom a letter
speaks to (a guardian, one of ours, a business), in which language, and for which company we hold somebody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from tocsin.domain.audience import audience_of
from tocsin.domain.canonical import digest
from tocsin.domain.catalog import Catalog
from tocsin.domain.certainty import Certainty
from tocsin.domain.languages import ENGLISH, language_tag, shorter
from tocsin.domain.scope.people import AffectedPerson, pseudonym
from tocsin.engine.writing import locale_of, readers_of
from tocsin.rendering.letter import Reader
from tocsin.rendering.written import reader_name


@dataclass
class Addressed:
    """Takes down each person who is to be told, by a letter of that day; `key` makes pseudonyms of companies.

    `companies` are those for whom we hold somebody, and whether that is somebody else than the company herself.
    """

    catalog: Catalog
    key: bytes
    day: date
    companies: dict[str, bool] = field(default_factory=dict)
    _alike: set[tuple[object, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        names = (path.split(".") for path in self.catalog.files if path.startswith("notices/customer"))
        self._ours = {parts[1].lower() for parts in names if len(parts) > 2}

    def each(self, people: Iterable[AffectedPerson]) -> Iterator[AffectedPerson]:
        """The same people, each taken down on the way."""
        for person in people:
            if person.told:
                self._alike.add(self._spoken_to(person))
            yield person

    @property
    def digest(self) -> str:
        """Over every distinct way in which somebody is spoken to."""
        return digest(sorted([list(each) for each in self._alike], key=str))

    def _spoken_to(self, person: AffectedPerson) -> tuple[object, ...]:
        audience = audience_of(person, self.day)
        named = Reader((), Certainty.UNKNOWN, person.name, audience=audience)
        hers = self._language(locale_of(person, audience))
        company: tuple[object, ...] = ()
        if person.controller:
            language = self._language(person.controller_locale or ENGLISH)
            hidden = pseudonym(self.key, person.controller)
            company = (hidden, person.controller_known, language, bool(person.controller_name))
            self.companies[hidden] = True
        if person.controller_of:
            herself = pseudonym(self.key, person.id)
            company += (herself, ",".join(person.controller_of))
            self.companies.setdefault(herself, False)
        return (audience, hers, reader_name(named) is not None, readers_of(person).key, *company)

    def _language(self, written: str) -> str:
        """The language of templates of ours that is meant; else the one that is asked for."""
        tag = language_tag(written)
        if not tag:
            return ENGLISH
        found = next((each for each in shorter(tag) if each in self._ours), None)
        return found or (ENGLISH if tag.partition("-")[0] == ENGLISH else tag)
