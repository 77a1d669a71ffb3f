"""Forms: which questions a paper asks, in which order, under which labels. Data: `regimes/<code>/authority.yaml`.

Labels are per language; each question names the function under `answers/` that answers it.
"""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tocsin.domain.errors import Refused
from tocsin.rendering.answers import ANSWERS
from tocsin.rendering.text import nearest
from tocsin.rendering.words import read_yaml

Texts = dict[str, str]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Record):
    """One field: its id on the form, the answer that fills it, its label, the row it has in another template."""

    id: str
    answer: str
    label: Texts
    number: str = ""

    @field_validator("answer")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in ANSWERS:
            raise ValueError(f"unknown answer {name!r}{nearest(name, ANSWERS)}")
        return name


class Section(_Record):
    """A numbered section of the form."""

    no: str
    title: Texts
    fields: tuple[Question, ...] = Field(min_length=1)


class Part(_Record):
    """One pass through the form or its annex, in one language."""

    of: Literal["form", "annex"]
    language: str


class Note(_Record):
    """Something the paper says about itself; `own`: to the company alone, never to the authority."""

    text: Texts
    own: bool = False


class Head(_Record):
    """The head of the first page."""

    number: Texts
    number_blank: str
    motto: dict[str, tuple[str, str]] = {}


class Signature(_Record):
    """The block where it is signed."""

    title: Texts
    hint: Texts


class Recipients(_Record):
    """Who gets copies."""

    title: Texts
    lines: dict[str, tuple[str, ...]]


class Form(_Record):
    """A whole `authority.yaml`."""

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
    reading_copy: Texts = {}
    notes: tuple[Note, ...] = ()
    annex: tuple[Section, ...] = ()
    annex_title: Texts = {}
    annex_intro: Texts = {}

    @property
    def fields(self) -> tuple[Question, ...]:
        """Every question, form first, then annex."""
        return tuple(question for section in (*self.form, *self.annex) for question in section.fields)


@lru_cache(maxsize=32)
def load_form(path: Path) -> Form:
    """The form of an `authority.yaml`; Refused with the place of the first thing that is wrong."""
    try:
        return Form.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise Refused(f"{path}: {where}: {first['msg'].removeprefix('Value error, ')}") from None
