"""A form is tried before a report is due: set once, of placeholders, so that a broken page is found in quiet hours."""

from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from tocsin.domain.contacts import Contacts, Person
from tocsin.domain.facts import Facts
from tocsin.rendering.content import paper_content
from tocsin.rendering.form import load_form
from tocsin.rendering.paper import render_paper
from tocsin.rendering.paperfacts import Owed, PaperFacts
from tocsin.rendering.register import Kept, register_pdf

#: Enough for a table, a number and a box to appear; everything else is asked for as open.
_PLACEHOLDERS: dict[str, JsonValue] = {
    "detected_at": "2026-01-01T00:00+00:00",
    "cells": [{"role": "controller", "place": "VN", "group": ["customers"], "kinds": [], "count": 1}],
}

#: Stands where the company names nobody yet but a sample, which is a finding of its own.
_NOBODY = Person(id="nobody", name="Nobody", email="nobody@example.org")


def try_form(folder: Path, name: str, contacts: Contacts, now: datetime) -> None:
    """Set a paper of `regimes/<code>/` as a PDF and forget it. BadFile names the file and line that do not work."""
    form = load_form(folder / f"{name}.yaml")
    facts = _placeholders(
        contacts, Owed(f"{folder.name}/authority", "trial", "recalled", language=form.language), now
    )
    templates = folder.parent.parent
    content = paper_content(form, facts, templates)
    render_paper(folder / f"{name}.typ", content, at=now, language=form.language, root=templates)


def try_register(templates: Path, contacts: Contacts, now: datetime) -> None:
    """Set the register of breaches of one that is none, and forget it. BadFile names the file and line."""
    facts = _placeholders(contacts, Owed("", "", "primary"), now)
    register_pdf(Kept((facts,), contacts.organisation, now, drill=True), templates, "en")


def _placeholders(contacts: Contacts, duty: Owed, now: datetime) -> PaperFacts:
    organisation, people = contacts.organisation, {person.id: person for person in contacts.people}
    return PaperFacts(
        incident="INC-2026-0000",
        code_name="Trial",
        organisation=organisation,
        dpo=people.get(organisation.dpo, _NOBODY),
        signatory=people.get(organisation.signatory, _NOBODY),
        duty=duty,
        facts=Facts(_PLACEHOLDERS),
        as_of=now,
        drill=True,
    )
