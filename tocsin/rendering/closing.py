"""The end of a paper: what is still open, in words for its reader, and what the company must still do, for itself.

The two are kept apart. An authority reads labels and "being verified"; questions, names of facts and doubts about our
own rules are for the person who files, and stand in the company's own reading copy and on the screen.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tocsin.domain.facts import FACTS
from tocsin.domain.records import in_language
from tocsin.rendering.form import Form
from tocsin.rendering.paperfacts import PaperFacts, cited
from tocsin.rendering.words import Words

#: A section's number, and one of its fields as content has it.
Numbered = tuple[str, dict[str, Any]]


def pending(fields: Iterable[Numbered], words: Words) -> list[dict[str, str]]:
    """Each field that prints something open: its label on the paper, and what the paper says instead."""
    return [
        {"field": field["id"], "label": f"{no}. {field['label']}", "text": _instead(field, words)}
        for no, field in fields
        if field["state"] == "open"
    ]


def _instead(field: Mapping[str, Any], words: Words) -> str:
    open_, master = words.phrase("open"), words.phrase("open_master")
    return master if master in field["text"] and open_ not in field["text"] else open_


def questions(fields: Iterable[Numbered], paper: PaperFacts, words: Words) -> list[dict[str, str]]:
    """Each missing fact once, with the fields that wait for it and the question that would settle it."""
    waiting: dict[str, list[dict[str, Any]]] = {}
    for _, field in fields:
        for need in field["needs"]:
            waiting.setdefault(need, []).append(field)
    return [
        {
            "need": need,
            "fields": ", ".join(field["id"] for field in some),
            "label": "; ".join(dict.fromkeys(field["label"] for field in some)),
            "question": _question(need, paper, words),
        }
        for need, some in waiting.items()
    ]


def _question(need: str, paper: PaperFacts, words: Words) -> str:
    if need == "authority-reference":
        return words.phrase("reference_question")
    if need not in FACTS:
        return words.phrase("master_question", path=need)
    asked = str(words.entries["questions"].get(need, FACTS[need].question))
    if FACTS[need].type == "text" and paper.facts.known(need):
        return f"{words.phrase('text_question')} {asked}"
    return asked


def notes(form: Form, words: Words, *, own: bool) -> list[str]:
    """What the form's pack says about the paper: to its reader, or (`own`) to the company alone."""
    language = words.language
    return [note.text.get(language, note.text.get("en", "")) for note in form.notes if note.own is own]


def own_notes(form: Form, paper: PaperFacts, words: Words) -> list[str]:
    """What the company should know or do before it files."""
    label = words.choice("verification", paper.duty.verification)
    said = [words.phrase("verification_note", label=label, cite=cited(paper.duty, words))]
    authority = paper.authority
    if authority is None:
        said.append(words.phrase("authority_missing"))
    else:
        if authority.note is not None:
            said.append(f"{authority.short}: {in_language(authority.note, words.language)}")
        if authority.contact_verification in ("recalled", "unconfirmed"):
            contact = words.choice("verification", authority.contact_verification)
            said.append(words.phrase("authority_unconfirmed", label=contact))
    if paper.duty.language and paper.duty.language != form.language:
        wanted = words.entries["languages"].get(paper.duty.language, paper.duty.language)
        said.append(words.phrase("language_note", language=wanted))
    if paper.attachments:
        said.append(words.phrase("enclose_note", count=len(paper.attachments)))
    if paper.risk_reasons:
        said.append(words.phrase("risk_reasons", reasons="; ".join(paper.risk_reasons)))
    return said + notes(form, words, own=True)
