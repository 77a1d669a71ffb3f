"""The content of the register of breaches: its form, answered for each of them. PDF and CSV are made from this value.

The form is data (`papers/register.yaml`); what it asks is answered as on the papers for authorities, so that the
register cannot say anything else than they do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from tocsin.catalog.forms import Question, RegisterForm, Section
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.contacts import Organisation
from tocsin.domain.moments import iso
from tocsin.rendering.answers import ANSWERS
from tocsin.rendering.content import closing_words, setting_words
from tocsin.rendering.paper import render_paper
from tocsin.rendering.paperfacts import Answer, PaperFacts
from tocsin.rendering.spreadsheet import spreadsheet
from tocsin.rendering.words import Words, fill, load_words

FORM, TEMPLATE = "papers/register.yaml", "papers/register.typ"


@dataclass(frozen=True)
class Kept:
    """What a register covers: the breaches in order, as known when, declared between which days; or exercises."""

    breaches: Sequence[PaperFacts]
    organisation: Organisation
    as_of: datetime
    since: date | None = None
    until: date | None = None
    drill: bool = False
    #: Incidents that cannot be read, by key, and why: a register leaves out nothing in silence.
    broken: Mapping[str, str] = field(default_factory=dict)


def register_pdf(kept: Kept, templates: Path, language: str) -> bytes:
    """The register as a PDF like every paper: archivable, readable aloud, its content attached as JSON."""
    content = register_content(kept, templates, language)
    return render_paper(
        templates / TEMPLATE, content, at=kept.as_of, language=content["language"], root=templates
    )


def register_csv(kept: Kept, templates: Path, language: str) -> bytes:
    """The register as a table, a line for each breach: the questions of the form are its columns."""
    form, words = load_register(templates / FORM), load_words(templates, language)
    asked = (
        *form.overview,
        *(question for section in form.sections for question in section.fields),
        *form.details,
    )
    rows = [
        [_flat(ANSWERS[question.answer](breach, words)) for question in asked] for breach in kept.breaches
    ]
    rows += [[_unread(key, why, words), *[""] * (len(asked) - 1)] for key, why in kept.broken.items()]
    return spreadsheet([_in(question.label, words) for question in asked], rows)


def register_content(kept: Kept, templates: Path, language: str) -> dict[str, Any]:
    """Everything that stands in the register, as JSON. Nothing here depends on anything but the arguments."""
    form, words = load_register(templates / FORM), load_words(templates, language)
    title = _in(form.title, words)
    return {
        "paper": form.paper,
        "version": 1,
        "source": form.source,
        "language": words.language,
        # What other papers are about is one incident; the foot of each page names it.
        "incident": title,
        "drill": kept.drill,
        "as_of": iso(kept.as_of),
        "as_of_words": words.phrase("as_of", moment=words.moment(kept.as_of, kept.organisation.zone)),
        "document_title": title,
        "author": kept.organisation.legal_name,
        "description": f"{form.source}; {kept.organisation.legal_name}",
        "words": {**setting_words(words), words.language: closing_words(words)},
        "parts": [_part(form, kept, title, words)],
    }


def _part(form: RegisterForm, kept: Kept, title: str, words: Words) -> dict[str, Any]:
    return {
        "language": words.language,
        "title": title,
        "organisation": kept.organisation.legal_name,
        "intro": fill(_in(form.intro, words), {"organisation": kept.organisation.legal_name}),
        "status": _status(kept, words),
        "overview": {
            "head": [_in(question.label, words) for question in form.overview],
            "rows": [
                [_flat(ANSWERS[question.answer](breach, words)) for question in form.overview]
                for breach in kept.breaches
            ],
        },
        "breaches": [_breach(form, breach, words) for breach in kept.breaches],
        "empty": _in(form.empty, words),
        "notes": [
            *(_unread(key, why, words) for key, why in kept.broken.items()),
            *(_in(note.text, words) for note in form.notes),
        ],
    }


def _breach(form: RegisterForm, breach: PaperFacts, words: Words) -> dict[str, Any]:
    sections = [
        {"no": section.no, "title": _in(section.title, words), "fields": _fields(section, breach, words)}
        for section in form.sections
    ]
    return {
        "incident": breach.incident,
        "title": ANSWERS["record.name"](breach, words).text,
        "sections": [section for section in sections if section["fields"]],
        "details": [_field(question, breach, words) for question in form.details],
    }


def _fields(section: Section, breach: PaperFacts, words: Words) -> list[dict[str, Any]]:
    """The answers. Of what was no incident nothing is still to be determined: what is open there is left out."""
    fields = [_field(question, breach, words) for question in section.fields]
    over = breach.case.status == "declined"
    return [field for field in fields if not (over and field["state"] == "open")]


def _field(question: Question, breach: PaperFacts, words: Words) -> dict[str, Any]:
    answer = ANSWERS[question.answer](breach, words)
    return {
        "id": question.id,
        "label": _in(question.label, words),
        "number": question.number,
        "text": _once(answer),
        "state": answer.state,
        "table": dict(answer.table) if answer.table else None,
    }


def _once(answer: Answer) -> str:
    """The text; what is open in every line, and in the same words, is open once."""
    lines = answer.text.split("\n")
    return lines[0] if answer.state == "open" and len(set(lines)) == 1 else answer.text


def _status(kept: Kept, words: Words) -> list[list[str]]:
    overdue = sum(each.overdue for breach in kept.breaches for each in breach.case.decisions)
    return [
        [words.phrase("status_period"), _period(kept, words)],
        [words.phrase("status_as_of"), words.moment(kept.as_of, kept.organisation.zone)],
        [words.phrase("status_count"), words.number(len(kept.breaches))],
        [words.phrase("status_overdue"), words.number(overdue)],
    ]


def _period(kept: Kept, words: Words) -> str:
    days = {name: words.day(day) for name in ("since", "until") if (day := getattr(kept, name)) is not None}
    which = "between" if len(days) == 2 else next(iter(days), "all")
    return words.phrase(f"period_{which}", **days)


def _unread(key: str, why: str, words: Words) -> str:
    return words.phrase("breach_unread", incident=key, text=why)


def _flat(answer: Answer) -> str:
    """An answer in one cell: the rows of its table as lines."""
    rows = answer.table["rows"] if answer.table else ()
    lines = [" | ".join(part for part in row if part) for row in rows]
    return "\n".join([*([answer.text] if answer.text else []), *lines])


def _in(texts: Mapping[str, str], words: Words) -> str:
    return texts.get(words.language, texts.get("en", ""))


def languages(templates: Path) -> list[str]:
    """The languages that papers can be written in."""
    found = (path for kind in ("yaml", "json") for path in (templates / "papers").glob(f"words.*.{kind}"))
    return sorted({path.name.split(".")[1] for path in found})


@lru_cache(maxsize=8)
def load_register(path: Path) -> RegisterForm:
    """The form of the register; BadFile with the line of the first thing that is wrong."""
    return validated(RegisterForm, read_document(path))
