"""contacts/: who we are, who is called, to whom we report. Lists are overlaid entry by entry, by id.

`organisation.yaml` of a later folder replaces the whole file, since half a company is no company; so does
`intake.yaml`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from tocsin.catalog.calling import read_calling
from tocsin.catalog.folders import layers
from tocsin.catalog.listed import Listed, entries, last, listed
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, read_document
from tocsin.domain.answers import nearest
from tocsin.domain.contacts import Authority, Contacts, Organisation, Person, Processor
from tocsin.domain.intake import Intake
from tocsin.domain.law.workdays import known_calendar


def read_contacts(folders: Sequence[Path], kinds: Collection[str]) -> Contacts:
    """The contacts of these folders, cross-checked. `kinds` are the ids of the data map.

    BadFile names the first line that does not fit; Refused when a file that must be there is missing.
    """
    document = read_document(last(folders, "organisation.yaml"))
    organisation = validated(Organisation, document)
    people = listed(folders, "people.yaml", "people", Person)
    calling = read_calling(folders, people)
    authorities = listed(folders, "authorities.yaml", "authorities", Authority)
    processors = listed(folders, "processors.yaml", "processors", Processor)
    _check_organisation(organisation, document, people)
    _check_people(people)
    _check_processors(processors, kinds)
    return Contacts(
        organisation=organisation,
        people=entries(people),
        rotations=calling.rotations,
        absences=calling.absences,
        ladders=calling.ladders,
        gateways=calling.gateways,
        updates=calling.updates,
        stakeholders=calling.stakeholders,
        invited=calling.invited,
        authorities=entries(authorities),
        processors=entries(processors),
        intake=_intake(folders),
    )


def _intake(folders: Sequence[Path]) -> Intake:
    """The last `intake.yaml`, as a whole; a house without one takes every message in as not urgent."""
    found = layers(folders, "intake.yaml")
    if not found:
        return Intake()
    document = read_document(found[-1])
    intake = validated(Intake, document)
    if intake.answer:
        try:
            known_calendar(intake.answer.working_days_of)
        except ValueError as error:
            raise document.bad(("answer", "working_days_of"), str(error)) from None
    return intake


def _check_organisation(
    organisation: Organisation, document: Document, people: Mapping[str, Listed[Person]]
) -> None:
    for key, who, role in (
        ("dpo", organisation.dpo, "dpo"),
        ("accountable_officer", organisation.accountable_officer, "accountable-officer"),
        ("signatory", organisation.signatory, None),
    ):
        if who not in people:
            raise document.bad((key,), f"{key}: there is no person {who!r}{nearest(who, people)}")
        if role is not None and role not in people[who].entry.roles:
            raise document.bad((key,), f"{key}: {who} lacks the role {role!r}; add it in people.yaml")


def _check_people(people: Mapping[str, Listed[Person]]) -> None:
    """Two people behind one account would be one person with two approvals."""
    accounts: tuple[tuple[str, Callable[[Person], str | None]], ...] = (
        ("unix", lambda person: person.unix),
        ("slack", lambda person: person.slack),
        ("email", lambda person: person.email.lower()),
    )
    for key, read in accounts:
        owners: dict[str, str] = {}
        for who, found in people.items():
            account = read(found.entry)
            if account is None:
                continue
            if account in owners:
                raise found.bad((key,), f"{key} {account!r} already belongs to {owners[account]!r}")
            owners[account] = who


def _check_processors(processors: Mapping[str, Listed[Processor]], kinds: Collection[str]) -> None:
    for found in processors.values():
        for index, kind in enumerate(found.entry.kinds):
            if kind not in kinds:
                raise found.bad(("kinds", index), f"the data map has no kind {kind!r}{nearest(kind, kinds)}")
