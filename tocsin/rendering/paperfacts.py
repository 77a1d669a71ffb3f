"""What a paper is made from, and what one answer on a form is. Pure values, no template, no clock.

A form asks; a function under `answers/` answers from `PaperFacts`. An answer that is not known says so, and names the
facts that would settle it: nothing is invented, and nothing unknown turns into `no` or 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from tocsin.domain.contacts import Authority, Organisation, Person
from tocsin.domain.facts import Facts
from tocsin.domain.scope.gaps import Gap
from tocsin.domain.scope.why import Ground
from tocsin.rendering.casefacts import CaseFacts
from tocsin.rendering.words import Words

#: known; estimated: known, but a person said it is an estimate; open: to be determined; blank: for the pen.
State = Literal["known", "estimated", "open", "blank"]


@dataclass(frozen=True)
class Owed:
    """The duty that this paper serves: a copy of what assess() or the timeline says of it."""

    key: str
    cite: str
    verification: str
    due_at: datetime | None = None
    clock_start: datetime | None = None
    assumed: bool = False
    language: str | None = None
    place: str | None = None
    #: How other languages than English cite it.
    cited: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Filing:
    """Where another authority's paper stands; `state` as in the vocabulary (`open`, `filed`, `late` ...)."""

    authority: str
    place: str | None
    state: str
    reference: str | None = None
    filed_at: datetime | None = None
    #: The latest supplement to it, if any: its number, and when it was filed.
    supplement: tuple[int, datetime] | None = None


@dataclass(frozen=True)
class Telling:
    """How far the people have been told: people, not letters; `begun_at` is the first letter handed over."""

    total: int
    handed_over: int = 0
    begun_at: datetime | None = None
    planned_for: datetime | None = None


@dataclass(frozen=True)
class Enclosure:
    """A document that goes with the paper: a file of the vault under its number, or the letter of a day."""

    name: str = ""
    item: str | None = None
    #: Whose receipt it is.
    sender: str | None = None
    dated: date | None = None


@dataclass(frozen=True)
class PaperFacts:
    """Everything a paper may draw on, as known at `as_of`. Texts are per language; moments aware."""

    incident: str
    code_name: str
    organisation: Organisation
    dpo: Person
    signatory: Person
    duty: Owed
    facts: Facts
    as_of: datetime
    drill: bool = False
    authority: Authority | None = None
    #: Who answers for this case; the DPO where nobody else was named.
    case_officer: Person | None = None
    #: The incident type's own account, per language.
    what_happened: Mapping[str, str] = field(default_factory=dict)
    #: Id of the data map -> language -> name.
    kind_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: What scoping could not see; then every count is a lower bound.
    gaps: tuple[Gap, ...] = ()
    #: By what people were found, and how many each; nobody's words for it.
    grounds: tuple[Ground, ...] = ()
    #: Who repeated and signed the scope, by name, and when; how many people it no longer supports, undecided.
    signed: tuple[tuple[str, datetime], ...] = ()
    held: int = 0
    #: 0 for the first paper to this authority; its own number for the file is `number`; the pen fills
    #: what is None of number, place and day.
    supplement: int = 0
    earlier_reference: str | None = None
    number: str | None = None
    signed_in: str | None = None
    signed_on: date | None = None
    #: Whether the first paper left, or this one leaves, after its hour; decided by the caller, who knows both.
    late: bool = False
    #: The reason that was given when it was filed, in the words of whoever filed it.
    late_because: str | None = None
    telling: Telling | None = None
    filings: tuple[Filing, ...] = ()
    risk_reasons: tuple[str, ...] = ()
    attachments: tuple[Enclosure, ...] = ()
    case: CaseFacts = field(default_factory=CaseFacts)

    @property
    def zone(self) -> str:
        """The zone whose wall clock the paper speaks."""
        return self.organisation.zone


@dataclass(frozen=True)
class Answer:
    """What stands beside a question: text, perhaps a table, and what is still missing for it."""

    text: str
    state: State = "known"
    #: Fact names, or paths of the contacts such as `organisation.licence`.
    needs: tuple[str, ...] = ()
    table: Mapping[str, Any] | None = None


def open_answer(words: Words, *needs: str) -> Answer:
    """To be determined; `needs` are the facts that would settle it."""
    return Answer(words.phrase("open"), "open", needs)


def master(words: Words, value: str | None, path: str) -> Answer:
    """A line of the company's own data; what the contacts lack is named by its path there."""
    return Answer(value) if value else Answer(words.phrase("open_master"), "open", (path,))


def text_fact(paper: PaperFacts, words: Words, name: str) -> Answer:
    """A fact that people wrote. Where only another language has it, that is printed and marked."""
    texts = paper.facts.get(name)
    if texts is None:
        return open_answer(words, name)
    if not isinstance(texts, Mapping):
        return Answer(str(texts))
    for language in (words.language, "und"):
        if language in texts:
            return Answer(str(texts[language]))
    language, text = next(iter(sorted(texts.items())))
    return Answer(foreign(words, language, str(text)), needs=(name,))


def foreign(words: Words, language: str, text: str) -> str:
    """A text in a language that is not the paper's, marked as such."""
    name = words.entries["languages"].get(language, language)
    return words.phrase("other_language", language=name, text=text)


def title_of(person: Person, words: Words) -> Answer | None:
    """A person's title, marked where it exists in English only; None where the contacts have none."""
    if not isinstance(person.title, Mapping):
        return Answer(person.title) if person.title else None
    if words.language in person.title:
        return Answer(person.title[words.language])
    return Answer(foreign(words, "en", person.title["en"]), needs=(f"people.{person.id}.title",))


def cited(duty: Owed, words: Words) -> str:
    """The article as the paper's language cites it, else the English citation, marked as such."""
    if words.language == "en" or words.language in duty.cited:
        return duty.cited.get(words.language, duty.cite)
    return foreign(words, "en", duty.cite)


def moment_fact(paper: PaperFacts, words: Words, name: str) -> Answer:
    """A moment in words, marked where it is an estimate."""
    moment = paper.facts.moment(name)
    if moment is None:
        return open_answer(words, name)
    text = words.moment(moment, paper.zone)
    if paper.facts.estimated(name):
        return Answer(f"{text} {words.phrase('estimated')}", "estimated")
    return Answer(text)


def choice_fact(paper: PaperFacts, words: Words, name: str) -> Answer:
    """A choice or a set of choices, in words."""
    value = paper.facts.get(name)
    if value is None or not paper.facts.known(name):
        return open_answer(words, name)
    return Answer(words.choices(name, value) if isinstance(value, list) else words.choice(name, value))


def joined(*answers: Answer) -> Answer:
    """Several answers under one label, a line each, what two of them say once; open as soon as one of them is."""
    states = {answer.state for answer in answers}
    state: State = next((s for s in ("open", "estimated") if s in states), "known")
    return Answer(
        "\n".join(dict.fromkeys(answer.text for answer in answers if answer.text)),
        state,
        tuple(dict.fromkeys(need for answer in answers for need in answer.needs)),
    )


def within(answer: Answer, words: Words, phrase: str, **more: object) -> Answer:
    """The answer set into a sentence of which it is the `{text}`."""
    return Answer(words.phrase(phrase, text=answer.text, **more), answer.state, answer.needs, answer.table)
