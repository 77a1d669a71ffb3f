"""Forms: which questions a paper asks, in which order, under which labels. Data: `regimes/<code>/authority.yaml`, and
any other NAME.yaml that has a NAME.typ beside it: a law's own papers stand in its folder.

Labels are per language; each question names the function under `rendering/answers/` that answers it. The shape stands
here, so that a form that is none is refused when the packs are read, and not when a paper is due.
"""

import string
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import Document, Loc, parse_document
from tocsin.domain.answers import nearest
from tocsin.domain.records import Record, Role

Texts = dict[str, str]

_ANSWERS = {
    "organisation": (
        "name head-office trading-office licence tax-code identifiers phone-web contact incident-contact "
        "representative lead-authority"
    ),
    "dpo": "name title phone email line",
    "case": "name title phone email",
    "filer": "line",
    "breach": (
        "time occurred found-readings detected aware discovered course place act account nature of cause "
        "root-cause parties other-parties interests"
    ),
    "people": "data kinds categories groups total own-total records by-place by-eea-country here coverage",
    "conduct": (
        "consequences risk measures measures-taken measures-planned measures-before advice-to-people "
        "attachments undertaking submission deadline lateness telling eea-authorities other-authorities "
        "all-authorities"
    ),
    "record": (
        "key name declared state level notified look-again course risk told each-duty undecided telling not-notified "
        "handling present drawn-up"
    ),
}
#: What a question may ask for. A test keeps it equal to what the papers can answer.
ANSWER_NAMES = frozenset(f"{group}.{name}" for group, names in _ANSWERS.items() for name in names.split())
#: The blanks that the words of a form may leave: for what is known when the paper is set.
_BLANKS = frozenset({"organisation", "incident"})


class Question(Record):
    """One field: its id on the form, the answer that fills it, its label, the row it has in another template."""

    id: str
    answer: str
    label: Texts
    number: str = ""

    @field_validator("answer")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in ANSWER_NAMES:
            raise ValueError(f"unknown answer {name!r}{nearest(name, sorted(ANSWER_NAMES))}")
        return name


class Section(Record):
    """A numbered section of the form."""

    no: str
    title: Texts
    fields: tuple[Question, ...] = Field(min_length=1)


class Part(Record):
    """One pass through the form or its annex, in one language."""

    of: Literal["form", "annex"]
    language: str


class Note(Record):
    """Something the paper says about itself; `own`: to the company alone, never to the authority."""

    text: Texts
    own: bool = False


class Head(Record):
    """The head of the first page."""

    number: Texts
    number_blank: str
    motto: dict[str, tuple[str, str]] = Field(default_factory=dict)


class Signature(Record):
    """The block where it is signed."""

    title: Texts
    hint: Texts


class Signer(Record):
    """One of several who sign: the holder of a role, or the company's signatory. Without a holder the pen writes it."""

    of: Role | Literal["signatory"]
    title: Texts
    hint: Texts


class Recipients(Record):
    """Who gets copies."""

    title: Texts
    lines: dict[str, tuple[str, ...]]


class Form(Record):
    """A whole form: `authority.yaml` or another paper of a law."""

    paper: str
    source: str
    verification: str
    language: str
    title: Texts
    intro: Texts
    head: Head
    signature: Signature
    parts: tuple[Part, ...] = Field(min_length=1)
    form: tuple[Section, ...] = Field(min_length=1)
    addressee: Texts | None = None
    recipients: Recipients | None = None
    reading_copy: Texts = Field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    annex: tuple[Section, ...] = ()
    annex_title: Texts = Field(default_factory=dict)
    annex_intro: Texts = Field(default_factory=dict)
    #: Said before the signatures; and who signs beside, or instead of, the one of `signature`.
    outro: Texts = Field(default_factory=dict)
    signers: tuple[Signer, ...] = ()

    @property
    def fields(self) -> tuple[Question, ...]:
        """Every question, form first, then annex."""
        return tuple(question for section in (*self.form, *self.annex) for question in section.fields)


class RegisterForm(Record):
    """A whole `papers/register.yaml`: the columns of its overview, and what it asks of each breach.

    `details` are too long for the page: they stand in the table and in the file that is attached to the PDF.
    """

    paper: str
    source: str
    title: Texts
    intro: Texts
    empty: Texts
    overview: tuple[Question, ...] = Field(min_length=1)
    sections: tuple[Section, ...] = Field(min_length=1)
    details: tuple[Question, ...] = ()
    notes: tuple[Note, ...] = ()


class ProofForm(Record):
    """A whole `papers/proof.yaml`: by which words the paper of proof of a notice says what it says."""

    paper: str
    source: str
    title: Texts
    intro: Texts
    sections: dict[str, Texts]
    labels: dict[str, Texts]
    heads: dict[str, tuple[Texts, ...]]
    states: dict[str, Texts]
    ways: dict[str, Texts]
    reports: dict[str, Texts]
    phrases: dict[str, Texts]
    files: dict[str, Texts]
    notes: tuple[Texts, ...] = ()


def check_proof(path: Path, content: bytes) -> None:
    """Refuse words that are none, or that leave a blank nobody fills; BadFile says where."""
    document = parse_document(path, content)
    for language, text in validated(ProofForm, document).intro.items():
        refuse_blanks(document, ("intro", language), text, frozenset({"organisation"}))


def check_register(path: Path, content: bytes) -> None:
    """Refuse a register that asks what nothing answers, or that leaves a blank nobody fills; BadFile says where."""
    document = parse_document(path, content)
    for language, text in validated(RegisterForm, document).intro.items():
        refuse_blanks(document, ("intro", language), text, frozenset({"organisation"}))


def check_form(path: Path, content: bytes) -> None:
    """Refuse a form that is none, or that leaves a blank nobody fills; BadFile says where."""
    document = parse_document(path, content)
    form = validated(Form, document)
    for loc, pattern, known in _patterns(form):
        refuse_blanks(document, loc, pattern, known)


def refuse_blanks(document: Document, loc: Loc, pattern: str, known: frozenset[str]) -> None:
    """Refuse words with a brace that is not closed, or a blank that nobody fills."""
    try:
        named = named_blanks(pattern)
    except ValueError:
        raise document.bad(loc, f"a brace has no partner in {pattern!r}; a blank is {{name}}") from None
    for wrong in sorted(named - known):
        raise document.bad(loc, f"nobody fills the blank {wrong!r}{nearest(wrong, sorted(known))}")


def named_blanks(pattern: str) -> frozenset[str]:
    """The names of the blanks in words; ValueError when a brace has no partner."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None)


def _patterns(form: Form) -> Iterator[tuple[Loc, str, frozenset[str]]]:
    yield ("head", "number_blank"), form.head.number_blank, _BLANKS
    for language, text in form.head.number.items():
        yield ("head", "number", language), text, frozenset({"number"})
    for key, texts in (("intro", form.intro), ("annex_intro", form.annex_intro), ("outro", form.outro)):
        for language, text in texts.items():
            yield (key, language), text, _BLANKS
    for language, lines in form.recipients.lines.items() if form.recipients else ():
        for index, text in enumerate(lines):
            yield ("recipients", "lines", language, index), text, _BLANKS
