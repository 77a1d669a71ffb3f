"""The paper of proof of one notice, and the tables beside it. Words are data (`papers/proof.yaml`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from tocsin.catalog.forms import ProofForm
from tocsin.catalog.validation import validated
from tocsin.catalog.yamlfile import read_document
from tocsin.domain.contacts import Organisation
from tocsin.domain.moments import iso
from tocsin.domain.places import UNKNOWN_PLACE
from tocsin.rendering.content import closing_words, setting_words
from tocsin.rendering.paper import render_paper
from tocsin.rendering.words import Words, fill, load_words

FORM, TEMPLATE = "papers/proof.yaml", "papers/proof.typ"


@dataclass(frozen=True)
class Stop:
    """A stop of the sending: its entry, when, and why it was one; "" where it was the end."""

    entry: int
    at: datetime
    why: str


@dataclass(frozen=True)
class LetGoAlone:
    """One person let letters go that lacked approvals. `because` is empty where no reason was asked for."""

    person: str
    at: datetime
    ground: str
    given: int
    needed: int
    because: str
    countersigned: Sequence[tuple[str, datetime]]


@dataclass(frozen=True)
class Proven:
    """What the paper says. Moments are as the timeline has them, counts as the ledger has them now."""

    incident: str
    notice: str
    edition: int
    digest: str
    sender: str
    organisation: Organisation
    as_of: datetime
    #: (name, when) of who approved this digest, and of who let it go.
    approved: Sequence[tuple[str, datetime]]
    released: Sequence[tuple[str, datetime]]
    #: Whatever one person let go alone.
    alone: Sequence[LetGoAlone]
    #: (duty, due, met)
    duties: Sequence[tuple[str, datetime | None, datetime | None]]
    #: (host, the country in which it was declared to stand)
    relays: Sequence[tuple[str, str]]
    counts: Mapping[str, int]
    twice: int
    #: Readers to (letters, still to be told).
    readers: Mapping[str, tuple[int, int]]
    #: How many people were told by which way.
    ways: Mapping[str, int]
    #: (how many, when, entry) for each time that people were told in another way.
    otherwise: Sequence[tuple[int, datetime, int]]
    returned: Mapping[str, int]
    stops: Sequence[Stop]
    root: str
    head: str
    drill: bool = False


def proof_pdf(proven: Proven, templates: Path, language: str) -> bytes:
    """The paper as a PDF like every paper: archivable, readable aloud, its content attached as JSON."""
    content = proof_content(proven, templates, language)
    return render_paper(
        templates / TEMPLATE, content, at=proven.as_of, language=content["language"], root=templates
    )


def proof_content(proven: Proven, templates: Path, language: str) -> dict[str, Any]:
    """Everything that stands in the paper, as JSON."""
    words = load_words(templates, language)
    maker = _Maker(proven, load_proof(templates / FORM), words)
    title = maker.text("title")
    return {
        "paper": maker.form.paper,
        "version": 1,
        "source": maker.form.source,
        "language": words.language,
        "incident": proven.incident,
        "drill": proven.drill,
        "as_of": iso(proven.as_of),
        "as_of_words": words.phrase("as_of", moment=maker.moment(proven.as_of)),
        "document_title": f"{title}: {proven.notice}",
        "author": proven.organisation.legal_name,
        "description": f"{maker.form.source}; {proven.organisation.legal_name}",
        "words": {**setting_words(words), words.language: closing_words(words)},
        "parts": [
            {
                "language": words.language,
                "title": title,
                "organisation": proven.organisation.legal_name,
                "intro": fill(maker.text("intro"), {"organisation": proven.organisation.legal_name}),
                "sections": list(maker.sections()),
                "notes": [maker.in_language(note) for note in maker.form.notes],
            }
        ],
    }


@dataclass(frozen=True)
class _Maker:
    of: Proven
    form: ProofForm
    words: Words

    def in_language(self, texts: Mapping[str, str]) -> str:
        return texts.get(self.words.language, texts["en"])

    def text(self, name: str) -> str:
        return self.in_language(getattr(self.form, name))

    def moment(self, at: datetime) -> str:
        return self.words.moment(at, self.of.organisation.zone)

    def phrase(self, name: str, **values: object) -> str:
        return fill(self.in_language(self.form.phrases[name]), values)

    def sections(self) -> Iterator[dict[str, Any]]:
        made = {"notice": self._notice, "became": self._became, "stops": self._stops, "check": self._check}
        for name, fields in made.items():
            yield {"title": self.in_language(self.form.sections[name]), "fields": list(fields())}

    def _notice(self) -> Iterator[dict[str, Any]]:
        of = self.of
        yield self._field("incident", of.incident)
        yield self._field("notice", self.phrase("edition", notice=of.notice, edition=of.edition))
        yield self._field("digest", of.digest)
        yield self._field("sender", of.sender)
        yield self._field("approved", self._people(of.approved))
        yield self._field("released", self._people(of.released))
        if of.alone:
            yield self._field("alone", "\n".join(line for each in of.alone for line in self._alone(each)))
        duties = [[duty, self._at(due), self._at(met)] for duty, due, met in of.duties]
        yield self._field("duties", "", duties, numbers=False)
        yield self._field("relay", "\n".join(self._relay(*each) for each in of.relays))

    def _relay(self, host: str, country: str) -> str:
        place = self.words.place(country) if country else self.phrase("undeclared")
        return self.phrase("relay_line", relay=host, place=place)

    def _became(self) -> Iterator[dict[str, Any]]:
        of, number = self.of, self.words.number
        totals = [[self._state(state), number(count)] for state, count in of.counts.items() if count]
        yield self._field("totals", "", [*totals, [self._state("total"), number(sum(of.counts.values()))]])
        yield self._field("twice", number(of.twice))
        readers = [
            [self._readers(key), number(all_), number(left)] for key, (all_, left) in of.readers.items()
        ]
        yield self._field("readers", "", readers)
        ways = [[self.in_language(self.form.ways[way]), number(count)] for way, count in of.ways.items()]
        yield self._field("ways", "", ways)
        yield self._field("otherwise", "\n".join(self._otherwise()) or self.phrase("none"))
        yield self._field("returned", "\n".join(self._returned()) or self.phrase("none"))

    def _readers(self, key: str) -> str:
        """`DE/controller/customers` in words."""
        place, role, group = key.split("/")
        role, group = self.words.choice("role", role), self.words.choice("group", group)
        where = self.words.phrase("unknown_place") if place == UNKNOWN_PLACE else self.words.place(place)
        return f"{where}, {role}, {group}"

    def _otherwise(self) -> Iterator[str]:
        for count, at, entry in self.of.otherwise:
            told = self.words.number(count)
            yield self.phrase("otherwise_line", count=told, moment=self.moment(at), entry=entry)

    def _returned(self) -> Iterator[str]:
        for action, count in self.of.returned.items():
            what = self.in_language(self.form.reports[action])
            yield self.phrase("count_line", count=self.words.number(count), what=what)

    def _stops(self) -> Iterator[dict[str, Any]]:
        rows = [[self.moment(s.at), s.why or self.phrase("complete"), str(s.entry)] for s in self.of.stops]
        yield self._field("stops", "", rows, numbers=False)
        yield self._field("root", self.of.root)

    def _check(self) -> Iterator[dict[str, Any]]:
        yield self._field("head", self.of.head)
        files = [[name, self.in_language(texts)] for name, texts in self.form.files.items()]
        yield self._field("files", "", files, numbers=False)
        yield self._field("way", self.phrase("way"))

    def _people(self, people: Sequence[tuple[str, datetime]]) -> str:
        return "\n".join(self.phrase("person_at", person=who, moment=self.moment(at)) for who, at in people)

    def _alone(self, alone: LetGoAlone) -> Iterator[str]:
        who = self.phrase("person_at", person=alone.person, moment=self.moment(alone.at))
        yield self.phrase(alone.ground, who=who, given=alone.given, needed=alone.needed)
        if alone.because:
            yield self.phrase("because", text=alone.because)
        yield (
            self.phrase("countersigned")
            + " "
            + (self._people(alone.countersigned) or self.phrase("uncountersigned"))
        )

    def _at(self, moment: datetime | None) -> str:
        return self.moment(moment) if moment else ""

    def _state(self, state: str) -> str:
        return self.in_language(self.form.states[state])

    def _field(
        self, name: str, text: str, rows: list[list[str]] | None = None, *, numbers: bool = True
    ) -> dict[str, Any]:
        head = [self.in_language(each) for each in self.form.heads.get(name, ())]
        table = {"head": head, "rows": rows, "numbers": numbers} if rows else None
        shown = text if text or rows else self.phrase("none")
        label = self.in_language(self.form.labels[name])
        return {"id": name, "label": label, "number": "", "text": shown, "state": "", "table": table}


@lru_cache(maxsize=8)
def load_proof(path: Path) -> ProofForm:
    """The words of the paper; BadFile with the line of the first thing that is wrong."""
    return validated(ProofForm, read_document(path))
