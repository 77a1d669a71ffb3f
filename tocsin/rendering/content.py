"""The content of a paper: a form, answered. JSON in the end, and nothing but the arguments goes into it.

PDF, HTML and JSON are all made from this one value, so that they cannot differ. It holds every field of the form,
known or not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tocsin.domain.moments import iso
from tocsin.rendering.answers import ANSWERS
from tocsin.rendering.closing import Numbered, notes, own_notes, pending, questions
from tocsin.rendering.form import Form, Part, Question, Section, Signer
from tocsin.rendering.paperfacts import Answer, PaperFacts, cited, title_of
from tocsin.rendering.words import Words, fill, load_words


def paper_content(form: Form, paper: PaperFacts, templates: Path) -> dict[str, Any]:
    """Everything that stands on the paper, as JSON: `parts` with sections and fields, what is `open`, `words`.

    A field is `{id, label, number, text, state, needs, table}`; `state` is known, estimated, open or blank. Nothing
    here depends on anything but the arguments.
    """
    main = load_words(templates, form.language)
    parts = [_part(form, part, paper, load_words(templates, part.language)) for part in form.parts]
    open_fields = [
        f for part in parts for f in part["fields"] if part["language"] == form.language and f["needs"]
    ]
    return {
        "paper": form.paper,
        "version": 1,
        "source": form.source,
        "language": form.language,
        "incident": paper.incident,
        "drill": paper.drill,
        "as_of": iso(paper.as_of),
        "as_of_words": main.phrase("as_of", moment=main.moment(paper.as_of, paper.zone)),
        "duty": _duty(paper),
        "supplement": paper.supplement,
        "late": paper.late,
        "complete": not any(field["state"] == "open" for field in open_fields),
        "open": sorted({need for field in open_fields for need in field["needs"]}),
        "document_title": _in(form.title, form.language),
        "author": paper.organisation.legal_name,
        "description": f"{cited(paper.duty, main)}; {paper.incident}",
        "words": {
            **setting_words(main),
            **{w.language: closing_words(w) for w in _languages(form, templates)},
        },
        "parts": [{key: value for key, value in part.items() if key != "fields"} for part in parts],
    }


def _part(form: Form, part: Part, paper: PaperFacts, words: Words) -> dict[str, Any]:
    language, is_annex = part.language, part.of == "annex"
    sections = [_section(section, paper, words) for section in (form.annex if is_annex else form.form)]
    fields = [field for section in sections for field in section["fields"]]
    closes = is_annex or not any(each.of == "annex" and each.language == language for each in form.parts)
    blanks = {"organisation": paper.organisation.legal_name, "incident": paper.incident}
    office = title_of(paper.signatory, words)
    every = _every_field(form, paper, words) if closes else []
    return {
        "kind": part.of,
        "language": language,
        "own": language != form.language,
        "closes": closes,
        "title": _in(form.annex_title if is_annex else form.title, language),
        "addressee": _addressee(form, paper, language),
        "intro": fill(_in(form.annex_intro if is_annex else form.intro, language), blanks),
        "note": form.reading_copy.get(language, "") if language != form.language else "",
        "head": _head(form, paper, words, blanks),
        "status": _status(paper, words, fields),
        "sections": sections,
        "recipients": _recipients(form, language, blanks),
        "signature": {
            "title": _in(form.signature.title, language),
            "hint": _in(form.signature.hint, language),
            "name": paper.signatory.name,
            "office": office.text if office else "",
        },
        "outro": fill(_in(form.outro, language), blanks),
        "signers": [_signer(signer, paper, words) for signer in form.signers],
        "pending": pending(every, words),
        "open": questions(every, paper, words),
        "notes": notes(form, words, own=False) if closes else [],
        "own_notes": own_notes(form, paper, words) if closes else [],
        "fields": fields,
    }


def _signer(signer: Signer, paper: PaperFacts, words: Words) -> dict[str, str]:
    """Who signs: the signatory, else the holder of the role in this case. A line for the pen where nobody holds it."""
    holders = [person for role, person in paper.case.present if role == signer.of]
    person = paper.signatory if signer.of == "signatory" else next(iter(holders), None)
    office = title_of(person, words) if person else None
    return {
        "title": _in(signer.title, words.language),
        "hint": _in(signer.hint, words.language),
        "name": person.name if person else words.phrase("blank"),
        "office": office.text if office else "",
    }


def _section(section: Section, paper: PaperFacts, words: Words) -> dict[str, Any]:
    return {
        "no": section.no,
        "title": _in(section.title, words.language),
        "fields": [
            _field(question, ANSWERS[question.answer](paper, words), words) for question in section.fields
        ],
    }


def _field(question: Question, answer: Answer, words: Words) -> dict[str, Any]:
    return {
        "id": question.id,
        "label": _in(question.label, words.language),
        "number": question.number,
        "text": answer.text,
        "state": answer.state,
        "needs": list(answer.needs),
        "table": dict(answer.table) if answer.table else None,
    }


def _every_field(form: Form, paper: PaperFacts, words: Words) -> list[Numbered]:
    return [
        (section.no, field)
        for section in (*form.form, *form.annex)
        for field in _section(section, paper, words)["fields"]
    ]


def _head(form: Form, paper: PaperFacts, words: Words, blanks: Mapping[str, object]) -> dict[str, Any]:
    organisation = paper.organisation
    number = paper.number or fill(form.head.number_blank, blanks)
    return {
        "organisation": organisation.legal_name,
        "contact": "\n".join((organisation.addresses[0], organisation.phone, organisation.website)),
        "number": fill(_in(form.head.number, words.language), {"number": number}),
        "motto": list(form.head.motto.get(words.language, ())),
        "place_date": words.place_date(
            paper.signed_in or words.phrase("blank"), paper.signed_on, _year(paper, words)
        ),
    }


def _year(paper: PaperFacts, words: Words) -> int:
    return words.local(paper.as_of, paper.zone).year


def _addressee(form: Form, paper: PaperFacts, language: str) -> str:
    if form.addressee is not None:
        return _in(form.addressee, language)
    if paper.authority is None:
        return ""
    lines = (_in(paper.authority.name, language), paper.authority.address)
    return "\n".join(line for line in lines if line)


def _recipients(form: Form, language: str, blanks: Mapping[str, object]) -> dict[str, Any]:
    if form.recipients is None:
        return {"title": "", "lines": []}
    lines = form.recipients.lines.get(language, ())
    return {"title": _in(form.recipients.title, language), "lines": [fill(line, blanks) for line in lines]}


def _status(paper: PaperFacts, words: Words, fields: list[dict[str, Any]]) -> list[list[str]]:
    still = sum(field["state"] == "open" for field in fields)
    state = words.phrase("incomplete", count=still) if still else words.phrase("complete")
    return [
        [words.phrase("status_kind"), words.phrase("follow_up" if paper.supplement else "new_paper")],
        [words.phrase("status_completeness"), state],
        [words.phrase("status_as_of"), words.moment(paper.as_of, paper.zone)],
    ]


def _duty(paper: PaperFacts) -> dict[str, Any]:
    due = paper.duty.due_at
    return {
        "key": paper.duty.key,
        "cite": paper.duty.cite,
        "due_at": iso(due) if due else None,
        "verification": paper.duty.verification,
    }


def setting_words(words: Words) -> dict[str, Any]:
    """The phrases that frame every page."""
    return {
        "drill": words.phrase("drill"),
        "page": words.entries["phrases"]["page"],
        "attached": words.phrase("attached"),
    }


def closing_words(words: Words) -> dict[str, Any]:
    """The phrases of a paper's end, and those by which its page marks what is open."""
    phrases = words.entries["phrases"]
    return {
        "open_words": [phrases["open"], phrases["open_master"]],
        "open_title": phrases["open_title"],
        "open_none": phrases["open_none"],
        "open_head": phrases["open_head"],
        "own_title": phrases["own_title"],
        "questions_title": phrases["questions_title"],
        "questions_head": phrases["questions_head"],
        "notes_title": phrases["notes_title"],
        "attached_note": phrases["attached_note"],
        "fonts_note": phrases["fonts_note"],
    }


def _languages(form: Form, templates: Path) -> list[Words]:
    return [
        load_words(templates, language) for language in dict.fromkeys(part.language for part in form.parts)
    ]


def _in(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language, texts.get("en", ""))
