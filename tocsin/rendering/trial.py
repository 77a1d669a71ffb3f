"""Forms and messages are tried before they are due, of placeholders, so that a broken one is found in quiet hours."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from traceback import extract_tb
from typing import get_args

from pydantic import JsonValue

from tocsin.domain.contacts import Contacts, Person
from tocsin.domain.errors import BadFile
from tocsin.domain.facts import Facts
from tocsin.domain.offers import Deed, Offer
from tocsin.rendering.content import paper_content
from tocsin.rendering.form import load_form
from tocsin.rendering.message import NO_LINKS, Brief, Kind, Links, line, render_message
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


def try_message(templates: Path, kind: Kind, language: str, zone: str, now: datetime) -> None:
    """Write a message with all that can be in it, late too, and with nothing, and forget it. BadFile names the line."""
    bare = Brief(kind, "INC-2026-0000", "Trial", "SEV1", (), (1, "0" * 64), now, zone)
    offers = tuple(Offer(deed, bare.incident_key, "trial", "0" * 64) for deed in get_args(Deed))
    page = "https://console.example/inc"
    full = replace(
        bare,
        lines=("Trial", line("status", status="stable")),
        title="Trial",
        due=now + timedelta(hours=1),
        next_action="tocsin status",
        drill=True,
        console_url=page,
        offers=offers,
    )
    linked = Links({offer: f"{page}/{offer.deed}" for offer in offers}, page)
    for brief, links in (
        (full, linked),
        (replace(full, due=now - timedelta(hours=1)), linked),
        (bare, NO_LINKS),
    ):
        try:
            render_message(brief, language, templates, links)
        except BadFile:
            raise
        except Exception as error:  # a template may fail in any way
            raise _in_template(error, templates / "messages" / f"{kind}.{language}.j2") from None


def _in_template(error: Exception, asked: Path) -> BadFile:
    """The error at the line of the template that it came from; at the one that was asked for, where none says so."""
    first = error.__context__ or error
    found = [(frame.filename, frame.lineno) for frame in extract_tb(first.__traceback__)]
    path, line = next(((name, at) for name, at in reversed(found) if name.endswith(".j2")), (str(asked), 1))
    return BadFile(path, line or 1, str(first) or type(first).__name__)


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
