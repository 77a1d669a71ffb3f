"""One letter as it is written: a rendered variant, cut where the reader's own facts go, and those facts cleaned.

What a reader is called is data, chosen by a stranger: it stands in one line, escaped for HTML, and is never compiled.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Literal

from tocsin.domain.audience import Audience
from tocsin.domain.certainty import Certainty
from tocsin.domain.languages import ENGLISH, shorter
from tocsin.rendering.stencil import Body, Stencil

Seen = Literal["none", "day", "range"]
LONGEST_NAME = 100
#: The reader's own facts in a rendered variant: private-use characters, which no cleaned text can hold. Days are
#: written in the letter's language and, apart, in the English that stands beside it.
_NAME = "\ue000"
_DAYS = (("\ue001", "\ue002"), ("\ue003", "\ue004"))
_PEOPLE = "\ue005"
SLOTS = tuple(
    {"name": _NAME, "people": _PEOPLE, "first_seen": first, "last_seen": last} for first, last in _DAYS
)
_SLOT = re.compile("([\ue000-\ue005])")
_LOOKS_LIKE_ADDRESS = re.compile(r"://|www\.|@|[\w-]\.[a-z]{2,}(/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reader:
    """What a letter says of its reader. `kinds` are ids of the data map; days are days of the company's zone."""

    kinds: tuple[str, ...]
    certainty: Certainty = Certainty.UNKNOWN
    name: str | None = None
    first_seen: date | None = None
    last_seen: date | None = None
    #: Texts that a law of theirs wants besides.
    added: tuple[str, ...] = ()
    #: Kinds of which something else is known than `certainty`.
    otherwise: tuple[tuple[str, Certainty], ...] = ()
    #: Sections that must not stand in their letter, since a law of theirs forbids it.
    left_out: tuple[str, ...] = ()
    #: To whom the letter speaks. A guardian's has the child's `name`, and greets nobody by it.
    audience: Audience = "customer"
    #: Of a company for which we hold data: how many of her people were hit, as far as we know them.
    people: int | None = None


#: What fills the gaps of a letter; anything else that a letter says of its reader is said to others too.
_OWN = ("name", "first_seen", "last_seen", "people")
_not_own = attrgetter(*(each.name for each in fields(Reader) if each.name not in _OWN))


def what_is_shared(reader: Reader) -> tuple[Hashable, ...]:
    """Whatever two readers must have in common to get the same words."""
    named, counted = reader_name(reader) is not None, reader.people is not None
    return (days_known(reader), named, counted, *_not_own(reader))


@dataclass(frozen=True)
class Letter:
    """What leaves the house: subject in one line, text, HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Cut:
    """A letter whose shared words stand in stencils: what a mail is made of, without writing them anew."""

    subject: str
    text: Body
    html: Body

    @property
    def letter(self) -> Letter:
        """As it is read."""
        return Letter(self.subject, self.text.words, self.html.words)


class Written:
    """One variant, cut at the places where the reader's own facts go.

    `written_day` writes a day in each language of the letter: its own, and English where that stands beside it.
    """

    def __init__(
        self, subject: str, text: str, page: str, written_day: Sequence[Callable[[date], str]]
    ) -> None:
        self._subject = subject
        self._text, self._text_slots = _cut(text)
        self._page, self._page_slots = _cut(page)
        self._written_day = [lru_cache(maxsize=1024)(write) for write in written_day]

    def to(self, reader: Reader) -> Cut:
        """The letter to one reader."""
        first, last = reader.first_seen or reader.last_seen, reader.last_seen
        own = {_NAME: reader_name(reader) or "", _PEOPLE: "" if reader.people is None else str(reader.people)}
        for slots, write in zip(_DAYS, self._written_day, strict=False):
            own |= {slot: write(day) if day else "" for slot, day in zip(slots, (first, last), strict=True)}
        return Cut(
            self._subject,
            Body(self._text, tuple([own.get(slot, "") for slot in self._text_slots])),
            Body(self._page, tuple([html.escape(own.get(slot, "")) for slot in self._page_slots])),
        )


def _cut(rendered: str) -> tuple[Stencil, list[str]]:
    """A rendered text as a stencil, and the slots that are its gaps."""
    cut = _SLOT.split(rendered)
    return Stencil(cut[::2]), cut[1::2]


def days_known(reader: Reader) -> Seen:
    """Which of the two days a letter can name."""
    first, last = reader.first_seen, reader.last_seen
    if first is None and last is None:
        return "none"
    return "day" if first is None or last is None or first == last else "range"


def reader_name(reader: Reader) -> str | None:
    """How the letter greets this reader, or None for the general greeting."""
    return clean_name(reader.name) if reader.name else None


def addressed(reader: Reader) -> str:
    """The name in the address of a letter. A child's is no part of it: the letter goes to the guardian."""
    return "" if reader.audience == "guardian" else reader_name(reader) or ""


@lru_cache(maxsize=64)
def clean_name(raw: str) -> str | None:
    """A name as a letter may print it, or None: one line, no control or direction characters, no web address.

    A stranger chooses the name of an account; a letter that greets `www.example.com/prize` would carry their bait.
    """
    if len(raw) > 4 * LONGEST_NAME or _LOOKS_LIKE_ADDRESS.search(raw):
        return None
    if not raw.isascii():
        raw = unicodedata.normalize("NFC", raw)
    if not raw.isprintable():  # categories C and Z, but for the blank
        raw = "".join(one if one.isprintable() else " " for one in raw)
    name = " ".join(raw.split())
    return name if 0 < len(name) <= LONGEST_NAME else None


def tidy(text: str) -> str:
    """At most one blank line in a row, no blanks at line ends."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"


def without_slots(text: str) -> str:
    """Text in which nothing can be taken for a reader's own fact."""
    return _SLOT.sub("", text)


def additions(
    texts: Iterable[tuple[Mapping[str, str], Mapping[str, str]]], locale: str
) -> list[tuple[str, str]]:
    """Texts that stand in a letter besides, piece by piece: ("title", words) where there is one, ("text", a paragraph).

    Each is a title and a text per language.
    """
    pieces: list[tuple[str, str]] = []
    for title, text in texts:
        if title:
            pieces.append(("title", in_locale(title, locale)))
        words = re.split(r"\n\s*\n", without_slots(in_locale(text, locale)))
        pieces += [("text", " ".join(each.split())) for each in words if each.strip()]
    return pieces


def in_locale(texts: Mapping[str, str], locale: str) -> str:
    """The words in this language, in English, or as they were written."""
    return said_in(texts, locale) or texts.get(ENGLISH) or next(iter(texts.values()))


def said_in(texts: Mapping[str, str], locale: str) -> str:
    """The words in this language or in its parent (`pt` for `pt-BR`); empty where there are none."""
    return next((words for tag in shorter(locale) if (words := texts.get(tag, "").strip())), "")
