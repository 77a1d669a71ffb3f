"""The companies for whom we hold other people's data, by what the people who are told say: whom we tell of what.

A processor tells its controller (GDPR, Art. 33(2)), who tells her people. What is said of these is what is surest of
any of them: a kind was read when it was read of one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from tocsin.app import App
from tocsin.domain.incident import Incident
from tocsin.domain.noticenames import CONTROLLERS
from tocsin.domain.places import UNKNOWN_PLACE
from tocsin.domain.scope.buckets import TOLD, Bucket
from tocsin.domain.scope.people import AffectedPerson, Company, pseudonym
from tocsin.storage import accounts, affected, ledger

#: Why a company gets no letter that was to get one.
NOBODY_HIT = "none of its people is hit"
#: The surest first.
_SUREST = tuple(bucket for bucket in Bucket if bucket in TOLD)


def companies(app: App, incident: Incident) -> Iterator[tuple[str, Company]]:
    """(pseudonym, company) of each by the latest revision of the scope, in the order of their ids."""
    if incident.scope is None:
        return
    key, revision = app.people_key(incident.key), incident.scope.revision
    openers = frozenset(app.catalog_of(incident).data_map.openers)
    gathered: dict[str, _Gathered] = defaultdict(_Gathered)
    with app.database.read() as connection:
        for _, person in affected.people(connection, incident.key, revision, key):
            if person.told and person.controller_of:
                gathered[person.id].add(person, person.controller_of)
            if person.told and person.controller:
                gathered[person.controller].one_of_hers(person)
        for id_ in sorted(gathered):
            own = _herself(connection, incident, key, id_)
            yield pseudonym(key, id_), gathered[id_].company(id_, own, openers)


def without_letter(app: App, key: str, companies: Mapping[str, bool]) -> int:
    """For how many of these, by their pseudonyms, there is no letter yet; each with whether we hold others for her.

    Whom another letter told of her own account needs one once we hold others for her.
    """
    with app.database.read() as connection:
        there = ledger.passed_over(connection, key, CONTROLLERS)
    return sum(
        hidden not in there or there[hidden] == NOBODY_HIT or (others and there[hidden] is not None)
        for hidden, others in companies.items()
    )


def _herself(connection: Connection, incident: Incident, key: bytes, id_: str) -> AffectedPerson | None:
    """The company's own account, where it is among the people whom the scope found."""
    assert incident.scope is not None
    revision = incident.scope.revision
    hidden = accounts.person_of(connection, incident.key, revision, key, id_)
    return affected.person(connection, incident.key, revision, key, hidden)


@dataclass
class _Gathered:
    """What the people who are told say of one company."""

    name: str | None = None
    email: str | None = None
    locale: str | None = None
    known: bool = False
    people: int = 0
    kinds: dict[str, Bucket] = field(default_factory=dict)
    buckets: set[Bucket] = field(default_factory=set)
    seen: list[datetime] = field(default_factory=list)

    def one_of_hers(self, person: AffectedPerson) -> None:
        """We hold this person for her."""
        self.people += 1
        self.add(person, person.kinds)
        self.known = self.known or person.controller_known
        self.name = self.name or person.controller_name
        self.email = self.email or person.controller_email
        self.locale = self.locale or person.controller_locale

    def add(self, person: AffectedPerson, kinds: tuple[str, ...]) -> None:
        """These kinds in a person's row are about people of hers."""
        for kind in kinds:
            self.kinds[kind] = min(
                self.kinds.get(kind, person.bucket_of(kind)), person.bucket_of(kind), key=_SUREST.index
            )
        self.buckets.add(person.bucket)
        self.seen += [moment for moment in (person.first_seen, person.last_seen) if moment]
        self.seen = sorted(self.seen)[:1] + sorted(self.seen)[-1:]

    def company(self, id_: str, own: AffectedPerson | None, openers: frozenset[str]) -> Company:
        """All of it, under her id; of herself what her own account says, if it was hit too."""
        kinds, bucket = tuple(sorted(self.kinds)), min(self.buckets, key=_SUREST.index)
        return Company(
            id=id_,
            bucket=bucket,
            kinds=kinds,
            first_seen=min(self.seen, default=None),
            last_seen=max(self.seen, default=None),
            hits=0,
            attempts=0,
            place=UNKNOWN_PLACE,
            group="customers",
            role="controller",
            email=(own and own.email) or self.email,
            name=(own and own.name) or self.name,
            locale=(own and own.locale) or self.locale,
            emails=own.emails if own else (),
            flags=own.flags if own else (),
            shared=own.shared if own else (),
            suppressed=own.suppressed if own else (),
            less_sure=tuple((kind, self.kinds[kind]) for kind in kinds if self.kinds[kind] is not bucket),
            controller_of=own.controller_of if own else (),
            people=self.people or None,
            known=self.known or own is not None,
            taken=own is not None and not openers.isdisjoint(own.kinds),
        )
